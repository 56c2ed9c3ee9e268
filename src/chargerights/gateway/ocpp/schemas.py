"""The official schemas of the `ocpp` package, loosened.

They are loosened where real chargers are loose. What stays are the members, their types and their words. A payload that
keeps to that is read as it came. Another is repaired as far as possible (see `repairs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from .ocpp_j import V16, V21, V201, FrameFault
from .repairs import lacks, repaired

_FOLDERS = {V16: "v16", V201: "v201", V21: "v21"}
_LOOSENED = (
    "additionalProperties", "additionalItems", "maxLength", "maxItems", "minimum", "maximum", "multipleOf", "format",
    "javaType",
)  # fmt: skip
_AS_NUMBERS = frozenset({"meterStart", "meterStop"})
"""Whole numbers in the standard. Chargers send fractions of a watt-hour."""
_FAULTS: dict[str, FrameFault] = {"type": FrameFault.TYPE, "required": FrameFault.OCCURRENCE}


class Mismatch(Exception):
    """A result that lacks what its schema requires."""

    def __init__(self, fault: FrameFault, text: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text


class Read(NamedTuple):
    """A payload in the types of its schema.

    `fault`: the first defect that it had, or "".
    """

    payload: dict[str, Any]
    fault: str = ""


def knows(version: str, action: str) -> bool:
    """Returns whether the standard has that action."""
    return action in _requests(version)


def read_call(version: str, action: str, payload: Any) -> Read:
    """Reads the payload of a call of a known action.

    See `repairs` for what it holds when it breaks the schema.
    """
    schema, validator = _schema(version, action, False)
    broken = _broken(validator, payload)
    return Read(payload) if broken is None else Read(repaired(schema, payload), broken[1])


def read_result(version: str, action: str, payload: Any) -> Read:
    """Reads the result of a call.

    Raises Mismatch when a required member cannot be read.
    """
    schema, validator = _schema(version, action, True)
    broken = _broken(validator, payload)
    if broken is None:
        return Read(payload)
    read = repaired(schema, payload)
    if lacks(schema, read) is not None or not isinstance(payload, dict | list):
        raise Mismatch(*broken)
    return Read(read, broken[1])


def _broken(validator: jsonschema_rs.Validator, payload: Any) -> tuple[FrameFault, str] | None:
    """Returns the first rule of the schema that the payload breaks.

    The payload's value, which may be secret, is left out.
    """
    try:
        if validator.is_valid(payload):
            return None
        first = next(validator.iter_errors(payload))
    except ValueError:
        return FrameFault.FORMAT, "the payload is nested too deeply"
    # the rule is the last word of the schema's path that names one
    rule = next((step for step in reversed(first.schema_path) if isinstance(step, str)), "")
    place = ".".join(str(step) for step in first.instance_path) or "the payload"
    return _FAULTS.get(rule, FrameFault.PROPERTY), f"{place} breaks the schema's rule {rule!r}"


@cache
def _requests(version: str) -> dict[str, str]:
    """The files of the requests' schemas, by action.

    2.x has the word Request in all but a few of their names.
    """
    names = [file.name.removesuffix(".json") for file in (files("ocpp") / _FOLDERS[version] / "schemas").iterdir()]
    return {name.removesuffix("Request"): name for name in names if not name.endswith("Response")}


@cache
def _schema(version: str, action: str, of_result: bool) -> tuple[dict[str, Any], jsonschema_rs.Validator]:
    name = f"{action}Response" if of_result else _requests(version)[action]
    file = files("ocpp") / _FOLDERS[version] / "schemas" / f"{name}.json"
    loosened = _LOOSENED if of_result else (*_LOOSENED, "minItems")
    schema = _loosened(orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf")), loosened)
    return schema, jsonschema_rs.validator_for(schema)


def _loosened(schema: dict[str, Any], rules: Sequence[str]) -> dict[str, Any]:
    for part, name in _parts(schema, ""):
        for rule in rules:
            if not isinstance(part.get(rule), dict):  # a member of that name
                part.pop(rule, None)
        if name in _AS_NUMBERS:
            part["type"] = "number"
    return schema


def _parts(value: Any, name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object of the schema, with the name it has in its parent."""
    if isinstance(value, dict):
        yield value, name
        for key, member in [*value.items()]:
            yield from _parts(member, key)
