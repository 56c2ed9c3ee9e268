"""What is wrong with a network file, every error with its place: `drivers[12].tags[0].idTag: …`.

Words pydantic's findings for people, and collects errors up to a limit that a hostile file cannot move.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ...fields.sentences import MAX_SHOWN, UNKNOWN_MEMBER, printable, sentence, shown, unknown_member
from ...rights.errors import InvalidInput
from .schema import ENTRIES, POSTAL_NAMES, members_of

MAX_ERRORS = 10_000
"""So many errors are listed; beyond them a file is not looked at further."""
MAX_SENTENCE = 800

FilePlace = tuple[int | str, ...]


class InvalidNetworkFile(InvalidInput):
    """`errors`: each a place in the file and a sentence that says what is wrong and what would be right."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        more = len(errors) - 1
        super().__init__(f"{errors[0]} (and {more} more error{'s' * (more > 1)})" if more else errors[0])


class FileErrors:
    """Errors in the order they are found."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def add(self, place: FilePlace, said: str) -> None:
        """Keeps the error; raises InvalidNetworkFile when it is one too many."""
        self.errors.append(f"{place_text(place)}: {printable(said, MAX_SENTENCE)}")
        if len(self.errors) == MAX_ERRORS:
            self.errors.append(f"the file: may hold more errors than these {MAX_ERRORS}; mend them and try again")
            self.check()

    def add_shape(self, place: FilePlace, found: ValidationError) -> None:
        """Keeps everything that pydantic found in the value at that place."""
        for error in found.errors(include_url=False):
            where = (*place, *(part for part in error["loc"] if part != "[key]"))
            self.add(where, _shape_sentence(where, error))

    def check(self) -> None:
        """Raises InvalidNetworkFile unless no error was found."""
        if self.errors:
            raise InvalidNetworkFile(self.errors)


def place_text(place: FilePlace) -> str:
    """`drivers[12].tags[0].idTag`."""
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
            return f"is given twice: {' and '.join(POSTAL_NAMES)} say the same, write one of them"
        return unknown_member(name, what, members)
    return sentence(error)


def _owner(place: FilePlace) -> tuple[str, tuple[str, ...]]:
    """What the object is called whose member the place is, and its members."""
    *names, _ = (part for part in place if isinstance(part, str))
    what, entry = ENTRIES[tuple(names)]
    return what, tuple(members_of(entry))
