"""Sessions as a driver has them: a card, a cable, meter values, an end; and every way that it may not charge."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ocpp.exceptions import InternalError

from chargerights.simulator import SimulatedCharger, Source, State, Timings
from tests.simulator.central import STARTED, Central
from tests.simulator.conftest import NewCharger

NOT_ACCEPTED = {
    "1.6": ("Blocked", "Expired", "Invalid", "ConcurrentTx"),
    "2.0.1": ("Blocked", "Expired", "Unknown", "NotAtThisLocation", "NotAtThisTime", "ConcurrentTx", "NoCredit"),
}
IMPATIENT = Timings(answer=0.05, close=1, reboot=1, second=0.01)
GROUP_16 = {"status": "Accepted", "parentIdTag": "FAMILY"}
GROUP_2X = {"status": "Accepted", "groupIdToken": {"idToken": "FAMILY", "type": "Central"}}


def session_messages(central: Central) -> list[str]:
    """The transaction messages in the order of arrival, in 2.x's words."""
    words = {"StartTransaction": "Started", "MeterValues": "Updated", "StopTransaction": "Ended"}
    return [
        frame.payload["eventType"] if frame.action == "TransactionEvent" else words[frame.action]
        for frame in central.frames
        if frame.action in (*words, "TransactionEvent")
    ]


def ids(central: Central) -> list[Any]:
    """The session of each transaction message; a start has none in 1.6."""
    return [
        frame.payload["transactionInfo"]["transactionId"]
        if frame.action == "TransactionEvent"
        else frame.payload["transactionId"]
        for frame in central.frames
        if frame.action in ("MeterValues", "StopTransaction", "TransactionEvent")
    ]


async def start(charger: SimulatedCharger, tag: str = "ALICE") -> None:
    await charger.plug_in()
    assert (await charger.present(tag)).allowed


async def test_a_session_is_started_metered_and_ended_in_order(central: Central, charger: SimulatedCharger) -> None:
    await start(charger)
    assert charger.state() is State.CHARGING
    await charger.measure()
    await charger.measure()
    assert (await charger.present("alice")).source is Source.CHARGER  # its own card ends it
    assert charger.state() is State.FINISHING
    await charger.unplug()
    await charger.until(lambda each: each.settled)
    assert session_messages(central) == ["Started", "Updated", "Updated", "Ended"]
    assert len(set(ids(central))) == 1
    assert charger.state() is State.AVAILABLE


async def test_a_session_tells_its_seq_numbers_and_why_it_began_and_ended(
    central: Central, new_charger: NewCharger
) -> None:
    charger = await new_charger(version="2.0.1")
    await charger.until(lambda each: each.online)
    await start(charger)
    await charger.measure()
    await charger.unplug()
    events = await central.heard("TransactionEvent", 3)
    assert [event["seqNo"] for event in events] == [0, 1, 2]
    assert [event["triggerReason"] for event in events] == ["Authorized", "MeterValuePeriodic", "EVDeparted"]
    assert events[-1]["transactionInfo"]["stoppedReason"] == "EVDisconnected"


async def test_meter_values_come_by_themselves_in_steps(central: Central, new_charger: NewCharger) -> None:
    charger = await new_charger(configuration={"MeterValueSampleInterval": 2})
    await charger.until(lambda each: each.online)
    await start(charger)
    await central.heard("MeterValues", 3)


async def test_a_card_before_the_cable_starts_when_the_cable_comes(central: Central, charger: SimulatedCharger) -> None:
    assert (await charger.present("ALICE")).allowed
    assert (charger.state(), charger.transactions) == (State.PREPARING, [])
    await charger.plug_in()
    assert charger.state() is State.CHARGING


async def test_a_card_whose_cable_does_not_come_is_forgotten(central: Central, new_charger: NewCharger) -> None:
    charger = await new_charger(configuration={"ConnectionTimeOut": 2})
    await charger.until(lambda each: each.online)
    await charger.present("ALICE")
    await charger.until(lambda each: each.state() is State.AVAILABLE)
    await charger.plug_in()
    assert charger.transactions == []


@pytest.mark.parametrize(("version", "status"), [(v, s) for v, some in NOT_ACCEPTED.items() for s in some])
async def test_a_card_that_is_not_accepted_starts_nothing(
    central: Central, new_charger: NewCharger, version: str, status: str
) -> None:
    central.tags["MALLORY"] = {"status": status}
    charger = await new_charger(version=version)
    await charger.until(lambda each: each.online)
    await charger.plug_in()
    decision = await charger.present("MALLORY")
    assert (decision.allowed, decision.status, decision.source) == (False, status, Source.CENTRAL_SYSTEM)
    assert charger.transactions == []
    assert charger.tally.cards_refused == {status: 1}
    assert session_messages(central) == []


async def test_a_start_that_is_not_accepted_is_ended_at_once(central: Central, charger: SimulatedCharger) -> None:
    central.starts["ALICE"] = {"status": "ConcurrentTx"}
    await charger.plug_in()
    await charger.present("ALICE")
    await charger.until(lambda each: not each.transactions and each.settled)
    assert session_messages(central) == ["Started", "Ended"]
    if "StopTransaction" in central.actions():
        assert central.payloads("StopTransaction")[0]["reason"] == "DeAuthorized"
    else:
        assert central.payloads("TransactionEvent")[1]["transactionInfo"]["stoppedReason"] == "DeAuthorized"
    assert charger.tally.starts_refused == {"ConcurrentTx": 1}


async def test_a_card_of_the_same_group_ends_the_session_and_another_does_not(
    central: Central, charger: SimulatedCharger
) -> None:
    group = GROUP_16 if charger.dialect.subprotocol == "ocpp1.6" else GROUP_2X
    central.tags |= {"MUM": group, "DAD": group}
    await start(charger, "MUM")
    await charger.until(lambda each: each.settled)
    assert (await charger.present("ALICE")).status == "InUse"
    assert len(charger.transactions) == 1
    assert (await charger.present("DAD")).allowed
    assert charger.transactions == []


async def test_a_card_that_is_not_answered_starts_nothing(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    charger = await new_charger(version=version, timings=IMPATIENT)
    await charger.until(lambda each: each.online)
    central.silent.add("Authorize")
    await charger.plug_in()
    assert (await charger.present("ALICE")).status == "NoAnswer"
    assert charger.tally.errors == {"Authorize: timed out": 1}
    assert charger.transactions == []


async def test_a_card_that_is_answered_with_an_error_starts_nothing(
    central: Central, charger: SimulatedCharger
) -> None:
    central.errors["Authorize"] = InternalError()
    await charger.plug_in()
    assert (await charger.present("ALICE")).status == "NoAnswer"
    assert charger.tally.errors == {"Authorize: InternalError": 1}


async def test_a_connector_out_of_order_takes_no_card(central: Central, charger: SimulatedCharger) -> None:
    charger.model.make_available(charger.model.connectors[1], False)
    assert (await charger.present("ALICE")).status == "Unavailable"
    assert "Authorize" not in central.actions()


async def test_a_message_that_is_refused_is_tried_again_and_then_given_up(
    central: Central, charger: SimulatedCharger
) -> None:
    charger.configuration.put("TransactionMessageRetryInterval", 1)
    sixteen = charger.dialect.subprotocol == "ocpp1.6"
    central.errors["StartTransaction" if sixteen else "TransactionEvent"] = InternalError()
    await start(charger)
    await charger.until(lambda each: each.settled)
    assert session_messages(central) == ["Started"] * 3
    assert charger.tally.given_up == 1
    central.errors.clear()
    await charger.unplug()
    await charger.until(lambda each: each.settled)
    assert session_messages(central)[3:] == ["Ended"]
    if sixteen:
        assert ids(central) == [-1]


async def test_a_central_system_that_goes_away_in_a_session_gets_all_of_it_once_it_is_back(
    central: Central, charger: SimulatedCharger
) -> None:
    await start(charger)
    await charger.until(lambda each: each.settled)
    await central.vanish()
    await charger.measure()
    await charger.unplug()
    assert charger.state() is State.AVAILABLE
    await central.listen()
    await charger.until(lambda each: each.online and each.settled)
    assert session_messages(central) == ["Started", "Updated", "Ended"]
    assert len(set(ids(central))) == 1
    assert central.actions().count("BootNotification") == 1  # a lost link is no boot


async def test_a_message_whose_answer_was_lost_with_the_link_is_resent_as_it_was(
    central: Central, charger: SimulatedCharger
) -> None:
    action = "StartTransaction" if charger.dialect.subprotocol == "ocpp1.6" else "TransactionEvent"
    central.silent.add(action)
    await start(charger)
    await central.heard(action)
    central.cut(charger.id)
    central.silent.clear()
    await charger.until(lambda each: each.settled and each.online)
    first, again = central.payloads(action)
    assert first == again
    assert charger.tally.resent == 1


async def test_the_meter_counts_what_a_session_takes(central: Central, new_charger: NewCharger) -> None:
    at = STARTED
    charger = await new_charger(clock=lambda: at)
    await charger.until(lambda each: each.online)
    for _ in range(2):
        await start(charger)
        at += timedelta(hours=1)
        await charger.unplug()
        at += timedelta(hours=1)  # no session
    await charger.until(lambda each: each.settled)
    starts = [(each["meterStart"], each["timestamp"]) for each in central.payloads("StartTransaction")]
    stops = [(each["meterStop"], each["timestamp"]) for each in central.payloads("StopTransaction")]
    assert starts == [(0, "2026-03-01T00:00:00.000Z"), (11_000, "2026-03-01T02:00:00.000Z")]
    assert stops == [(11_000, "2026-03-01T01:00:00.000Z"), (22_000, "2026-03-01T03:00:00.000Z")]
