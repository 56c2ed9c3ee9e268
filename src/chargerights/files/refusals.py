"""What is wrong with a network file, every error with its place: `drivers[12].tags[0].idTag: …`.

Words pydantic's findings for people, and collects errors up to a limit that a hostile file cannot move.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from chargerights.rights.errors import InvalidInput

from .entries import ENTRIES, POSTAL_NAMES, members_of
from .values import MUST_BE, REFUSED

MAX_ERRORS = 10_000
"""So many errors are listed; beyond them a file is not looked at further."""
MAX_SENTENCE = 800
MAX_SHOWN = 60

FilePlace = tuple[int | str, ...]

_MUST_BE = {
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "dataclass_type": "an object",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
}


class InvalidNetworkFile(InvalidInput):
    """`errors`: each a place in the file and a sentence that says what is wrong and what would be right."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        more = len(errors) - 1
        super().__init__(f"{errors[0]} (and {more} more error{'s' * (more > 1)})" if more else errors[0])


class Refusals:
    """Errors in the order they are found."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def add(self, place: FilePlace, sentence: str) -> None:
        """Keeps the error; raises InvalidNetworkFile when it is one too many."""
        self.errors.append(f"{place_text(place)}: {_printable(sentence, MAX_SENTENCE)}")
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


def shown(value: object) -> str:
    """A value of the file as it stands there, on one line and not too long."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        return _printable(json.dumps(value[: MAX_SHOWN + 1], ensure_ascii=False), MAX_SHOWN)
    return _printable(json.dumps(value), MAX_SHOWN)


def _printable(text: str, limit: int) -> str:
    if len(text) > limit:
        text = text[:limit] + "…"
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _shape_sentence(place: FilePlace, error: Mapping[str, Any]) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    *_, name = ("", *place)
    if kind == REFUSED:
        return str(error["msg"])
    if kind == "missing":
        return f"is missing: {_owner(place)[0]} needs it"
    if kind == "unexpected_keyword_argument":
        return _unknown_member(str(name), *_owner(place))
    if kind == "literal_error":
        return _unknown_word(value, tuple(re.findall(r"'(\w+)'", context["expected"])))
    if kind == MUST_BE:
        return f"must be {error['msg']}, not {shown(value)}"
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind].format_map(context)}, not {shown(value)}"
    return str(error["msg"])


def _owner(place: FilePlace) -> tuple[str, tuple[str, ...]]:
    """What the object is called whose member the place is, and its members."""
    *names, _ = (part for part in place if isinstance(part, str))
    what, entry = ENTRIES[tuple(names)]
    return what, tuple(members_of(entry))


def _unknown_member(name: str, what: str, members: tuple[str, ...]) -> str:
    if name in POSTAL_NAMES and not set(members).isdisjoint(POSTAL_NAMES):
        return f"is given twice: {' and '.join(POSTAL_NAMES)} say the same, write one of them"
    return f"is not a member of {what}; {_meant(name, members) or f'its members are {_listed(members)}'}"


def _unknown_word(value: object, words: tuple[str, ...]) -> str:
    hint = _meant(value, words) if isinstance(value, str) else ""
    return f"{shown(value)} is none of its words; {hint or f'write one of {_listed(words)}'}"


@lru_cache
def _meant(written: str, words: tuple[str, ...]) -> str:
    """`did you mean "name"?`, or nothing when no word comes near."""
    close = difflib.get_close_matches(written[:MAX_SHOWN], words, 1)
    return f'did you mean "{close[0]}"?' if close else ""


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)
