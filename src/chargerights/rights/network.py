"""One customer's facts, indexed for the questions of `decide`, `listing` and `explain`.

Two indexes of drivers stand beside the facts, both by place and for direct rights only, so that a grant
touches one entry and moving a site touches none:

* `open`: drivers whose right there has no window, as one roaring bitmap a place;
* `windowed`: drivers whose right there has a window, with their windows.

Weekly hours hide nobody from a list (DESIGN.md section 3, rule 3), so these indexes ignore them; a
decision reads the driver's own rights. Disabled drivers stay in the indexes and are taken out of answers.

Only `changes` writes a network that stands. Every value held in a dictionary here is immutable, bitmaps
included: a change replaces it. So `fork` is a shallow copy, and whoever still reads the old network sees
no change.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pyroaring import BitMap64

from .driver_sets import BEGINNING, END, NOBODY, DriverSet, DriverWindow, WindowedDrivers, union
from .errors import NotFound, UnknownAccessGroup, UnknownCharger, UnknownSite
from .identifiers import tag_key
from .model import AccessGroup, Charger, Driver, Place, PlaceKind, Right, Site, Tag
from .spellings import bare_of


class PlacedCharger(NamedTuple):
    """A charger in the order of names. `text`: all that it is looked for by, without case, a line each."""

    name: str
    charger_id: str
    text: str


UNKNOWN_PLACES: dict[PlaceKind, type[NotFound]] = {
    PlaceKind.SITE: UnknownSite,
    PlaceKind.CHARGER: UnknownCharger,
    PlaceKind.ACCESS_GROUP: UnknownAccessGroup,
}


@dataclass(slots=True)
class Network:
    """The facts and their indexes. Not for two threads at once while one of them changes it."""

    sites: dict[int, Site] = field(default_factory=dict)
    chargers: dict[str, Charger] = field(default_factory=dict)
    access_groups: dict[int, AccessGroup] = field(default_factory=dict)
    drivers: dict[int, Driver] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    """By `tag_key`; ask `tag` instead."""
    separated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The sorted keys of tags with separators, by `spellings.bare_of`."""
    subsite_ids: dict[int | None, tuple[int, ...]] = field(default_factory=dict)
    charger_ids: dict[int, tuple[str, ...]] = field(default_factory=dict)
    group_ids: dict[str, tuple[int, ...]] = field(default_factory=dict)
    home: dict[int | None, BitMap64] = field(default_factory=dict)
    by_name: list[tuple[str, int]] = field(default_factory=list)
    """The drivers' names, without case, and ids, sorted."""
    by_tag: list[str] = field(default_factory=list)
    """The keys of `tags`, sorted."""
    right_count: int = 0
    chargers_by_name: list[PlacedCharger] = field(default_factory=list)
    """Sorted."""
    disabled: BitMap64 = field(default_factory=BitMap64)
    open: dict[Place, BitMap64] = field(default_factory=dict)
    windowed: dict[Place, WindowedDrivers] = field(default_factory=dict)
    edges: list[datetime] = field(default_factory=list)
    """Every instant at which a window begins or ends, sorted, as often as it does."""
    below: dict[int, DriverSet] = field(default_factory=dict, compare=False)
    """What `reached_below` remembers."""
    listed: dict[int, DriverSet] = field(default_factory=dict, compare=False)
    """What `listing.drivers_of_site` remembers by site; emptied by every change that can touch a list."""

    @classmethod
    def build(
        cls,
        sites: Iterable[Site],
        chargers: Iterable[Charger],
        access_groups: Iterable[AccessGroup],
        drivers: Iterable[Driver],
    ) -> Network:
        """The network of facts that are known to agree, such as stored ones; nothing is checked."""
        network = cls()
        subsites: dict[int | None, list[int]] = {}
        for site in sites:
            network.sites[site.id] = site
            subsites.setdefault(site.parent_id, []).append(site.id)
        chargers_at: dict[int, list[str]] = {}
        for charger in chargers:
            network.chargers[charger.charger_id] = charger
            chargers_at.setdefault(charger.site_id, []).append(charger.charger_id)
        network.chargers_by_name = sorted([charger_entry(each) for each in network.chargers.values()])
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
        self.windowed = {place: WindowedDrivers(tuple(sorted(them))) for place, them in windowed.items()}
        self.edges = sorted(edge for them in self.windowed.values() for edge in edges_of(them.windows))

    def fork(self) -> Network:
        """A network of the same facts that changes apart from this one; costs a shallow copy."""
        return Network(
            dict(self.sites),
            dict(self.chargers),
            dict(self.access_groups),
            dict(self.drivers),
            dict(self.tags),
            dict(self.separated),
            dict(self.subsite_ids),
            dict(self.charger_ids),
            dict(self.group_ids),
            dict(self.home),
            list(self.by_name),
            list(self.by_tag),
            self.right_count,
            list(self.chargers_by_name),
            self.disabled,
            dict(self.open),
            dict(self.windowed),
            list(self.edges),
            dict(self.below),
            dict(self.listed),
        )

    def tag(self, id_tag: str) -> Tag | None:
        """The tag of that spelling, whatever its case and the spaces around it."""
        return self.tags.get(tag_key(id_tag))

    def chain(self, site_id: int) -> tuple[int, ...]:
        """The site, then the site above it, up to its root."""
        found = [site_id]
        parent = self.sites[site_id].parent_id
        while parent is not None:
            found.append(parent)
            parent = self.sites[parent].parent_id
        return tuple(found)

    def subsites(self, site_id: int | None) -> tuple[int, ...]:
        """The sites right below, by id; of None, the roots."""
        return self.subsite_ids.get(site_id, ())

    def subtree(self, site_id: int) -> Iterator[int]:
        """The site and every site below it, each after the one above it."""
        waiting = [site_id]
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(reversed(self.subsites(current)))

    def height(self, site_id: int) -> int:
        """How many sites lie one below the other from the site to its deepest, itself counted; of a new site, 1."""
        level, height = [site_id], 0
        while level:
            height += 1
            level = [each for site in level for each in self.subsites(site)]
        return height

    def chargers_at(self, site_id: int) -> tuple[str, ...]:
        """The chargers of the site itself, by charger id."""
        return self.charger_ids.get(site_id, ())

    def groups_of(self, charger_id: str) -> tuple[int, ...]:
        """The access groups that hold the charger, by id."""
        return self.group_ids.get(charger_id, ())

    def named_chargers(self, place: Place) -> Collection[str]:
        """The chargers that a right on that charger or access group names."""
        if place.kind is PlaceKind.CHARGER:
            return (str(place.id),)
        return self.access_groups[int(place.id)].charger_ids

    def at_home(self, site_id: int | None) -> BitMap64:
        """The enabled drivers whose home site that is; of None, those without one."""
        return self.home.get(site_id, NOBODY) - self.disabled

    def timezone(self, site_id: int) -> str:
        """The name of the site's time zone: its own, else its nearest ancestor's, else UTC."""
        for each in self.chain(site_id):
            timezone = self.sites[each].timezone
            if timezone is not None:
                return timezone
        return "UTC"

    def free_place(self, charger: Charger) -> Place | None:
        """The charger or site whose mark lets anyone charge at the charger without a tag; None: no one may.

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
        """The last instant up to `at` at which a window began or ended: since then nothing but facts changed
        who is listed where."""
        before = bisect_right(self.edges, at)
        return self.edges[before - 1] if before else BEGINNING

    def require_place(self, place: Place) -> None:
        """Raises UnknownSite, UnknownCharger or UnknownAccessGroup when there is no such place."""
        known: Container[int | str] = self.access_groups
        if place.kind is PlaceKind.SITE:
            known = self.sites
        elif place.kind is PlaceKind.CHARGER:
            known = self.chargers
        if place.id not in known:
            raise UNKNOWN_PLACES[place.kind]((place.id,))

    def name_of(self, place: Place) -> str:
        """The name of the site, charger or access group; of a charger without one, its charger id."""
        if place.kind is PlaceKind.SITE:
            return self.sites[int(place.id)].name
        if place.kind is PlaceKind.CHARGER:
            return self.chargers[str(place.id)].name or str(place.id)
        return self.access_groups[int(place.id)].name

    def holders(self, place: Place, at: datetime) -> DriverSet:
        """Drivers with a valid right on the place itself; disabled ones too."""
        open_ones = self.open.get(place, NOBODY)
        windowed = self.windowed.get(place)
        if windowed is None:
            return DriverSet(open_ones)
        inside = windowed.at(at)
        return DriverSet(open_ones | inside.drivers, inside.since, inside.until)

    def with_rights_on(self, place: Place) -> BitMap64:
        """Drivers with a right on the place itself, whatever its window; disabled ones too."""
        windowed = self.windowed.get(place)
        found = self.open.get(place, NOBODY)
        return found if windowed is None else found | BitMap64([driver_id for driver_id, *_ in windowed.windows])

    def reached_below(self, site_id: int, at: datetime) -> DriverSet:
        """Drivers with a valid right on the site, a site below it, or a charger there, by name or through an access
        group; disabled ones too. Remembered per site until its span ends or a right or a place below changes."""
        waiting = [site_id]
        while waiting:
            site = waiting[-1]
            stale = [each for each in self.subsites(site) if not self._remembers(each, at)]
            if stale:
                waiting += stale
                continue
            waiting.pop()
            if not self._remembers(site, at):
                parts = [self.holders(place, at) for place in self._places_at(site)]
                self.below[site] = union([*parts, *(self.below[each] for each in self.subsites(site))])
        return self.below[site_id]

    def _remembers(self, site_id: int, at: datetime) -> bool:
        remembered = self.below.get(site_id)
        return remembered is not None and remembered.holds(at)

    def _places_at(self, site_id: int) -> set[Place]:
        """The site and what its chargers may be reached by, as far as anybody holds a right on it."""
        places = {Place(PlaceKind.SITE, site_id)}
        for charger_id in self.chargers_at(site_id):
            places.add(Place(PlaceKind.CHARGER, charger_id))
            places.update(Place(PlaceKind.ACCESS_GROUP, group) for group in self.groups_of(charger_id))
        return {place for place in places if place in self.open or place in self.windowed}


def name_entry(driver: Driver) -> tuple[str, int]:
    """The driver's place among all by name."""
    return driver.name.casefold(), driver.id


def charger_entry(charger: Charger) -> PlacedCharger:
    """The charger's place among all by name; one without a name goes by its charger id."""
    texts = (charger.charger_id, charger.name, charger.evse_id, charger.serial_number)
    text = "\n".join([each for each in texts if each]).casefold()
    return PlacedCharger((charger.name or charger.charger_id).casefold(), charger.charger_id, text)


def window_of(driver_id: int, right: Right) -> DriverWindow:
    """The right's window with its open ends put at the beginning and the end of time."""
    return driver_id, right.valid_from or BEGINNING, right.valid_until or END


def edges_of(windows: Iterable[DriverWindow]) -> list[datetime]:
    """The instants at which the windows begin and end."""
    return [edge for _, *both in windows for edge in both if edge not in (BEGINNING, END)]
