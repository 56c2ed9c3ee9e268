"""What a change would mean: who gains and who loses access where, between two networks, at one instant.

A driver has access at a charger or site when he is listed for it (see `listing`): he is enabled and a right of his,
valid at the instant, reaches it. Weekly hours and tags are no part of that, so a change of these alone has no impact.
At a charger or site that one of the networks does not have, nobody has access there.

Only places whose lists can differ are looked at; what both networks share costs a glance at its identity (see
`network`: forks share their values).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from pyroaring import BitMap64

from .driver_sets import NO_WINDOWS, NOBODY, WindowedDrivers
from .model import Place, PlaceKind
from .network import Network, edges_of, window_of

K = TypeVar("K", bound=Hashable)


class Difference(NamedTuple):
    """Drivers with access only after the change, and drivers who had it only before."""

    gained: BitMap64
    lost: BitMap64


class Footprint(NamedTuple):
    """At how many chargers and sites one driver gains access and loses it."""

    chargers_gained: int = 0
    chargers_lost: int = 0
    sites_gained: int = 0
    sites_lost: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """The chargers and sites whose lists differ at the instant, each with its difference."""

    at: datetime
    chargers: dict[str, Difference]
    sites: dict[int, Difference]
    changes_again_at: datetime | None
    """The next instant at which a window that the change gave, took or altered begins or ends."""

    def within(self, sites: Collection[int], chargers: Collection[str]) -> Impact:
        """The impact on these sites and chargers alone."""
        return replace(
            self,
            chargers={key: each for key, each in self.chargers.items() if key in chargers},
            sites={key: each for key, each in self.sites.items() if key in sites},
        )

    @property
    def gaining(self) -> BitMap64:
        """The drivers who gain access anywhere."""
        return BitMap64.union(NOBODY, *(each.gained for each in self._distinct()))

    @property
    def losing(self) -> BitMap64:
        """The drivers who lose access anywhere; some of them may gain it elsewhere."""
        return BitMap64.union(NOBODY, *(each.lost for each in self._distinct()))

    def footprints(self, driver_ids: Iterable[int]) -> dict[int, Footprint]:
        """What it means for each of these drivers."""
        wanted = BitMap64(driver_ids)
        counts = [*_counts(self.chargers.values(), wanted), *_counts(self.sites.values(), wanted)]
        return {driver_id: Footprint(*(count[driver_id] for count in counts)) for driver_id in wanted}

    def _distinct(self) -> list[Difference]:
        """Many chargers of a site share one difference."""
        shared = [*_times(self.chargers.values()), *_times(self.sites.values())]
        return [difference for difference, _ in shared]


def impact(before: Network, after: Network, at: datetime) -> Impact:
    """Who gains and who loses access where, at that instant, when the first network becomes the second."""
    touched = _Touched.between(before, after)
    affected = _Affected()
    for network in (before, after):
        affected.add(network, touched)
    old, new = _Access(before, at, touched.drivers), _Access(after, at, touched.drivers)
    compare = _Comparison()
    return Impact(
        at,
        compare.each((each, old.at_charger(each), new.at_charger(each)) for each in affected.chargers),
        compare.each((each, old.at_site(each), new.at_site(each)) for each in affected.sites),
        min((edge for edge in touched.edges if edge > at), default=None),
    )


@dataclass(slots=True)
class _Touched:
    """What differs between two networks, as far as it bears on access."""

    places: set[Place]
    """On which drivers hold other rights, or are enabled or disabled now."""
    sites: set[int]
    """New, gone, or below another parent."""
    chargers: set[str]
    """New, gone, at another site, or in other access groups."""
    drivers: BitMap64 | None
    """The only ones whose access can differ; None when it can be anybody's."""
    edges: set[datetime]

    @classmethod
    def between(cls, before: Network, after: Network) -> _Touched:
        opened, windowed = _differing(before.open, after.open), _differing(before.windowed, after.windowed)
        drivers = [before.open.get(each, NOBODY) ^ after.open.get(each, NOBODY) for each in opened]
        windows = {
            window
            for each in windowed
            for window in {*_windows(before.windowed, each)} ^ {*_windows(after.windowed, each)}
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
        """As far as the network has them: what lies below a touched site, and all that lies above what is touched."""
        tops = {int(place.id) for place in touched.places if place.kind is PlaceKind.SITE} | touched.sites
        chargers = {each for each in touched.chargers if each in network.chargers}
        for place in touched.places:
            if place.kind is not PlaceKind.SITE and _known(network, place):
                chargers.update(network.named_chargers(place))
        below = _subtrees(network, [each for each in tops if each in network.sites])
        for site_id in below:
            self.chargers.update(network.chargers_at(site_id))
        self.chargers |= chargers
        self.sites |= below
        self.sites |= _chains(network, {network.chargers[each].site_id for each in chargers} | (tops & below))


class _Access:
    """Who has access where in one network at one instant; of some drivers only, unless it can be anybody's."""

    def __init__(self, network: Network, at: datetime, only: BitMap64 | None) -> None:
        self._network = network
        self._at = at
        self._only = only
        self._above: dict[int, BitMap64] = {}

    def at_charger(self, charger_id: str) -> BitMap64:
        charger = self._network.chargers.get(charger_id)
        if charger is None:
            return NOBODY
        above = self._from_above(charger.site_id)
        places = [Place(PlaceKind.CHARGER, charger_id)]
        places += [Place(PlaceKind.ACCESS_GROUP, each) for each in self._network.groups_of(charger_id)]
        named = [found for place in places if (found := self._holders(place))]
        return BitMap64.union(above, *named) if named else above  # itself: most chargers share their site's

    def at_site(self, site_id: int) -> BitMap64:
        if site_id not in self._network.sites:
            return NOBODY
        return self._from_above(site_id) | self._counted(self._network.reached_below(site_id, self._at).drivers)

    def _from_above(self, site_id: int) -> BitMap64:
        """By rights on the site or on a site above it."""
        found = self._above.get(site_id)
        if found is None:
            parent_id = self._network.sites[site_id].parent_id
            above = NOBODY if parent_id is None else self._from_above(parent_id)
            own = self._holders(Place(PlaceKind.SITE, site_id))
            found = self._above[site_id] = above | own if own else above
        return found

    def _holders(self, place: Place) -> BitMap64:
        return self._counted(self._network.holders(place, self._at).drivers)

    def _counted(self, drivers: BitMap64) -> BitMap64:
        return (drivers if self._only is None else drivers & self._only) - self._network.disabled


class _Comparison:
    """Compares what two networks say; a pair that many places share is compared once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[BitMap64, BitMap64, Difference]] = {}
        """By the identity of both; the bitmaps are kept, so that no other takes their identity."""

    def each(self, them: Iterable[tuple[K, BitMap64, BitMap64]]) -> dict[K, Difference]:
        found = ((key, self._of(before, after)) for key, before, after in them)
        return {key: difference for key, difference in found if difference.gained or difference.lost}

    def _of(self, before: BitMap64, after: BitMap64) -> Difference:
        pair = id(before), id(after)
        known = self._known.get(pair)
        if known is None:
            known = self._known[pair] = before, after, Difference(after - before, before - after)
        return known[2]


def _differing(before: dict[K, Any], after: dict[K, Any]) -> set[K]:
    """The keys whose values are not equal; of a key that is only in one, none is."""
    found = {key for key in before if key not in after}
    for key, value in after.items():
        known = before.get(key)
        if known is not value and known != value:
            found.add(key)
    return found


def _moved(before: dict[K, Any], after: dict[K, Any], where: str) -> set[K]:
    """The keys of what is new, gone, or elsewhere than it was."""
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
    """The sites and all below them, each walked once."""
    found: set[int] = set()
    waiting = [*tops]
    while waiting:
        site_id = waiting.pop()
        if site_id not in found:
            found.add(site_id)
            waiting += network.subsites(site_id)
    return found


def _chains(network: Network, site_ids: Iterable[int]) -> set[int]:
    """The sites and all above them, each walked once."""
    found: set[int] = set()
    for each in site_ids:
        site_id: int | None = each
        while site_id is not None and site_id not in found:
            found.add(site_id)
            site_id = network.sites[site_id].parent_id
    return found


def _counts(differences: Iterable[Difference], wanted: BitMap64) -> tuple[Counter[int], Counter[int]]:
    """At how many of these places each of the drivers gains access, and loses it."""
    gained: Counter[int] = Counter()
    lost: Counter[int] = Counter()
    for difference, times in _times(differences):
        for count, drivers in zip((gained, lost), difference, strict=True):
            for driver_id in drivers & wanted:
                count[driver_id] += times
    return gained, lost


def _times(differences: Iterable[Difference]) -> Iterable[tuple[Difference, int]]:
    """Each difference once, and how many places share it."""
    them = [*differences]
    counts = Counter(map(id, them))
    return [(each, counts[key]) for key, each in {id(each): each for each in them}.items()]
