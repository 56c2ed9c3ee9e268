"""Sessions as real chargers tell them: with unknown and reused ids, twice, out of order, and without an end."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from chargerights.storage.charging import session_notices, sessions
from chargerights.storage.charging.sessions import EndedBy, Session, SessionFilter
from chargerights.storage.charging_settings import set_one_session_per_tag
from tests.gateway import test_ocpp2x as v2
from tests.gateway.client import V201, RawCharger
from tests.gateway.server import InProcess, text
from tests.gateway.test_ocpp2x import event, token
from tests.gateway.test_ocpp16 import BOOT, start, stop
from tests.support.waiting import PATIENCE, until
from tests.support.world import NOW

STOPS = SessionFilter(unmatched=True), 100
PLACE = {"evse": {"id": 1, "connectorId": 1}}
BOOT_2X = v2.BOOT


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def value(wh: float | str, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return {"timestamp": text(at), "sampledValue": [{"value": wh, **more}]}


def status_16(word: str, at: datetime, connector: int = 1) -> dict[str, Any]:
    return {"connectorId": connector, "errorCode": "NoError", "status": word, "timestamp": text(at)}


def status_2x(word: str, at: datetime, evse: int = 1, connector: int = 1) -> dict[str, Any]:
    return {"timestamp": text(at), "connectorStatus": word, "evseId": evse, "connectorId": connector}


async def begun(charger: RawCharger, *arguments: Any, **more: Any) -> int:
    return int((await charger.call("StartTransaction", start(*arguments, **more)))["transactionId"])


async def found(server: InProcess, wanted: SessionFilter = SessionFilter()) -> list[Session]:  # noqa: B008 - it is frozen
    """The newest first."""
    return list(await server.read(sessions.find, wanted, 100))


async def only(server: InProcess) -> Session:
    (session,) = await found(server)
    return session


def energy_of(session: Session) -> tuple[float | None, float | None]:
    return session.meter_start, session.meter_stop


# -- energy ---------------------------------------------------------------------------------------


async def test_the_values_of_a_session_stand_anywhere_in_its_events(server: InProcess) -> None:
    """Started and Ended tell nothing: an Updated tells the beginning and the latest is the end."""
    begin = value(1000, NOW, context="Transaction.Begin")
    async with server.charger("DEP-1", V201) as charger:
        for number, said in enumerate(
            (
                event("Started", 0, idToken=token("ALICE"), **PLACE),
                event("Updated", 2, after(30), meterValue=[value(3000, after(30))]),
                event("Updated", 1, after(1), meterValue=[begin, value(1010, after(1))]),
                event("Ended", 3, after(60)),
            )
        ):
            await charger.call("TransactionEvent", said)
            assert (await only(server)).meter_start == (None if number < 2 else 1000)
        assert energy_of(await only(server)) == (1000, 3000)
        late = event("Updated", 4, after(45), offline=True, meterValue=[value(4000, after(45))])
        await charger.call("TransactionEvent", late)
        assert energy_of(await only(server)) == (1000, 4000)


async def test_transaction_data_tells_the_end_when_the_stop_tells_nonsense(server: InProcess) -> None:
    data = [value("5100", after(60), context="Transaction.End"), value("100", NOW, context="Transaction.Begin")]
    async with server.charger("DEP-1") as charger:
        transaction = await begun(charger, meter=100)
        await charger.call("StopTransaction", stop(transaction, 0, transactionData=data))
        assert energy_of(await only(server)) == (100, 5100)


@pytest.mark.parametrize("nonsense", [0, 99, -1, None, "12,5"])
async def test_a_stop_without_a_sound_value_ends_its_session_with_the_last_reading(
    server: InProcess, nonsense: Any
) -> None:
    """Chargers that cannot read their meter send 0: the energy was negative."""
    async with server.charger("DEP-1") as charger:
        transaction = await begun(charger, meter=100)
        await charger.call("StopTransaction", stop(transaction, nonsense))
        session = await only(server)
        assert (*energy_of(session), session.stopped_at, session.ended_by) == (100, None, after(60), EndedBy.CHARGER)
        late = {"connectorId": 1, "transactionId": transaction, "meterValue": [value("2500", after(30))]}
        await charger.call("MeterValues", late)
        assert energy_of(await only(server)) == (100, 2500)


async def test_phases_in_meter_values_of_their_own_are_added_up(server: InProcess) -> None:
    def phases(wh: int, at: datetime, how_many: int = 3) -> list[dict[str, Any]]:
        return [value(wh, at, phase=f"L{number + 1}") for number in range(how_many)]

    async with server.charger("DEP-1", V201) as charger:
        started = event("Started", 0, idToken=token("ALICE"), meterValue=phases(100, NOW), **PLACE)
        await charger.call("TransactionEvent", started)
        await charger.call("TransactionEvent", event("Updated", 1, after(30), meterValue=phases(500, after(30))))
        await charger.call("TransactionEvent", event("Ended", 2, after(60), meterValue=phases(900, after(60), 1)))
        assert energy_of(await only(server)) == (300, 1500)
        rest = event("Updated", 3, after(60), offline=True, meterValue=phases(900, after(60))[1:])
        await charger.call("TransactionEvent", rest)
        assert energy_of(await only(server)) == (300, 2700)


async def test_a_reading_is_kept_once_in_whatever_words_and_parts_it_comes(either: InProcess) -> None:
    """citrineos-core #880: transactionData repeats what MeterValues has said"""
    power = {"value": "11", "measurand": "Power.Active.Import", "unit": "kW"}
    whole = {"timestamp": text(after(1)), "sampledValue": [{"value": "700"}, power]}
    spelled = {"value": "700.0", "context": "Sample.Periodic", "unit": "Wh", "location": "Outlet"}
    async with either.charger("DEP-1") as charger:
        transaction = await begun(charger)
        for sent in (
            {"connectorId": 1, "transactionId": transaction, "meterValue": [whole]},
            {"connectorId": 1, "meterValue": [whole]},
            {"connectorId": 1, "transactionId": transaction, "meterValue": [whole, whole]},
        ):
            await charger.call("MeterValues", sent)
        data = [{"timestamp": text(after(1)), "sampledValue": [spelled]}, value("900", after(2))]
        data.append(value("0.7", after(1), unit="kWh"))
        for _ in range(2):
            await charger.call("StopTransaction", stop(transaction, 1000, transactionData=data))
        readings, total = await either.read(sessions.readings, (await only(either)).id)
    assert total == 2
    assert [len(each.reading.samples) for each in readings] == [2, 1]
    assert {each.reading.connector_id for each in readings} == {1}


async def test_two_connectors_that_say_the_same_at_once_say_two_things(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for connector in (1, 2):
            await begun(charger, ("ALICE", "BOB")[connector - 1], connector)
            await charger.call("MeterValues", {"connectorId": connector, "meterValue": [value("0", after(1))]})
        for session in await found(server):
            assert (await server.read(sessions.readings, session.id))[1] == 1


@pytest.mark.parametrize("given", [{}, {"transactionId": 0}, {"transactionId": -1}, {"transactionId": 4711}])
async def test_meter_values_without_a_known_transaction_are_of_the_session_on_their_connector(
    server: InProcess, given: dict[str, Any]
) -> None:
    """citrineos-core #1025"""

    async def said(at: datetime, connector: int = 1) -> None:
        await charger.call("MeterValues", {"connectorId": connector, "meterValue": [value("1", at)], **given})

    async with server.charger("DEP-1") as charger:
        await said(after(5))  # its session's start has yet to come
        first = await begun(charger)
        await begun(charger, "BOB", 2, at=NOW)
        for at in (after(-1), after(0), after(10), after(60), after(61)):
            await said(at)
        await said(after(10), 0)
        await charger.call("StopTransaction", stop(first))
        for at in (after(20), after(70)):
            await said(at)
        all_of = [each for each in await found(server) if each.connector_id == 1]
        readings, _ = await server.read(sessions.readings, all_of[0].id)
        others, _ = await server.read(sessions.readings, (await found(server, SessionFilter(id_tag="BOB")))[0].id)
    assert len(await found(server)) == 2
    assert [each.reading.at for each in readings] == [after(0), after(5), after(10), after(20), after(60), after(61)]
    assert others == []


async def test_meter_values_of_an_evse_are_of_the_session_there(server: InProcess) -> None:
    async with server.charger("DEP-1", V201) as charger:
        await charger.call("TransactionEvent", event("Started", 0, idToken=token("ALICE"), **PLACE))
        for evse in (0, 1, 2):
            await charger.call("MeterValues", {"evseId": evse, "meterValue": [value(5, after(1))]})
        session = await only(server)
        assert (await server.read(sessions.readings, session.id))[1] == 1
        await charger.call("TransactionEvent", event("Ended", 1, after(2)))
        assert energy_of(await only(server)) == (5, None)


# -- ids ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unknown", [0, -1, 4711, 2**31 - 1])
async def test_a_stop_of_an_unknown_transaction_is_kept_once_and_no_session(either: InProcess, unknown: int) -> None:
    async with either.charger("DEP-1") as charger:
        running = await begun(charger, "ALICE")
        said = stop(unknown, 777, idTag="bob", reason="PowerLoss")
        for _ in range(3):
            await charger.call("StopTransaction", said)
        await charger.call("StopTransaction", stop(unknown, 888))
        (session,) = await found(either)
        assert (session.transaction_id, session.stopped_at) == (str(running), None)
        stops = await either.read(sessions.find, *STOPS)
        assert sorted((each.meter_stop, each.stop_id_tag, each.stop_reason) for each in stops) == [
            (777, "bob", "PowerLoss"), (888, None, "Local"),
        ]  # fmt: skip
        assert {each.stopped_at for each in stops} == {after(60)}
        await charger.call("StopTransaction", stop(running, 5100))
        assert energy_of(await only(either)) == (100, 5100)
        assert (await only(either)).ended_by == EndedBy.CHARGER


@pytest.mark.parametrize("unknown", [0, -1, 4711])
async def test_a_stop_without_a_value_is_kept_once(either: InProcess, unknown: int) -> None:
    async with either.charger("DEP-1") as charger:
        for _ in range(3):
            for nothing in (-1, None):
                await charger.call("StopTransaction", stop(unknown, nothing, idTag="ALICE"))
    (kept,) = await either.read(sessions.find, *STOPS)
    assert kept.meter_stop is None


@pytest.mark.parametrize("unknown", [0, -1, 4711])
async def test_a_stop_below_the_start_of_a_session_does_not_mean_it(either: InProcess, unknown: int) -> None:
    async with either.charger("DEP-1") as charger:
        low = await begun(charger, "ALICE", 1, 100)
        high = await begun(charger, "ALICE", 2, 5000)
        for meter in (0, 99):
            await charger.call("StopTransaction", stop(unknown, meter, idTag="ALICE"))
        assert {each.stopped_at for each in await found(either)} == {None}
        await charger.call("StopTransaction", stop(unknown, 777, idTag="ALICE"))
        ended = {each.transaction_id: (each.meter_stop, each.ended_by) for each in await found(either)}
        assert ended == {str(low): (777, EndedBy.UNMATCHED_STOP), str(high): (None, None)}
        stops = await either.read(sessions.find, *STOPS)
        assert {each.meter_stop: each.ends_session is not None for each in stops} == {0: False, 99: False, 777: True}


@pytest.mark.parametrize("unknown", [0, -1, 4711])
async def test_a_stop_of_an_unknown_transaction_ends_the_session_it_can_only_mean(
    either: InProcess, unknown: int
) -> None:
    async with either.charger("DEP-1") as charger:
        meant = await begun(charger, "ALICE")
        await begun(charger, "BOB", 2)
        for _ in range(2):
            await charger.call("StopTransaction", stop(unknown, 777, idTag="alice"))
        session, other = sorted(await found(either), key=lambda each: each.connector_id or 0)
        assert (session.stopped_at, session.meter_stop, session.stop_id_tag) == (after(60), 777, "alice")
        assert session.ended_by == EndedBy.UNMATCHED_STOP
        assert other.stopped_at is None
        (kept,) = await either.read(sessions.find, *STOPS)
        assert kept.ends_session == session.id
        later = await begun(charger, "ALICE", at=after(90))
        await charger.call("StopTransaction", stop(unknown, 777, idTag="alice"))
        assert next(each for each in await found(either) if each.transaction_id == str(later)).stopped_at is None
        await charger.call("StopTransaction", stop(meant, 5100))  # its own stop comes after all
        (session,) = await found(either, SessionFilter(running=False))
        assert (session.meter_stop, session.ended_by, session.stop_id_tag) == (5100, EndedBy.CHARGER, None)


async def test_a_stop_of_an_unknown_transaction_in_the_second_of_the_start_ends_it(server: InProcess) -> None:
    """Most chargers' clocks tell whole seconds."""
    async with server.charger("DEP-1") as charger:
        await begun(charger, "ALICE")
        await charger.call("StopTransaction", stop(-1, 100, idTag="alice", timestamp=text(NOW)))
        session = await only(server)
        assert (session.stopped_at, session.ended_by) == (NOW, EndedBy.UNMATCHED_STOP)


@pytest.mark.parametrize("unreadable", [None, "rubbish"])
async def test_a_stop_without_a_time_is_known_again_when_it_is_sent_again(server: InProcess, unreadable: Any) -> None:
    """Each copy had the time of its receipt: the third ended the session after the one that was meant."""
    async with server.charger("DEP-1") as charger:
        await begun(charger, "ALICE")
        for minutes in (60, 70, 80):
            server.clock.at = after(minutes)
            await charger.call("StopTransaction", stop(0, 777, idTag="ALICE") | {"timestamp": unreadable})
            if minutes == 60:
                later = await begun(charger, "ALICE", at=after(65))
        assert len(await server.read(sessions.find, *STOPS)) == 1
        assert next(each for each in await found(server) if each.transaction_id == str(later)).stopped_at is None


async def test_a_stop_that_can_mean_two_sessions_ends_none(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as elsewhere:
        for connector in (1, 2):
            await begun(charger, "ALICE", connector)
        await charger.call("StopTransaction", stop(0, 777, idTag="ALICE"))
        await begun(elsewhere, "ALICE", at=after(61))  # it began after that stop
        await elsewhere.call("StopTransaction", stop(0, 777, idTag="ALICE"))
        assert all(each.stopped_at is None for each in await found(server))
        assert len(await server.read(sessions.find, *STOPS)) == 2


async def test_an_unknown_id_of_one_charger_is_no_session_of_another(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        transaction = await begun(charger)
        await other.call("StopTransaction", stop(transaction, 777))
        assert (await only(server)).stopped_at is None


async def test_a_stop_that_is_written_before_its_start_ends_it(server: InProcess) -> None:
    """Another node has the start and cannot write it yet."""
    async with server.charger("DEP-1") as charger:
        transaction = await begun(charger)
        await charger.call("StopTransaction", stop(transaction, 5100, transactionData=[value("7", after(1))]))
        row = await only(server)
    assert row.ended_by == EndedBy.CHARGER
    early = session_notices.SessionNotice(
        "GF-1", NOW, "99", None, None, {"stopped_at": after(60), "meter_stop": 900.0, "stop_reason": "Local"},
        (session_notices.MeterReading(after(1), [{"value": "700"}]),), ocpp="1.6",
    )  # fmt: skip
    late = session_notices.SessionNotice(
        "GF-1", NOW - timedelta(seconds=1), "99", "key", 99, {"started_at": NOW, "meter_start": 1.0, "connector_id": 1},
        ocpp="1.6",
    )  # fmt: skip
    await keep(server, early, late)
    (session,) = await found(server, SessionFilter(charger_id="GF-1"))
    assert (session.id, session.stopped_at, energy_of(session)) == (99, after(60), (1, 900))
    assert (await server.read(sessions.readings, 99))[1] == 1
    assert await server.read(sessions.find, *STOPS) == []


async def keep(server: InProcess, *notices: session_notices.SessionNotice) -> None:
    """As a node writes them."""
    write_buffer = server.gateway.customers[server.world.us].write_buffer
    for notice in notices:
        await write_buffer.keep(notice)


@pytest.mark.parametrize("kind", ["Updated", "Ended"])
async def test_an_event_of_a_transaction_without_a_start_is_no_session(server: InProcess, kind: str) -> None:
    async with server.charger("DEP-1", V201) as charger:
        await charger.call(
            "TransactionEvent", event("Started", 0, transaction="running", idToken=token("BOB"), **PLACE)
        )
        for _ in range(2):
            said = event(kind, 5, after(10), "0", meterValue=[value(70, after(10))], idToken=token("ALICE"), **PLACE)
            await charger.call("TransactionEvent", said)
        session = await only(server)
        assert (session.transaction_id, session.stopped_at) == ("running", None)
        stops = await server.read(sessions.find, *STOPS)
    assert [(each.transaction_id, each.stop_id_tag, each.meter_stop) for each in stops] == (
        [("0", "ALICE", 70)] if kind == "Ended" else []
    )


async def test_an_end_of_2x_below_what_a_session_has_shown_does_not_end_it(server: InProcess) -> None:
    def said(kind: str, number: int, minutes: float, wh: int, transaction: str) -> dict[str, Any]:
        at, card = after(minutes), token("ALICE")
        return event(kind, number, at, transaction, meterValue=[value(wh, at)], idToken=card, **PLACE)

    async with server.charger("DEP-1", V201) as charger:
        await charger.call("TransactionEvent", said("Started", 0, 0, 1000, "one"))
        await charger.call("TransactionEvent", said("Ended", 9, 20, 999, "two"))
        assert (await only(server)).ended_by is None
        await charger.call("TransactionEvent", said("Ended", 9, 30, 1500, "three"))
        assert (await only(server)).ended_by == EndedBy.UNMATCHED_STOP
        await charger.call("TransactionEvent", said("Updated", 1, 25, 2000, "one"))
        assert ((await only(server)).ended_by, energy_of(await only(server))) == (None, (1000, None))
        stops = await server.read(sessions.find, *STOPS)
    assert {(each.meter_stop, each.ends_session) for each in stops} == {(999, None), (1500, None)}


async def test_an_end_of_2x_without_a_start_gives_a_session_back_when_its_own_start_comes(server: InProcess) -> None:
    async with server.charger("DEP-1", V201) as charger:
        await charger.call("TransactionEvent", event("Started", 0, transaction="one", idToken=token("ALICE"), **PLACE))
        ended = event("Ended", 1, after(50), "two", meterValue=[value(70, after(50))], idToken=token("ALICE"), **PLACE)
        await charger.call("TransactionEvent", ended)
        assert (await only(server)).ended_by == EndedBy.UNMATCHED_STOP
        started = event("Started", 0, after(40), "two", idToken=token("ALICE"), **PLACE)
        await charger.call("TransactionEvent", started)
        two, one = await found(server)
    assert (one.transaction_id, one.ended_by, one.stopped_at) == ("one", EndedBy.NEXT_START, NOW)
    assert (two.transaction_id, two.ended_by, two.stopped_at) == ("two", EndedBy.CHARGER, after(50))
    assert await server.read(sessions.find, *STOPS) == []


@pytest.mark.parametrize("tag", ["ALICE", "BOB"])
async def test_an_id_that_is_used_again_after_its_end_is_another_session(either: InProcess, tag: str) -> None:
    """lbbrhzn #2141: a charger counts from 1 again"""
    first = [
        event("Started", 0, NOW, "1", idToken=token("ALICE"), meterValue=[value(0)], **PLACE),
        event("Ended", 1, after(60), "1", meterValue=[value(100, after(60))]),
    ]
    second = [
        event("Started", 0, after(120), "1", idToken=token(tag), meterValue=[value(100, after(120))], **PLACE),
        event("Updated", 1, after(130), "1", info={"chargingState": "Charging"}, meterValue=[value(500, after(130))]),
        event("Ended", 2, after(180), "1", meterValue=[value(9100, after(180))]),
    ]
    async with either.charger("DEP-1", V201) as charger:
        for said in (*first, *first[::-1], *second[:2]):
            await charger.call("TransactionEvent", said)
        await charger.call("StatusNotification", status_2x("Occupied", after(130)))
        assert (await either.shown("DEP-1"))["sockets"][0]["status"] == "Charging"
        for said in (second[2], *first, *second):
            await charger.call("TransactionEvent", said)
        two, one = await found(either)
    assert [(each.started_at, each.id_tag, *energy_of(each)) for each in (one, two)] == [
        (NOW, "ALICE", 0, 100), (after(120), tag, 100, 9100),
    ]  # fmt: skip
    assert [(await either.read(sessions.readings, each.id))[1] for each in (one, two)] == [2, 3]


# -- ends that do not come ------------------------------------------------------------------------


async def lost_16(server: InProcess) -> Session:
    """A session whose last word was a meter value, after ten minutes."""
    async with server.charger("DEP-1") as charger:
        transaction = await begun(charger)
        said = {"connectorId": 1, "transactionId": transaction, "meterValue": [value("2100", after(10))]}
        await charger.call("MeterValues", said)
    return await only(server)


async def lost_2x(server: InProcess) -> Session:
    async with server.charger("DEP-1", V201) as charger:
        await charger.call("TransactionEvent", event("Started", 0, idToken=token("ALICE"), **PLACE))
        await charger.call("TransactionEvent", event("Updated", 1, after(10), meterValue=[value(2100, after(10))]))
    return await only(server)


SIGNS: list[tuple[EndedBy, str, dict[str, Any], str, dict[str, Any]]] = [
    (EndedBy.BOOT, "BootNotification", BOOT, "BootNotification", BOOT_2X),
    (
        EndedBy.AVAILABLE, "StatusNotification", status_16("Available", after(30)),
        "StatusNotification", status_2x("Available", after(30)),
    ),
    (
        EndedBy.NEXT_START, "StartTransaction", start("BOB", at=after(30)),
        "TransactionEvent", event("Started", 0, after(30), "next", idToken=token("BOB"), **PLACE),
    ),
]  # fmt: skip


@pytest.mark.parametrize("sign", SIGNS, ids=[each[0].value for each in SIGNS])
@pytest.mark.parametrize("version", ["ocpp1.6", V201])
async def test_a_session_without_an_end_is_marked_by_what_shows_that_it_has_ended(
    server: InProcess, version: str, sign: tuple[EndedBy, str, dict[str, Any], str, dict[str, Any]]
) -> None:
    by, action_16, said_16, action_2x, said_2x = sign
    session = await (lost_2x if version == V201 else lost_16)(server)
    assert session.stopped_at is None
    server.clock.at = after(30)
    async with server.charger("DEP-1", version) as charger:
        await charger.call(*((action_2x, said_2x) if version == V201 else (action_16, said_16)))
        marked = (await found(server, SessionFilter(running=False)))[0]
        assert (marked.id, marked.ended_by, marked.stopped_at) == (session.id, by, after(10))
        assert (marked.meter_stop, marked.stop_reason) == (2100, None)
        if version == V201:
            own = event("Ended", 2, after(20), meterValue=[value(5100, after(20))], offline=True)
            await charger.call("TransactionEvent", own)
        else:
            own = stop(int(session.transaction_id), 5100, timestamp=text(after(20)))
            await charger.call("StopTransaction", own)
        ended = (await found(server, SessionFilter(running=False)))[0]
    assert (ended.ended_by, ended.stopped_at, ended.meter_stop) == (EndedBy.CHARGER, after(20), 5100)


@pytest.mark.parametrize("version", ["ocpp1.6", V201])
async def test_a_session_that_goes_on_after_a_boot_is_running_again(server: InProcess, version: str) -> None:
    session = await (lost_2x if version == V201 else lost_16)(server)
    server.clock.at = after(30)
    async with server.charger("DEP-1", version) as charger:
        await charger.call("BootNotification", BOOT_2X if version == V201 else BOOT)
        assert (await only(server)).ended_by == EndedBy.BOOT
        if version == V201:
            queued = event("Updated", 2, after(20), offline=True, meterValue=[value(2500, after(20))])
            await charger.call("TransactionEvent", queued)
            marked = await only(server)
            assert (marked.ended_by, marked.stopped_at, marked.meter_stop) == (EndedBy.BOOT, after(20), 2500)
            await charger.call("TransactionEvent", event("Updated", 3, after(31)))
        else:
            said = {"connectorId": 1, "transactionId": int(session.transaction_id)}
            await charger.call("MeterValues", {**said, "meterValue": [value("2500", after(20))]})
            assert (await only(server)).ended_by == EndedBy.BOOT
            await charger.call("MeterValues", {**said, "meterValue": [value("3000", after(31))]})
        resumed = await only(server)
    assert (resumed.ended_by, resumed.stopped_at, resumed.meter_stop) == (None, None, None)


async def test_a_boot_that_the_server_asked_for_ends_nothing(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        await charger.call("BootNotification", BOOT)
        await begun(charger)
        await charger.call("BootNotification", BOOT)  # again by the same socket
        assert (await only(server)).stopped_at is None
    async with server.charger("GF-1", V201) as charger:
        await charger.call("TransactionEvent", event("Started", 0, idToken=token("BOB"), **PLACE))
        await charger.call("BootNotification", {**BOOT_2X, "reason": "Triggered"})
        assert all(each.stopped_at is None for each in await found(server))


@pytest.mark.parametrize(
    "said",
    [
        status_16("Available", after(-1)),
        status_16("Available", after(9)),  # before its last meter value
        status_16("Available", after(30), 2),
        status_16("Available", after(30), 0),
        status_16("Charging", after(30)),
        status_16("Unavailable", after(30)),
    ],
)
async def test_no_other_state_ends_a_session(server: InProcess, said: dict[str, Any]) -> None:
    await lost_16(server)
    async with server.charger("DEP-1") as charger:
        await charger.call("StatusNotification", said)
        assert (await only(server)).stopped_at is None


async def test_an_available_connector_ends_no_session_at_the_other_of_its_evse(server: InProcess) -> None:
    async with server.charger("DEP-1", V201) as charger:
        for connector in (1, 2):
            await charger.call("StatusNotification", status_2x("Occupied", NOW, 1, connector))
        await charger.call("TransactionEvent", event("Started", 0, idToken=token("ALICE"), evse={"id": 1}))
        await charger.call("StatusNotification", status_2x("Available", after(1), 1, 2))
        assert (await only(server)).stopped_at is None
        assert {each["id"]: each["status"] for each in (await server.shown("DEP-1"))["sockets"]}[1] == "Charging"
        await charger.call("StatusNotification", status_2x("Available", after(2), 1, 1))
        assert (await only(server)).ended_by == EndedBy.AVAILABLE


async def test_a_start_that_comes_late_is_ended_by_the_one_after_it(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        await begun(charger, "BOB", at=after(30))
        await begun(charger, "ALICE", at=after(10))
        await begun(charger, "ALICE", 2, at=after(5))
        newest = await found(server)
    assert [(each.id_tag, each.connector_id, each.ended_by) for each in newest] == [
        ("BOB", 1, None), ("ALICE", 1, EndedBy.NEXT_START), ("ALICE", 2, None),
    ]  # fmt: skip


async def test_a_socket_is_not_shown_as_charging_after_a_lost_end(server: InProcess) -> None:
    """libocpp #480"""
    for sign in ("BootNotification", "StatusNotification"):
        async with server.charger("GF-1", V201) as charger:
            said = event("Started", 0, transaction=sign, info={"chargingState": "Charging"}, idToken=token("ALICE"))
            await charger.call("TransactionEvent", said | PLACE)
            await charger.call("StatusNotification", status_2x("Occupied", NOW))
            assert (await server.shown("GF-1"))["sockets"][0]["status"] == "Charging"
        async with server.charger("GF-1", V201) as charger:
            await charger.call(sign, BOOT_2X if sign == "BootNotification" else status_2x("Available", after(1)))
            await charger.call("StatusNotification", status_2x("Occupied", after(2)))
            assert (await server.shown("GF-1"))["sockets"][0]["status"] == "Preparing"


# -- one session per tag --------------------------------------------------------------------------


async def one_session(server: InProcess) -> None:
    await server.database.write(set_one_session_per_tag, server.world.us, True, NOW)
    await until(lambda: server.gateway.customers[server.world.us].active_sessions is not None)


async def start_status(charger: RawCharger, *arguments: Any, **more: Any) -> str:
    return str((await charger.call("StartTransaction", start(*arguments, **more)))["idTagInfo"]["status"])


async def start_status_2x(charger: RawCharger, transaction: str, at: datetime, evse: int = 1) -> str:
    said = event("Started", 0, at, transaction, idToken=token("ALICE"), evse={"id": evse, "connectorId": 1})
    return str((await charger.call("TransactionEvent", said))["idTokenInfo"]["status"])


async def becomes(charger: RawCharger, word: str) -> None:
    """Returns once ALICE's card is answered so: the database says it, which is read now and then."""
    async with asyncio.timeout(PATIENCE):
        while await v2.status(charger, "ALICE") != word:  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.02)


async def test_a_card_is_not_locked_out_by_its_own_session_on_the_same_connector(server: InProcess) -> None:
    """OCPP.Core #47"""
    async with server.charger("DEP-1") as charger, server.charger("GF-1", V201) as other:
        await one_session(server)
        await begun(charger)
        assert await start_status(charger, "ALICE", 2, at=after(1)) == "ConcurrentTx"
        assert await start_status_2x(other, "elsewhere", after(1)) == "ConcurrentTx"
        assert await start_status(charger, "ALICE", 1, at=after(2)) == "Accepted"
        assert await start_status(charger, "ALICE", 1, at=after(3)) == "Accepted"
        assert await start_status(charger, "ALICE", 2, at=after(3)) == "ConcurrentTx"


@pytest.mark.parametrize("sign", ["boot", "available"])
async def test_a_card_is_not_locked_out_elsewhere_by_a_session_that_seems_to_have_ended(
    server: InProcess, sign: str
) -> None:
    async with server.charger("DEP-1") as charger, server.charger("GF-1", V201) as other:
        await one_session(server)
        transaction = await begun(charger)
        assert await v2.status(other, "ALICE") == "ConcurrentTx"
        if sign == "boot":
            await charger.call("BootNotification", BOOT)
        else:
            await charger.call("StatusNotification", status_16("Available", after(5)))
        assert await v2.status(other, "ALICE") == "Accepted"
        said = {"connectorId": 1, "transactionId": transaction, "meterValue": [value("1", after(6))]}
        await charger.call("MeterValues", said)  # but it goes on
        assert await v2.status(other, "ALICE") == "ConcurrentTx"
        await charger.call("StopTransaction", stop(transaction))
        assert await v2.status(other, "ALICE") == "Accepted"


async def test_a_card_is_not_locked_out_for_ever_by_a_charger_that_is_gone(server: InProcess) -> None:
    async with server.charger("GF-1", V201) as other:
        await one_session(server)
        async with server.charger("DEP-1") as charger:
            await begun(charger)
        await until(lambda: server.inside("DEP-1").connection is None)
        assert await v2.status(other, "ALICE") == "ConcurrentTx"
        server.clock.at = after(6)
        await becomes(other, "Accepted")


async def test_a_card_is_free_once_its_session_was_ended_by_a_stop_of_an_unknown_id(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger, server.charger("GF-1", V201) as other:
        await one_session(server)
        await begun(charger)
        await charger.call("StopTransaction", stop(0, idTag="ALICE"))
        await becomes(other, "Accepted")
