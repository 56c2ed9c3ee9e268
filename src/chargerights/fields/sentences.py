"""Sentences for pydantic's validation errors, which say what is expected instead.

Used for network files and for the bodies and parameters of the HTTP interface.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from .types import MUST_BE, REFUSED

MAX_SHOWN = 60
UNKNOWN_MEMBER = ("unexpected_keyword_argument", "extra_forbidden")

_MUST_BE = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of 64 bits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "a text",
    "string_too_short": "a text of {min_length} characters or more",
    "string_too_long": "a text of {max_length} characters or fewer",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "too_short": "a list of {min_length} or more",
    "too_long": "a list of {max_length} or fewer",
    "dict_type": "an object",
    "dataclass_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "timezone_aware": "an instant with a time zone, such as 2026-01-31T08:00:00Z",
    "datetime_type": "an instant such as 2026-01-31T08:00:00Z",
    "datetime_parsing": "an instant such as 2026-01-31T08:00:00Z",
    "datetime_from_date_parsing": "an instant such as 2026-01-31T08:00:00Z",
}


def sentence(error: Mapping[str, Any]) -> str:
    """Returns the sentence for an error of a value."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == REFUSED:
        return str(error["msg"])
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        return unknown_word(value, tuple(re.findall(r"'([^']+)'", context["expected"])))
    if kind == MUST_BE:
        return f"must be {error['msg']}, not {shown(value)}"
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind].format_map(context)}, not {shown(value)}"
    return str(error["msg"])


def unknown_member(name: str, what: str, members: tuple[str, ...]) -> str:
    """Returns the sentence for a member that the object, `a charger` say, lacks."""
    return f"is not a member of {what}; {_meant(name, members) or f'its members are {_listed(members)}'}"


def unknown_parameter(name: str, parameters: tuple[str, ...]) -> str:
    """Returns the sentence for a query parameter that the operation does not have."""
    others = f"its parameters are {_listed(parameters)}" if parameters else "it has none"
    return f"is not a parameter of this operation; {_meant(name, parameters) or others}"


def unknown_word(value: object, words: tuple[str, ...]) -> str:
    hint = _meant(value, words) if isinstance(value, str) else ""
    return f"{shown(value)} is not a valid value; {hint or f'use one of {_listed(words)}'}"


def shown(value: object) -> str:
    """Formats a value as given, on one line and not too long."""
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return printable(json.dumps(value[: MAX_SHOWN + 1], ensure_ascii=False), MAX_SHOWN)
    if isinstance(value, bool | int | float | None):
        return printable(json.dumps(value), MAX_SHOWN)
    return str(value) if isinstance(value, datetime | Enum) else "an object"


def printable(text: str, limit: int) -> str:
    """Returns the text on one line, cut to the limit."""
    if len(text) > limit:
        text = text[:limit] + "…"
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


@lru_cache
def _meant(written: str, words: tuple[str, ...]) -> str:
    """Returns `did you mean "name"?`, or an empty text when no word is similar."""
    folded = {word.casefold(): word for word in words}
    close = difflib.get_close_matches(written[:MAX_SHOWN].casefold(), folded, 1)
    return f'did you mean "{folded[close[0]]}"?' if close else ""


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)
