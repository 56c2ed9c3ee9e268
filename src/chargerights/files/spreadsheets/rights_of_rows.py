"""The rights that a driver's cells name, compared to those that the driver holds.

A place with limits, `Depot [2026-01-01..]`, means exactly that right. A bare place means the rights that the driver
holds there, with their limits. If the driver holds none there, or another item names the same place with limits, it
is a right without limits. Rights that stay keep their numbers.
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
    """A right that a cell names: a place with these limits, or with any held limits."""

    place: Place
    limits: RightLimits | None


class Zones:
    """Time zones for the days in a driver's cells."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.of_site = lru_cache(maxsize=None)(self._of_site)

    def _of_site(self, site_id: int) -> ZoneInfo:
        return identifiers.zone(self._network.timezone(site_id))

    def of_driver(self, home_site_id: int | None, site_ids: Iterable[int]) -> ZoneInfo:
        """Returns the zone for the driver's tags and their rights on access groups.

        That of the home site, else that of the first site on which the driver holds a right, else UTC.
        """
        site_id = home_site_id if home_site_id is not None else next(iter(site_ids), None)
        return UTC if site_id is None else self.of_site(site_id)

    def of_right(self, place: Place, drivers: ZoneInfo) -> ZoneInfo:
        """Returns the zone for a right: its site's, or the driver's for an access group."""
        if place.kind is PlaceKind.SITE:
            return self.of_site(int(place.id))
        if place.kind is PlaceKind.CHARGER:
            return self.of_site(self._network.chargers[str(place.id)].site_id)
        return drivers


class Reader:
    """Reads items as rights, equal items only once."""

    def __init__(self, places: PlaceNames, zones: Zones) -> None:
        self._places, self._zones = places, zones
        self.place = lru_cache(maxsize=100_000)(places.find)
        self._limits = lru_cache(maxsize=10_000)(limits)

    def wanted(self, column: Column, item: Item, drivers_zone: ZoneInfo) -> Wanted:
        """Returns the right that the item names. Raises CellError."""
        if item.limits is None:
            return Wanted(self.place(COLUMNS[column], item), None)
        place = self.place(COLUMNS[column], item._replace(limits=None))
        return Wanted(place, self._limits(item.limits, self._zones.of_right(place, drivers_zone)))


def rights(
    held: Sequence[Right], wanted: Sequence[Wanted], next_id: Callable[[], int]
) -> tuple[list[Right], list[Right]]:
    """Returns the held rights that stay, and the new ones.

    Raises CellError for a window that ends before it begins.
    """
    limited = {item.place for item in wanted if item.limits is not None}
    named = dict.fromkeys(
        item._replace(limits=item.limits or RightLimits()) if item.place in limited else item for item in wanted
    )
    kept = [right for right in held if Wanted(right.place, None) in named or _as_wanted(right) in named]
    there = {Wanted(right.place, None) for right in kept} | {_as_wanted(right) for right in kept}
    return kept, [_right(item, next_id()) for item in named if item not in there]


def _as_wanted(right: Right) -> Wanted:
    return Wanted(right.place, RightLimits(right.valid_from, right.valid_until, right.hours))


def _right(wanted: Wanted, number: int) -> Right:
    try:
        return Right(number, wanted.place, *(wanted.limits or ()))
    except InvalidInput as wrong:
        raise CellError(str(wrong)) from None
