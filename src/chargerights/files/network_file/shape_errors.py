"""Finds all errors of shape in a file that is known to have one.

Parsing stops at the first invalid item of each list (`fail_fast` in `schema`), so that a file of millions of invalid
items cannot fill memory with errors. Here each invalid object is taken apart and its lists are checked item by item,
until the maximum number of errors is reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from .problems import FileErrors, FilePlace
from .schema import ENTRIES, members_of

MAX_MEMBERS = 1000
"""No object needs more members; one that has more is not checked further."""

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Shape:
    """An object's shape, and its members that contain objects or plain lists."""

    whole: TypeAdapter[Any]
    kinds: dict[str, type]
    plain: dict[str, TypeAdapter[Any]]


def shape_errors(raw: bytes) -> list[str]:
    """Returns the errors in the order of the file.

    Empty only if the file has the shape.
    """
    try:
        data = from_json(raw, allow_inf_nan=False)
    except ValueError as broken:
        return [f"the file: is not JSON in UTF-8: {broken}"]
    refusals = FileErrors()
    _look((), (), data, refusals)
    return refusals.errors


def _look(names: Names, place: FilePlace, value: object, refusals: FileErrors) -> None:
    """Notes what is wrong with the object at the place that these names lead to."""
    shape = _SHAPES[names]
    if isinstance(value, dict) and len(value) > MAX_MEMBERS:
        refusals.add(
            place, f"has {len(value)} members; {ENTRIES[names][0]} has at most {len(members_of(ENTRIES[names][1]))}"
        )
    elif isinstance(value, dict):
        held = {name: value[name] for name in value if isinstance(value[name], shape.kinds.get(name, ()))}
        _check(shape.whole, place, value | dict.fromkeys(held), refusals)
        for name, part in held.items():
            _look_into((*names, name), (*place, name), part, shape.plain.get(name), refusals)
    else:
        _check(shape.whole, place, value, refusals)


def _look_into(names: Names, place: FilePlace, part: Any, plain: TypeAdapter[Any] | None, refusals: FileErrors) -> None:
    if plain is None and isinstance(part, dict):
        _look(names, place, part, refusals)
    elif plain is None:
        for index, item in enumerate(part):
            _look(names, (*place, index), item, refusals)
    elif isinstance(part, dict):
        for name, item in part.items():
            _check(plain, place, {name: item}, refusals)
    else:
        for index, item in enumerate(part):
            _check(plain, (*place, index), item, refusals)


def _check(shape: TypeAdapter[Any], place: FilePlace, value: object, refusals: FileErrors) -> None:
    try:
        shape.validate_json(to_json(value))
    except ValidationError as error:
        refusals.add_shape(place, error)


def _shape(names: Names) -> _Shape:
    _, entry = ENTRIES[names]
    kinds: dict[str, type] = {}
    plain: dict[str, TypeAdapter[Any]] = {}
    for name, field in members_of(entry).items():
        annotation: Any = next((type_ for type_ in get_args(field.annotation) if type_ is not NoneType), None)
        origin = get_origin(annotation)
        if (*names, name) in ENTRIES:
            kinds[name] = origin or dict
        elif origin in (list, dict):
            kinds[name] = origin
            item = get_args(annotation)[0] if origin is list else annotation
            plain[name] = TypeAdapter(item, config=ConfigDict(strict=True))
    return _Shape(TypeAdapter(entry), kinds, plain)


_SHAPES = {names: _shape(names) for names in ENTRIES}
