"""Ends of sessions whose own stop has not arrived.

A stop with an unknown transaction id ends the session that it can only mean, until a reading shows otherwise. What a
charger does next (a start on the same connector, a boot, an available connector) marks sessions as ended (see
`EndedBy`). A session's own stop replaces the mark. After a boot or an available connector, any later message of the
session takes the mark back.
"""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from ..schema import meter_values, sessions
from . import session_finding, session_readings
from .energy import Registers
from .session_notices import OCPP_2X, SessionNotice, Sign
from .session_rows import REVOCABLE, Row, derive, place_of, reopen
from .session_writing import ALL, MINE, PLACES, ROW, Writing, is_at
from .sessions import EndedBy

LOOKED_AT = 10
"""Earlier sessions at a connector that a start can end. Older ones have been ended by these."""

_OTHERS = {
    place: select(ROW.id, ROW.begun_at, ROW.ended_by, ROW.marked_at).where(
        MINE, is_at(ROW, place), ROW.id != bindparam("session")
    )
    for place in PLACES
}
_BEFORE = {
    place: others.where(ROW.begun_at <= bindparam("at")).order_by(ROW.begun_at.desc(), ROW.id.desc()).limit(LOOKED_AT)
    for place, others in _OTHERS.items()
}
_AFTER = {
    place: others.where(ROW.begun_at >= bindparam("at")).order_by(ROW.begun_at, ROW.id).limit(2)
    for place, others in _OTHERS.items()
}
_OPEN = ALL.where(ROW.stopped_at.is_(None))


def take_unmatched_stop(writing: Writing, row: Row) -> None:
    """Adds a stop of this session that was written before its start.

    Another node had the start.
    """
    for stop in writing.rows(session_finding.BY_TRANSACTION, transaction=row["transaction_id"]):
        is_stop = stop["begun_at"] is None and stop["stopped_at"] is not None and stop["ocpp"] != OCPP_2X
        if not is_stop or stop["received_at"] < row["received_at"] or stop["stopped_at"] < row["started_at"]:
            continue
        says = {name: stop[name] for name in ("stopped_at", "stop_reason", "stop_id_tag")}
        says["meter_stop"] = Registers(stop["registers"]).said.stop
        before = dict(row)
        kept = session_readings.of_session(writing, stop["id"])
        session_readings.merge_whole(
            writing, row, SessionNotice(row["charger_id"], stop["received_at"], says=says, readings=kept)
        )
        writing.write(row, before)
        if stop["ends_session"] is not None:
            give_back(writing, row, stop["ends_session"])
        _forget(writing, stop["id"])
        session_readings.add(writing, row, kept)


def _forget(writing: Writing, id_: int) -> None:
    """Deletes the row of a transaction without a start."""
    writing.connection.execute(delete(meter_values).where(session_readings.OF_SESSION), writing.here | {"session": id_})
    writing.connection.execute(delete(sessions).where(ROW.customer_id == writing.customer_id, ROW.id == id_))


def end_meant(writing: Writing, stop: Row) -> None:
    """Ends the only session that a stop with an unknown id can mean."""
    if stop["tag_key"] is None:
        return
    at = writing.at
    registers = Registers(stop["registers"])
    here = [ROW.begun_at <= at, ROW.tag_key == stop["tag_key"], ROW.received_at <= writing.notice.received_at]
    if stop["evse_id"] is not None:
        here.append(ROW.evse_id == stop["evse_id"])
    meant = [
        row
        for row in writing.rows(ALL.where(*here))
        if row["ended_by"] in REVOCABLE
        and (row["marked_at"] is None or at <= row["marked_at"])
        and not Registers(row["registers"]).contradicts(registers)
    ]
    if len(meant) != 1:
        return
    (row,) = meant
    before = dict(row)
    row |= {name: stop[name] for name in ("stopped_at", "stop_reason", "stop_id_tag")}
    row |= {"ended_by": EndedBy.UNMATCHED_STOP, "marked_at": at}
    row["meter_stop"] = registers.energy(None).stop
    derive(row)
    writing.write(row, before)
    ends = dict(stop, ends_session=row["id"])
    writing.write(ends, stop)


def check_end(writing: Writing, row: Row) -> None:
    """Reopens the session if its readings are higher than the stop that ended it."""
    if row["ended_by"] != EndedBy.UNMATCHED_STOP:
        return
    for stop in writing.rows(ALL.where(ROW.ends_session == row["id"])):
        if Registers(row["registers"]).contradicts(Registers(stop["registers"])):
            give_back(writing, stop, row["id"])


def give_back(writing: Writing, row: Row, session_id: int) -> None:
    """Undoes the end of a session by a stop that belongs to another session."""
    for other in writing.rows(ALL.where(ROW.id == session_id, ROW.ended_by == EndedBy.UNMATCHED_STOP)):
        before = dict(other)
        reopen(other)
        writing.write(other, before)
        settle(writing, other)
    before = dict(row)
    row["ends_session"] = None
    writing.write(row, before)


def settle(writing: Writing, row: Row) -> None:
    """Ends earlier sessions on a start's connector, and takes waiting meter values."""
    place = place_of(row)
    if place is None:
        return
    name, number = place
    own = row["begun_at"], row["id"]
    asked = writing.here | {"number": number, "session": row["id"], "at": row["begun_at"]}
    ends = [
        id_
        for id_, begun_at, ended_by, marked_at in writing.connection.execute(_BEFORE[name], asked)
        if (begun_at, id_) < own
        and (ended_by in REVOCABLE or (ended_by == EndedBy.NEXT_START and marked_at > row["begun_at"]))
    ]
    for before in writing.rows(ALL.where(ROW.id.in_(ends))) if ends else ():
        writing.mark(before, EndedBy.NEXT_START, row["begun_at"])
    if row["ended_by"] in REVOCABLE:
        following = writing.connection.execute(_AFTER[name], asked).all()
        next_one = next((begun_at for id_, begun_at, *_ in following if (begun_at, id_) > own), None)
        if next_one is not None:
            writing.mark(row, EndedBy.NEXT_START, next_one)
    if row["begun_at"] == row["started_at"]:
        session_readings.adopt(writing, row, place)


def mark_all(writing: Writing, sign: Sign) -> None:
    """Marks sessions that end with a boot or an available connector."""
    notice, at = writing.notice, writing.at
    for row in writing.rows(_OPEN):
        if row["begun_at"] is None or row["received_at"] > notice.received_at:
            continue
        if sign is Sign.BOOT or _was_here_before(writing, row):
            writing.mark(row, EndedBy(sign.value), at)


def _was_here_before(writing: Writing, row: Row) -> bool:
    """Tells whether the session is only known from this connector and earlier."""
    says = writing.notice.says
    is_here = row["connector_id"] == says["connector_id"] or (
        row["connector_id"] is None and says.get("whole_evse") is True
    )
    last_at = row["last_at"] or row["begun_at"]
    before: bool = row["begun_at"] < writing.at and last_at <= writing.at
    return row["evse_id"] == says["evse_id"] and is_here and before
