"""The network file: a customer's sites, chargers, access groups and drivers as one JSON file.

`parse` reads its shape, `facts` checks what it says and makes the core's values of it, `dump` writes a
network as such a file, `schema` describes it. What may stand in a file is written in `entries`; loading what
was dumped gives the same network, up to the numbers of chargers, tags and rights.

Errors come in two rounds, since a reference can only be judged once everything has its shape: `parse` lists
every error of shape, `facts` every id, tag, reference, window and cycle that is wrong.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from .collector import collector_paused
from .entries import ENTRIES, NetworkFile
from .published import schema
from .reading import Facts, charger_taken_error, facts
from .refusals import InvalidNetworkFile, Refusals
from .writing import dump

__all__ = ["Facts", "InvalidNetworkFile", "NetworkFile", "charger_taken_error", "dump", "facts", "parse", "schema"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # some editors begin UTF-8 with it
_FILE = TypeAdapter(NetworkFile)
_ITEMS: dict[str, TypeAdapter[Any]] = {
    place[0]: TypeAdapter(entry) for place, (_, entry) in ENTRIES.items() if len(place) == 1
}


def parse(raw: bytes) -> NetworkFile:
    """The file's entries. Raises InvalidNetworkFile with every error of shape."""
    raw = raw.removeprefix(_BYTE_ORDER_MARK)
    try:
        with collector_paused():
            return _FILE.validate_json(raw)
    except ValidationError as first:
        raise InvalidNetworkFile(_shape_errors(raw, first)) from None


def _shape_errors(raw: bytes, first: ValidationError) -> list[str]:
    """All that `first` stands for. It stopped at the first broken item of each list, so that what it holds stays
    small; here each item is looked at by itself."""
    refusals = Refusals()
    try:
        data = from_json(raw, allow_inf_nan=False)
    except ValueError as broken:
        return [f"the file: is not JSON in UTF-8: {broken}"]
    if not isinstance(data, dict):
        refusals.add_shape((), first)
        return refusals.errors
    items = {name: data[name] for name in _ITEMS.keys() & data.keys() if isinstance(data[name], list)}
    _check(_FILE, (), data | {name: [] for name in items}, refusals)
    for name in data:
        for index, item in enumerate(items.get(name, ())):
            _check(_ITEMS[name], (name, index), item, refusals)
    return refusals.errors


def _check(shape: TypeAdapter[Any], place: tuple[int | str, ...], value: object, refusals: Refusals) -> None:
    try:
        shape.validate_json(to_json(value))
    except ValidationError as found:
        refusals.add_shape(place, found)
