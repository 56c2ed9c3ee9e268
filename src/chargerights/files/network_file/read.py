"""Checks a file's entries against each other and against the existing network.

Checking never stops at the first error: a wrong reference, id or tag is noted with its place, and the rest is
checked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TypeVar

from ...fields.sentences import shown
from ...rights.errors import InvalidHours, InvalidWindow, already_tag
from ...rights.identifiers import MAX_SITE_DEPTH, tag_key
from ...rights.model import AccessGroup, Charger, Driver, Hours, Place, PlaceKind, Right, Site, Tag
from ...rights.network import Network
from ..collector import collector_paused
from .conversion import charger_fact, external_id_fact, site_fact
from .problems import FileErrors, FilePlace, InvalidNetworkFile
from .schema import (
    PLACE_MEMBERS,
    AccessGroupEntry,
    ChargerEntry,
    DriverEntry,
    HoursEntry,
    NetworkFile,
    RightEntry,
    SiteEntry,
    TagEntry,
)
from .site_tree import parents_first

K = TypeVar("K", int, str)


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that a file adds to a network, parents before children."""

    sites: tuple[Site, ...]
    chargers: tuple[Charger, ...]
    access_groups: tuple[AccessGroup, ...]
    drivers: tuple[Driver, ...]


def facts(file: NetworkFile, known: Network, next_id: Callable[[], int], now: datetime) -> Facts:
    """Converts the file to facts that agree with each other and with the network.

    Ids and tags of `known` are taken, and references may point to its entities. Chargers, tags and rights get their
    numbers from `next_id` (even if the file is rejected in the end). `now` is the tags' time of update.

    Raises:
        InvalidNetworkFile: with every error.
    """
    with collector_paused():
        return _Reader(file, known, next_id, now).facts()


def charger_taken_error(file: NetworkFile, charger_ids: Container[str]) -> InvalidNetworkFile:
    """Returns the error for chargers with ids that belong to other customers.

    The file has at least one of `charger_ids`.
    """
    refusals = FileErrors()
    for index, entry in enumerate(file.chargers or ()):
        if entry.charger_id in charger_ids:
            sentence = f"{shown(entry.charger_id)} is taken: charger ids are unique across all customers, use another"
            refusals.add(("chargers", index, "chargerId"), sentence)
    return InvalidNetworkFile(refusals.errors)


class _Reader:
    """The state of reading one file: places to refer to, tags and errors so far."""

    def __init__(self, file: NetworkFile, known: Network, next_id: Callable[[], int], now: datetime) -> None:
        self.file, self.known, self.next_id, self.now = file, known, next_id, now
        self.refusals = FileErrors()
        self.holders: dict[str, tuple[str, int]] = {}
        # Places are created once and shared: 300,000 rights name a few thousand of them.
        self.sites = self._places(PlaceKind.SITE, "id", [site.id for site in file.sites or ()], known.sites)
        self.chargers = self._places(
            PlaceKind.CHARGER, "chargerId", [charger.charger_id for charger in file.chargers or ()], known.chargers
        )
        self.groups = self._places(
            PlaceKind.ACCESS_GROUP,
            "id",
            [group.id for group in file.access_groups or ()],
            known.access_groups,
        )
        self._claim(("drivers",), "id", [driver.id for driver in file.drivers or ()], known.drivers)

    def facts(self) -> Facts:
        file = self.file
        for index, site in enumerate(file.sites or ()):
            if site.parent_id is not None:
                self._require("site", self.sites, site.parent_id, ("sites", index, "parentId"))
        facts = Facts(
            self._sites(parents_first(file.sites or [], self.refusals)),
            tuple([self._charger(("chargers", i), entry) for i, entry in enumerate(file.chargers or ())]),
            tuple([self._access_group(("accessGroups", i), entry) for i, entry in enumerate(file.access_groups or ())]),
            tuple([self._driver(("drivers", i), entry) for i, entry in enumerate(file.drivers or ())]),
        )
        self.refusals.check()
        return facts

    def _sites(self, entries: Sequence[SiteEntry]) -> tuple[Site, ...]:
        """Returns the sites, parents first, and notes the first that is too deep."""
        index = {entry.id: index for index, entry in enumerate(self.file.sites or ())}
        depth: dict[int | None, int] = {None: 0}
        for entry in entries:
            above = entry.parent_id
            if above in self.known.sites:
                depth.setdefault(above, len(self.known.chain(above)))
            depth[entry.id] = depth.get(above, 0) + 1
            if depth[entry.id] == MAX_SITE_DEPTH + 1:
                sentence = f"the site is too deep: a site tree has at most {MAX_SITE_DEPTH} levels"
                self.refusals.add(("sites", index[entry.id], "parentId"), sentence)
        return tuple([site_fact(entry) for entry in entries])

    def _places(self, kind: PlaceKind, member: str, ids: Sequence[K], known: Collection[K]) -> dict[K, Place]:
        self._claim((f"{kind}s",), member, ids, known)
        return {id_: Place(kind, id_) for id_ in chain(known, ids)}

    def _claim(self, place: FilePlace, member: str, ids: Sequence[K], taken: Container[K]) -> None:
        """Notes every id that is taken or repeated."""
        first: dict[K, int] = {}
        for index, id_ in enumerate(ids):
            if id_ in taken:
                self.refusals.add((*place, index, member), f"{shown(id_)} is taken: the network already has it")
            elif first.setdefault(id_, index) != index:
                holder = f"{place[-1]}[{first[id_]}]"
                self.refusals.add((*place, index, member), f"{shown(id_)} is already the {member} of {holder}")

    def _require(self, what: str, places: Mapping[K, Place], wanted: K, at: FilePlace) -> Place | None:
        """Returns the place that a reference names.

        Notes an error if it is missing.
        """
        place = places.get(wanted)
        if place is None:
            self.refusals.add(at, f"there is no {what} {shown(wanted)} in this file or in the network")
        return place

    def _charger(self, at: FilePlace, entry: ChargerEntry) -> Charger:
        self._require("site", self.sites, entry.site_id, (*at, "siteId"))
        self._claim((*at, "sockets"), "id", [socket.id for socket in entry.sockets or ()], ())
        return charger_fact(entry, self.next_id())

    def _access_group(self, at: FilePlace, entry: AccessGroupEntry) -> AccessGroup:
        for index, charger_id in enumerate(entry.charger_ids or ()):
            self._require("charger", self.chargers, charger_id, (*at, "chargerIds", index))
        return AccessGroup(entry.id, entry.name, frozenset(entry.charger_ids or ()))

    def _driver(self, at: FilePlace, entry: DriverEntry) -> Driver:
        if entry.home_site_id is not None:
            self._require("site", self.sites, entry.home_site_id, (*at, "homeSiteId"))
        tags = [self._tag((*at, "tags", i), entry.id, tag_entry) for i, tag_entry in enumerate(entry.tags or ())]
        rights = [self._right((*at, "rights", i), right_entry) for i, right_entry in enumerate(entry.rights or ())]
        return Driver(
            entry.id,
            entry.name,
            entry.home_site_id,
            entry.external_id,
            entry.payer_id,
            entry.company_id,
            entry.enabled is not False,
            tuple([external_id_fact(external_id) for external_id in entry.external_ids or ()]),
            tuple([tag for tag in tags if tag is not None]),
            tuple([right for right in rights if right is not None]),
        )

    def _tag(self, at: FilePlace, driver_id: int, entry: TagEntry) -> Tag | None:
        id_tag = entry.id_tag
        known = self.known.tag(id_tag)
        claim = (id_tag, driver_id)
        holder = (known.id_tag, known.driver_id) if known else self.holders.setdefault(tag_key(id_tag), claim)
        if holder is not claim:
            spelling = "" if holder[0] == id_tag else shown(holder[0])
            self.refusals.add((*at, "idTag"), already_tag(shown(id_tag), f"driver {holder[1]}", spelling))
        try:
            return Tag(
                self.next_id(),
                driver_id,
                id_tag,
                entry.start_date,
                entry.expiring_date,
                entry.token_name,
                bool(entry.invoicable),
                bool(entry.blocked),
                self.now,
            )
        except InvalidWindow as wrong:
            self.refusals.add((*at, "expiringDate"), str(wrong))
            return None

    def _right(self, at: FilePlace, entry: RightEntry) -> Right | None:
        place = self._right_place(at, entry)
        hours = (
            [self._hours((*at, "hours", i), hours_entry) for i, hours_entry in enumerate(entry.hours)]
            if entry.hours
            else ()
        )
        try:
            return Right(
                self.next_id(),
                place or _NO_PLACE,
                entry.valid_from,
                entry.valid_until,
                tuple([it for it in hours if it is not None]),
            )
        except InvalidWindow as wrong:
            self.refusals.add((*at, "validUntil"), str(wrong))
            return None

    def _right_place(self, at: FilePlace, entry: RightEntry) -> Place | None:
        site_id, charger_id, group_id = entry.site_id, entry.charger_id, entry.access_group_id
        # Plain tests: a match statement here took a third of the time of reading a file (measured).
        if site_id is not None and charger_id is None and group_id is None:
            return self._require("site", self.sites, site_id, (*at, "siteId"))
        if charger_id is not None and site_id is None and group_id is None:
            return self._require("charger", self.chargers, charger_id, (*at, "chargerId"))
        if group_id is not None and site_id is None and charger_id is None:
            return self._require("access group", self.groups, group_id, (*at, "accessGroupId"))
        values = (site_id, charger_id, group_id)
        named = [name for name, value in zip(PLACE_MEMBERS.values(), values, strict=True) if value is not None]
        problem = f"names {' and '.join(named)}" if named else "names no place"
        self.refusals.add(at, f"{problem}; a right names exactly one of {', '.join(PLACE_MEMBERS.values())}")
        return None

    def _hours(self, at: FilePlace, entry: HoursEntry) -> Hours | None:
        try:
            return Hours(entry.weekday, entry.start, entry.end)
        except InvalidHours as wrong:
            self.refusals.add(at, str(wrong))
            return None


_NO_PLACE = Place(PlaceKind.SITE, 0)
"""Stands in for a rejected place, so that the right's window is still checked."""
