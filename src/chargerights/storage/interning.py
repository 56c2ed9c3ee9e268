"""Interning: one object for all equal values of a network's rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from ..rights.model import Place, PlaceKind

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


class InternedValues:
    """The values of one load. They must be immutable."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}
        self._sites: dict[int, Place] = {}

    def value(self, value: H) -> H:
        """Returns the first value that was equal to this one."""
        found: H = self._values.setdefault(value, value)
        return found

    def values(self, values: Iterable[H]) -> tuple[H, ...]:
        return tuple([self.value(each) for each in values])

    def of(self, make: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """Returns `make(*arguments)`, called once for equal arguments."""
        key = (make, arguments)
        found: T | None = self._values.get(key)
        if found is None:
            found = self._values[key] = make(*arguments)
        return found

    def place(self, site_id: int | None, charger_id: str | None, group_id: int | None) -> Place:
        """Returns the place of a right's row, where exactly one id is set."""
        if site_id is not None:
            place = self._sites.get(site_id)
            if place is None:
                place = self._sites[site_id] = Place(PlaceKind.SITE, site_id)
            return place
        if charger_id is not None:
            return self.value(Place(PlaceKind.CHARGER, charger_id))
        if group_id is not None:
            return self.value(Place(PlaceKind.ACCESS_GROUP, group_id))
        raise ValueError("a right without a place")
