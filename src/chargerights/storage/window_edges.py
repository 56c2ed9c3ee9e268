"""Instants at which windows of rights and tags begin and end, from their rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Row, and_, func, not_, select

from ..rights import events
from ..rights.events import EventCursor, EventType, NewEvent
from ..rights.model import Right, Tag
from .interning import InternedValues
from .schema import rights, tags


class Edge(NamedTuple):
    """The beginning or end of a window. `id` is that of its right or tag."""

    at: datetime
    id: int
    draft: NewEvent


def _right(type_: EventType, row: Row[Any]) -> NewEvent:
    place = InternedValues().place(row.site_id, row.charger_id, row.access_group_id)
    return events.right(type_, row.driver_id, Right(row.id, place, row.valid_from, row.valid_until))


def _tag(type_: EventType, row: Row[Any]) -> NewEvent:
    tag = Tag(row.id, row.driver_id, row.id_tag, row.starts_at, row.expires_at, blocked=row.blocked)
    return events.tag(type_, tag)


_EDGES: tuple[tuple[Column[Any], EventType, Callable[[EventType, Row[Any]], NewEvent]], ...] = (
    (rights.c.valid_from, EventType.RIGHT_BEGAN, _right),
    (rights.c.valid_until, EventType.RIGHT_ENDED, _right),
    (tags.c.starts_at, EventType.TAG_BEGAN, _tag),
    (tags.c.expires_at, EventType.TAG_EXPIRED, _tag),
)


def passed(connection: Connection, customer_id: int, clock: EventCursor, now: datetime, limit: int) -> list[Edge]:
    """Returns the first edges after the clock up to `now`, inclusive, in order."""
    found: list[Edge] = []
    for column, type_, draft_of in _EDGES:
        id_ = column.table.c.id
        query = (
            select(column.table)
            .where(_after(column, customer_id, clock), column <= now)
            .order_by(column, id_)
            .limit(limit)
        )
        found += [Edge(row._mapping[column], row.id, draft_of(type_, row)) for row in connection.execute(query)]
    found.sort(key=attrgetter("at", "id"))
    return found[:limit]


def upcoming(connection: Connection, customer_id: int, clock: EventCursor) -> datetime | None:
    """Returns the instant of the first edge after the clock."""
    firsts = [
        connection.scalar(select(func.min(column)).where(_after(column, customer_id, clock))) for column, _, _ in _EDGES
    ]
    return min((each for each in firsts if each is not None), default=None)


def _after(column: Column[Any], customer_id: int, clock: EventCursor) -> ColumnElement[bool]:
    table = column.table
    return and_(
        table.c.customer_id == customer_id,
        column >= clock.at,
        not_(and_(column == clock.at, table.c.id <= clock.id)),
    )
