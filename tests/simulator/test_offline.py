"""What a charger decides without its central system, and what it tells it afterwards."""

from __future__ import annotations

import pytest

from chargerights.simulator import SimulatedCharger, Source
from chargerights.simulator.local_list import TagInfo
from chargerights.simulator.model import TagDecision
from tests.simulator.central import STARTED, Central
from tests.simulator.test_sessions import session_messages

ACCEPTED = TagInfo("Accepted")
EXPIRED = TagInfo("Accepted", expires=STARTED)


@pytest.fixture
async def offline(charger: SimulatedCharger) -> SimulatedCharger:
    """It has a local list, and no network."""
    entries = {"LISTED": ACCEPTED, "OLD": EXPIRED, "THIEF": TagInfo("Blocked")}
    charger.local_list.replace(7, list(entries.items()))
    await charger.go_offline()
    return charger


@pytest.mark.parametrize(
    ("tag", "decision"),
    [
        ("listed", TagDecision("Accepted", Source.LOCAL_LIST)),
        ("OLD", TagDecision("Expired", Source.LOCAL_LIST)),
        ("THIEF", TagDecision("Blocked", Source.LOCAL_LIST)),
        ("STRANGER", TagDecision("Unknown", Source.CHARGER)),
    ],
)
async def test_the_local_list_decides(offline: SimulatedCharger, tag: str, decision: TagDecision) -> None:
    assert await offline.present(tag) == decision


async def test_a_card_that_was_accepted_before_is_in_the_cache(charger: SimulatedCharger) -> None:
    await charger.present("ALICE")
    await charger.go_offline()
    assert await charger.present("ALICE") == TagDecision("Accepted", Source.CACHE)


async def test_a_card_that_was_refused_since_is_refused_by_the_cache(
    central: Central, charger: SimulatedCharger
) -> None:
    await charger.present("ALICE")
    central.tags["ALICE"] = {"status": "Blocked"}
    await charger.present("ALICE")
    await charger.go_offline()
    assert await charger.present("ALICE") == TagDecision("Blocked", Source.CACHE)


async def test_without_cache_a_card_that_was_accepted_before_is_unknown(charger: SimulatedCharger) -> None:
    await charger.present("ALICE")
    charger.configuration.put("AuthorizationCacheEnabled", False)
    await charger.go_offline()
    assert (await charger.present("ALICE")).status == "Unknown"


async def test_an_unknown_card_may_charge_where_that_is_allowed(offline: SimulatedCharger) -> None:
    offline.configuration.put("AllowOfflineTxForUnknownId", True)
    assert (await offline.present("STRANGER")).allowed


async def test_a_blocked_card_may_not_charge_even_where_unknown_ones_may(offline: SimulatedCharger) -> None:
    offline.configuration.put("AllowOfflineTxForUnknownId", True)
    assert not (await offline.present("THIEF")).allowed


async def test_no_card_may_charge_where_deciding_offline_is_off(offline: SimulatedCharger) -> None:
    offline.configuration.put("LocalAuthorizeOffline", False)
    assert (await offline.present("LISTED")).status == "Offline"


async def test_a_list_that_is_switched_off_decides_nothing(offline: SimulatedCharger) -> None:
    offline.configuration.put("LocalAuthListEnabled", False)
    assert (await offline.present("LISTED")).status == "Unknown"


async def test_the_list_decides_online_too_where_configured(central: Central, charger: SimulatedCharger) -> None:
    charger.local_list.replace(1, [("LISTED", ACCEPTED)])
    charger.configuration.put("LocalPreAuthorize", True)
    assert (await charger.present("LISTED")).source is Source.LOCAL_LIST
    assert "Authorize" not in central.actions()


async def test_sessions_without_network_are_told_in_order_when_it_is_back(
    central: Central, offline: SimulatedCharger
) -> None:
    for _ in range(2):
        await offline.plug_in()
        assert (await offline.present("LISTED")).allowed
        await offline.measure()
        await offline.unplug()
    await offline.come_back()
    await offline.until(lambda each: each.online and each.settled)
    assert session_messages(central) == ["Started", "Updated", "Ended"] * 2
    events = central.payloads("TransactionEvent")
    assert all(event["offline"] for event in events)


async def test_a_session_started_by_an_old_list_is_ended_when_the_central_system_says_no(
    central: Central, offline: SimulatedCharger
) -> None:
    await offline.plug_in()
    await offline.present("LISTED")
    assert len(offline.transactions) == 1
    await offline.come_back()  # the central system does not know LISTED
    await offline.until(lambda each: each.online and each.settled and not each.transactions)
    assert session_messages(central) == ["Started", "Ended"]
    assert offline.tally.starts_refused == {"Invalid": 1}
