"""Reads payloads that break their schema, as far as possible.

Every member is there in its declared type, or absent. Required members are always there. Placeholders for those that
cannot be read are "", [], an object of required members, None for a number or boolean, and NO_TAG for a tag, with the
number or boolean that came instead. Members that the schema does not have are left out. OCPP's schemas do not refer to
themselves, so any depth of a payload can be read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ...rights.identifiers import NO_TAG

_UNREADABLE: Any = object()
_SHOWN = frozenset({"idTag", "idToken"})
"""Texts that a driver shows. Numbers are not read as them: 421 may be the card 0421, or another driver's 421.

What stands in for one is not empty: that would say that no tag was shown, which is enough at a charger that is free to
use."""
_WHOLE = re.compile(r"\s*([+-]?\d{1,18})(?:\.0*)?\s*", re.ASCII)
_WORDS = {"true": True, "1": True, "false": False, "0": False}

Schema = Mapping[str, Any]


def repaired(schema: Schema, payload: Any) -> dict[str, Any]:
    """Returns the readable members of the payload.

    Required ones that cannot be read have placeholders.
    """
    read = _LenientReader(schema.get("definitions", {})).value(schema, payload, "")
    return read if isinstance(read, dict) else _stand_in(schema, "", schema.get("definitions", {}))


def lacks(schema: Schema, payload: Mapping[str, Any]) -> str | None:
    """Returns the first required member for which nothing readable came."""
    definitions = schema.get("definitions", {})
    parts = ((name, schema["properties"][name]) for name in schema.get("required", ()))
    return next((name for name, part in parts if payload[name] == _stand_in(part, name, definitions)), None)


class _LenientReader:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def value(self, schema: Schema, given: Any, name: str) -> Any:
        schema = _resolved(schema, self._definitions)
        match schema.get("type"):
            case "object":
                return self._object(schema, given)
            case "array":
                return self._array(schema, given, name)
            case "string":
                return _word(schema["enum"], given) if "enum" in schema else _text(given, name)
            case str(kind):
                return _SCALARS[kind](given)
            case _:
                return given

    def _object(self, schema: Schema, given: Any) -> Any:
        if given == []:  # what PHP makes of an empty object
            given = {}
        if not isinstance(given, dict):
            return _UNREADABLE
        found = {}
        required = schema.get("required", ())
        for name, part in schema.get("properties", {}).items():
            member = given.get(name)
            read = _UNREADABLE if member is None else self.value(part, member, name)
            if read is not _UNREADABLE:
                found[name] = read
            elif name in required:
                found[name] = _stand_in(part, name, self._definitions)
        return found

    def _array(self, schema: Schema, given: Any, name: str) -> Any:
        items = given if isinstance(given, list) else [given]
        read = (self.value(schema.get("items", {}), item, name) for item in items if item is not None)
        found = [value for value in read if value is not _UNREADABLE]
        return found or _UNREADABLE


def _resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    return definitions[reference.rpartition("/")[2]] if reference is not None else schema


def _stand_in(schema: Schema, name: str, definitions: Mapping[str, Schema]) -> Any:
    schema = _resolved(schema, definitions)
    match schema.get("type"):
        case "object":
            parts = schema.get("properties", {})
            return {member: _stand_in(parts[member], member, definitions) for member in schema.get("required", ())}
        case "array":
            return []
        case "string":
            return NO_TAG if name in _SHOWN else ""
        case _:
            return None


def _word(words: list[str], given: Any) -> Any:
    """Returns the word in the schema's spelling, or as it came if it has none."""
    if not isinstance(given, str):
        return _UNREADABLE
    spoken = given.strip().casefold()
    return next((word for word in words if word.casefold() == spoken), given)


def _text(given: Any, name: str) -> Any:
    if isinstance(given, str):
        return given
    if isinstance(given, dict | list):
        return _UNREADABLE
    written = str(given).lower() if isinstance(given, bool) else str(given)
    return NO_TAG + written if name in _SHOWN else written


def _integer(given: Any) -> Any:
    if isinstance(given, str) and (written := _WHOLE.fullmatch(given)) is not None:
        return int(written[1])
    if type(given) is float and given.is_integer() and abs(given) < 2**53:
        return int(given)
    return given if type(given) is int else _UNREADABLE


def _number(given: Any) -> Any:
    if isinstance(given, str):
        try:
            given = float(given)
        except ValueError:
            return _UNREADABLE
    return given if type(given) in (int, float) and math.isfinite(given) else _UNREADABLE


def _boolean(given: Any) -> Any:
    if isinstance(given, str):
        return _WORDS.get(given.strip().casefold(), _UNREADABLE)
    if isinstance(given, bool):
        return given
    return bool(given) if given in (0, 1) else _UNREADABLE


_SCALARS: Mapping[str, Callable[[Any], Any]] = {"integer": _integer, "number": _number, "boolean": _boolean}
