"""A charger's local authorization list: the tags to accept while offline.

A tag is on the list when `decide` accepts it at the charger at the instant, by a right without weekly hours. OCPP
cannot express weekly hours, so a tag without another right is left out, and an offline charger rejects it
(`hours_too` includes such tags, at every hour). An entry ends when the tag ends, or with the last of its rights. OCPP
cannot express a start either: a tag whose window has not begun is left out, and is added when it begins.

A block of the charger does not change its list: it revokes no right, and the charger itself is set out of use
meanwhile, so that no list decides.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from .decide import Cause, RightStatus, decide, ends_at
from .driver_sets import END
from .identifiers import tag_key
from .listing import drivers_of_charger
from .model import Place, PlaceKind
from .network import Network

DRIVERS_PER_STEP = 100
_BY_RIGHTS = (Cause.RIGHT_STANDS, Cause.NO_RIGHT_NOW, Cause.CHARGER_BLOCKED)


class ListedTag(NamedTuple):
    """One entry of a list.

    `until`: the tag is not accepted from this instant on, if nothing changes. None: there is no end.
    """

    id_tag: str
    driver_id: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class TagList:
    """The tags by `tag_key`, and the first instant at which time may change them."""

    tags: dict[str, ListedTag]
    until: datetime


def tags_of_charger(network: Network, charger_id: str, at: datetime, hours_too: bool = False) -> TagList:
    """Returns the charger's list at that instant. Raises UnknownCharger."""
    steps = list_in_steps(network, charger_id, at, hours_too)
    while True:
        try:
            next(steps)
        except StopIteration as made:
            tag_list: TagList = made.value
            return tag_list


def list_in_steps(
    network: Network, charger_id: str, at: datetime, hours_too: bool = False
) -> Generator[None, None, TagList]:
    """Builds the same list in steps, between which other tasks can run.

    The network must not change meanwhile.
    """
    drivers = drivers_of_charger(network, charger_id, at)
    tags: dict[str, ListedTag] = {}
    until = drivers.until
    for number, driver_id in enumerate(drivers.drivers, 1):
        for tag in network.drivers[driver_id].tags:
            entry, ends = look_up(network, tag.id_tag, charger_id, at, hours_too)
            until = min(until, ends)
            if entry is not None:
                tags[tag_key(tag.id_tag)] = entry
        if number % DRIVERS_PER_STEP == 0:
            yield
    return TagList(tags, until)


def look_up(
    network: Network, id_tag: str, charger_id: str, at: datetime, hours_too: bool = False
) -> tuple[ListedTag | None, datetime]:
    """Returns the tag's entry, if it is listed, and until when that stays so.

    The instant is the earliest at which time alone, without any change of facts, may change the entry.
    """
    decision = decide(network, id_tag, charger_id, at)
    tag = decision.tag
    if tag is None:
        return None, END
    here = [evaluation for evaluation in decision.verdicts if evaluation.standing is not RightStatus.ELSEWHERE]
    edges = [tag.starts_at, tag.expires_at]
    for evaluation in here:
        edges += [evaluation.right.valid_from, evaluation.right.valid_until]
    until = min((edge for edge in edges if edge is not None and edge > at), default=END)
    if decision.cause not in _BY_RIGHTS:
        return None, until
    standing = (RightStatus.STANDS, RightStatus.OUTSIDE_HOURS) if hours_too else (RightStatus.STANDS,)
    rights = [
        evaluation.right
        for evaluation in here
        if evaluation.standing in standing and (hours_too or not evaluation.right.hours)
    ]
    return (ListedTag(tag.id_tag, tag.driver_id, ends_at(tag, rights)) if rights else None), until


def places_of(network: Network, charger_id: str) -> frozenset[Place]:
    """Returns the places that bring tags onto the charger's list: those with rights.

    Chargers with the same places have the same list. Raises KeyError for an unknown charger.
    """
    places = [Place(PlaceKind.CHARGER, charger_id)]
    places += [Place(PlaceKind.ACCESS_GROUP, group) for group in network.groups_of(charger_id)]
    places += [Place(PlaceKind.SITE, site) for site in network.chain(network.chargers[charger_id].site_id)]
    return frozenset(place for place in places if place in network.open or place in network.windowed)
