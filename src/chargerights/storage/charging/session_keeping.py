"""Writes messages about sessions and meters, whatever their order and repetition.

Chargers resend what was not answered, late and out of order. A message says what it knows of a session, and a session
is the union of its messages. This module takes a message through the others: `session_finding` finds the session,
`session_rows` adds what the message says, `session_readings` keeps its meter values, and `session_ends` ends sessions
whose own stop has not come. `session_writing` has what they share.

A message with an unknown transaction id makes no session. A stop is kept, and ends the session that it can only mean:
the only open one at that charger (in 2.x at that EVSE) with that card and no reading above the stop's. Meter values
without a known transaction id belong to the session that ran on their connector at the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, and_, bindparam, insert, select

from ..entity_types import SESSION, SessionEnd
from ..personal_tables import forget_late
from ..revisions import JournalChange, Revision
from ..schema import sessions
from . import live, session_ends, session_finding, session_readings
from .session_notices import OCPP_2X, MeterReading, SessionNotice, plausible
from .session_rows import Row, end_of, place_of, stop_key
from .session_writing import ALL, PLACES, ROW, Writing, is_at
from .sessions import EndedBy, SessionOver, UnknownSession, reserve

_RUNNING = {
    place: ALL.where(is_at(ROW, place), ROW.begun_at <= bindparam("at"))
    .order_by(ROW.begun_at.desc(), ROW.id.desc())
    .limit(1)
    for place in PLACES
}


def keep(connection: Connection, customer_id: int, version: int, notices: Sequence[SessionNotice]) -> None:
    """Writes the messages under a live version just taken. Its lock orders the nodes."""
    for notice in notices:
        _keep(Writing(connection, customer_id, version, notice))
    forget_late(connection, customer_id, sessions, [notice.says.get("driver_id") for notice in notices])


def end(revision: Revision, session_id: int) -> int:
    """Ends a session whose stop does not arrive, for an operator.

    Raises UnknownSession, SessionOver.
    """
    connection, customer_id = revision.connection, revision.customer_id
    version = live.next_version(connection, customer_id)
    mine = and_(ROW.customer_id == customer_id, ROW.id == session_id, ROW.begun_at.is_not(None))
    found = connection.execute(select(sessions).where(mine)).mappings().one_or_none()
    if found is None:
        raise UnknownSession((session_id,))
    if found["stopped_at"] is not None:
        raise SessionOver(f"session {session_id} has ended already, at {found['stopped_at'].isoformat()}")
    row = dict(found)
    names = SessionEnd(row["id"], row["charger_id"], row["transaction_id"])
    writing = Writing(connection, customer_id, version, SessionNotice(row["charger_id"], revision.at))
    writing.mark(row, EndedBy.OPERATOR, revision.at)
    ended = replace(names, ended_by=EndedBy.OPERATOR.value, stopped_at=row["stopped_at"], meter_stop=row["meter_stop"])
    revision.changes.append(JournalChange(SESSION, session_id, names, ended))
    return session_id


def _keep(writing: Writing) -> None:
    notice = writing.notice
    if notice.sign is not None:
        session_ends.mark_all(writing, notice.sign)
        return
    row = None if notice.transaction_id is None else session_finding.find(writing)
    if row is None and not notice.says:
        _place_readings(writing)
    else:
        _keep_session(writing, row)


def _keep_session(writing: Writing, before: Row | None) -> None:
    notice = writing.notice
    row = _new_row(writing) if before is None else dict(before)
    session_readings.merge_whole(writing, row, notice)
    if row["tag_key"] is None and row["begun_at"] is None:
        row["tag_key"] = stop_key(notice.says)
    if before is None:
        writing.connection.execute(insert(sessions), row)
    else:
        if notice.key is not None and row["transaction_id"] != notice.transaction_id:
            row["transaction_id"] = notice.transaction_id  # the answer has now reached the charger
        writing.write(row, before)
    begins = row["begun_at"] is not None and (before is None or before["begun_at"] is None)
    if begins and notice.ocpp != OCPP_2X:
        session_ends.take_unmatched_stop(writing, row)
    if before is not None and begins and before["ends_session"] is not None:
        session_ends.give_back(writing, row, before["ends_session"])
    if begins or (before is not None and place_of(before) is None and row["begun_at"] is not None):
        session_ends.settle(writing, row)
    if row["begun_at"] is None and notice.ends and (before is None or before["stopped_at"] is None):
        session_ends.end_meant(writing, row)
    session_readings.add(writing, row, notice.readings)
    session_ends.check_end(writing, row)


def _new_row(writing: Writing) -> Row:
    notice = writing.notice
    id_ = notice.session_id or reserve(writing.connection, writing.customer_id, 1)
    return dict.fromkeys(ROW.keys()) | {
        "customer_id": writing.customer_id,
        "id": id_,
        "version": writing.version,
        "charger_id": notice.charger_id,
        "key": f"transaction {id_}" if notice.key is None or notice.ocpp == OCPP_2X else notice.key,
        "transaction_id": notice.transaction_id,
        "received_at": notice.received_at,
        "ocpp": notice.ocpp,
    }


def _place_readings(writing: Writing) -> None:
    """Adds meter values without a known transaction to the session at their connector."""
    notice = writing.notice
    placed: dict[int, tuple[Row, list[MeterReading]]] = {}
    left = []
    for reading in notice.readings:
        row = _running(writing, reading)
        if row is None:
            left.append(reading)
        else:
            placed.setdefault(row["id"], (row, []))[1].append(reading)
    for row, readings in placed.values():
        before = dict(row)
        at = max(plausible(reading.at, notice.received_at) for reading in readings)
        session_readings.merge_whole(writing, row, replace(notice, readings=tuple(readings), at=at))
        writing.write(row, before)
        session_readings.add(writing, row, readings)
        session_ends.check_end(writing, row)
    session_readings.add(writing, None, left)


def _running(writing: Writing, reading: MeterReading) -> Row | None:
    place, at = place_of(reading._asdict()), plausible(reading.at, writing.notice.received_at)
    if place is None:
        return None
    name, number = place
    row = next(iter(writing.rows(_RUNNING[name], number=number, at=at)), None)
    return row if row is not None and at <= (end_of(row) or at) else None
