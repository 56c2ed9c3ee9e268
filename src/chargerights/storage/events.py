"""The log of a customer's events from changes, time and chargers, in one order.

Numbers are taken from the customer's row in `event_clocks` in the transaction that makes the events, so they have no
gaps and commit in order. The row is locked last: after the customer's row or that of its live version. It also holds
the event cursor (see `rights.events.EventCursor`): a change reports windows as of that cursor, under the same lock. So
either the change or `event_clock` reports a beginning or an end, never both and never neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, or_, select, update

from ..rights.errors import DomainError, InvalidInput
from ..rights.events import EventCursor, EventType, NewEvent, of_driver
from ..rights.identifiers import INT64_MAX
from ..rights.model import Driver
from . import window_edges
from .schema import event_clocks, events, webhooks
from .schema.columns import Instant

SCANNED_PER_PAGE = 10_000
"""Events read for one page, so that a page of rare types costs no more than any other."""
ROWS_PER_INSERT = 10_000

_CLOCK = event_clocks.c
_NOW = bindparam("now", type_=Instant)
_MOVES = and_(_CLOCK.clock_at < _NOW, or_(_CLOCK.next_at.is_(None), _CLOCK.next_at > _NOW))
_TAKE = (
    update(event_clocks)
    .where(_CLOCK.customer_id == bindparam("customer"))
    .values(
        number=_CLOCK.number + bindparam("count"),
        clock_at=case((_MOVES, _NOW), else_=_CLOCK.clock_at),
        clock_id=case((_MOVES, INT64_MAX), else_=_CLOCK.clock_id),
    )
    .returning(_CLOCK.number, _CLOCK.clock_at, _CLOCK.clock_id, _CLOCK.next_at)
)


class EventsGone(DomainError):
    """A number whose following events have been deleted."""

    def __init__(self, after: int, first: int) -> None:
        super().__init__(f"events after {after} are kept no more: the first that is kept is {first}")
        self.first = first

    @property
    def extension(self) -> dict[str, int]:
        """Returns what a client needs to continue."""
        return {"first": self.first}


class EventToCome(InvalidInput):
    """A number that no event has yet, as after the restore of a backup."""

    def __init__(self, number: int, last: int) -> None:
        super().__init__(f"there is no event {number} yet: the last is {last}")


@dataclass(frozen=True, slots=True)
class Event:
    number: int
    at: datetime
    type: str
    data: dict[str, Any]
    revision: int | None


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events in order.

    `last` is the number after which to continue, `end` the number of the log's last event.
    """

    events: list[Event]
    last: int
    end: int

    @property
    def more(self) -> bool:
        """Tells whether there are events after the page."""
        return self.last < self.end


def of_changes(changes: Iterable[tuple[Any, Any, Any, Any]]) -> list[NewEvent]:
    """Returns the events of a revision's changes, removals first.

    A change is a type, a key, and the entity before and after. Removals come first as a tag may have moved from one
    driver to another.
    """
    drafts: list[NewEvent] = []
    for _, _, before, after in changes:
        if isinstance(before or after, Driver):
            drafts += of_driver(before, after)
    drafts.sort(key=lambda draft: draft.type not in (EventType.TAG_REMOVED, EventType.RIGHT_REVOKED))
    return drafts


def begin(connection: Connection, customer_id: int, at: datetime) -> None:
    """Creates the log of a new customer."""
    row = {"number": 0, "pruned": 0, "clock_at": at, "clock_id": INT64_MAX}
    connection.execute(insert(event_clocks).values(customer_id=customer_id, **row))


def append(
    connection: Connection, customer_id: int, drafts: Sequence[NewEvent], at: datetime, revision: int | None = None
) -> None:
    """Adds the events to the customer's log."""
    if not drafts:
        return
    given = {"customer": customer_id, "count": len(drafts), "now": at}
    number, clock_at, clock_id, next_at = connection.execute(_TAKE, given).one()
    clock = EventCursor(clock_at, clock_id)
    rows = [(at, draft.type, draft.payload_at(clock), revision) for draft in drafts]
    write(connection, customer_id, number - len(drafts), rows)
    coming = [edge for draft in drafts if draft.window and (edge := draft.window.next_edge(clock))]
    if coming and (next_at is None or min(coming) < next_at):
        _expect(connection, customer_id, min(coming))


def loaded(connection: Connection, customer_id: int, at: datetime, revision: int) -> None:
    """Appends the one event of a bulk write.

    Later beginnings and ends are events as usual."""
    append(connection, customer_id, [NewEvent(EventType.NETWORK_LOADED, {})], at, revision)
    clock = select(_CLOCK.clock_at, _CLOCK.clock_id).where(_CLOCK.customer_id == customer_id)
    _expect(
        connection,
        customer_id,
        window_edges.upcoming(connection, customer_id, EventCursor(*connection.execute(clock).one())),
    )


def write(
    connection: Connection,
    customer_id: int,
    after: int,
    told: Sequence[tuple[datetime, EventType, dict[str, Any], int | None]],
) -> None:
    """Writes events under the next numbers, which the caller has taken."""
    for start in range(0, len(told), ROWS_PER_INSERT):
        rows = [
            {"customer_id": customer_id, "number": number, "at": at, "type": type_, "data": data, "revision": revision}
            for number, (at, type_, data, revision) in enumerate(
                told[start : start + ROWS_PER_INSERT], after + start + 1
            )
        ]
        connection.execute(insert(events), rows)


def since(
    connection: Connection, customer_id: int, after: int, limit: int, types: Collection[str] | None = None
) -> EventBatch:
    """Returns the events after that number, of those types.

    A page may have fewer than exist, or be empty: continue after its `last` while there is `more`. Raises EventsGone,
    EventToCome.
    """
    end = min(after + SCANNED_PER_PAGE, INT64_MAX)
    wanted = [events.c.number > after, events.c.number <= end]
    if types is not None:
        wanted.append(events.c.type.in_(types))
    query = (
        select(
            _CLOCK.number, _CLOCK.pruned, events.c.number, events.c.at, events.c.type, events.c.data, events.c.revision
        )
        .join_from(event_clocks, events, and_(events.c.customer_id == _CLOCK.customer_id, *wanted), isouter=True)
        .where(_CLOCK.customer_id == customer_id)
        .order_by(events.c.number)
        .limit(limit)
    )
    rows = connection.execute(query).all()  # one statement, so that all of it is one state
    newest, pruned = rows[0][:2]
    if after < pruned:
        raise EventsGone(after, pruned + 1)
    if after > newest:
        raise EventToCome(after, newest)
    found = [Event(*row[2:]) for row in rows if row[2] is not None]
    last = found[-1].number if len(found) == limit else min(newest, end)
    return EventBatch(found, last, newest)


def old(connection: Connection, before: datetime) -> list[int]:
    """Returns the customers whose oldest event is from before that instant."""
    oldest = and_(events.c.customer_id == _CLOCK.customer_id, events.c.number == _CLOCK.pruned + 1)
    query = select(_CLOCK.customer_id).join_from(event_clocks, events, oldest).where(events.c.at < before)
    return [*connection.scalars(query.order_by(_CLOCK.customer_id))]


def prune(connection: Connection, customer_id: int, before: datetime, limit: int) -> bool:
    """Deletes the oldest events, and tells whether there may be more to delete.

    Deletes at most `limit` events from before that instant that are delivered to every enabled webhook.
    """
    locked = select(_CLOCK.pruned, _CLOCK.number).where(_CLOCK.customer_id == customer_id).with_for_update()
    row = connection.execute(locked).one()
    pruned: int = row.pruned
    mine = webhooks.c.customer_id == customer_id
    needed = connection.scalar(select(func.min(webhooks.c.position)).where(mine, webhooks.c.enabled))
    end = min(pruned + limit, row.number if needed is None else needed)
    them = and_(events.c.customer_id == customer_id, events.c.number > pruned)
    newer = select(func.min(events.c.number)).where(them, events.c.number <= end, events.c.at >= before)
    first_kept = connection.scalar(newer)
    to: int = end if first_kept is None else first_kept - 1
    if to <= pruned:
        return False
    connection.execute(delete(events).where(them, events.c.number <= to))
    connection.execute(update(event_clocks).where(_CLOCK.customer_id == customer_id).values(pruned=to))
    return to == pruned + limit


def _expect(connection: Connection, customer_id: int, next_at: datetime | None) -> None:
    connection.execute(update(event_clocks).where(_CLOCK.customer_id == customer_id).values(next_at=next_at))
