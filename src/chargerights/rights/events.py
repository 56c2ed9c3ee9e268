"""What is told of a customer's rights: which events a change makes, and which ones time makes.

People's doings are told with the change (granted, blocked, disabled …). That a window begins or ends is told by time
alone. Each event about a right or tag says in `inForce` how its window stands then: what a change tells as in force is
not told again as begun, so whoever keeps the last `inForce` of each right is always right. Weekly hours make no events
and do not count for `inForce`.

Events carry numbers and places, never names or card numbers: erasing a person needs no change in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from .identifiers import INT64_MAX
from .model import Driver, Right, Tag


class EventType(StrEnum):
    RIGHT_GRANTED = "right.granted"
    RIGHT_CHANGED = "right.changed"
    RIGHT_REVOKED = "right.revoked"
    RIGHT_BEGAN = "right.began"
    RIGHT_ENDED = "right.ended"
    TAG_ADDED = "tag.added"
    TAG_CHANGED = "tag.changed"
    TAG_REMOVED = "tag.removed"
    TAG_BLOCKED = "tag.blocked"
    TAG_UNBLOCKED = "tag.unblocked"
    TAG_BEGAN = "tag.began"
    TAG_EXPIRED = "tag.expired"
    DRIVER_ADDED = "driver.added"
    DRIVER_CHANGED = "driver.changed"
    DRIVER_ENABLED = "driver.enabled"
    DRIVER_DISABLED = "driver.disabled"
    DRIVER_REMOVED = "driver.removed"
    CHARGER_STATUS = "charger.status"
    CHARGER_FAULT = "charger.fault"
    CHARGER_ALERT = "charger.alert"
    CHARGER_FIRMWARE = "charger.firmware"
    CHARGER_DIAGNOSTICS = "charger.diagnostics"
    CHARGER_SECURITY = "charger.security"
    NETWORK_LOADED = "network.loaded"


class EventCursor(NamedTuple):
    """How far time has been told: every beginning and end before `at`, and at that very instant those of the rights
    and tags up to `id`. So any number of windows that end at the same midnight can be told a few at a time."""

    at: datetime
    id: int = INT64_MAX

    def passed(self, instant: datetime, id_: int) -> bool:
        return (instant, id_) <= (self.at, self.id)


class Window(NamedTuple):
    """The window of the right or tag of that id; a blocked tag's counts for nothing."""

    id: int
    start: datetime | None
    end: datetime | None
    blocked: bool = False

    def in_force(self, clock: EventCursor) -> bool:
        begun = self.start is None or clock.passed(self.start, self.id)
        ended = self.end is not None and clock.passed(self.end, self.id)
        return begun and not ended and not self.blocked

    def next_edge(self, clock: EventCursor) -> datetime | None:
        """The first of its ends that has not been told."""
        edges = [each for each in (self.start, self.end) if each is not None and not clock.passed(each, self.id)]
        return min(edges, default=None)


class NewEvent(NamedTuple):
    """An event that has no number yet. One with a window says how that stands at the clock at which it is told."""

    type: EventType
    data: dict[str, Any]
    window: Window | None = None

    def told(self, clock: EventCursor) -> dict[str, Any]:
        return self.data if self.window is None else {**self.data, "inForce": self.window.in_force(clock)}


def of_driver(before: Driver | None, after: Driver | None) -> Iterator[NewEvent]:
    """What a change of a driver, his tags and his rights tells: the removed first, a new driver before what he has."""
    driver = after or before
    if driver is None:
        return
    if before is None:
        yield _driver(EventType.DRIVER_ADDED, driver)
    yield from _rights(driver.id, before, after)
    yield from _tags(before, after)
    if after is None:
        yield NewEvent(EventType.DRIVER_REMOVED, {"driverId": driver.id})
    elif before is not None:
        if before.enabled != after.enabled:
            yield _driver(EventType.DRIVER_ENABLED if after.enabled else EventType.DRIVER_DISABLED, after)
        if replace(before, enabled=after.enabled, tags=after.tags, rights=after.rights) != after:
            yield _driver(EventType.DRIVER_CHANGED, after)


def right(type_: EventType, driver_id: int, it: Right) -> NewEvent:
    """An event about a right that stands."""
    data = {
        "rightId": it.id,
        "driverId": driver_id,
        "place": {"kind": it.place.kind, "id": it.place.id},
        "validFrom": instant(it.valid_from),
        "validUntil": instant(it.valid_until),
    }
    return NewEvent(type_, data, Window(it.id, it.valid_from, it.valid_until))


def tag(type_: EventType, it: Tag) -> NewEvent:
    """An event about a tag that stands."""
    data = {
        "tagId": it.id,
        "driverId": it.driver_id,
        "validFrom": instant(it.starts_at),
        "validUntil": instant(it.expires_at),
        "blocked": it.blocked,
    }
    return NewEvent(type_, data, Window(it.id, it.starts_at, it.expires_at, it.blocked))


def instant(at: datetime | None) -> str | None:
    """As the wire writes it: UTC with a Z."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _rights(driver_id: int, before: Driver | None, after: Driver | None) -> Iterator[NewEvent]:
    old = {each.id: each for each in before.rights} if before else {}
    new = {each.id: each for each in after.rights} if after else {}
    for each in old.values():
        if each.id not in new:
            yield _gone(right(EventType.RIGHT_REVOKED, driver_id, each))
    for each in new.values():
        held = old.get(each.id)
        if held is None:
            yield right(EventType.RIGHT_GRANTED, driver_id, each)
        elif held != each:
            yield right(EventType.RIGHT_CHANGED, driver_id, each)


def _tags(before: Driver | None, after: Driver | None) -> Iterator[NewEvent]:
    old = {each.id: each for each in before.tags} if before else {}
    new = {each.id: each for each in after.tags} if after else {}
    for each in old.values():
        if each.id not in new:
            yield _gone(tag(EventType.TAG_REMOVED, each))
    for each in new.values():
        held = old.get(each.id)
        if held is None:
            yield tag(EventType.TAG_ADDED, each)
            continue
        if held.blocked != each.blocked:
            yield tag(EventType.TAG_BLOCKED if each.blocked else EventType.TAG_UNBLOCKED, each)
        if replace(held, blocked=each.blocked, updated_at=each.updated_at) != each:
            yield tag(EventType.TAG_CHANGED, each)


def _gone(draft: NewEvent) -> NewEvent:
    return NewEvent(draft.type, {**draft.data, "inForce": False})


def _driver(type_: EventType, driver: Driver) -> NewEvent:
    return NewEvent(type_, {"driverId": driver.id, "enabled": driver.enabled})
