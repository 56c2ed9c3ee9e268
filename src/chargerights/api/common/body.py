"""Malformed bodies and parameters: each fault with its place and the remedy."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from ...fields.sentences import UNKNOWN_MEMBER, sentence, unknown_member, unknown_parameter
from ...operations.errors import Malformed
from ...rights.errors import InvalidInput

MAX_BODY_BYTES = 64 * 1024
FAULTS_SHOWN = 20
NOT_JSON = "json_invalid"


class InvalidBody(InvalidInput):
    """A body that is missing, too large, not JSON or not of the shape asked for."""

    def __init__(self, text: str) -> None:
        self.errors = {"body": [text]}
        super().__init__(text)


async def body_bytes(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """The body as bytes.

    Raises InvalidBody for one that is too large, without reading all of it.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise InvalidBody(f"the body holds more than {most} bytes")
    return bytes(body)


def malformed(found: RequestValidationError, body: Any) -> Malformed:
    """The refusal of a request in which the framework found faults.

    `body`: the type of the operation's body.
    """
    errors: dict[str, list[str]] = {}
    for fault in found.errors()[:FAULTS_SHOWN]:
        errors.setdefault(_place(fault), []).append(_sentence(fault, body))
    return Malformed(errors)


def require_parameters(given: Collection[str], known: tuple[str, ...]) -> None:
    """Raises Malformed for a query parameter that the operation does not have.

    A misspelt filter or dryRun must not be ignored.
    """
    unknown = [name for name in given if name not in known]
    if unknown:
        raise Malformed({name: [unknown_parameter(name, known)] for name in unknown[:FAULTS_SHOWN]})


def _sentence(fault: Mapping[str, Any], body: Any) -> str:
    if fault["type"] == NOT_JSON:
        return f"it is not JSON: {fault['ctx']['error']}, at character {fault['loc'][-1] + 1}"
    if fault["type"] in UNKNOWN_MEMBER:
        *owner, name = fault["loc"][1:]
        return unknown_member(str(name), "this object", _members(body, owner))
    return sentence(fault)


def _place(fault: Mapping[str, Any]) -> str:
    location: tuple[int | str, ...] = fault["loc"]
    if fault["type"] == NOT_JSON:
        return "body"  # its location is a number of characters, which names no member
    return ".".join(str(part) for part in location[1:]) or "body"


def _members(body: Any, place: list[int | str]) -> tuple[str, ...]:
    """The names of the members of the object at that place of a body."""
    models = [*_models(body)]
    for name in (part for part in place if isinstance(part, str)):
        fields = [field for model in models for field in model.model_fields.values() if _name(field) == name]
        models = [model for field in fields for model in _models(field.annotation)] or models
    return tuple(_name(field) or "" for model in models for field in model.model_fields.values())


def _name(field: FieldInfo) -> str | None:
    """The name that a body has for the field, the first of several."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else field.alias


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that the type is, or is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
