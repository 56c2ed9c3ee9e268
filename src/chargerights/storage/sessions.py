"""Charging sessions (OCPP's transactions) and meter values, kept once whatever is sent again.

Chargers resend what was not answered, and send it late and out of order. So a message says what it knows of a
session, and a session is what all its messages say together: of two that speak of the same thing the first counts. A
session is found by its key, which is the same in every copy of the message that began it (see `gateway.ocpp16`), or by
the transaction id that the charger and the server call it by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from ..rights.identifiers import tag_key
from .schema import live_versions, meter_values, sessions
from .schema.columns import Instant

STARTS_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Session:
    """One session. Instants are the charger's own, but `received_at`; energy in Wh; `reason` is what was decided when
    it began: a charger may start what was refused, and that is kept too."""

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


class Reading(NamedTuple):
    """One meter value, with its samples as the charger sent them."""

    at: datetime
    samples: Any
    evse_id: int | None = None
    connector_id: int | None = None

    def digest(self, transaction_id: str | None) -> str:
        """What the same reading of a transaction has in common whenever it is sent."""
        said = orjson.dumps(
            [transaction_id, self.evse_id, self.connector_id, self.samples], option=orjson.OPT_SORT_KEYS
        )
        return hashlib.blake2b(said, digest_size=12).hexdigest()


class Kept(NamedTuple):
    """A meter value as it is kept; its digest tells it from others of its instant."""

    reading: Reading
    digest: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What one message says of a session: columns of `sessions` in `says`. Without a transaction id, only readings."""

    charger_id: str
    received_at: datetime
    transaction_id: str | None = None
    key: str | None = None
    session_id: int | None = None
    says: dict[str, Any] = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()


class Running(NamedTuple):
    """What the rule of one session per tag needs to know of a session."""

    charger_id: str
    evse_id: int | None
    connector_id: int | None
    tag_key: str
    transaction_id: str
    is_open: bool


_COLUMNS = [sessions.c[name] for name in Session.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which sessions; a member that is None asks nothing. `since` and `until` are asked of the start."""

    charger_id: str | None = None
    site_ids: Collection[int] | None = None
    driver_id: int | None = None
    id_tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    running: bool | None = None

    def clauses(self, customer_id: int) -> list[ColumnElement[bool]]:
        columns = sessions.c
        found: list[ColumnElement[bool]] = [columns.customer_id == customer_id]
        if self.charger_id is not None:
            found.append(columns.charger_id == self.charger_id)
        if self.site_ids is not None:
            found.append(columns.site_id.in_(self.site_ids))
        if self.driver_id is not None:
            found.append(columns.driver_id == self.driver_id)
        if self.id_tag is not None:
            found.append(columns.tag_key == tag_key(self.id_tag))
        if self.since is not None:
            found.append(columns.started_at >= self.since)
        if self.until is not None:
            found.append(columns.started_at < self.until)
        if self.running is not None:
            found.append(columns.stopped_at.is_(None) if self.running else columns.stopped_at.is_not(None))
        return found


def find(
    connection: Connection, customer_id: int, wanted: Filter, limit: int, offset: int = 0, before: int | None = None
) -> list[Session]:
    """The sessions, the newest first; `before`: only those with lower numbers."""
    query = select(*_COLUMNS).where(*wanted.clauses(customer_id))
    if before is not None:
        query = query.where(sessions.c.id < before)
    query = query.order_by(sessions.c.id.desc()).limit(limit).offset(offset)
    return [Session(*row) for row in connection.execute(query)]


def count(connection: Connection, customer_id: int, wanted: Filter) -> int:
    return connection.scalar(select(func.count()).where(*wanted.clauses(customer_id))) or 0


def get(connection: Connection, customer_id: int, session_id: int) -> Session | None:
    mine = (sessions.c.customer_id == customer_id) & (sessions.c.id == session_id)
    row = connection.execute(select(*_COLUMNS).where(mine)).one_or_none()
    return None if row is None else Session(*row)


def readings(
    connection: Connection,
    customer_id: int,
    session_id: int,
    limit: int | None = None,
    offset: int = 0,
    after: tuple[datetime, str] | None = None,
) -> tuple[list[Kept], int]:
    """The session's meter values, in the order of their time, and how many there are. `after`: only those after that
    instant and digest."""
    columns = meter_values.c
    mine = (columns.customer_id == customer_id) & (columns.session_id == session_id)
    query = select(columns.digest, columns.at, columns.samples, columns.evse_id, columns.connector_id).where(mine)
    if after is not None:
        query = query.where(tuple_(columns.at, columns.digest) > tuple_(literal(after[0], Instant), after[1]))
    rows = connection.execute(query.order_by(columns.at, columns.digest).limit(limit).offset(offset))
    total = connection.scalar(select(func.count()).select_from(meter_values).where(mine))
    return [Kept(Reading(*row), digest) for digest, *row in rows], total or 0


def reserve(connection: Connection, customer_id: int, how_many: int, least: int = 1) -> int:
    """The first of so many session numbers in a row, of that number or higher, which no other node is given."""
    next_session = live_versions.c.next_session
    after = connection.scalar(
        update(live_versions)
        .where(live_versions.c.customer_id == customer_id)
        .values(next_session=case((next_session < least, least), else_=next_session) + how_many)
        .returning(live_versions.c.next_session)
    )
    return (after or least + how_many) - how_many


def begun(
    connection: Connection, customer_id: int, charger_id: str, limit: int = STARTS_REMEMBERED
) -> tuple[dict[str, str], set[str]]:
    """The transaction ids of the charger's last sessions, by key, and those that have ended."""
    query = (
        select(sessions.c.key, sessions.c.transaction_id, sessions.c.stopped_at)
        .where(sessions.c.customer_id == customer_id, sessions.c.charger_id == charger_id)
        .order_by(sessions.c.id.desc())
        .limit(limit)
    )
    rows = connection.execute(query).all()
    return {row[0]: row[1] for row in reversed(rows)}, {row[1] for row in rows if row[2] is not None}


def running_since(connection: Connection, customer_id: int, version: int) -> tuple[int, list[Running]]:
    """Sessions of known tags that were written after that live version, in the order they began; of those before the
    first version, only open ones. And the highest version of all sessions."""
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
    ).where(mine, rows.version > version, rows.tag_key.is_not(None), rows.reason == "Accepted")
    if version < 0:
        query = query.where(rows.stopped_at.is_(None))
    found = [Running(*row) for row in connection.execute(query.order_by(rows.id))]
    return (version if newest is None else newest), found


def stopped_with(connection: Connection, customer_id: int, tag_keys: Collection[str]) -> list[dict[str, Any]]:
    """The stops of sessions that were begun with another tag than the one that stopped them, which is one of these."""
    columns = sessions.c
    other = and_(columns.customer_id == customer_id, columns.stop_id_tag.is_distinct_from(columns.id_tag))
    tags = connection.scalars(select(columns.stop_id_tag).where(other, columns.stop_id_tag.is_not(None)).distinct())
    theirs = columns.stop_id_tag.in_([tag for tag in tags if tag_key(tag) in tag_keys])
    shown = (columns.id, columns.charger_id, columns.stopped_at, columns.stop_reason, columns.stop_id_tag)
    query = select(*shown).where(other, theirs).order_by(columns.id)
    return [{str(name): value for name, value in row.items()} for row in connection.execute(query).mappings()]


def forget_stops(connection: Connection, customer_id: int, session_ids: Collection[int]) -> None:
    """Forgets with which tag the sessions were stopped."""
    if session_ids:
        mine = (sessions.c.customer_id == customer_id) & (sessions.c.id == bindparam("session"))
        forgotten = update(sessions).where(mine).values(stop_id_tag=None)
        connection.execute(forgotten, [{"session": each} for each in session_ids])


def keep(connection: Connection, customer_id: int, version: int, notices: Sequence[Notice]) -> None:
    """Keeps what the messages say, under a live version that was just taken: its lock orders the nodes."""
    for notice in notices:
        session_id = _keep_session(connection, customer_id, version, notice)
        if notice.readings:
            _keep_readings(connection, customer_id, session_id, notice)


def _keep_session(connection: Connection, customer_id: int, version: int, notice: Notice) -> int | None:
    if notice.transaction_id is None:
        return None
    mine = (sessions.c.customer_id == customer_id) & (sessions.c.charger_id == notice.charger_id)
    known = _find(connection, mine, notice)
    if known is None:
        session_id = notice.session_id or reserve(connection, customer_id, 1)
        connection.execute(
            insert(sessions).values(
                customer_id=customer_id,
                id=session_id,
                version=version,
                charger_id=notice.charger_id,
                key=notice.key or f"transaction {notice.transaction_id}",
                transaction_id=notice.transaction_id,
                received_at=notice.received_at,
                **notice.says,
            )
        )
        return session_id
    news = {name: value for name, value in notice.says.items() if value is not None and getattr(known, name) is None}
    if known.transaction_id != notice.transaction_id:  # begun again with an answer that reached the charger at last
        news["transaction_id"] = notice.transaction_id
    if news:
        connection.execute(update(sessions).where(mine, sessions.c.id == known.id).values(version=version, **news))
    found: int = known.id
    return found


def _find(connection: Connection, mine: ColumnElement[bool], notice: Notice) -> Row[Any] | None:
    if notice.key is not None:
        return connection.execute(select(sessions).where(mine, sessions.c.key == notice.key)).one_or_none()
    by_id = select(sessions).where(mine, sessions.c.transaction_id == notice.transaction_id)
    return connection.execute(by_id.order_by(sessions.c.id.desc()).limit(1)).one_or_none()


def _keep_readings(connection: Connection, customer_id: int, session_id: int | None, notice: Notice) -> None:
    given = {(each.at, each.digest(notice.transaction_id)): each for each in notice.readings}
    columns = meter_values.c
    query = select(columns.at, columns.digest).where(
        columns.customer_id == customer_id,
        columns.charger_id == notice.charger_id,
        columns.at.in_({at for at, _ in given}),
    )
    kept = {(at, digest) for at, digest in connection.execute(query)}
    rows = [
        {
            "customer_id": customer_id,
            "charger_id": notice.charger_id,
            "at": at,
            "digest": digest,
            "evse_id": each.evse_id,
            "connector_id": each.connector_id,
            "session_id": session_id,
            "samples": each.samples,
        }
        for (at, digest), each in given.items()
        if (at, digest) not in kept
    ]
    if rows:
        connection.execute(insert(meter_values), rows)
