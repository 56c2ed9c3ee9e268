"""One customer's facts, indexed for `decide`, `listing` and `explain`.

Two indexes of drivers accompany the facts. Both are by place and hold direct rights only, so that a grant touches one
entry and moving a site touches none:

* `open`: drivers whose right there has no window, as one roaring bitmap per place;
* `windowed`: drivers whose right there has a window, with their windows.

Weekly hours never hide a driver from a list, so these indexes ignore them; a decision reads the driver's own rights.
Disabled drivers stay in the indexes and are removed from answers.

Only `apply` modifies a network. Every value in a dictionary here is immutable, bitmaps included: a change replaces
it. So `fork` is a shallow copy, and a reader of the old network sees no change.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pyroaring import BitMap64

from .driver_sets import BEGINNING, NO_DRIVERS, DriverSet, DriverWindow, WindowedDrivers, union
from .errors import NotFound, UnknownAccessGroup, UnknownCharger, UnknownSite
from .identifiers import tag_key
from .index_entries import PlacedCharger, charger_entry, edges_of, name_entry, window_of
from .model import AccessGroup, Charger, Driver, Place, PlaceKind, Site, Tag
from .spellings import bare_of

UNKNOWN_PLACES: dict[PlaceKind, type[NotFound]] = {
    PlaceKind.SITE: UnknownSite,
    PlaceKind.CHARGER: UnknownCharger,
    PlaceKind.ACCESS_GROUP: UnknownAccessGroup,
}


@dataclass(slots=True)
class Network:
    """The facts and their indexes.

    Not thread-safe: no other thread may use it while one changes it.
    """

    sites: dict[int, Site] = field(default_factory=dict)
    chargers: dict[str, Charger] = field(default_factory=dict)
    access_groups: dict[int, AccessGroup] = field(default_factory=dict)
    drivers: dict[int, Driver] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    """Tags by `tag_key`; use `tag` to look one up."""
    separated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The sorted keys of tags with separators, by `spellings.bare_of`."""
    subsite_ids: dict[int | None, tuple[int, ...]] = field(default_factory=dict)
    charger_ids: dict[int, tuple[str, ...]] = field(default_factory=dict)
    group_ids: dict[str, tuple[int, ...]] = field(default_factory=dict)
    home: dict[int | None, BitMap64] = field(default_factory=dict)
    by_name: list[tuple[str, int]] = field(default_factory=list)
    """Pairs of the driver's name, case folded, and id, sorted."""
    by_tag: list[str] = field(default_factory=list)
    """The keys of `tags`, sorted."""
    right_count: int = 0
    chargers_by_name: list[PlacedCharger] = field(default_factory=list)
    """All chargers, sorted."""
    disabled: BitMap64 = field(default_factory=BitMap64)
    open: dict[Place, BitMap64] = field(default_factory=dict)
    windowed: dict[Place, WindowedDrivers] = field(default_factory=dict)
    edges: list[datetime] = field(default_factory=list)
    """Every instant at which a window begins or ends, sorted, with duplicates."""
    below: dict[int, DriverSet] = field(default_factory=dict, compare=False)
    """Cache of `reached_below`."""
    listed: dict[int, DriverSet] = field(default_factory=dict, compare=False)
    """Cache of `listing.drivers_of_site` by site; cleared by every change that can touch a list."""

    @classmethod
    def build(
        cls,
        sites: Iterable[Site],
        chargers: Iterable[Charger],
        access_groups: Iterable[AccessGroup],
        drivers: Iterable[Driver],
    ) -> Network:
        """Builds a network from consistent facts, such as stored ones.

        Nothing is checked.
        """
        network = cls()
        subsites: dict[int | None, list[int]] = {}
        for site in sites:
            network.sites[site.id] = site
            subsites.setdefault(site.parent_id, []).append(site.id)
        chargers_at: dict[int, list[str]] = {}
        for charger in chargers:
            network.chargers[charger.charger_id] = charger
            chargers_at.setdefault(charger.site_id, []).append(charger.charger_id)
        network.chargers_by_name = sorted([charger_entry(placed) for placed in network.chargers.values()])
        groups_of: dict[str, list[int]] = {}
        for group in access_groups:
            network.access_groups[group.id] = group
            for charger_id in group.charger_ids:
                groups_of.setdefault(charger_id, []).append(group.id)
        network.subsite_ids = {key: tuple(sorted(ids)) for key, ids in subsites.items()}
        network.charger_ids = {key: tuple(sorted(ids)) for key, ids in chargers_at.items()}
        network.group_ids = {key: tuple(sorted(ids)) for key, ids in groups_of.items()}
        network._index_drivers(drivers)
        return network

    def _index_drivers(self, drivers: Iterable[Driver]) -> None:
        home: dict[int | None, list[int]] = {}
        opened: dict[Place, list[int]] = {}
        windowed: dict[Place, list[DriverWindow]] = {}
        disabled: list[int] = []
        for driver in drivers:
            driver_id = driver.id
            self.drivers[driver_id] = driver
            home.setdefault(driver.home_site_id, []).append(driver_id)
            if not driver.enabled:
                disabled.append(driver_id)
            for tag in driver.tags:
                self.tags[tag_key(tag.id_tag)] = tag
            self.right_count += len(driver.rights)
            for right in driver.rights:
                if right.has_window:
                    windowed.setdefault(right.place, []).append(window_of(driver_id, right))
                else:
                    opened.setdefault(right.place, []).append(driver_id)
        self.by_tag = sorted(self.tags)
        separated: dict[str, list[str]] = {}
        for key in self.by_tag:
            if (bare := bare_of(key)) is not None:
                separated.setdefault(bare, []).append(key)
        self.separated = {bare: tuple(keys) for bare, keys in separated.items()}
        self.by_name = sorted([name_entry(driver) for driver in self.drivers.values()])
        self.home = {site_id: BitMap64(ids) for site_id, ids in home.items()}
        self.disabled = BitMap64(disabled)
        self.open = {place: BitMap64(ids) for place, ids in opened.items()}
        self.windowed = {place: WindowedDrivers(tuple(sorted(windows))) for place, windows in windowed.items()}
        self.edges = sorted(edge for windows in self.windowed.values() for edge in edges_of(windows.windows))

    def fork(self) -> Network:
        """Returns an independent network with the same facts by a shallow copy."""
        return Network(
            sites=dict(self.sites),
            chargers=dict(self.chargers),
            access_groups=dict(self.access_groups),
            drivers=dict(self.drivers),
            tags=dict(self.tags),
            separated=dict(self.separated),
            subsite_ids=dict(self.subsite_ids),
            charger_ids=dict(self.charger_ids),
            group_ids=dict(self.group_ids),
            home=dict(self.home),
            by_name=list(self.by_name),
            by_tag=list(self.by_tag),
            right_count=self.right_count,
            chargers_by_name=list(self.chargers_by_name),
            disabled=self.disabled,
            open=dict(self.open),
            windowed=dict(self.windowed),
            edges=list(self.edges),
            below=dict(self.below),
            listed=dict(self.listed),
        )

    def tag(self, id_tag: str) -> Tag | None:
        """Returns the tag of that spelling, whatever its case and the spaces around it."""
        return self.tags.get(tag_key(id_tag))

    def chain(self, site_id: int) -> tuple[int, ...]:
        """Returns the site and all sites above it, up to its root."""
        chain = [site_id]
        parent = self.sites[site_id].parent_id
        while parent is not None:
            chain.append(parent)
            parent = self.sites[parent].parent_id
        return tuple(chain)

    def subsites(self, site_id: int | None) -> tuple[int, ...]:
        """Returns the sites directly below, by id.

        For None, the roots.
        """
        return self.subsite_ids.get(site_id, ())

    def subtree(self, site_id: int) -> Iterator[int]:
        """Yields the site and every site below it, parents first."""
        waiting = [site_id]
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(reversed(self.subsites(current)))

    def height(self, site_id: int) -> int:
        """Returns the number of levels from the site down to its deepest subsite.

        A new site has 1.
        """
        level, height = [site_id], 0
        while level:
            height += 1
            level = [subsite for site in level for subsite in self.subsites(site)]
        return height

    def chargers_at(self, site_id: int) -> tuple[str, ...]:
        """Returns the chargers of the site itself, by charger id."""
        return self.charger_ids.get(site_id, ())

    def groups_of(self, charger_id: str) -> tuple[int, ...]:
        """Returns the access groups that contain the charger, by id."""
        return self.group_ids.get(charger_id, ())

    def named_chargers(self, place: Place) -> Collection[str]:
        """Returns the chargers that a right on that charger or access group names."""
        if place.kind is PlaceKind.CHARGER:
            return (str(place.id),)
        return self.access_groups[int(place.id)].charger_ids

    def at_home(self, site_id: int | None) -> BitMap64:
        """Returns the enabled drivers with that home site.

        For None, those without one.
        """
        return self.home.get(site_id, NO_DRIVERS) - self.disabled

    def timezone(self, site_id: int) -> str:
        """Returns the site's time zone: its own, else its nearest ancestor's, else UTC."""
        for ancestor in self.chain(site_id):
            timezone = self.sites[ancestor].timezone
            if timezone is not None:
                return timezone
        return "UTC"

    def free_place(self, charger: Charger) -> Place | None:
        """Returns the charger or site that makes the charger free to use, or None.

        The nearest mark counts: the charger's own, else its site's, else that of the nearest site above.
        """
        if charger.free_to_use is not None:
            return Place(PlaceKind.CHARGER, charger.charger_id) if charger.free_to_use else None
        for site_id in self.chain(charger.site_id):
            free = self.sites[site_id].free_to_use
            if free is not None:
                return Place(PlaceKind.SITE, site_id) if free else None
        return None

    def stable_since(self, at: datetime) -> datetime:
        """Returns the last instant up to `at` at which a window began or ended.

        Since then, lists have changed only through changes of facts.
        """
        before = bisect_right(self.edges, at)
        return self.edges[before - 1] if before else BEGINNING

    def require_place(self, place: Place) -> None:
        """Raises UnknownSite, UnknownCharger or UnknownAccessGroup for a missing place."""
        known: Container[int | str] = self.access_groups
        if place.kind is PlaceKind.SITE:
            known = self.sites
        elif place.kind is PlaceKind.CHARGER:
            known = self.chargers
        if place.id not in known:
            raise UNKNOWN_PLACES[place.kind]((place.id,))

    def name_of(self, place: Place) -> str:
        """Returns the name of the place.

        For a charger without a name, its charger id.
        """
        if place.kind is PlaceKind.SITE:
            return self.sites[int(place.id)].name
        if place.kind is PlaceKind.CHARGER:
            return self.chargers[str(place.id)].name or str(place.id)
        return self.access_groups[int(place.id)].name

    def holders(self, place: Place, at: datetime) -> DriverSet:
        """Returns the drivers with a valid right on the place itself, disabled ones too."""
        open_ones = self.open.get(place, NO_DRIVERS)
        windowed = self.windowed.get(place)
        if windowed is None:
            return DriverSet(open_ones)
        inside = windowed.at(at)
        return DriverSet(open_ones | inside.drivers, inside.since, inside.until)

    def with_rights_on(self, place: Place) -> BitMap64:
        """Returns the drivers with any right on the place itself, disabled ones included.

        Windows are not checked.
        """
        windowed = self.windowed.get(place)
        drivers = self.open.get(place, NO_DRIVERS)
        return drivers if windowed is None else drivers | BitMap64([driver_id for driver_id, *_ in windowed.windows])

    def reached_below(self, site_id: int, at: datetime) -> DriverSet:
        """Returns the drivers with a valid right on the site or on anything below it.

        Rights on chargers below count, directly or through an access group. Disabled drivers are included. Cached per
        site until the span ends or a right or a place below changes.
        """
        waiting = [site_id]
        while waiting:
            site = waiting[-1]
            stale = [subsite for subsite in self.subsites(site) if not self._remembers(subsite, at)]
            if stale:
                waiting += stale
                continue
            waiting.pop()
            if not self._remembers(site, at):
                parts = [self.holders(place, at) for place in self._places_at(site)]
                self.below[site] = union([*parts, *(self.below[subsite] for subsite in self.subsites(site))])
        return self.below[site_id]

    def _remembers(self, site_id: int, at: datetime) -> bool:
        remembered = self.below.get(site_id)
        return remembered is not None and remembered.holds(at)

    def _places_at(self, site_id: int) -> set[Place]:
        """Returns the site and the places that reach its chargers, where a right exists."""
        places = {Place(PlaceKind.SITE, site_id)}
        for charger_id in self.chargers_at(site_id):
            places.add(Place(PlaceKind.CHARGER, charger_id))
            places.update(Place(PlaceKind.ACCESS_GROUP, group) for group in self.groups_of(charger_id))
        return {place for place in places if place in self.open or place in self.windowed}
