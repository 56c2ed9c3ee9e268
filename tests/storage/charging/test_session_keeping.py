"""A session is the same in whatever order, parts and repetitions its messages come."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert

from chargerights.storage.charging import charger_batches, sessions
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.charging.energy import identities
from chargerights.storage.charging.session_notices import OCPP_2X, OCPP_16, MeterReading, SessionNotice
from chargerights.storage.charging.sessions import EndedBy, Session, SessionFilter
from chargerights.storage.database import Database
from chargerights.storage.schema import sessions as rows
from tests.storage.writing import add_customer
from tests.support.world import NOW

CASES = 20
NUMBERS = count(1)
SHOWN = (
    "charger_id", "transaction_id", "site_id", "evse_id", "connector_id", "id_tag", "driver_id", "reason", "started_at",
    "meter_start", "stopped_at", "meter_stop", "stop_reason", "stop_id_tag", "ended_by", "begun_at",
)  # fmt: skip


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def reading(
    minutes: float, wh: float, *more: Any, connector: int | None = None, evse: int | None = None
) -> MeterReading:
    return MeterReading(after(minutes), [{"value": str(wh)}, *more], evse, connector)


POWER = {"value": "11", "measurand": "Power.Active.Import", "unit": "kW"}
TAG = {"site_id": 2, "id_tag": "ALICE", "tag_key": "ALICE", "driver_id": 1, "reason": "Accepted"}


def told_in_16(charger_id: str) -> list[SessionNotice]:
    """Start, meter values with the transaction id, with an unknown one and with none, and a stop that repeats some."""
    start = SessionNotice(
        charger_id, after(0), "77", f"key {charger_id}", None,
        {**TAG, "connector_id": 1, "started_at": NOW, "meter_start": 100.0}, at=NOW, ocpp=OCPP_16,
    )  # fmt: skip
    values = [
        SessionNotice(
            charger_id, after(5), "77", readings=(reading(5, 600, POWER, connector=1),), at=after(5), ocpp=OCPP_16
        ),
        SessionNotice(charger_id, after(6), "0", readings=(reading(6, 700, connector=1),), at=after(6), ocpp=OCPP_16),
        SessionNotice(charger_id, after(7), readings=(reading(7, 800, connector=1),), at=after(7), ocpp=OCPP_16),
    ]
    says = {
        "site_id": 2, "stopped_at": after(60), "meter_stop": 0.0, "stop_reason": "Remote", "stop_id_tag": "BOB",
    }  # fmt: skip
    end = MeterReading(after(60), [{"value": "5.1", "unit": "kWh", "context": "Transaction.End"}])
    stop = SessionNotice(charger_id, after(60), "77", says=says, readings=(reading(5, 600), end), ocpp=OCPP_16)
    return [start, *values, stop]


def told_in_2x(charger_id: str) -> list[SessionNotice]:
    """A start without a card or value, updates that bring them, and an end with the whole list."""

    def event(minutes: float, says: dict[str, Any], *readings: MeterReading) -> SessionNotice:
        given = {"site_id": 2, "evse_id": None, "connector_id": None, **says}
        return SessionNotice(
            charger_id, after(minutes), "tx", says=given, readings=readings, at=after(minutes), ocpp=OCPP_2X
        )

    begin = MeterReading(NOW, [{"value": 100, "context": "Transaction.Begin"}, {"value": 110, "location": "Inlet"}], 1)
    return [
        event(0, {"started_at": NOW}),
        event(1, {**TAG, "evse_id": 1, "connector_id": 2}, begin),
        event(10, {**TAG, "id_tag": "BOB", "tag_key": "BOB", "driver_id": 2}, reading(10, 900, POWER, evse=1)),
        SessionNotice(charger_id, after(15), readings=(reading(15, 1500, evse=1),), ocpp=OCPP_2X),
        event(
            60, {"stopped_at": after(60), "stop_reason": "EVDisconnected", "stop_id_tag": "ALICE"},
            begin, reading(10, 900),
            MeterReading(after(60), [{"value": 6210, "location": "Inlet"}, {"value": 5100}], 1),
        ),
    ]  # fmt: skip


def told_in_phases(charger_id: str) -> list[SessionNotice]:
    """A meter value for each phase; the stop has one phase only, and a copy in another unit."""

    def told(minutes: float, phase: str, wh: float, **more: Any) -> MeterReading:
        return MeterReading(after(minutes), [{"value": str(wh), "phase": phase, **more}], 1)

    def event(minutes: float, says: dict[str, Any], *readings: MeterReading) -> SessionNotice:
        return SessionNotice(
            charger_id, after(minutes), "tx", says=says, readings=readings, at=after(minutes), ocpp=OCPP_2X
        )

    middle = [told(30, "L1", 1700), told(30, "L2", 1700), told(30, "L3-N", 1.7, unitOfMeasure={"unit": "kWh"})]
    return [
        event(0, {**TAG, "evse_id": 1, "started_at": NOW}, told(0, "L1", 30), told(0, "L2", 30), told(0, "L3", 40)),
        event(10, {}, told(10, "L1", 600), told(10, "L2", 600)),
        event(30, {}, *middle),
        SessionNotice(charger_id, after(30), readings=tuple(middle[:2]), ocpp=OCPP_2X),
        event(
            60, {"stopped_at": after(60), "stop_reason": "Local"},
            told(30, "L2", 1.7, unit="kWh"), told(60, "L1", 1800, context="Transaction.End"),
        ),
    ]  # fmt: skip


def parts_of(notice: SessionNotice, dice: random.Random) -> list[SessionNotice]:
    """The message, or the same in two: its readings apart, as a charger sends what does not fit into one message."""
    if len(notice.readings) < 2 or dice.random() < 0.5:
        return [notice]
    first, *others = notice.readings
    return [replace(notice, readings=(first,)), replace(notice, readings=tuple(others))]


def written(database: Database, customer: int, notices: Sequence[SessionNotice]) -> None:
    """In batches of a few, as they come."""
    for start in range(0, len(notices), 3):
        batch = Batch(next(NUMBERS), NOW, messages=tuple(notices[start : start + 3]))
        database.write_now(charger_batches.write, customer, "node", batch)


def shown(database: Database, customer: int, charger_id: str) -> tuple[list[dict[str, Any]], list[Any]]:
    found = database.read_now(sessions.find, customer, SessionFilter(charger_id=charger_id), 9)
    readings = [samples_of(database, customer, each) for each in found]
    return [{name: getattr(each, name) for name in SHOWN if name != "charger_id"} for each in found], readings


def samples_of(database: Database, customer: int, session: Session) -> list[Any]:
    kept, _ = database.read_now(sessions.readings, customer, session.id)
    return sorted((each.reading.at, name) for each in kept for name in identities(each.reading.samples))


@pytest.mark.parametrize("told", [told_in_16, told_in_2x, told_in_phases])
def test_neither_order_nor_repetition_nor_parts_make_another_session(database: Database, told: Any) -> None:
    customer, dice = add_customer(database), random.Random(7)
    written(database, customer, told("EXPECTED"))
    expected = shown(database, customer, "EXPECTED")
    ((session,), _) = expected
    assert (session["meter_start"], session["meter_stop"]) == (100, 5100)
    assert (session["id_tag"], session["started_at"], session["stopped_at"]) == ("ALICE", NOW, after(60))
    for number in range(CASES):
        given = [part for notice in told(f"C-{number}") for part in parts_of(notice, dice)]
        given += dice.choices(given, k=3)
        dice.shuffle(given)
        written(database, customer, given)
        assert shown(database, customer, f"C-{number}") == expected, given
    assert database.read_now(sessions.count, customer, SessionFilter()) == CASES + 1
    assert database.read_now(sessions.find, customer, SessionFilter(unmatched=True), 9) == []


def test_two_sessions_of_one_id_are_two_whichever_comes_first(database: Database) -> None:
    """Of 2.x, whose chargers can count from 1 again."""
    customer, dice = add_customer(database), random.Random(3)

    def session(charger_id: str, begins: float, tag: str) -> list[SessionNotice]:
        def event(minutes: float, says: dict[str, Any]) -> SessionNotice:
            at = after(begins + minutes)
            given = {"evse_id": 1, **says}
            return SessionNotice(charger_id, at, "1", says=given, readings=(reading(begins + minutes, minutes),), at=at,
                          ocpp=OCPP_2X)  # fmt: skip

        return [
            event(0, {**TAG, "id_tag": tag, "tag_key": tag, "started_at": after(begins)}),
            event(10, {}),
            event(20, {"stopped_at": after(begins + 20), "stop_reason": "Local"}),
        ]

    for number in range(CASES):
        charger_id = f"C-{number}"
        given = [*session(charger_id, 0, "ALICE"), *session(charger_id, 100, dice.choice(("ALICE", "BOB")))]
        first, second = given[:3], given[3:]
        if number % 2:  # the second begins before its other events come; all else in any order
            rest = [*first, *second[1:], *dice.choices(given, k=2)]
            dice.shuffle(rest)
            given = [first[0], second[0], *rest]
        else:
            dice.shuffle(first)
            given = [*first, *second, *first]
        written(database, customer, given)
        found = database.read_now(sessions.find, customer, SessionFilter(charger_id=charger_id), 9)
        told = [(each.started_at, each.stopped_at, each.meter_start, each.meter_stop) for each in found]
        assert told == [(after(100), after(120), 0, 20), (NOW, after(20), 0, 20)], given
        assert {each.ended_by for each in found} == {EndedBy.CHARGER}


@pytest.mark.parametrize(
    ("meter_stop", "data", "ends"),
    [
        (3500.0, None, True), (3000.0, None, True), (2999.5, None, True), (None, None, True), (-1.0, None, True),
        (0.0, 3500, True), (0.0, None, False), (999.0, None, False), (2000.0, None, False), (None, 2000, False),
    ],
)  # fmt: skip
def test_a_stop_below_what_a_session_has_shown_is_not_its_end(
    database: Database, meter_stop: float | None, data: float | None, ends: bool
) -> None:
    """A stop with an unknown id, among the readings of the only session that it could mean."""
    customer, dice = add_customer(database), random.Random(11)
    for number in range(6):
        charger_id = f"C-{number}"
        start = SessionNotice(
            charger_id, NOW, "77", "key", None,
            {**TAG, "connector_id": 1, "started_at": NOW, "meter_start": 1000.0}, ocpp=OCPP_16,
        )  # fmt: skip
        says = {"stopped_at": after(60), "meter_stop": meter_stop, "stop_reason": "Local", "stop_id_tag": "ALICE"}
        end = () if data is None else (reading(60, data),)
        told = [
            SessionNotice(charger_id, NOW, "0", says=says, readings=end, ocpp=OCPP_16),
            SessionNotice(
                charger_id, NOW, "77", readings=(reading(20, 2000, connector=1),), at=after(20), ocpp=OCPP_16
            ),
            SessionNotice(charger_id, NOW, readings=(reading(30, 3000, connector=1),), ocpp=OCPP_16),
        ]
        told += dice.choices(told, k=2)
        dice.shuffle(told)
        written(database, customer, [start, *told])
        (session,) = database.read_now(sessions.find, customer, SessionFilter(charger_id=charger_id), 9)
        (stop,) = database.read_now(sessions.find, customer, SessionFilter(charger_id=charger_id, unmatched=True), 9)
        assert (session.ended_by, stop.ends_session) == (
            (EndedBy.UNMATCHED_STOP, session.id) if ends else (None, None)
        ), told
        assert session.meter_stop == (data or meter_stop if ends and meter_stop != -1 else None)


def test_no_order_gives_a_session_negative_energy(database: Database) -> None:
    customer, dice = add_customer(database), random.Random(13)
    values = (None, -1.0, 0.0, 50.0, 400.0, 900.0)
    for number in range(25):
        charger_id = f"C-{number}"
        start = SessionNotice(
            charger_id, NOW, "77", "key", None,
            {**TAG, "connector_id": 1, "started_at": NOW, "meter_start": dice.choice(values)}, ocpp=OCPP_16,
        )  # fmt: skip
        told = [start] if dice.random() < 0.7 else [replace(start, ocpp=OCPP_2X, key=None)]
        for transaction in dice.choices(("77", "0"), k=2):
            says = {"stopped_at": after(60), "meter_stop": dice.choice(values), "stop_id_tag": "ALICE"}
            told.append(SessionNotice(charger_id, NOW, transaction, says=says, ocpp=told[0].ocpp))
        for _ in range(3):
            sample = {
                "value": dice.choice(values), "location": dice.choice(("Outlet", "Inlet")),
                "context": dice.choice(("Transaction.Begin", "Transaction.End", "Sample.Periodic")),
            }  # fmt: skip
            at = after(dice.choice((0, 0.5, 30, 60)))
            given = MeterReading(at, [sample], None, 1)
            told.append(
                SessionNotice(charger_id, NOW, dice.choice(("77", None)), readings=(given,), at=at, ocpp=told[0].ocpp)
            )
        dice.shuffle(told)
        written(database, customer, told)
        found = database.read_now(sessions.find, customer, SessionFilter(charger_id=charger_id), 9)
        assert found
        for session in found:
            energy = session.meter_start, session.meter_stop
            assert None in energy or energy[1] >= energy[0], told


def test_sessions_are_in_the_order_of_their_starts_and_walked_once_each(database: Database) -> None:
    customer, dice = add_customer(database), random.Random(5)
    starts = [(f"C-{number}", after(number // 3)) for number in range(30)]
    dice.shuffle(starts)
    written(
        database, customer,
        [
            SessionNotice(number, NOW, "1", f"key {number}", None, {"started_at": at, "connector_id": 1})
            for number, at in starts
        ],
    )  # fmt: skip
    whole = database.read_now(sessions.find, customer, SessionFilter(), 100)
    assert [each.begun_at for each in whole] == sorted((at for _, at in starts), reverse=True)
    walked: list[Session] = []
    while len(part := database.read_now(
        sessions.find, customer, SessionFilter(), 7, 0, sessions.position(walked[-1]) if walked else None
    )):  # fmt: skip
        walked += part
    assert walked == whole


def test_a_start_by_a_wrong_clock_has_its_place_by_its_receipt(database: Database) -> None:
    customer = add_customer(database)
    years_ago = datetime(2000, 1, 1, tzinfo=NOW.tzinfo)
    written(
        database, customer,
        [
            SessionNotice("C-1", after(0), "1", "k1", None, {"started_at": after(0)}),
            SessionNotice("C-2", after(5), "1", "k2", None, {"started_at": years_ago}),
            SessionNotice("C-3", after(9), "1", "k3", None, {"started_at": after(9)}),
        ],
    )  # fmt: skip
    found = database.read_now(sessions.find, customer, SessionFilter(), 9)
    assert [(each.charger_id, each.started_at) for each in found] == [
        ("C-3", after(9)), ("C-2", years_ago), ("C-1", after(0)),
    ]  # fmt: skip


def test_what_a_version_before_has_kept_is_read_as_it_was(database: Database) -> None:
    """Rows without registers: their values stand, and a late reading changes nothing."""
    customer = add_customer(database)
    row = {
        "customer_id": customer, "id": 1, "version": 1, "charger_id": "C-1", "key": "k", "transaction_id": "9",
        "received_at": NOW, "started_at": NOW, "begun_at": NOW, "meter_start": 100.0, "connector_id": 1,
        "stopped_at": after(60), "meter_stop": 900.0, "ended_by": "charger",
    }  # fmt: skip
    database.write_now(lambda connection: connection.execute(insert(rows).values(row)) and None)
    late = SessionNotice("C-1", after(70), "9", readings=(reading(30, 7000, connector=1),), at=after(30), ocpp=OCPP_16)
    written(database, customer, [late])
    (session,) = database.read_now(sessions.find, customer, SessionFilter(), 9)
    assert (session.meter_start, session.meter_stop, session.stopped_at) == (100, 900, after(60))
