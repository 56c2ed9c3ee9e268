"""Bodies and parameters that are not of their shape, each fault with its place and what would be right."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from ...fields.sentences import UNKNOWN_MEMBER, sentence, unknown_member, unknown_parameter, unknown_word
from ...rights.errors import InvalidInput

FAULTS_SHOWN = 20
NOT_JSON = "json_invalid"


class Malformed(InvalidInput):
    """`errors`: the faults by member of the body or parameter."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{place}: {each}" for place in errors for each in errors[place]))


def malformed(found: RequestValidationError, body: Any) -> Malformed:
    """The refusal of a request in which the framework found faults; `body`: the type of the operation's body."""
    errors: dict[str, list[str]] = {}
    for fault in found.errors()[:FAULTS_SHOWN]:
        errors.setdefault(_place(fault), []).append(_sentence(fault, body))
    return Malformed(errors)


def require_parameters(given: Collection[str], known: tuple[str, ...]) -> None:
    """Raises Malformed for a query parameter that the operation does not have: a filter or a dryRun that is spelt
    wrong must not be passed over."""
    unknown = [name for name in given if name not in known]
    if unknown:
        raise Malformed({name: [unknown_parameter(name, known)] for name in unknown[:FAULTS_SHOWN]})


def require_word(parameter: str, value: str, known: tuple[str, ...]) -> None:
    """Raises Malformed for a value of a query parameter that is not one of those known."""
    if value not in known:
        raise Malformed({parameter: [unknown_word(value, known)]})


def require_one_at_most(given: Mapping[str, object]) -> None:
    """Raises Malformed where more than one of the parameters has a value."""
    first, *others = [name for name, value in given.items() if value not in (None, False)] or [""]
    if others:
        raise Malformed({name: [f"cannot be given with {first}: give one of them"] for name in others})


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
    return ".".join(str(each) for each in location[1:]) or "body"


def _members(body: Any, place: list[int | str]) -> tuple[str, ...]:
    """The names of the members of the object at that place of a body."""
    models = [*_models(body)]
    for name in (each for each in place if isinstance(each, str)):
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
