"""The rights that a driver's cells name, beside those that he holds.

A place with limits, `Depot [2026-01-01..]`, is exactly that right. A bare place is the rights he holds there, with
their limits; of a driver who holds none there, and beside an item of the same place with limits, it is a right without
limits. What stays keeps its number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ...rights import identifiers
from ...rights.errors import InvalidInput
from ...rights.model import Place, PlaceKind, Right
from ...rights.network import Network
from .columns import Column
from .items import Item
from .limits import RightLimits, limits
from .places import PlaceNames
from .problems import CellError

COLUMNS = {
    Column.SITES: PlaceKind.SITE,
    Column.CHARGERS: PlaceKind.CHARGER,
    Column.GROUPS: PlaceKind.ACCESS_GROUP,
}
UTC = identifiers.zone("UTC")


class Wanted(NamedTuple):
    """A right that a cell names: on the place, with these limits, or with whatever limits he holds it."""

    place: Place
    limits: RightLimits | None


class Zones:
    """In whose time the days of a driver's cells are."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.of_site = lru_cache(maxsize=None)(self._of_site)

    def _of_site(self, site_id: int) -> ZoneInfo:
        return identifiers.zone(self._network.timezone(site_id))

    def of_driver(self, home_site_id: int | None, site_ids: Iterable[int]) -> ZoneInfo:
        """Of his tags and of his rights on access groups: his home site's, else that of the first site on which he
        holds a right, else UTC."""
        site_id = home_site_id if home_site_id is not None else next(iter(site_ids), None)
        return UTC if site_id is None else self.of_site(site_id)

    def of_right(self, place: Place, drivers: ZoneInfo) -> ZoneInfo:
        """Of a right on a site or charger, that site's; of one on an access group, the driver's."""
        if place.kind is PlaceKind.SITE:
            return self.of_site(int(place.id))
        if place.kind is PlaceKind.CHARGER:
            return self.of_site(self._network.chargers[str(place.id)].site_id)
        return drivers


class Reader:
    """Reads items as rights; equal items are read once."""

    def __init__(self, places: PlaceNames, zones: Zones) -> None:
        self._places, self._zones = places, zones
        self.place = lru_cache(maxsize=100_000)(places.find)
        self._limits = lru_cache(maxsize=10_000)(limits)

    def wanted(self, column: Column, item: Item, drivers_zone: ZoneInfo) -> Wanted:
        """Raises CellError."""
        if item.limits is None:
            return Wanted(self.place(COLUMNS[column], item), None)
        place = self.place(COLUMNS[column], item._replace(limits=None))
        return Wanted(place, self._limits(item.limits, self._zones.of_right(place, drivers_zone)))


def rights(
    held: Sequence[Right], wanted: Sequence[Wanted], next_id: Callable[[], int]
) -> tuple[list[Right], list[Right]]:
    """The rights that stay of those held, and the new ones. Raises CellError for a window that ends before it
    begins."""
    limited = {each.place for each in wanted if each.limits is not None}
    named = dict.fromkeys(
        each._replace(limits=each.limits or RightLimits()) if each.place in limited else each for each in wanted
    )
    kept = [each for each in held if Wanted(each.place, None) in named or _as_wanted(each) in named]
    there = {Wanted(each.place, None) for each in kept} | {_as_wanted(each) for each in kept}
    return kept, [_right(each, next_id()) for each in named if each not in there]


def _as_wanted(right: Right) -> Wanted:
    return Wanted(right.place, RightLimits(right.valid_from, right.valid_until, right.hours))


def _right(wanted: Wanted, number: int) -> Right:
    try:
        return Right(number, wanted.place, *(wanted.limits or ()))
    except InvalidInput as wrong:
        raise CellError(str(wrong)) from None
