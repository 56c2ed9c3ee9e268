"""Local authorisation lists, kept in step with the rights: simulated chargers at a real server, in every version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest
from ocpp.exceptions import InternalError as InternalErrorCall
from ocpp.exceptions import NotImplementedError as NotImplementedCall
from ocpp.exceptions import NotSupportedError as NotSupportedCall

from chargerights.gateway.commands import commands
from chargerights.gateway.connection import boot_wait
from chargerights.gateway.reconcile import local_list_sync
from chargerights.rights.model import AccessGroup, Driver, Site
from chargerights.simulator import SILENCE, SimulatedCharger
from chargerights.simulator.local_list import TagInfo
from chargerights.simulator.model import Source
from chargerights.storage.charging import local_lists, sessions
from chargerights.storage.charging.local_lists import KeptList
from chargerights.storage.charging_settings import set_lists_hours_too
from chargerights.storage.entity_types import Entity
from tests.gateway.operating import Operator
from tests.gateway.server import InProcess, World, node
from tests.gateway.simulated import QUICK, VERSIONS, knows, simulated
from tests.gateway.test_faults import Fleet
from tests.gateway.test_ocpp16 import EVERY
from tests.ocpp_rpc.running import run_client
from tests.ocpp_rpc.test_client import PROTOCOLS, needs_node
from tests.storage.writing import put
from tests.support.servers import serving
from tests.support.waiting import PATIENCE, until
from tests.support.world import (
    ALICE,
    BOB,
    CAROL,
    CIRCUIT_A,
    COMPANY,
    DAN,
    DEP_1,
    DEPOT,
    NOW,
    OFFICE,
    TOMORROW,
    VISITORS,
    On,
    driver,
)

DEPOTS = {"ALICE", "BOB"}
"""Who is accepted at DEP-1 now, by a right without hours."""


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for what does not come, and before trying again, takes no time here."""
    monkeypatch.setattr(boot_wait, "BOOT_SECONDS", 0.2)
    monkeypatch.setattr(local_list_sync, "CONFIGURED_SECONDS", 1.0)
    monkeypatch.setattr(local_list_sync, "AGAIN_SECONDS", 0.1)


async def change(server: InProcess, *entities: Entity) -> None:
    await server.database.write(put, server.world.us, *entities)


def may_charge(who: Driver, where: Site | AccessGroup) -> Driver:
    """The driver with that right, and no other."""
    return replace(who, rights=driver(who.id, who.name, On(where)).rights)


async def comes_to_know(charger: SimulatedCharger, tags: set[str]) -> None:
    await charger.until(lambda each: knows(each) == tags, PATIENCE)


async def kept(server: InProcess, charger_id: str, holds: Callable[[KeptList], bool]) -> KeptList:
    """What the database says of the charger's list, once it holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await server.database.read(local_lists.get, server.world.us, charger_id)
            if found is not None and holds(found):
                return found
            await asyncio.sleep(0.02)


def sent(charger: SimulatedCharger) -> list[tuple[str, int, list[str], list[str]]]:
    """The charger's list messages: kind, version, tags that came or changed, tags that went."""
    found = []
    for each in charger.commands("SendLocalList"):
        came, went = [], []
        for entry in each.get("localAuthorizationList", ()):
            tag = entry["idTag"] if "idTag" in entry else entry["idToken"]["idToken"]
            (came if "idTagInfo" in entry or "idTokenInfo" in entry else went).append(tag)
        number = each["listVersion"] if "listVersion" in each else each["versionNumber"]
        found.append((each["updateType"], number, sorted(came), sorted(went)))
    return found


async def test_a_charger_that_boots_is_told_who_may_charge_there(server: InProcess, version: str) -> None:
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
        assert sent(charger) == [("Full", 1, ["ALICE", "BOB"], [])]
        entries = charger.local_list.entries
        assert {each.status for each in entries.values()} == {"Accepted"}
        assert entries["alice"].group == (await charger.present("ALICE")).group
        found = await kept(server, "DEP-1", lambda each: each.in_step)
        assert (found.version, found.wanted, found.size) == (1, 2, 2)


async def test_what_is_granted_comes_and_what_is_revoked_goes_and_the_cache_with_it(
    server: InProcess, version: str
) -> None:
    """citrineos-core #1055, #1121: removals were recorded as additions."""
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
        await change(server, may_charge(DAN, DEPOT))
        await comes_to_know(charger, {"ALICE", "BOB", "DAN"})
        assert not charger.commands("ClearCache")
        await change(server, replace(ALICE, rights=()))
        await comes_to_know(charger, {"BOB", "DAN"})
        await charger.until(lambda each: bool(each.commands("ClearCache")), PATIENCE)
        assert sent(charger)[1:] == [("Differential", 2, ["DAN"], []), ("Differential", 3, [], ["ALICE"])]
        found = await kept(server, "DEP-1", lambda each: each.version == 3)
        assert found.tags is not None
        assert found.tags.keys() == {"BOB", "DAN"}


@pytest.mark.parametrize(
    "entity",
    [
        replace(ALICE, enabled=False),
        replace(ALICE, tags=()),
        replace(ALICE, tags=(replace(ALICE.tags[0], blocked=True),)),
        replace(ALICE, tags=(replace(ALICE.tags[0], starts_at=TOMORROW),)),
        replace(ALICE, rights=(replace(ALICE.rights[0], valid_from=TOMORROW),)),
        replace(DEP_1, site_id=COMPANY.id),
        Site(DEPOT.id, DEPOT.name, OFFICE.id, DEPOT.type, timezone=DEPOT.timezone),
    ],
)
async def test_whatever_takes_an_access_takes_it_from_the_list(server: InProcess, entity: Entity) -> None:
    async with simulated(server, "DEP-1", "1.6") as charger:
        await comes_to_know(charger, DEPOTS)
        await change(server, entity)
        gone = {"BOB"} if isinstance(entity, Site) else {"ALICE"}
        await comes_to_know(charger, DEPOTS - gone)
        await charger.until(lambda each: bool(each.commands("ClearCache")), PATIENCE)


async def test_a_charger_that_leaves_an_access_group_forgets_who_came_by_it(server: InProcess) -> None:
    async with simulated(server, "CIR-2", "1.6") as charger, simulated(server, "CIR-1", "1.6") as other:
        await comes_to_know(charger, {*DEPOTS, "JUDY"})
        await comes_to_know(other, DEPOTS)
        await change(server, replace(VISITORS, charger_ids=frozenset({"CIR-1"})))
        await comes_to_know(charger, DEPOTS)
        await comes_to_know(other, {*DEPOTS, "JUDY"})


async def test_a_change_elsewhere_sends_nothing(server: InProcess) -> None:
    async with simulated(server, "DEP-1", "1.6") as charger, simulated(server, "OFF-1", "1.6") as other:
        await comes_to_know(charger, DEPOTS)
        await comes_to_know(other, {"JUDY"})
        await change(server, may_charge(DAN, VISITORS))
        await comes_to_know(other, {"JUDY", "DAN"})
        assert len(charger.commands("SendLocalList")) == 1
        assert not charger.commands("ClearCache")


async def test_who_begins_enters_and_who_ends_leaves_when_it_is_time(server: InProcess, version: str) -> None:
    await change(server, replace(BOB, rights=(replace(BOB.rights[0], valid_until=TOMORROW),)))
    async with simulated(server, "DEP-1", version, clock=server.clock) as charger:
        await comes_to_know(charger, DEPOTS)
        assert charger.local_list.entries["bob"].expires == TOMORROW
        server.clock.at = TOMORROW
        await comes_to_know(charger, {"ALICE", "IVAN", "PEGGY"})


async def test_a_charger_that_has_forgotten_is_told_everything_again(server: InProcess, version: str) -> None:
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
        assert sent(charger) == [("Full", 2, ["ALICE", "BOB"], [])]


async def test_a_charger_that_only_lost_its_link_is_told_the_difference(server: InProcess, version: str) -> None:
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
        await charger.go_offline()
        await change(server, replace(ALICE, rights=()))
        await charger.come_back()
        await comes_to_know(charger, {"BOB"})
        assert sent(charger)[1:] == [("Differential", 2, [], ["ALICE"])]


async def test_a_list_of_somebody_else_s_is_replaced(server: InProcess) -> None:
    async with simulated(server, "DEP-1", "1.6") as charger:
        charger.local_list.replace(7, [("MALLORY", TagInfo("Accepted"))])
        await comes_to_know(charger, DEPOTS)
        assert sent(charger) == [("Full", 8, ["ALICE", "BOB"], [])]
        await charger.until(lambda each: bool(each.commands("ClearCache")), PATIENCE)


async def test_a_long_list_goes_in_parts_of_which_the_first_replaces(server: InProcess, version: str) -> None:
    async with simulated(server, "CIR-2", version, configuration={"SendLocalListMaxLength": 1}) as charger:
        await comes_to_know(charger, {*DEPOTS, "JUDY"})
        assert [each[:2] for each in sent(charger)] == [("Full", 1), ("Differential", 2), ("Differential", 3)]


async def test_a_message_is_no_longer_than_the_charger_takes(server: InProcess) -> None:
    settings: dict[str, str | int | bool] = {"LocalAuthListCtrlr.BytesPerMessage": 400}
    async with simulated(server, "CIR-2", "2.0.1", configuration=settings) as charger:
        await comes_to_know(charger, {*DEPOTS, "JUDY"})
        assert len(sent(charger)) == 3


async def test_of_too_many_tags_those_used_last_come_first_and_it_is_said(server: InProcess, version: str) -> None:
    async with server.charger("DEP-1") as raw:
        await raw.call("Authorize", {"idTag": "BOB"})
        await raw.call("Authorize", {"idTag": "DAN"})
    await server.read(sessions.find, *EVERY)
    async with simulated(server, "DEP-1", version, local_list_capacity=1) as charger:
        await comes_to_know(charger, {"BOB"})
        found = await kept(server, "DEP-1", lambda each: each.reason == "tooSmall")
        assert (found.size, found.wanted) == (1, 2)
        await change(server, replace(BOB, rights=()))
        await charger.until(lambda each: "BOB" not in knows(each), PATIENCE)


async def test_a_charger_without_lists_is_left_alone_but_for_its_cache(server: InProcess, version: str) -> None:
    async with simulated(server, "DEP-1", version, configuration={"LocalAuthListEnabled": False}) as charger:
        await kept(server, "DEP-1", lambda each: each.reason == "switchedOff")
        await change(server, replace(ALICE, rights=()))
        await charger.until(lambda each: bool(each.commands("ClearCache")), PATIENCE)
        assert not sent(charger)


@pytest.mark.parametrize("answer", [NotImplementedCall(), {"listVersion": -1}])
async def test_a_charger_that_knows_no_lists_is_asked_once(server: InProcess, answer: Any) -> None:
    async with simulated(server, "DEP-1", "1.6") as charger:
        charger.answers["GetLocalListVersion"] = answer
        await kept(server, "DEP-1", lambda each: each.reason == "notSupported")
        await change(server, replace(ALICE, rights=()))
        await charger.until(lambda each: bool(each.commands("ClearCache")), PATIENCE)
        assert len(charger.commands("GetLocalListVersion")) == 1
        assert not sent(charger)


@pytest.mark.parametrize("answer", [NotImplementedCall(), NotSupportedCall(), {"status": "NotSupported"}])
async def test_a_part_that_is_answered_not_supported_ends_the_list_with_that_reason(
    server: InProcess, answer: Any
) -> None:
    """The charger knows the version of its list, but takes none; a list of three messages is ended by the first."""
    async with simulated(server, "CIR-2", "1.6", configuration={"SendLocalListMaxLength": 1}) as charger:
        charger.answers["SendLocalList"] = answer
        await kept(server, "CIR-2", lambda each: each.reason == "notSupported")
        await change(server, replace(ALICE, rights=()))
        await charger.until(lambda each: bool(each.commands("ClearCache")), PATIENCE)
        assert len(sent(charger)) == 1


# -- asked for by an operator ---------------------------------------------------------------------

LIST = "/v2/chargers/DEP-1/local-list"


async def ask(operator: Operator, method: str, path: str, expected: int = 200) -> Any:
    response = await operator.http.request(method, f"{LIST}/{path}")
    assert response.status_code == expected, response.text
    return response.json()


async def test_an_operator_asks_for_the_version_and_sends_the_list_again(
    server: InProcess, operator: Operator, version: str
) -> None:
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
        await kept(server, "DEP-1", lambda each: each.in_step)
        found = await ask(operator, "GET", "version")
        assert (found["status"], found["version"], found["sentVersion"]) == ("accepted", 1, 1)
        charger.local_list.replace(3, [("MALLORY", TagInfo("Accepted"))])
        found = await ask(operator, "GET", "version")
        assert (found["version"], found["sentVersion"]) == (3, 1)
        assert (await ask(operator, "POST", "send"))["status"] == "accepted"
        assert knows(charger) == DEPOTS
        assert sent(charger)[1:] == [("Full", 4, ["ALICE", "BOB"], [])]
        await change(server, replace(ALICE, rights=()))
        await comes_to_know(charger, {"BOB"})
    log = (await operator.http.get("/v2/audit-logs?kind=command&entityId=DEP-1")).json()["items"]
    assert [each["commandDetails"] for each in log] == ["told charger DEP-1: sendLocalList; Accepted"]


async def test_a_list_is_sent_also_to_a_charger_that_said_that_it_is_off(server: InProcess, operator: Operator) -> None:
    async with simulated(server, "DEP-1", "1.6", configuration={"LocalAuthListEnabled": False}) as charger:
        await kept(server, "DEP-1", lambda each: each.reason == "switchedOff")
        charger.answers["SendLocalList"] = {"status": "Accepted"}
        assert (await ask(operator, "POST", "send"))["status"] == "accepted"
        assert sent(charger) == [("Full", 1, ["ALICE", "BOB"], [])]
        assert (await kept(server, "DEP-1", lambda each: each.in_step)).size == 2


@pytest.mark.parametrize("answer", [NotImplementedCall(), {"listVersion": -1}])
async def test_a_list_is_sent_also_to_a_charger_that_did_not_support_it_when_it_was_asked(
    server: InProcess, operator: Operator, answer: Any
) -> None:
    async with simulated(server, "DEP-1", "1.6") as charger:
        charger.answers["GetLocalListVersion"] = answer
        await kept(server, "DEP-1", lambda each: each.reason == "notSupported")
        found = await ask(operator, "GET", "version")
        assert (found["status"], found["version"]) == ("notSupported", -1)
        assert (await ask(operator, "POST", "send"))["status"] == "accepted"
        await comes_to_know(charger, DEPOTS)


@pytest.mark.parametrize(
    ("answer", "expected", "status"),
    [
        ({"status": "Failed"}, 200, "rejected"),
        ({"status": "VersionMismatch"}, 200, "rejected"),
        ({"status": "NotSupported"}, 200, "notSupported"),
        (NotImplementedCall(), 200, "notSupported"),
        (InternalErrorCall(), 502, 502),
    ],
)
async def test_a_list_that_an_operator_sends_and_that_is_not_taken_is_told_as_the_charger_says(
    server: InProcess, operator: Operator, answer: Any, expected: int, status: object
) -> None:
    async with simulated(server, "DEP-1", "1.6") as charger:
        await comes_to_know(charger, DEPOTS)
        charger.answers["SendLocalList"] = answer
        assert (await ask(operator, "POST", "send", expected))["status"] == status


async def test_a_list_that_takes_long_is_scheduled_and_not_sent_twice_at_once(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "LIST_SECONDS", 0.2)
    async with simulated(server, "DEP-1", "1.6") as charger:
        await comes_to_know(charger, DEPOTS)
        charger.answers["SendLocalList"] = SILENCE
        first = await ask(operator, "POST", "send")
        assert (first["status"], first["chargerStatus"]) == ("scheduled", "Scheduled")
        second = await ask(operator, "POST", "send", 409)
        assert second["detail"] == "the charger's list is being sent again already: nothing more was sent"
        await charger.go_offline()
        del charger.answers["SendLocalList"]
        await charger.come_back()
        await comes_to_know(charger, DEPOTS)
        assert (await ask(operator, "POST", "send"))["status"] == "accepted"


async def test_an_answer_that_another_version_is_there_is_answered_with_everything(
    server: InProcess, version: str
) -> None:
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
        charger.answers["SendLocalList"] = {"status": "VersionMismatch"}
        await change(server, replace(ALICE, rights=()))
        await charger.until(lambda each: len(sent(each)) == 2, PATIENCE)
        del charger.answers["SendLocalList"]
        await comes_to_know(charger, {"BOB"})
        assert [each[0] for each in sent(charger)] == ["Full", "Differential", "Full"]


async def test_a_charger_that_takes_no_list_is_tried_again_ever_more_seldom(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_list_sync, "AGAIN_SECONDS", 3600.0)
    async with simulated(server, "DEP-1", "1.6") as charger:
        charger.answers["SendLocalList"] = {"status": "Failed"}
        await charger.until(lambda each: len(sent(each)) == 2, PATIENCE)
        await kept(server, "DEP-1", lambda each: each.reason == "refused")
        for who in (DAN, CAROL):
            await change(server, may_charge(who, DEPOT))
        customer = server.gateway.customers[server.world.us]
        for _ in range(3):
            await customer.lists.look_after(False)
        assert len(sent(charger)) == 2, "once at once, then after a pause"
        del charger.answers["SendLocalList"]
        await charger.reconnect()
        await comes_to_know(charger, {*DEPOTS, "DAN", "CAROL"})


async def test_a_charger_that_goes_away_in_the_middle_is_brought_in_step_when_it_is_back(
    server: InProcess, version: str
) -> None:
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
        charger.answers["SendLocalList"] = SILENCE
        await change(server, may_charge(DAN, DEPOT))
        await charger.until(lambda each: len(sent(each)) == 2, PATIENCE)
        await charger.go_offline()
        del charger.answers["SendLocalList"]
        await charger.come_back()
        await comes_to_know(charger, {*DEPOTS, "DAN"})
        assert [each[0] for each in sent(charger)] == ["Full", "Differential", "Differential"]


async def test_tags_that_the_version_cannot_say_stay_out(server: InProcess) -> None:
    tag = replace(ALICE.tags[0], id_tag="A" * 21)
    await change(server, replace(ALICE, tags=(tag,)))
    async with simulated(server, "DEP-1", "1.6") as charger, simulated(server, "GF-1", "2.1") as other:
        await comes_to_know(charger, {"BOB"})
        await comes_to_know(other, {"BOB", "A" * 21, "NIAJ"})
        await kept(server, "DEP-1", lambda each: each.in_step)


async def test_tags_with_hours_are_listed_only_where_the_customer_wants_it(server: InProcess) -> None:
    async with simulated(server, "DEP-1", "1.6") as charger:
        await comes_to_know(charger, DEPOTS)
        await server.database.write(set_lists_hours_too, server.world.us, True, NOW)
        await comes_to_know(charger, {*DEPOTS, "ERIN"})
        await server.database.write(set_lists_hours_too, server.world.us, False, NOW)
        await comes_to_know(charger, DEPOTS)


async def test_a_session_begun_offline_with_a_listed_tag_is_accepted_and_resent(
    server: InProcess, version: str
) -> None:
    async with simulated(server, "DEP-1", version) as charger:
        await comes_to_know(charger, DEPOTS)
        await charger.go_offline()
        assert not (await charger.present("DAN")).allowed
        verdict = await charger.present("ALICE")
        assert (verdict.allowed, verdict.source) == (True, Source.LOCAL_LIST)
        await charger.plug_in()
        await charger.until(lambda each: bool(each.transactions))
        await charger.come_back()
        await charger.until(lambda each: each.settled, PATIENCE)
        (found,) = await server.read(sessions.find, *EVERY)
        assert (found.id_tag, found.reason, found.driver_id) == ("ALICE", "Accepted", ALICE.id)


@needs_node
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_independent_client_is_told_its_list_and_what_changes(server: InProcess, protocol: str) -> None:
    async def wait() -> None:
        """Waits for the full list, which is sent automatically."""

    async def change_rights() -> None:
        await change(server, replace(ALICE, rights=()), may_charge(DAN, DEPOT))

    ended = await run_client(
        f"{server.url}/ocpp",
        "DEP-1",
        protocol,
        password=server.world.passwords["DEP-1"],
        commands={"local-list-full": wait, "local-list-differential": change_rights},
    )
    assert ended.status == 0, ended.steps
    assert ended.step("local-list-full")["tags"] == {"ALICE": "Accepted", "BOB": "Accepted"}
    assert ended.step("local-list-differential")["tags"] == {"BOB": "Accepted", "DAN": "Accepted"}


async def test_after_a_restart_a_list_that_is_right_is_not_sent_again_and_one_that_is_not_is_mended(
    database_url: str,
) -> None:
    world = World(database_url)
    async with node(world) as first:
        charger = simulated(first, "DEP-1", "1.6")
        async with charger as one, simulated(first, "CIR-1", "2.0.1") as other:
            await comes_to_know(one, DEPOTS)
            await comes_to_know(other, DEPOTS)
            await kept(first, "DEP-1", lambda each: each.in_step)
            await kept(first, "CIR-1", lambda each: each.in_step)
            port = first.url
            await one.go_offline()
            await other.go_offline()
            async with node(world) as second:
                assert second.url != port
                for each in (one, other):
                    each.url = f"{second.url}/ocpp"
                await one.come_back()
                await until(lambda: len(one.commands("GetLocalListVersion")) == 2)
                await change(second, may_charge(DAN, CIRCUIT_A))
                await other.come_back()
                await comes_to_know(other, {*DEPOTS, "DAN"})
                assert len(sent(one)) == 1
                assert [each[0] for each in sent(other)] == ["Full", "Differential"]


async def test_after_a_server_was_killed_lists_are_in_step_again(database_url: str) -> None:
    fleet = Fleet(database_url, len(VERSIONS))
    async with AsyncExitStack() as stack:
        with serving(database_url) as server:
            chargers = [
                await stack.enter_async_context(
                    SimulatedCharger(
                        f"{server.url.replace('http', 'ws')}/ocpp",
                        charger_id,
                        password=password,
                        version=version,
                        timings=QUICK,
                    )
                )
                for version, (charger_id, password) in zip(VERSIONS, fleet.passwords.items(), strict=True)
            ]
            for each in chargers:
                await comes_to_know(each, {"ALICE"})
            with server.client(fleet.customer.key) as client:
                made = client.post("/v2/tags", json={"idTag": "BOB", "driverId": 1}).json()
            await chargers[0].until(lambda each: len(sent(each)) == 2, PATIENCE)
            await asyncio.to_thread(server.kill)
        with serving(database_url) as server:
            for each in chargers:
                each.url = f"{server.url.replace('http', 'ws')}/ocpp"
                each.registration = None  # it boots: one that does not is asked nothing for a minute
                each.life.hurry.set()
            for each in chargers:
                await comes_to_know(each, {"ALICE", "BOB"})
            with server.client(fleet.customer.key) as client:
                assert client.delete(f"/v2/tags/{made['id']}").status_code == 204
                for each in chargers:
                    await comes_to_know(each, {"ALICE"})
                    await becomes_in_step(client, each.id)
    for each in chargers:
        versions = [version for _, version, _, _ in sent(each)]
        assert versions == sorted(set(versions)), "no version is used twice"


async def becomes_in_step(client: httpx.Client, charger_id: str) -> None:
    def shown() -> bool:
        return bool(client.get(f"/v2/chargers/{charger_id}/local-list").json()["inStep"])

    await until(lambda: asyncio.to_thread(shown), 0.05)
