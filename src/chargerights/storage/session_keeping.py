"""Writes what chargers say of sessions and meters, so that neither order nor repetition makes a difference.

Chargers send what was not answered again, late and out of order. A message says what it knows of a session, and a
session is what all its messages say together. A session is found by its key (the start of OCPP 1.6, the same in every
copy of it) or by its transaction id. The ids of 1.6 are the server's and name one session. The ids of 2.x are the
charger's, which may use one again: then each start has a session of its own, and other messages go by their time.

A message with an unknown transaction id makes no session. A stop is kept, and ends the session that it can only mean:
the only open one at that charger (in 2.x at that EVSE) with that card and no reading above the stop's. Meter values
without a known transaction id belong to the session that ran on their connector at the time.

A session whose stop does not come is marked as ended (see `EndedBy`). Its own stop replaces the mark. After a boot or
an available connector, any later word of the session takes the mark back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, insert, select, update

from ..rights.identifiers import tag_key
from . import live
from .entities import SESSION, SessionEnd
from .holders import ERASED, forget_late
from .journal import Change, Revision
from .registers import Registers, by_instant, identities, phases_in
from .schema import meter_values, sessions
from .sessions import (
    OCPP_2X,
    OCPP_16,
    EndedBy,
    Notice,
    Reading,
    SessionOver,
    Sign,
    UnknownSession,
    plausible,
    reserve,
)

LOOKED_AT = 10
"""Earlier sessions at a connector that a start can end: those before them have been ended by these."""
AFTER_END = timedelta(seconds=60)
"""How much later than its stop a message of 2.x can be said to belong to the same session."""
LOST = (EndedBy.NEXT_START, EndedBy.BOOT, EndedBy.AVAILABLE, EndedBy.OPERATOR)
"""Ends without a word of when the session ended, and with which meter value."""
REVOCABLE = (None, EndedBy.BOOT, EndedBy.AVAILABLE)
"""Sessions that may still go on."""

Row = dict[str, Any]
_ROW, _VALUE = sessions.c, meter_values.c
_NAMES = _ROW.keys()
_READING = [_VALUE[name] for name in Reading._fields]
OTHER = {OCPP_16: OCPP_2X, OCPP_2X: OCPP_16}


def _is_at(columns: Any, place: str) -> ColumnElement[bool]:
    here: ColumnElement[bool] = columns[place] == bindparam("number")
    return here if place == "evse_id" else here & columns["evse_id"].is_(None)


# Building a statement takes longer than running it, so those that most messages need are built once. Where there are
# two, the key is the column that `_place` gives.
_PLACES = ("evse_id", "connector_id")
_MINE = and_(_ROW.customer_id == bindparam("customer"), _ROW.charger_id == bindparam("charger"))
_ALL = select(sessions).where(_MINE)
_BY_KEY = _ALL.where(_ROW.key == bindparam("key"))
_BY_TRANSACTION = _ALL.where(_ROW.transaction_id == bindparam("transaction"))
_OPEN = _ALL.where(_ROW.stopped_at.is_(None))
_UPDATE = update(sessions).where(_ROW.customer_id == bindparam("customer"), _ROW.id == bindparam("session"))
_OTHERS = {
    place: select(_ROW.id, _ROW.begun_at, _ROW.ended_by, _ROW.marked_at).where(
        _MINE, _is_at(_ROW, place), _ROW.id != bindparam("session")
    )
    for place in _PLACES
}
_BEFORE = {
    place: others.where(_ROW.begun_at <= bindparam("at"))
    .order_by(_ROW.begun_at.desc(), _ROW.id.desc())
    .limit(LOOKED_AT)
    for place, others in _OTHERS.items()
}
_AFTER = {
    place: others.where(_ROW.begun_at >= bindparam("at")).order_by(_ROW.begun_at, _ROW.id).limit(2)
    for place, others in _OTHERS.items()
}
_RUNNING = {
    place: _ALL.where(_is_at(_ROW, place), _ROW.begun_at <= bindparam("at"))
    .order_by(_ROW.begun_at.desc(), _ROW.id.desc())
    .limit(1)
    for place in _PLACES
}
_OF_CHARGER = and_(_VALUE.customer_id == bindparam("customer"), _VALUE.charger_id == bindparam("charger"))
_OF_SESSION = and_(_VALUE.customer_id == bindparam("customer"), _VALUE.session_id == bindparam("session"))
_ADOPTED = {
    place: delete(meter_values)
    .where(_OF_CHARGER, _VALUE.session_id.is_(None), _is_at(_VALUE, place), _VALUE.at >= bindparam("at"))
    .returning(*_READING)
    for place in _PLACES
}
_KEPT = select(*_READING, _VALUE.session_id).where(_OF_CHARGER, _VALUE.at.in_(bindparam("instants", expanding=True)))


def keep(connection: Connection, customer_id: int, version: int, notices: Sequence[Notice]) -> None:
    """Keeps what the messages say, under a live version that was just taken: its lock orders the nodes."""
    for notice in notices:
        _Keeping(connection, customer_id, version, notice).keep()
    forget_late(connection, customer_id, sessions, [notice.says.get("driver_id") for notice in notices])


def end(revision: Revision, session_id: int) -> int:
    """Ends a session whose stop does not come, for an operator. Raises UnknownSession, SessionOver."""
    connection, customer_id = revision.connection, revision.customer_id
    version = live.next_version(connection, customer_id)
    mine = and_(_ROW.customer_id == customer_id, _ROW.id == session_id, _ROW.begun_at.is_not(None))
    found = connection.execute(select(sessions).where(mine)).mappings().one_or_none()
    if found is None:
        raise UnknownSession((session_id,))
    if found["stopped_at"] is not None:
        raise SessionOver(f"session {session_id} has ended already, at {found['stopped_at'].isoformat()}")
    row = dict(found)
    names = SessionEnd(row["id"], row["charger_id"], row["transaction_id"])
    _Keeping(connection, customer_id, version, Notice(row["charger_id"], revision.at)).mark(
        row, EndedBy.OPERATOR, revision.at
    )
    ended = replace(names, ended_by=EndedBy.OPERATOR.value, stopped_at=row["stopped_at"], meter_stop=row["meter_stop"])
    revision.changes.append(Change(SESSION, session_id, names, ended))
    return session_id


class _Keeping:
    """One message's way into the database."""

    def __init__(self, connection: Connection, customer_id: int, version: int, notice: Notice) -> None:
        self._connection = connection
        self._customer_id = customer_id
        self._version = version
        self._notice = notice
        self._at = notice.occurred_at
        self._here = {"customer": customer_id, "charger": notice.charger_id}

    def keep(self) -> None:
        notice = self._notice
        if notice.sign is not None:
            self._mark_all(notice.sign)
            return
        row = None if notice.transaction_id is None else self._find()
        if row is None and not notice.says:
            self._place_readings()
        else:
            self._keep_session(row)

    # -- which session ----------------------------------------------------------------------------

    def _rows(self, query: Select[Any], **given: Any) -> list[Row]:
        """Rows of the charger, in the order of their starts; those without one first.

        Sorted here: told to sort, SQLite reads all sessions of the customer instead of these.
        """
        found = self._connection.execute(query, self._here | given)
        rows = [dict(zip(_NAMES, row, strict=True)) for row in found]
        return sorted(
            rows, key=lambda row: (row["begun_at"] is not None, row["begun_at"] or row["received_at"], row["id"])
        )

    def _find(self) -> Row | None:
        """What the message belongs to: a session, or what is kept of a transaction without a start."""
        notice = self._notice
        if notice.key is not None and notice.ocpp != OCPP_2X:
            return next(iter(self._rows(_BY_KEY, key=notice.key)), None)
        rows = self._rows(_BY_TRANSACTION, transaction=notice.transaction_id)
        if notice.ocpp is not None:
            rows = [row for row in rows if row["ocpp"] != OTHER[notice.ocpp]]
        begun, waiting = [row for row in rows if row["begun_at"]], [row for row in rows if not row["begun_at"]]
        if notice.ocpp == OCPP_2X:
            if notice.begins:
                return self._begun_before(begun) or self._waits_for_start(begun, waiting)
            return self._holding(begun) or self._waiting(waiting) or self._only_one(begun)
        if begun:
            return begun[-1]
        return next((row for row in waiting if notice.ends and self._is_same_stop(row)), None)

    def _begun_before(self, begun: list[Row]) -> Row | None:
        """The session of which this start is a copy."""
        says = self._notice.says
        for row in begun:
            tags = {row["tag_key"], says.get("tag_key")} - {None, ERASED}
            if row["started_at"] == says["started_at"] and len(tags) < 2:
                return row
        return None

    def _waits_for_start(self, begun: list[Row], waiting: list[Row]) -> Row | None:
        """What is kept of the transaction that this start begins."""
        for row in waiting:
            between = [each for each in begun if self._at < each["begun_at"] <= row["last_at"]]
            if row["last_at"] is not None and row["last_at"] >= self._at and not between:
                return row
        return None

    def _holding(self, begun: list[Row]) -> Row | None:
        """The session of 2.x during which the message was said."""
        after = timedelta(0) if self._notice.ends else AFTER_END
        for row in reversed(begun):
            is_over = row["ended_by"] == EndedBy.CHARGER and self._at > row["stopped_at"] + after
            if row["begun_at"] <= self._at and not is_over:
                return row
        return None

    def _waiting(self, waiting: list[Row]) -> Row | None:
        """What is kept of the transaction whose start is not there yet."""
        for row in waiting:
            stopped_at, last_at = row["stopped_at"], row["last_at"]
            if self._notice.ends:
                fits = stopped_at == self._notice.says["stopped_at"] if stopped_at else last_at and self._at >= last_at
            else:
                fits = stopped_at is None or self._at <= stopped_at + AFTER_END
            if fits:
                return row
        return None

    def _only_one(self, begun: list[Row]) -> Row | None:
        """The only session of that id when it runs: the charger's clock was set back meanwhile."""
        if len(begun) != 1 or begun[0]["ended_by"] == EndedBy.CHARGER:
            return None
        evse_id = self._notice.says.get("evse_id")
        return begun[0] if None in (evse_id, begun[0]["evse_id"]) or evse_id == begun[0]["evse_id"] else None

    def _is_same_stop(self, row: Row) -> bool:
        """A stop without a readable time has that of its receipt, which is another for each copy."""
        says = self._notice.says
        if says["stopped_at"] not in (row["stopped_at"], self._notice.received_at):
            return False
        again = Registers(None)
        again.say(None, says.get("meter_stop"))
        return (row["tag_key"], Registers(row["registers"]).said.stop) == (_stop_key(says), again.said.stop)

    # -- what it says of it -----------------------------------------------------------------------

    def _keep_session(self, before: Row | None) -> None:
        notice = self._notice
        row = self._new_row() if before is None else dict(before)
        self._merge(row, notice)
        if row["tag_key"] is None and row["begun_at"] is None:
            row["tag_key"] = _stop_key(notice.says)
        if before is None:
            self._connection.execute(insert(sessions), row)
        else:
            if notice.key is not None and row["transaction_id"] != notice.transaction_id:
                row["transaction_id"] = notice.transaction_id  # its answer has reached the charger at last
            self._write(row, before)
        begins = row["begun_at"] is not None and (before is None or before["begun_at"] is None)
        if begins and notice.ocpp != OCPP_2X:
            self._take_unmatched_stop(row)
        if before is not None and begins and before["ends_session"] is not None:
            self._give_back(row, before["ends_session"])
        if begins or (before is not None and _place(before) is None and row["begun_at"] is not None):
            self._settle(row)
        if row["begun_at"] is None and notice.ends and (before is None or before["stopped_at"] is None):
            self._end_meant(row)
        self._add_readings(row, notice.readings)
        self._check_end(row)

    def _new_row(self) -> Row:
        notice = self._notice
        id_ = notice.session_id or reserve(self._connection, self._customer_id, 1)
        return dict.fromkeys(_ROW.keys()) | {
            "customer_id": self._customer_id,
            "id": id_,
            "version": self._version,
            "charger_id": notice.charger_id,
            "key": f"transaction {id_}" if notice.key is None or notice.ocpp == OCPP_2X else notice.key,
            "transaction_id": notice.transaction_id,
            "received_at": notice.received_at,
            "ocpp": notice.ocpp,
        }

    def _merge(self, row: Row, notice: Notice) -> None:
        """Adds what the message says, and the phases that other messages have of the same instants."""
        instants = list({each.at for each in notice.readings if phases_in(each.samples)})
        if instants:
            kept = self._connection.execute(_KEPT, self._here | {"instants": instants})
            mine = [Reading(*each) for *each, session_id in kept if session_id == row["id"]]
            phases = tuple(each._replace(samples=phases_in(each.samples)) for each in mine)
            notice = replace(notice, readings=notice.readings + phases)
        merge(row, notice)

    def _write(self, row: Row, before: Row) -> None:
        news = {name: value for name, value in row.items() if value != before[name]}
        if news:
            row["version"] = self._version
            its = {"customer": self._customer_id, "session": row["id"]}
            self._connection.execute(_UPDATE, {**news, "version": self._version, **its})

    def mark(self, row: Row, by: EndedBy, at: datetime) -> None:
        """Marks the session as ended, at that instant the latest."""
        before = dict(row)
        row |= {"ended_by": by, "marked_at": at}
        derive(row)
        self._write(row, before)

    # -- stops with unknown ids -------------------------------------------------------------------

    def _take_unmatched_stop(self, row: Row) -> None:
        """Adds a stop of this session that was written before its start: another node had the start."""
        for stop in self._rows(_BY_TRANSACTION, transaction=row["transaction_id"]):
            is_stop = stop["begun_at"] is None and stop["stopped_at"] is not None and stop["ocpp"] != OCPP_2X
            if not is_stop or stop["received_at"] < row["received_at"] or stop["stopped_at"] < row["started_at"]:
                continue
            says = {name: stop[name] for name in ("stopped_at", "stop_reason", "stop_id_tag")}
            says["meter_stop"] = Registers(stop["registers"]).said.stop
            before = dict(row)
            kept = self._readings_of(stop["id"])
            self._merge(row, Notice(row["charger_id"], stop["received_at"], says=says, readings=kept))
            self._write(row, before)
            if stop["ends_session"] is not None:
                self._give_back(row, stop["ends_session"])
            self._forget(stop["id"])
            self._add_readings(row, kept)

    def _forget(self, id_: int) -> None:
        """Removes what was kept of a transaction without a start."""
        self._connection.execute(delete(meter_values).where(_OF_SESSION), self._here | {"session": id_})
        self._connection.execute(delete(sessions).where(_ROW.customer_id == self._customer_id, _ROW.id == id_))

    def _end_meant(self, stop: Row) -> None:
        """Ends the session that a stop with an unknown id can only mean."""
        if stop["tag_key"] is None:
            return
        at = self._at
        registers = Registers(stop["registers"])
        here = [_ROW.begun_at < at, _ROW.tag_key == stop["tag_key"], _ROW.received_at <= self._notice.received_at]
        if stop["evse_id"] is not None:
            here.append(_ROW.evse_id == stop["evse_id"])
        meant = [
            row
            for row in self._rows(_ALL.where(*here))
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
        self._write(row, before)
        ends = dict(stop, ends_session=row["id"])
        self._write(ends, stop)

    def _check_end(self, row: Row) -> None:
        """Gives the session back when it has shown more than the stop that ended it and was not its own."""
        if row["ended_by"] != EndedBy.UNMATCHED_STOP:
            return
        for stop in self._rows(_ALL.where(_ROW.ends_session == row["id"])):
            if Registers(row["registers"]).contradicts(Registers(stop["registers"])):
                self._give_back(stop, row["id"])

    def _give_back(self, row: Row, session_id: int) -> None:
        """Undoes what a stop has ended: it is the stop of another session."""
        for other in self._rows(_ALL.where(_ROW.id == session_id, _ROW.ended_by == EndedBy.UNMATCHED_STOP)):
            before = dict(other)
            _reopen(other)
            self._write(other, before)
            self._settle(other)
        before = dict(row)
        row["ends_session"] = None
        self._write(row, before)

    # -- stops that do not come -------------------------------------------------------------------

    def _settle(self, row: Row) -> None:
        """Marks the sessions before a start on that connector as ended, and takes the meter values that wait for it."""
        place = _place(row)
        if place is None:
            return
        name, number = place
        own = row["begun_at"], row["id"]
        asked = self._here | {"number": number, "session": row["id"], "at": row["begun_at"]}
        ends = [
            id_
            for id_, begun_at, ended_by, marked_at in self._connection.execute(_BEFORE[name], asked)
            if (begun_at, id_) < own
            and (ended_by in REVOCABLE or (ended_by == EndedBy.NEXT_START and marked_at > row["begun_at"]))
        ]
        for before in self._rows(_ALL.where(_ROW.id.in_(ends))) if ends else ():
            self.mark(before, EndedBy.NEXT_START, row["begun_at"])
        if row["ended_by"] in REVOCABLE:
            following = self._connection.execute(_AFTER[name], asked).all()
            next_one = next((begun_at for id_, begun_at, *_ in following if (begun_at, id_) > own), None)
            if next_one is not None:
                self.mark(row, EndedBy.NEXT_START, next_one)
        if row["begun_at"] == row["started_at"]:
            self._adopt(row, place)

    def _mark_all(self, sign: Sign) -> None:
        """Marks the sessions that a boot or an available connector shows to have ended."""
        notice, at = self._notice, self._at
        for row in self._rows(_OPEN):
            if row["begun_at"] is None or row["received_at"] > notice.received_at:
                continue
            if sign is Sign.BOOT or self._was_here_before(row):
                self.mark(row, EndedBy(sign.value), at)

    def _was_here_before(self, row: Row) -> bool:
        """Whether all that is known of the session happened at this connector before this instant."""
        says = self._notice.says
        is_here = row["connector_id"] == says["connector_id"] or (
            row["connector_id"] is None and says.get("whole_evse") is True
        )
        last_at = row["last_at"] or row["begun_at"]
        before: bool = row["begun_at"] < self._at and last_at <= self._at
        return row["evse_id"] == says["evse_id"] and is_here and before

    # -- meter values -----------------------------------------------------------------------------

    def _place_readings(self) -> None:
        """Gives meter values without a known transaction to the sessions that ran on their connector at the time."""
        notice = self._notice
        placed: dict[int, tuple[Row, list[Reading]]] = {}
        left = []
        for reading in notice.readings:
            row = self._running(reading)
            if row is None:
                left.append(reading)
            else:
                placed.setdefault(row["id"], (row, []))[1].append(reading)
        for row, readings in placed.values():
            before = dict(row)
            at = max(plausible(reading.at, notice.received_at) for reading in readings)
            self._merge(row, replace(notice, readings=tuple(readings), at=at))
            self._write(row, before)
            self._add_readings(row, readings)
            self._check_end(row)
        self._add_readings(None, left)

    def _running(self, reading: Reading) -> Row | None:
        place, at = _place(reading._asdict()), plausible(reading.at, self._notice.received_at)
        if place is None:
            return None
        name, number = place
        row = next(iter(self._rows(_RUNNING[name], number=number, at=at)), None)
        return row if row is not None and at <= (_end(row) or at) else None

    def _adopt(self, row: Row, place: tuple[str, int]) -> None:
        """Takes meter values of the connector that came before the start did."""
        name, number = place
        waiting = _ADOPTED[name]
        if (end_at := _end(row)) is not None:
            waiting = waiting.where(_VALUE.at <= end_at)
        found = self._connection.execute(waiting, self._here | {"number": number, "at": row["begun_at"]}).all()
        readings = tuple(Reading(*each) for each in found)
        if readings:
            before = dict(row)
            at = max(reading.at for reading in readings)
            self._merge(row, Notice(row["charger_id"], self._notice.received_at, readings=readings, at=at))
            self._write(row, before)
            self._add_readings(row, readings)

    def _readings_of(self, session_id: int) -> tuple[Reading, ...]:
        query = select(*_READING).where(_OF_SESSION)
        return tuple(Reading(*each) for each in self._connection.execute(query, self._here | {"session": session_id}))

    def _add_readings(self, row: Row | None, readings: Iterable[Reading]) -> None:
        """Keeps each sample once: a charger says some of them twice, in other messages and in other words."""
        readings = list(readings)
        if not readings:
            return
        asked = self._here | {"instants": list({each.at for each in readings})}
        known: dict[tuple[object, ...], set[bytes]] = {}
        for *kept, session_id in self._connection.execute(_KEPT, asked):
            reading = Reading(*kept)
            known.setdefault(_whose(reading, session_id), set()).update(identities(reading.samples))
        rows, session_id = [], None if row is None else row["id"]
        for reading in readings:
            there = known.setdefault(_whose(reading, session_id), set())
            new = {name: sample for name, sample in identities(reading.samples).items() if name not in there}
            if not new:
                continue
            there.update(new)
            at_connector = reading.connector_id if row is None else reading.connector_id or row["connector_id"]
            rows.append(
                {
                    "customer_id": self._customer_id,
                    "charger_id": self._notice.charger_id,
                    "at": reading.at,
                    "digest": _digest(_whose(reading, session_id), new),
                    "evse_id": reading.evse_id,
                    "connector_id": at_connector,
                    "session_id": session_id,
                    "samples": [*new.values()],
                }
            )
        if rows:
            self._connection.execute(insert(meter_values), rows)


def merge(row: Row, notice: Notice) -> None:
    """Adds what the message says to what is known of its session."""
    says, at = notice.says, notice.occurred_at
    for name in ("site_id", "evse_id", "connector_id"):
        if row[name] is None:
            row[name] = says.get(name)
    if "id_tag" in says and _is_first_tag(row, says, at):
        row |= {name: says.get(name) for name in ("id_tag", "tag_key", "driver_id", "reason")}
        row["tagged_at"] = at
    if notice.begins and row["started_at"] is None:
        row |= {"started_at": says["started_at"], "begun_at": at}
    if notice.ends and (row["ended_by"] != EndedBy.CHARGER or row["stopped_at"] is None):
        row |= {name: says.get(name) for name in ("stopped_at", "stop_reason", "stop_id_tag")}
        row |= {"ended_by": EndedBy.CHARGER, "marked_at": None}
    elif row["stop_id_tag"] is None and row["id_tag"] != ERASED:
        row["stop_id_tag"] = says.get("stop_id_tag")
    if not notice.begins and not notice.ends and _goes_on(row, notice):
        _reopen(row)
    row["last_at"] = max(row["last_at"] or at, at)
    registers = Registers(row["registers"])
    if row["registers"] is None:  # written by a version that kept no more than these
        registers.say(row["meter_start"], row["meter_stop"])
    registers.say(says.get("meter_start"), says.get("meter_stop"))
    for instant, samples in by_instant((each.at, each.samples) for each in notice.readings).items():
        registers.merge(instant, samples, says["started_at"] if notice.begins else None, notice.ends)
    row["registers"] = registers.kept()
    derive(row)


def derive(row: Row) -> None:
    """Sets the columns that follow from others."""
    energy = Registers(row["registers"]).energy(row["started_at"])
    if row["registers"] is not None:
        row["meter_start"] = energy.start
    if row["ended_by"] in LOST:
        last_at = row["last_at"] or row["begun_at"]
        row["stopped_at"] = max(min(last_at, row["marked_at"]), row["begun_at"])
        row["meter_stop"] = energy.stop
    elif row["ended_by"] == EndedBy.CHARGER:
        row["meter_stop"] = energy.stop
    elif row["ended_by"] is None or _is_below(row["meter_stop"], row["meter_start"]):
        row["meter_stop"] = None


def _stop_key(says: Row) -> str | None:
    """The key of the tag that a stop was made with; messages that an earlier version kept do not say it."""
    shown = says.get("stop_id_tag")
    return says.get("stop_tag_key") or (None if shown is None else tag_key(shown))


def _is_below(stop: float | None, start: float | None) -> bool:
    return stop is not None and start is not None and stop < start


def _is_first_tag(row: Row, says: Row, at: datetime) -> bool:
    """Whether what was shown at that instant began the session: the first tag does, else the first word without one."""
    if row["tagged_at"] is None or row["id_tag"] == ERASED:
        return row["id_tag"] is None
    if (row["id_tag"] is None) != (says["id_tag"] is None):
        return row["id_tag"] is None
    is_earlier: bool = at < row["tagged_at"]
    return is_earlier


def _goes_on(row: Row, notice: Notice) -> bool:
    """Whether the message shows that a session which was marked as ended goes on."""
    if row["ended_by"] not in (EndedBy.BOOT, EndedBy.AVAILABLE):
        return False
    return notice.occurred_at > row["marked_at"] or (row["ended_by"] == EndedBy.BOOT and notice.is_live)


def _reopen(row: Row) -> None:
    ends = ("stopped_at", "meter_stop", "stop_reason", "stop_id_tag", "ended_by", "marked_at")
    row |= dict.fromkeys(ends)


def _place(row: Row) -> tuple[str, int] | None:
    """Where only one session can run at a time: an EVSE of 2.x, a connector of 1.6."""
    if row["evse_id"]:
        return "evse_id", row["evse_id"]
    return ("connector_id", row["connector_id"]) if row["connector_id"] and row["evse_id"] is None else None


def _end(row: Any) -> datetime | None:
    """Until when meter values of its connector belong to the session."""
    end_at: datetime | None = row["marked_at"] if row["ended_by"] in LOST else row["stopped_at"]
    return end_at


def _whose(reading: Reading, session_id: int | None) -> tuple[object, ...]:
    """What two readings that say the same are not the same without."""
    return (reading.at, session_id) if session_id else (reading.at, None, reading.evse_id, reading.connector_id)


def _digest(whose: tuple[object, ...], samples: Iterable[bytes]) -> str:
    said = repr((whose[1:], sorted(samples))).encode()
    return hashlib.blake2b(said, digest_size=12).hexdigest()
