"""Impact of a change: who gains and who loses access where, at one instant.

A driver has access at a charger or site when they are listed for it (see `listing`): they are enabled, and a right of
theirs that is valid at the instant reaches it. Weekly hours and tags do not count, so a change of these alone has no
impact. At a charger or site that one of the two networks does not have, no one has access.

Only places whose lists can differ are compared. What both networks share is recognized by its identity (forks share
their values, see `network`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from pyroaring import BitMap64

from .driver_sets import NO_DRIVERS, NO_WINDOWS, WindowedDrivers
from .index_entries import edges_of, window_of
from .model import Place, PlaceKind
from .network import Network

K = TypeVar("K", bound=Hashable)


class Difference(NamedTuple):
    """Drivers with access only after the change, and drivers with access only before."""

    gained: BitMap64
    lost: BitMap64


class Footprint(NamedTuple):
    """The numbers of chargers and sites where one driver gains and loses access."""

    chargers_gained: int = 0
    chargers_lost: int = 0
    sites_gained: int = 0
    sites_lost: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """The chargers and sites whose lists differ at the instant, with the differences."""

    at: datetime
    chargers: dict[str, Difference]
    sites: dict[int, Difference]
    changes_again_at: datetime | None
    """The next instant at which a window that the change added, removed or altered begins or ends."""

    def within(self, sites: Collection[int], chargers: Collection[str]) -> Impact:
        """Returns the impact on these sites and chargers alone."""
        return replace(
            self,
            chargers={key: difference for key, difference in self.chargers.items() if key in chargers},
            sites={key: difference for key, difference in self.sites.items() if key in sites},
        )

    @property
    def gaining(self) -> BitMap64:
        """The drivers that gain access anywhere."""
        return BitMap64.union(NO_DRIVERS, *(difference.gained for difference in self._distinct()))

    @property
    def losing(self) -> BitMap64:
        """The drivers that lose access anywhere.

        Some of them may gain it elsewhere.
        """
        return BitMap64.union(NO_DRIVERS, *(difference.lost for difference in self._distinct()))

    def footprints(self, driver_ids: Iterable[int]) -> dict[int, Footprint]:
        """Counts gains and losses for each of these drivers."""
        wanted = BitMap64(driver_ids)
        counts = [*_counts(self.chargers.values(), wanted), *_counts(self.sites.values(), wanted)]
        return {driver_id: Footprint(*(count[driver_id] for count in counts)) for driver_id in wanted}

    def _distinct(self) -> list[Difference]:
        """Returns each difference once.

        Many chargers of a site share one.
        """
        shared = [*_times(self.chargers.values()), *_times(self.sites.values())]
        return [difference for difference, _ in shared]


def impact(before: Network, after: Network, at: datetime) -> Impact:
    """Compares who has access where before and after a change, at that instant."""
    touched = _Touched.between(before, after)
    affected = _Affected()
    for network in (before, after):
        affected.add(network, touched)
    old, new = _Access(before, at, touched.drivers), _Access(after, at, touched.drivers)
    compare = _Comparison()
    return Impact(
        at,
        compare.differences(
            (charger_id, old.at_charger(charger_id), new.at_charger(charger_id)) for charger_id in affected.chargers
        ),
        compare.differences((site_id, old.at_site(site_id), new.at_site(site_id)) for site_id in affected.sites),
        min((edge for edge in touched.edges if edge > at), default=None),
    )


@dataclass(slots=True)
class _Touched:
    """The differences between two networks that affect access."""

    places: set[Place]
    """Places on which drivers have different rights, or whose drivers were enabled or disabled."""
    sites: set[int]
    """New or removed sites, and sites with another parent."""
    chargers: set[str]
    """New or removed chargers, and chargers at another site or in other access groups."""
    drivers: BitMap64 | None
    """The only drivers whose access can differ; None when any driver's can."""
    edges: set[datetime]

    @classmethod
    def between(cls, before: Network, after: Network) -> _Touched:
        opened, windowed = _differing(before.open, after.open), _differing(before.windowed, after.windowed)
        drivers = [before.open.get(place, NO_DRIVERS) ^ after.open.get(place, NO_DRIVERS) for place in opened]
        windows = {
            window
            for place in windowed
            for window in {*_windows(before.windowed, place)} ^ {*_windows(after.windowed, place)}
        }
        places = opened | windowed
        toggled = before.disabled ^ after.disabled
        for network in (before, after):
            for right_of, right in _rights(network, toggled):
                places.add(right.place)
                windows.add(window_of(right_of, right))
        sites = _moved(before.sites, after.sites, "parent_id")
        chargers = _moved(before.chargers, after.chargers, "site_id") | _differing(before.group_ids, after.group_ids)
        anybody = bool(sites or chargers)
        only = BitMap64.union(toggled, BitMap64([driver_id for driver_id, *_ in windows]), *drivers)
        return cls(places, sites, chargers, None if anybody else only, {*edges_of(windows)})


@dataclass(slots=True)
class _Affected:
    """The chargers and sites whose lists may differ."""

    chargers: set[str] = field(default_factory=set)
    sites: set[int] = field(default_factory=set)

    def add(self, network: Network, touched: _Touched) -> None:
        """Adds what the network has of the touched sites with all below, and all above."""
        tops = {int(place.id) for place in touched.places if place.kind is PlaceKind.SITE} | touched.sites
        chargers = {charger_id for charger_id in touched.chargers if charger_id in network.chargers}
        for place in touched.places:
            if place.kind is not PlaceKind.SITE and _known(network, place):
                chargers.update(network.named_chargers(place))
        below = _subtrees(network, [top for top in tops if top in network.sites])
        for site_id in below:
            self.chargers.update(network.chargers_at(site_id))
        self.chargers |= chargers
        self.sites |= below
        self.sites |= _chains(
            network, {network.chargers[charger_id].site_id for charger_id in chargers} | (tops & below)
        )


class _Access:
    """The drivers with access in one network at one instant.

    Limited to some drivers, unless any driver's access can differ.
    """

    def __init__(self, network: Network, at: datetime, only: BitMap64 | None) -> None:
        self._network = network
        self._at = at
        self._only = only
        self._above: dict[int, BitMap64] = {}

    def at_charger(self, charger_id: str) -> BitMap64:
        charger = self._network.chargers.get(charger_id)
        if charger is None:
            return NO_DRIVERS
        above = self._from_above(charger.site_id)
        places = [Place(PlaceKind.CHARGER, charger_id)]
        places += [Place(PlaceKind.ACCESS_GROUP, group_id) for group_id in self._network.groups_of(charger_id)]
        named = [holders for place in places if (holders := self._holders(place))]
        return BitMap64.union(above, *named) if named else above  # the same object: most chargers share their site's

    def at_site(self, site_id: int) -> BitMap64:
        if site_id not in self._network.sites:
            return NO_DRIVERS
        return self._from_above(site_id) | self._counted(self._network.reached_below(site_id, self._at).drivers)

    def _from_above(self, site_id: int) -> BitMap64:
        """Returns the drivers with a right on the site or on a site above it."""
        drivers = self._above.get(site_id)
        if drivers is None:
            parent_id = self._network.sites[site_id].parent_id
            above = NO_DRIVERS if parent_id is None else self._from_above(parent_id)
            own = self._holders(Place(PlaceKind.SITE, site_id))
            drivers = self._above[site_id] = above | own if own else above
        return drivers

    def _holders(self, place: Place) -> BitMap64:
        return self._counted(self._network.holders(place, self._at).drivers)

    def _counted(self, drivers: BitMap64) -> BitMap64:
        return (drivers if self._only is None else drivers & self._only) - self._network.disabled


class _Comparison:
    """Compares the sets of two networks.

    A pair that many places share, only once.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[BitMap64, BitMap64, Difference]] = {}
        """By the identity of both. The bitmaps are kept so that no other object takes their identity."""

    def differences(self, items: Iterable[tuple[K, BitMap64, BitMap64]]) -> dict[K, Difference]:
        compared = ((key, self._of(before, after)) for key, before, after in items)
        return {key: difference for key, difference in compared if difference.gained or difference.lost}

    def _of(self, before: BitMap64, after: BitMap64) -> Difference:
        pair = id(before), id(after)
        known = self._known.get(pair)
        if known is None:
            known = self._known[pair] = before, after, Difference(after - before, before - after)
        return known[2]


def _differing(before: dict[K, Any], after: dict[K, Any]) -> set[K]:
    """Returns the keys whose values differ, a missing key included."""
    differing = {key for key in before if key not in after}
    for key, value in after.items():
        known = before.get(key)
        if known is not value and known != value:
            differing.add(key)
    return differing


def _moved(before: dict[K, Any], after: dict[K, Any], where: str) -> set[K]:
    """Returns the keys of values that are new, removed, or moved."""
    return {
        key
        for key in _differing(before, after)
        if key not in before or key not in after or getattr(before[key], where) != getattr(after[key], where)
    }


def _windows(windowed: dict[Place, WindowedDrivers], place: Place) -> tuple[tuple[int, datetime, datetime], ...]:
    return windowed.get(place, NO_WINDOWS).windows


def _rights(network: Network, driver_ids: BitMap64) -> Iterable[tuple[int, Any]]:
    for driver_id in driver_ids:
        driver = network.drivers.get(driver_id)
        for right in driver.rights if driver is not None else ():
            yield driver_id, right


def _known(network: Network, place: Place) -> bool:
    return place.id in (network.chargers if place.kind is PlaceKind.CHARGER else network.access_groups)


def _subtrees(network: Network, tops: Iterable[int]) -> set[int]:
    """Returns the sites and all sites below them.

    Walks each once.
    """
    reached: set[int] = set()
    waiting = [*tops]
    while waiting:
        site_id = waiting.pop()
        if site_id not in reached:
            reached.add(site_id)
            waiting += network.subsites(site_id)
    return reached


def _chains(network: Network, site_ids: Iterable[int]) -> set[int]:
    """Returns the sites and all sites above them.

    Walks each once.
    """
    reached: set[int] = set()
    for start in site_ids:
        site_id: int | None = start
        while site_id is not None and site_id not in reached:
            reached.add(site_id)
            site_id = network.sites[site_id].parent_id
    return reached


def _counts(differences: Iterable[Difference], wanted: BitMap64) -> tuple[Counter[int], Counter[int]]:
    """Counts for each driver at how many of these places they gain and lose access."""
    gained: Counter[int] = Counter()
    lost: Counter[int] = Counter()
    for difference, times in _times(differences):
        for count, drivers in zip((gained, lost), difference, strict=True):
            for driver_id in drivers & wanted:
                count[driver_id] += times
    return gained, lost


def _times(differences: Iterable[Difference]) -> Iterable[tuple[Difference, int]]:
    """Pairs each difference with the number of places that share it."""
    listed = [*differences]
    counts = Counter(map(id, listed))
    distinct = {id(difference): difference for difference in listed}
    return [(difference, counts[key]) for key, difference in distinct.items()]
