"""One object for equal values: a network's rows repeat themselves, and its image need not."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from ..rights.model import Place, PlaceKind

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


class Shared:
    """Remembers the values of one load; give it immutable ones only."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}
        self._sites: dict[int, Place] = {}

    def value(self, value: H) -> H:
        """The first value that was equal to this one."""
        found: H = self._values.setdefault(value, value)
        return found

    def values(self, values: Iterable[H]) -> tuple[H, ...]:
        return tuple([self.value(each) for each in values])

    def of(self, make: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """What `make` makes of the arguments, made once."""
        key = (make, arguments)
        found: T | None = self._values.get(key)
        if found is None:
            found = self._values[key] = make(*arguments)
        return found

    def place(self, site_id: int | None, charger_id: str | None, group_id: int | None) -> Place:
        """The one place of a right's row; of the three exactly one is given, as the table's check has it."""
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
