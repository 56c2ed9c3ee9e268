"""The official schemas of the `ocpp` package, loosened where real chargers are loose (OCPP.md section 4).

What stays: which members there must be, and their types. What goes: members nobody knows, lengths, and words of
enumerations, but those that a handler must tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson

from .frames import V16, V21, V201, Fault

_FOLDERS = {V16: "v16", V201: "v201", V21: "v21"}
_STRICT_ENUMERATIONS = frozenset({"TransactionEventEnumType"})
_LOOSENED = ("additionalProperties", "additionalItems", "maxLength", "enum", "multipleOf", "format", "javaType")
_FAULTS: dict[str, Fault] = {"type": Fault.TYPE, "required": Fault.OCCURRENCE, "minItems": Fault.OCCURRENCE}


class Mismatch(Exception):
    """A payload that its schema refuses."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text


def knows(version: str, action: str) -> bool:
    """Whether the standard has that action."""
    return action in _requests(version)


def check(version: str, action: str, payload: Any, of_result: bool = False) -> None:
    """Raises Mismatch when the payload (of the call, or of its result) breaks the schema of an action that is known."""
    validator = _validator(version, action, of_result)
    try:
        if validator.is_valid(payload):
            return
    except ValueError:
        raise Mismatch(Fault.FORMAT, "the payload is nested too deeply") from None
    first = next(validator.iter_errors(payload))
    # the rule is the last word of the schema's path that names one: not the value, which may be secret
    rule = next((each for each in reversed(first.schema_path) if isinstance(each, str)), "")
    place = ".".join(str(each) for each in first.instance_path) or "the payload"
    raise Mismatch(_FAULTS.get(rule, Fault.PROPERTY), f"{place} breaks the schema's rule {rule!r}")


@cache
def _requests(version: str) -> dict[str, str]:
    """The files of the requests' schemas, by action; 2.x has the word Request in all but a few of their names."""
    names = [each.name.removesuffix(".json") for each in (files("ocpp") / _FOLDERS[version] / "schemas").iterdir()]
    return {name.removesuffix("Request"): name for name in names if not name.endswith("Response")}


@cache
def _validator(version: str, action: str, of_result: bool) -> jsonschema_rs.Validator:
    name = f"{action}Response" if of_result else _requests(version)[action]
    file = files("ocpp") / _FOLDERS[version] / "schemas" / f"{name}.json"
    return jsonschema_rs.validator_for(_loosened(orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))))


def _loosened(schema: dict[str, Any]) -> dict[str, Any]:
    for part, name in _parts(schema, ""):
        for rule in _LOOSENED:
            if not (rule == "enum" and name in _STRICT_ENUMERATIONS) and not isinstance(part.get(rule), dict):
                part.pop(rule, None)
    return schema


def _parts(value: Any, name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every object of the schema, with the name it has in its parent."""
    if isinstance(value, dict):
        yield value, name
        for key, each in [*value.items()]:
            yield from _parts(each, key)
