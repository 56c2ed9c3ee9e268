"""Events about a customer's rights: those that a change makes, and those of time.

A change by a person emits its events at once (granted, blocked, disabled …). The beginning and end of a window are
emitted when their instant has passed. Each event about a right or tag carries `inForce`: whether its window is open
at that moment. A right that a change reports as in force is not reported again as begun, so a subscriber that keeps
the last `inForce` of each right is always correct. Weekly hours emit no events and do not count for `inForce`.

Events carry numbers and places, never names or card numbers: they need no change when a person is erased.
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
    """The position up to which events of time have been emitted.

    All edges before `at` are done, and at that instant those of rights and tags with an id up to `id`. So any number
    of windows that end at the same midnight can be emitted in batches.
    """

    at: datetime
    id: int = INT64_MAX

    def passed(self, instant: datetime, id_: int) -> bool:
        return (instant, id_) <= (self.at, self.id)


class Window(NamedTuple):
    """The window of the right or tag with that id.

    A blocked tag is never in force.
    """

    id: int
    start: datetime | None
    end: datetime | None
    blocked: bool = False

    def in_force(self, clock: EventCursor) -> bool:
        begun = self.start is None or clock.passed(self.start, self.id)
        ended = self.end is not None and clock.passed(self.end, self.id)
        return begun and not ended and not self.blocked

    def next_edge(self, clock: EventCursor) -> datetime | None:
        """Returns the first edge that has not been emitted."""
        edges = [edge for edge in (self.start, self.end) if edge is not None and not clock.passed(edge, self.id)]
        return min(edges, default=None)


class NewEvent(NamedTuple):
    """An event without a number yet. With a window, `inForce` depends on the cursor."""

    type: EventType
    data: dict[str, Any]
    window: Window | None = None

    def payload_at(self, clock: EventCursor) -> dict[str, Any]:
        return self.data if self.window is None else {**self.data, "inForce": self.window.in_force(clock)}


def of_driver(before: Driver | None, after: Driver | None) -> Iterator[NewEvent]:
    """Yields the events of a change of a driver, their tags and their rights.

    Removals come first; a new driver comes before their rights and tags.
    """
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
    """Returns an event about an existing right."""
    data = {
        "rightId": it.id,
        "driverId": driver_id,
        "place": {"kind": it.place.kind, "id": it.place.id},
        "validFrom": instant(it.valid_from),
        "validUntil": instant(it.valid_until),
    }
    return NewEvent(type_, data, Window(it.id, it.valid_from, it.valid_until))


def tag(type_: EventType, it: Tag) -> NewEvent:
    """Returns an event about an existing tag."""
    data = {
        "tagId": it.id,
        "driverId": it.driver_id,
        "validFrom": instant(it.starts_at),
        "validUntil": instant(it.expires_at),
        "blocked": it.blocked,
    }
    return NewEvent(type_, data, Window(it.id, it.starts_at, it.expires_at, it.blocked))


def instant(at: datetime | None) -> str | None:
    """Returns the instant in wire format: UTC with a Z."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _rights(driver_id: int, before: Driver | None, after: Driver | None) -> Iterator[NewEvent]:
    old = {it.id: it for it in before.rights} if before else {}
    new = {it.id: it for it in after.rights} if after else {}
    for gone in old.values():
        if gone.id not in new:
            yield _gone(right(EventType.RIGHT_REVOKED, driver_id, gone))
    for current in new.values():
        held = old.get(current.id)
        if held is None:
            yield right(EventType.RIGHT_GRANTED, driver_id, current)
        elif held != current:
            yield right(EventType.RIGHT_CHANGED, driver_id, current)


def _tags(before: Driver | None, after: Driver | None) -> Iterator[NewEvent]:
    old = {it.id: it for it in before.tags} if before else {}
    new = {it.id: it for it in after.tags} if after else {}
    for gone in old.values():
        if gone.id not in new:
            yield _gone(tag(EventType.TAG_REMOVED, gone))
    for current in new.values():
        held = old.get(current.id)
        if held is None:
            yield tag(EventType.TAG_ADDED, current)
            continue
        if held.blocked != current.blocked:
            yield tag(EventType.TAG_BLOCKED if current.blocked else EventType.TAG_UNBLOCKED, current)
        if replace(held, blocked=current.blocked, updated_at=current.updated_at) != current:
            yield tag(EventType.TAG_CHANGED, current)


def _gone(draft: NewEvent) -> NewEvent:
    return NewEvent(draft.type, {**draft.data, "inForce": False})


def _driver(type_: EventType, driver: Driver) -> NewEvent:
    return NewEvent(type_, {"driverId": driver.id, "enabled": driver.enabled})
