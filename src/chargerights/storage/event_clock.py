"""Events of time: windows that have begun or ended since a customer's event clock.

A step writes the events and the clock in one transaction under the clock's lock. So each event is written exactly once
by any number of nodes. After a pause they are written late, in order and completely.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from ..rights.events import EventCursor
from . import events, window_edges
from .schema import event_clocks

_CLOCK = event_clocks.c


def due(connection: Connection, now: datetime) -> list[int]:
    """Returns the customers with events to write."""
    query = select(_CLOCK.customer_id).where(_CLOCK.next_at <= now).order_by(_CLOCK.customer_id)
    return [*connection.scalars(query)]


def advance(connection: Connection, customer_id: int, now: datetime, limit: int) -> bool:
    """Writes at most `limit` beginnings and ends, and tells whether there are more.

    The limit is at least four.
    """
    mine = _CLOCK.customer_id == customer_id
    query = select(_CLOCK.number, _CLOCK.clock_at, _CLOCK.clock_id).where(mine).with_for_update()
    number, clock_at, clock_id = connection.execute(query).one()
    clock = EventCursor(clock_at, clock_id)
    found = window_edges.passed(connection, customer_id, clock, now, limit + 1)
    more = len(found) > limit
    if more:
        first_left = (
            found[limit].at,
            found[limit].id,
        )  # a right and a tag with the same number are written in one step
        found = [edge for edge in found if (edge.at, edge.id) < first_left]
        clock = EventCursor(found[-1].at, found[-1].id)
    elif clock < EventCursor(now):
        clock = EventCursor(now)
    told = [(edge.at, edge.draft.type, edge.draft.payload_at(EventCursor(edge.at, edge.id)), None) for edge in found]
    if told:
        events.write(connection, customer_id, number, told)
    values = {"number": number + len(told), "clock_at": clock.at, "clock_id": clock.id}
    next_at = window_edges.upcoming(connection, customer_id, clock)
    connection.execute(update(event_clocks).where(mine).values(**values, next_at=next_at))
    return more
