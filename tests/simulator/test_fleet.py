"""Many chargers at once: drivers come and go, networks fail, and every message is sent in the end."""

from __future__ import annotations

from chargerights.simulator.fleet import ChargerSpec, Fleet, Plan
from tests.simulator.central import Central
from tests.simulator.conftest import QUICK, VERSIONS

ODD_TAGS = ["ALICE", "MALLORY"]  # one may charge, one may not


def specs(count: int) -> list[ChargerSpec]:
    return [ChargerSpec(f"SIM-{number}", VERSIONS[number % 3], None) for number in range(count)]


def fleet(central: Central, count: int, plan: Plan) -> Fleet:
    return Fleet(central.url, specs(count), plan, seed=1, timings=QUICK, connects_per_second=1000)


def told(central: Central) -> tuple[int, int]:
    """Sessions that were begun and ended, as the central system heard it."""
    events = [each["eventType"] for each in central.payloads("TransactionEvent")]
    begun = len(central.payloads("StartTransaction")) + events.count("Started")
    return begun, len(central.payloads("StopTransaction")) + events.count("Ended")


async def test_every_charger_of_a_fleet_is_accepted(central: Central) -> None:
    async with fleet(central, 60, Plan()) as found:
        await central.until(lambda: found.tally.accepted == 60)
        assert len(central.links) == 60
    assert found.tally.connected == 0


async def test_drivers_come_and_go_and_only_those_who_may_charge(central: Central) -> None:
    plan = Plan(ODD_TAGS, arrivals_per_minute=60_000, session_seconds=0.05)
    async with fleet(central, 12, plan) as found:
        await central.until(lambda: found.tally.ended >= 30)
    assert found.tally.charging == 0
    assert told(central) == (found.tally.started, found.tally.started)
    assert found.tally.cards_refused["Invalid"] > 0
    tags = {each["idTag"] for each in central.payloads("StartTransaction")}
    assert tags == {"ALICE"}


async def test_what_outages_kept_back_is_told_when_they_are_over(central: Central) -> None:
    plan = Plan(
        ["ALICE"],
        arrivals_per_minute=20_000,
        session_seconds=0.1,
        outages_per_hour=200_000,
        outage_seconds=0.05,
    )
    async with fleet(central, 12, plan) as found:
        await central.until(lambda: found.tally.drops >= 10 and found.tally.ended >= 10)
        for charger in found.chargers:
            await charger.come_back()
            await charger.until(lambda each: each.settled)
    sessions = {frame.payload["transactionInfo"]["transactionId"] for frame in central.frames
                if frame.action == "TransactionEvent"}  # fmt: skip
    for session in sessions:
        numbers = [
            frame.payload["seqNo"]
            for frame in central.frames
            if frame.action == "TransactionEvent" and frame.payload["transactionInfo"]["transactionId"] == session
        ]
        assert numbers == sorted(numbers)  # in order; a resent one twice


async def test_a_remotely_started_session_ends_as_others_do(central: Central) -> None:
    async with fleet(central, 1, Plan(session_seconds=0.05)) as found:
        await central.until(lambda: found.tally.accepted == 1)
        token = {"idToken": "ALICE", "type": "ISO14443"}
        charger = found.chargers[0]
        if charger.dialect.subprotocol == "ocpp1.6":
            await central.command(charger.id, "RemoteStartTransaction", id_tag="ALICE")
        else:
            await central.command(charger.id, "RequestStartTransaction", id_token=token, remote_start_id=1)
        await central.until(lambda: found.tally.ended == 1)


async def test_a_fleet_ends_its_sessions_before_it_goes(central: Central) -> None:
    plan = Plan(["ALICE"], arrivals_per_minute=60_000, session_seconds=3600)
    async with fleet(central, 6, plan) as found:
        await central.until(lambda: found.tally.charging == 6)
    assert told(central) == (6, 6)


async def test_the_same_seed_makes_the_same_fleet(central: Central) -> None:
    first, again = fleet(central, 5, Plan()), fleet(central, 5, Plan())
    assert [(each.about, each.firmware) for each in first.chargers] == [
        (each.about, each.firmware) for each in again.chargers
    ]
    assert len({each.about.iccid for each in first.chargers}) == 5
