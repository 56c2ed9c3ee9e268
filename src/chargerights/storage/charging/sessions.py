"""Charging sessions (OCPP's transactions) and meter values, for reading.

`session_keeping` writes them.

A session has a start. Messages about a transaction without a start are kept in the same table and are no sessions: they
have no `begun_at`. When the start comes, they become a part of its session. Those with a stop are listed as unmatched
stops.

Sessions are ordered by `begun_at`: the charger's instant of the start, or the instant of receipt when the charger's
clock is wrong. Ids are in no order of time.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, literal, or_, select, tuple_, update

from ...rights.errors import Conflict, NotFound
from ...rights.identifiers import tag_key
from ..schema import live_chargers, live_versions, meter_values, sessions
from ..schema.columns import Instant
from .session_notices import OCPP_2X, MeterReading

STARTS_REMEMBERED = 200


class UnknownSession(NotFound):
    what = "session"


class SessionOver(Conflict):
    """A session that has ended already."""


class EndedBy(StrEnum):
    """The cause of a session's end.

    All but CHARGER stand in for a stop that did not come, and give way to it.
    """

    CHARGER = "charger"
    """The session's own stop."""
    UNMATCHED_STOP = "unmatchedStop"
    """A stop with an unknown transaction id that can only mean this session."""
    NEXT_START = "nextStart"
    """The next session on the same connector."""
    BOOT = "boot"
    """A restart of the charger."""
    AVAILABLE = "available"
    """The connector's report that it is available."""
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Session:
    """One session.

    Instants are the charger's own, except `received_at` and `begun_at`. Energy is in Wh. `reason` was decided when it
    began: a charger can start a session that was refused. Without a stop of its own, `stopped_at` and `meter_stop` are
    the last known ones (see `EndedBy`).
    """

    id: int
    charger_id: str
    transaction_id: str
    received_at: datetime
    site_id: int | None
    evse_id: int | None
    connector_id: int | None
    id_tag: str | None
    driver_id: int | None
    reason: str | None
    started_at: datetime | None
    meter_start: float | None
    stopped_at: datetime | None
    meter_stop: float | None
    stop_reason: str | None
    stop_id_tag: str | None
    ended_by: str | None
    begun_at: datetime | None
    ocpp: str | None
    ends_session: int | None


class StoredReading(NamedTuple):
    """A stored meter value. Its digest tells it from others of its instant."""

    reading: MeterReading
    digest: str


class Running(NamedTuple):
    """The part of a session that the rule of one session per tag needs."""

    charger_id: str
    evse_id: int | None
    connector_id: int | None
    tag_key: str
    transaction_id: str
    is_open: bool
    begun_at: datetime
    ended_by: str | None


_COLUMNS = [sessions.c[name] for name in Session.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """A filter of sessions. Members that are None match everything.

    `since` and `until` refer to the start. `unmatched` selects stops of transactions without a start instead of
    sessions, by the time of their receipt.
    """

    charger_id: str | None = None
    site_ids: Collection[int] | None = None
    driver_id: int | None = None
    id_tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    running: bool | None = None
    unmatched: bool = False

    @property
    def time(self) -> ColumnElement[Any]:
        """Returns the column that orders the list, together with the id."""
        return sessions.c.received_at if self.unmatched else sessions.c.begun_at

    def clauses(self, customer_id: int) -> list[ColumnElement[bool]]:
        columns = sessions.c
        found: list[ColumnElement[bool]] = [columns.customer_id == customer_id]
        if self.unmatched:
            found += [columns.begun_at.is_(None), columns.stopped_at.is_not(None)]
        else:
            found.append(columns.begun_at.is_not(None))
        if self.charger_id is not None:
            found.append(columns.charger_id == self.charger_id)
        if self.site_ids is not None:
            found.append(columns.site_id.in_(self.site_ids))
        if self.driver_id is not None:
            found.append(columns.driver_id == self.driver_id)
        if self.id_tag is not None:
            found.append(columns.tag_key == tag_key(self.id_tag))
        if self.since is not None:
            found.append(self.time >= self.since)
        if self.until is not None:
            found.append(self.time < self.until)
        if self.running is not None:
            found.append(columns.stopped_at.is_(None) if self.running else columns.stopped_at.is_not(None))
        return found


Position = tuple[datetime, int]
"""A place in the list: the time that orders it, and the id."""


def position(session: Session) -> Position:
    """Returns the session's place in the list."""
    return session.begun_at or session.received_at, session.id


def find(
    connection: Connection,
    customer_id: int,
    wanted: SessionFilter,
    limit: int,
    offset: int = 0,
    before: Position | None = None,
) -> list[Session]:
    """Returns the sessions, newest first.

    `before` selects those that follow that position in the list.
    """
    query = select(*_COLUMNS).where(*wanted.clauses(customer_id))
    if before is not None:
        at, id_ = before
        query = query.where(wanted.time <= at, or_(wanted.time < at, sessions.c.id < id_))
    query = query.order_by(wanted.time.desc(), sessions.c.id.desc()).limit(limit).offset(offset)
    return [Session(*row) for row in connection.execute(query)]


def count(connection: Connection, customer_id: int, wanted: SessionFilter) -> int:
    return connection.scalar(select(func.count()).where(*wanted.clauses(customer_id))) or 0


def get(connection: Connection, customer_id: int, session_id: int) -> Session | None:
    mine = and_(*SessionFilter().clauses(customer_id), sessions.c.id == session_id)
    row = connection.execute(select(*_COLUMNS).where(mine)).one_or_none()
    return None if row is None else Session(*row)


def readings(
    connection: Connection,
    customer_id: int,
    session_id: int,
    limit: int | None = None,
    offset: int = 0,
    after: tuple[datetime, str] | None = None,
) -> tuple[list[StoredReading], int]:
    """Returns the session's meter values in the order of time, and their number.

    `after` selects those after that instant and digest.
    """
    columns = meter_values.c
    mine = (columns.customer_id == customer_id) & (columns.session_id == session_id)
    query = select(columns.digest, columns.at, columns.samples, columns.evse_id, columns.connector_id).where(mine)
    if after is not None:
        query = query.where(tuple_(columns.at, columns.digest) > tuple_(literal(after[0], Instant), after[1]))
    rows = connection.execute(query.order_by(columns.at, columns.digest).limit(limit).offset(offset))
    total = connection.scalar(select(func.count()).select_from(meter_values).where(mine))
    return [StoredReading(MeterReading(*row), digest) for digest, *row in rows], total or 0


def reserve(connection: Connection, customer_id: int, how_many: int, least: int = 1) -> int:
    """Reserves consecutive session ids for this node, and returns the first.

    It is `least` or higher.
    """
    after = connection.scalar(_RESERVE, {"customer": customer_id, "least": least, "how_many": how_many})
    return (after or least + how_many) - how_many


_NEXT = live_versions.c.next_session
_LEAST = bindparam("least", type_=_NEXT.type)
_RESERVE = (
    update(live_versions)
    .where(live_versions.c.customer_id == bindparam("customer"))
    .values(next_session=case((_NEXT < _LEAST, _LEAST), else_=_NEXT) + bindparam("how_many"))
    .returning(_NEXT)
)


def begun(
    connection: Connection, customer_id: int, charger_id: str, limit: int = STARTS_REMEMBERED
) -> tuple[dict[str, str], set[str]]:
    """Returns transaction ids of the charger's last sessions by key, and ended ones."""
    query = (
        select(sessions.c.key, sessions.c.transaction_id, sessions.c.stopped_at)
        .where(*SessionFilter(charger_id=charger_id).clauses(customer_id), sessions.c.ocpp.is_distinct_from(OCPP_2X))
        .order_by(sessions.c.begun_at.desc(), sessions.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(query).all()
    return {row[0]: row[1] for row in reversed(rows)}, {row[1] for row in rows if row[2] is not None}


def running_since(connection: Connection, customer_id: int, version: int) -> tuple[int, list[Running]]:
    """Returns sessions that changed after that live version, and the highest version.

    They have a known tag and are in the order of their starts. Before the first version only open ones count.
    """
    rows = sessions.c
    mine = rows.customer_id == customer_id
    newest = connection.scalar(select(func.max(rows.version)).where(mine))
    query = select(
        rows.charger_id,
        rows.evse_id,
        rows.connector_id,
        rows.tag_key,
        rows.transaction_id,
        rows.stopped_at.is_(None),
        rows.begun_at,
        rows.ended_by,
    ).where(
        mine,
        rows.version > version,
        rows.begun_at.is_not(None),
        rows.tag_key.is_not(None),
        rows.reason == "Accepted",
    )
    if version < 0:
        query = query.where(rows.stopped_at.is_(None))
    found = [Running(*row) for row in connection.execute(query.order_by(rows.begun_at, rows.id))]
    return (version if newest is None else newest), found


def silent_chargers(connection: Connection, customer_id: int) -> dict[str, datetime]:
    """Returns disconnected chargers with running sessions, and when they were seen."""
    rows, live = sessions.c, live_chargers.c
    theirs = and_(live.customer_id == rows.customer_id, live.charger_id == rows.charger_id)
    query = (
        select(live.charger_id, live.last_seen)
        .join_from(sessions, live_chargers, theirs)
        .where(rows.customer_id == customer_id, rows.stopped_at.is_(None), live.connected.is_(False))
        .where(live.last_seen.is_not(None))
        .distinct()
    )
    return {row.charger_id: row.last_seen for row in connection.execute(query)}


def stopped_with(connection: Connection, customer_id: int, tag_keys: Collection[str]) -> list[dict[str, Any]]:
    """Returns sessions that one of these tags stopped and another tag began."""
    columns = sessions.c
    other = and_(columns.customer_id == customer_id, columns.stop_id_tag.is_distinct_from(columns.id_tag))
    tags = connection.scalars(select(columns.stop_id_tag).where(other, columns.stop_id_tag.is_not(None)).distinct())
    theirs = columns.stop_id_tag.in_([tag for tag in tags if tag_key(tag) in tag_keys])
    shown = (columns.id, columns.charger_id, columns.stopped_at, columns.stop_reason, columns.stop_id_tag)
    query = select(*shown).where(other, theirs).order_by(columns.id)
    return [{str(name): value for name, value in row.items()} for row in connection.execute(query).mappings()]


def forget_stops(connection: Connection, customer_id: int, session_ids: Collection[int]) -> None:
    """Erases the tags with which the sessions were stopped."""
    if session_ids:
        mine = (sessions.c.customer_id == customer_id) & (sessions.c.id == bindparam("session"))
        forgotten = update(sessions).where(mine).values(stop_id_tag=None)
        connection.execute(forgotten, [{"session": each} for each in session_ids])
