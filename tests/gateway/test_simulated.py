"""An independent client, the `ocpp` package's, on 1.6, 2.0.1 and 2.1: a charger's day, and all that it can be told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargerights.simulator import SimulatedCharger, State, Timings
from chargerights.storage.charging import sessions
from tests.gateway.operating import ALICE, CHARGER, Operator
from tests.gateway.server import InProcess
from tests.gateway.test_ocpp16 import EVERY
from tests.support.waiting import until

QUICK = Timings(answer=10, close=1, reboot=1, second=0.01)
REASONS = {
    "ALICE": "Accepted",
    "NOBODY": "Unknown",
    "HEIDI": "Expired",
    "GRACE": "Blocked",
    "DAN": "NotAtThisLocation",
    "IVAN": "NotAtThisTime",
}


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
async def charger(server: InProcess, request: pytest.FixtureRequest) -> AsyncIterator[SimulatedCharger]:
    async with SimulatedCharger(
        f"{server.url}/ocpp",
        "DEP-1",
        version=request.param,
        password=server.world.passwords["DEP-1"],
        connectors=2,
        timings=QUICK,
        car_comes_when_started=True,
    ) as found:
        await found.until(lambda each: each.online)
        yield found


async def socket_becomes(server: InProcess, number: int, status: str) -> None:
    async def shown() -> Any:
        sockets = (await server.shown("DEP-1"))["sockets"]
        return next(each["status"] for each in sockets if each["id"] == number)

    last = None
    for _ in range(500):
        last = await shown()
        if last == status:
            return
    raise AssertionError(last)


async def test_cards_are_answered_each_in_the_version_s_word(server: InProcess, charger: SimulatedCharger) -> None:
    await charger.plug_in()
    for tag, reason in REASONS.items():
        if reason != "Accepted":
            verdict = await charger.present(tag)
            in_16 = reason if reason in ("Expired", "Blocked") else "Invalid"
            assert verdict.status == (in_16 if charger.dialect.subprotocol == "ocpp1.6" else reason)
    assert charger.transactions == []
    assert (await charger.present("alice")).allowed
    await charger.until(lambda each: len(each.transactions) == 1 and each.settled)


async def test_a_session_goes_on_through_an_outage_and_is_kept_once(
    server: InProcess, charger: SimulatedCharger
) -> None:
    await charger.plug_in()
    await charger.present("ALICE")
    await charger.until(lambda each: each.settled)
    await socket_becomes(server, 1, "Charging")
    await charger.go_offline()
    await charger.unplug()
    await charger.come_back()
    await charger.until(lambda each: each.online and each.settled)
    (session,) = await server.read(sessions.find, *EVERY)
    assert (session.id_tag, session.reason) == ("ALICE", "Accepted")
    assert session.stopped_at is not None
    assert (await server.shown("DEP-1"))["activeConnection"] is True


async def test_an_operator_starts_stops_and_disconnects(
    server: InProcess, charger: SimulatedCharger, operator: Operator
) -> None:
    assert (await operator.told("start-charging", {"socketId": 2, **ALICE}))["status"] == "accepted"
    await charger.until(lambda each: len(each.transactions) == 1 and each.settled)
    assert charger.state(2) is State.CHARGING
    assert (await operator.told("stop-charging", {"socketId": 2}))["status"] == "accepted"
    await charger.until(lambda each: not each.transactions and each.settled)
    assert (await operator.told("start-charging", {"socketId": 1, **ALICE}))["status"] == "accepted"
    await charger.until(lambda each: len(each.transactions) == 1 and each.settled)
    assert (await operator.told("disconnect", {"rfidTag": "ALICE"}))["chargerStatus"] == "Unlocked"
    await charger.until(lambda each: not each.transactions and each.state(1) is State.AVAILABLE)
    found = await server.read(sessions.find, *EVERY)
    assert len(found) == 2
    assert all(each.stopped_at is not None for each in found)


async def test_an_operator_takes_a_charger_out_of_use_and_restarts_it(
    server: InProcess, charger: SimulatedCharger, operator: Operator
) -> None:
    answer = await operator.told("change-availability", {"available": False, "socketId": 1})
    assert answer["status"] == "accepted"
    await charger.until(lambda each: each.state(1) is State.UNAVAILABLE)
    assert (await operator.told("start-charging", {"socketId": 1, **ALICE}))["status"] == "rejected"
    await operator.told("change-availability", {"available": True})
    await operator.told("change-availability", {"available": True, "socketId": 1})
    await charger.until(lambda each: each.state(1) is State.AVAILABLE)
    assert (await operator.told("unlock", {"socketId": 1}))["status"] == "accepted"
    assert (await operator.told("trigger-message", {"message": "Heartbeat"}))["status"] == "accepted"
    await until(lambda: charger.tally.sent["Heartbeat"])
    assert (await operator.told("clear-cache"))["status"] == "accepted"
    before = charger.tally.boots["Accepted"]
    assert (await operator.told("reset", {"type": "Hard"}))["status"] == "accepted"
    await charger.until(lambda each: each.online and each.tally.boots["Accepted"] == before + 1)


async def test_an_operator_reads_and_changes_settings(
    server: InProcess, charger: SimulatedCharger, operator: Operator
) -> None:
    name = "ConnectionTimeOut" if charger.dialect.subprotocol == "ocpp1.6" else "TxCtrlr.EVConnectionTimeOut"
    answer = (await operator.http.get(f"{CHARGER}/configuration")).json()
    found = {each["name"]: each for each in answer["configurations"]}
    assert found[name] == {"name": name, "value": "60", "canBeChanged": True}
    assert not any("Password" in each or "AuthorizationKey" in each for each in found)
    assert (await operator.told("configuration", {"name": name, "value": "45"}))["status"] == "accepted"
    assert charger.configuration.number("ConnectionTimeOut") == 45
    read = (await operator.http.get(f"{CHARGER}/configuration", params={"name": name})).json()
    assert read["configurations"] == [{"name": name, "value": "45", "canBeChanged": True}]
    assert (await operator.told("configuration", {"name": name, "value": "long"}))["status"] == "rejected"
    unknown = await operator.told("configuration", {"name": "Nothing.Like.This", "value": "1"})
    assert unknown["status"] in ("rejected", "notSupported")
