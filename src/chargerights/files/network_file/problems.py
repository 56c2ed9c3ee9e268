"""Errors of a network file, each with its place: `drivers[12].tags[0].idTag: …`.

Words pydantic's errors for people. The number of errors is bounded, whatever a hostile file contains.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ...fields.sentences import MAX_SHOWN, UNKNOWN_MEMBER, printable, sentence, shown, unknown_member
from ...rights.errors import InvalidInput
from .schema import ENTRIES, POSTAL_NAMES, members_of

MAX_ERRORS = 10_000
"""Maximum number of errors listed; after these, checking stops."""
MAX_SENTENCE = 800

FilePlace = tuple[int | str, ...]


class InvalidNetworkFile(InvalidInput):
    """Rejection of a file.

    `errors`: each a place in the file and a sentence that says what is wrong and what is expected.
    """

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        more = len(errors) - 1
        super().__init__(f"{errors[0]} (and {more} more error{'s' * (more > 1)})" if more else errors[0])


class FileErrors:
    """Errors in the order in which they are found."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def add(self, place: FilePlace, sentence: str) -> None:
        """Adds an error. Raises InvalidNetworkFile when there are too many."""
        self.errors.append(f"{place_text(place)}: {printable(sentence, MAX_SENTENCE)}")
        if len(self.errors) == MAX_ERRORS:
            self.errors.append(f"the file: may contain more than these {MAX_ERRORS} errors. Fix these and try again")
            self.check()

    def add_shape(self, place: FilePlace, error: ValidationError) -> None:
        """Adds everything that pydantic found wrong with the value at that place."""
        for detail in error.errors(include_url=False):
            where = (*place, *(part for part in detail["loc"] if part != "[key]"))
            self.add(where, _shape_sentence(where, detail))

    def check(self) -> None:
        """Raises InvalidNetworkFile if there are errors."""
        if self.errors:
            raise InvalidNetworkFile(self.errors)


def place_text(place: FilePlace) -> str:
    """Returns the place as `drivers[12].tags[0].idTag`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if part.isidentifier() and len(part) <= MAX_SHOWN else f"[{shown(part)}]"
    return text.removeprefix(".") or "the file"


def _shape_sentence(place: FilePlace, error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return f"is missing: {_owner(place)[0]} needs it"
    if error["type"] in UNKNOWN_MEMBER:
        name, (what, members) = str(place[-1]), _owner(place)
        if name in POSTAL_NAMES and not set(members).isdisjoint(POSTAL_NAMES):
            return f"is given twice: {' and '.join(POSTAL_NAMES)} mean the same, so write one of them"
        return unknown_member(name, what, members)
    return sentence(error)


def _owner(place: FilePlace) -> tuple[str, tuple[str, ...]]:
    """Returns the name of the object that has the member, and all its members."""
    *names, _ = (part for part in place if isinstance(part, str))
    what, entry = ENTRIES[tuple(names)]
    return what, tuple(members_of(entry))
