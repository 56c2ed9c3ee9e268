"""Which tags must a charger know when it is offline? Its local authorisation list, as `decide` would answer now.

A tag is on the list when `decide` accepts it at the charger at the instant, by a right without weekly hours: OCPP has
no word for those, so a tag with no other right stays out, and offline errs to no (`hours_too` lets them in, at every
hour). An entry ends when the tag ends, or the last of the rights it is there by. A start cannot be told either: a tag
whose window has not begun stays out, and enters when it begins.

A block of the charger changes nothing on its list: it takes no right away, and meanwhile the charger is told to be out
of use, when no list decides.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from .decide import Cause, RightStatus, decide, ends_at
from .driver_sets import END
from .identifiers import tag_key
from .listing import drivers_of_charger
from .model import AccessGroup, Charger, Driver, Place, PlaceKind, Site
from .network import Network

DRIVERS_PER_STEP = 100
_BY_RIGHTS = (Cause.RIGHT_STANDS, Cause.NO_RIGHT_NOW, Cause.CHARGER_BLOCKED)


class ListedTag(NamedTuple):
    """One entry. `until`: from then on the tag is not accepted any more, if nothing changes; None: no end is set."""

    id_tag: str
    driver_id: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class TagList:
    """The tags by `tag_key`, and the first instant at which they may change while no fact does."""

    tags: dict[str, ListedTag]
    until: datetime


def tags_of_charger(network: Network, charger_id: str, at: datetime, hours_too: bool = False) -> TagList:
    """The charger's list at that instant. Raises UnknownCharger."""
    making = making_list(network, charger_id, at, hours_too)
    while True:
        try:
            next(making)
        except StopIteration as made:
            found: TagList = made.value
            return found


def making_list(
    network: Network, charger_id: str, at: datetime, hours_too: bool = False
) -> Generator[None, None, TagList]:
    """The same in steps, between which others may run; the network must stay as it is meanwhile."""
    drivers = drivers_of_charger(network, charger_id, at)
    tags: dict[str, ListedTag] = {}
    until = drivers.until
    for number, driver_id in enumerate(drivers.drivers, 1):
        for tag in network.drivers[driver_id].tags:
            found, ends = look_up(network, tag.id_tag, charger_id, at, hours_too)
            until = min(until, ends)
            if found is not None:
                tags[tag_key(tag.id_tag)] = found
        if number % DRIVERS_PER_STEP == 0:
            yield
    return TagList(tags, until)


def look_up(
    network: Network, id_tag: str, charger_id: str, at: datetime, hours_too: bool = False
) -> tuple[ListedTag | None, datetime]:
    """The tag's entry on the charger's list, if it is on it; and until when that stays so while no fact changes."""
    decision = decide(network, id_tag, charger_id, at)
    tag = decision.tag
    if tag is None:
        return None, END
    here = [each for each in decision.verdicts if each.standing is not RightStatus.ELSEWHERE]
    edges = [tag.starts_at, tag.expires_at]
    for each in here:
        edges += [each.right.valid_from, each.right.valid_until]
    until = min((edge for edge in edges if edge is not None and edge > at), default=END)
    if decision.cause not in _BY_RIGHTS:
        return None, until
    standing = (RightStatus.STANDS, RightStatus.OUTSIDE_HOURS) if hours_too else (RightStatus.STANDS,)
    rights = [each.right for each in here if each.standing in standing and (hours_too or not each.right.hours)]
    return (ListedTag(tag.id_tag, tag.driver_id, ends_at(tag, rights)) if rights else None), until


def places_of(network: Network, charger_id: str) -> frozenset[Place]:
    """The places by a right on which a tag comes onto the charger's list, as far as anybody holds one: chargers with
    the same have the same list. Raises KeyError."""
    places = [Place(PlaceKind.CHARGER, charger_id)]
    places += [Place(PlaceKind.ACCESS_GROUP, group) for group in network.groups_of(charger_id)]
    places += [Place(PlaceKind.SITE, site) for site in network.chain(network.chargers[charger_id].site_id)]
    return frozenset(each for each in places if each in network.open or each in network.windowed)


def chargers_at(network: Network, place: Place) -> Iterable[str]:
    """The chargers that a right on the place reaches; of a place that is gone, none."""
    if place.kind is PlaceKind.SITE and place.id in network.sites:
        return [each for site in network.subtree(int(place.id)) for each in network.chargers_at(site)]
    if place.kind is PlaceKind.ACCESS_GROUP and place.id in network.access_groups:
        return network.named_chargers(place)
    return [str(place.id)] if place.kind is PlaceKind.CHARGER else []


@dataclass(slots=True)
class Touched:
    """What changes of facts may have changed on lists. Everything else has stayed as it was."""

    chargers: set[str] = field(default_factory=set)
    """Those whose whole list may be another."""
    tags: dict[Place, set[str]] = field(default_factory=dict)
    """Tags, by `tag_key`, that may have come or gone at the chargers that a right on the place reaches."""
    takers: set[Place] = field(default_factory=set)
    """The places at which that may have taken something from somebody."""

    def add(self, network: Network, before: object, after: object) -> None:
        """A change of one entity, from what it was to what it is; None: it was not, or is not, there. The network is
        the one after all changes."""
        match before, after:
            case (Driver(), _) | (_, Driver()):
                self._add_driver(before, after)  # type: ignore[arg-type]
            case Site(), Site() if before.parent_id != after.parent_id:
                self.chargers.update(chargers_at(network, Place(PlaceKind.SITE, after.id)))
            case ((Charger() | None), Charger()) if before is None or before.site_id != after.site_id:
                self.chargers.add(after.charger_id)
            case (AccessGroup(), _) | (_, AccessGroup()):
                self.chargers |= _members(before) ^ _members(after)

    def _add_driver(self, before: Driver | None, after: Driver | None) -> None:
        had, has = _shows(before), _shows(after)
        held, holds = _holds(before), _holds(after)
        if had == has and held == holds:
            return
        keys = {key for key, *_ in had | has}
        for place in {place for place, *_ in held | holds}:
            self.tags.setdefault(place, set()).update(keys)
        if had - has or held - holds:
            self.takers |= {place for place, *_ in held}


def _shows(driver: Driver | None) -> set[tuple[str, object, object, object]]:
    """What of a driver's tags decides; nothing when he is disabled."""
    if driver is None or not driver.enabled:
        return set()
    return {
        (tag_key(each.id_tag), each.id_tag, each.starts_at, each.expires_at) for each in driver.tags if not each.blocked
    }


def _holds(driver: Driver | None) -> set[tuple[Place, object, object, object]]:
    if driver is None or not driver.enabled:
        return set()
    return {(each.place, each.valid_from, each.valid_until, each.hours) for each in driver.rights}


def _members(group: object) -> frozenset[str]:
    return group.charger_ids if isinstance(group, AccessGroup) else frozenset()
