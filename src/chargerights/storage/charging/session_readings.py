"""Meter values of sessions: each sample is kept once, with its session.

Chargers send some of them twice, in different messages and forms, or before the start of their session.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import and_, bindparam, delete, insert, select

from ..schema import meter_values
from .energy import identities, phases_in
from .session_notices import MeterReading, SessionNotice
from .session_rows import Row, end_of, merge
from .session_writing import PLACES, Writing, is_at

_VALUE = meter_values.c

_READING = [_VALUE[name] for name in MeterReading._fields]
_OF_CHARGER = and_(_VALUE.customer_id == bindparam("customer"), _VALUE.charger_id == bindparam("charger"))
OF_SESSION = and_(_VALUE.customer_id == bindparam("customer"), _VALUE.session_id == bindparam("session"))
_ADOPTED = {
    place: delete(meter_values)
    .where(_OF_CHARGER, _VALUE.session_id.is_(None), is_at(_VALUE, place), _VALUE.at >= bindparam("at"))
    .returning(*_READING)
    for place in PLACES
}
_KEPT = select(*_READING, _VALUE.session_id).where(_OF_CHARGER, _VALUE.at.in_(bindparam("instants", expanding=True)))


def merge_whole(writing: Writing, row: Row, notice: SessionNotice) -> None:
    """Merges the message, and phases of the same instants from other messages."""
    instants = list({each.at for each in notice.readings if phases_in(each.samples)})
    if instants:
        kept = writing.connection.execute(_KEPT, writing.here | {"instants": instants})
        mine = [MeterReading(*each) for *each, session_id in kept if session_id == row["id"]]
        phases = tuple(each._replace(samples=phases_in(each.samples)) for each in mine)
        notice = replace(notice, readings=notice.readings + phases)
    merge(row, notice)


def adopt(writing: Writing, row: Row, place: tuple[str, int]) -> None:
    """Takes the connector's meter values that arrived before the start."""
    name, number = place
    waiting = _ADOPTED[name]
    if (end_at := end_of(row)) is not None:
        waiting = waiting.where(_VALUE.at <= end_at)
    found = writing.connection.execute(waiting, writing.here | {"number": number, "at": row["begun_at"]}).all()
    readings = tuple(MeterReading(*each) for each in found)
    if readings:
        before = dict(row)
        at = max(reading.at for reading in readings)
        merge_whole(
            writing, row, SessionNotice(row["charger_id"], writing.notice.received_at, readings=readings, at=at)
        )
        writing.write(row, before)
        add(writing, row, readings)


def of_session(writing: Writing, session_id: int) -> tuple[MeterReading, ...]:
    """Returns the stored meter values of the session."""
    query = select(*_READING).where(OF_SESSION)
    return tuple(
        MeterReading(*each) for each in writing.connection.execute(query, writing.here | {"session": session_id})
    )


def add(writing: Writing, row: Row | None, readings: Iterable[MeterReading]) -> None:
    """Adds new samples to the session or, without one, to their connector."""
    readings = list(readings)
    if not readings:
        return
    asked = writing.here | {"instants": list({each.at for each in readings})}
    known: dict[tuple[object, ...], set[bytes]] = {}
    for *kept, session_id in writing.connection.execute(_KEPT, asked):
        reading = MeterReading(*kept)
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
                "customer_id": writing.customer_id,
                "charger_id": writing.notice.charger_id,
                "at": reading.at,
                "digest": _digest(_whose(reading, session_id), new),
                "evse_id": reading.evse_id,
                "connector_id": at_connector,
                "session_id": session_id,
                "samples": [*new.values()],
            }
        )
    if rows:
        writing.connection.execute(insert(meter_values), rows)


def _whose(reading: MeterReading, session_id: int | None) -> tuple[object, ...]:
    """Returns the owner of a reading, which equal readings must share to be copies."""
    return (reading.at, session_id) if session_id else (reading.at, None, reading.evse_id, reading.connector_id)


def _digest(whose: tuple[object, ...], samples: Iterable[bytes]) -> str:
    said = repr((whose[1:], sorted(samples))).encode()
    return hashlib.blake2b(said, digest_size=12).hexdigest()
