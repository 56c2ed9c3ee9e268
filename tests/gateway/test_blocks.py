"""A blocked charger refuses all drivers and is set out of service. Unblocking it restores what was before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chargerights.gateway import customer_runtime
from chargerights.gateway.authorization import authorization
from chargerights.gateway.connection import boot_wait
from chargerights.gateway.reconcile import charger_blocks
from chargerights.simulator import SimulatedCharger, State
from chargerights.storage.charging import authorizations, availability
from chargerights.storage.charging.availability import IN_USE, OutOfUse
from tests.gateway.client import ANSWERS, V16, V21, V201, RawCharger
from tests.gateway.operating import ACCEPTED, ALICE, CHARGER, Operator
from tests.gateway.server import InProcess, World, node, text
from tests.gateway.simulated import VERSIONS, simulated
from tests.gateway.test_ocpp2x import BOOT as BOOT_2X
from tests.gateway.test_ocpp2x import event, token
from tests.gateway.test_ocpp16 import ALL, start
from tests.gateway.test_ocpp16 import BOOT as BOOT_16
from tests.gateway.test_partner_authorization import YES, Gate, ask, authorize
from tests.storage.writing import put
from tests.support.waiting import PATIENCE, until
from tests.support.world import DEP_1, TOMORROW, YESTERDAY
from tests.webhooks.receiver import Receiver, receiving

UNTIL_TOMORROW = {"until": text(TOMORROW)}
OUT, IN = False, True
A_WHILE = 0.25
"""Many looks long."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_runtime, "FOLLOW_SECONDS", 0.02)
    monkeypatch.setattr(boot_wait, "BOOT_SECONDS", 0.1)
    monkeypatch.setattr(charger_blocks, "AGAIN_SECONDS", 0.1)


@pytest.fixture(params=[V16, V201, V21])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def answering(word: Any = "Accepted") -> dict[str, Any]:
    return {**ANSWERS, "ChangeAvailability": {"status": word}}


def change(version: str, is_available: bool, socket: int = 0) -> Any:
    """What says so in that version."""
    word = "Operative" if is_available else "Inoperative"
    if version == V16:
        return {"connectorId": socket, "type": word}
    return {"operationalStatus": word, **({"evse": {"id": socket, "connectorId": 1}} if socket else {})}


async def told(charger: RawCharger) -> Any:
    """The next ChangeAvailability that the charger gets."""
    async with asyncio.timeout(PATIENCE):
        while True:
            action, payload = await charger.asked.get()
            if action == "ChangeAvailability":
                return payload


async def told_nothing(charger: RawCharger) -> bool:
    """Whether no ChangeAvailability has come, and none comes for a while."""
    await asyncio.sleep(A_WHILE)
    return not any(action == "ChangeAvailability" for action, _ in asked(charger))


def asked(charger: RawCharger) -> list[tuple[str, Any]]:
    return [charger.asked.get_nowait() for _ in range(charger.asked.qsize())]


async def boot(charger: RawCharger) -> None:
    await charger.call("BootNotification", BOOT_16 if charger.version == V16 else BOOT_2X)


async def block(server: InProcess) -> None:
    """Blocks DEP-1 until tomorrow, as another process would."""
    await server.database.write(put, server.world.us, replace(DEP_1, blocked_until=TOMORROW))


async def kept(server: InProcess, out: OutOfUse) -> None:
    """Returns once that is kept of what has taken DEP-1 out of use."""
    async with asyncio.timeout(PATIENCE):
        while await server.read(availability.get, "DEP-1") != out:  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.01)


async def known(server: InProcess, is_blocked: bool = True) -> None:
    """Returns once the node decides by it."""
    customer = server.gateway.customers[server.world.us]
    await until(lambda: (found := customer.charger("DEP-1")) and found.is_blocked(server.clock()) is is_blocked)


# -- all drivers are refused there ---------------------------------------------------------------


@pytest.mark.parametrize("who", ["ALICE", "BOB"])
async def test_a_card_is_refused_at_a_blocked_charger(
    server: InProcess, operator: Operator, version: str, who: str
) -> None:
    async with server.charger("DEP-1", version, answering()) as charger, server.charger("GF-1", V16) as beside:
        assert (await operator.tell("block", UNTIL_TOMORROW)).status_code == 200
        await known(server)
        if version == V16:
            assert (await charger.call("Authorize", {"idTag": who}))["idTagInfo"] == {"status": "Invalid"}
            assert (await charger.call("StartTransaction", start(who)))["idTagInfo"] == {"status": "Invalid"}
        else:
            no = {"status": "NotAtThisTime"}
            assert (await charger.call("Authorize", {"idToken": token(who)}))["idTokenInfo"] == no
            started = event("Started", 0, idToken=token(who))
            assert (await charger.call("TransactionEvent", started))["idTokenInfo"] == no
        assert (await beside.call("Authorize", {"idTag": who}))["idTagInfo"]["status"] == "Accepted"
    found = [each for _, each in await server.read(authorizations.find, *ALL) if each.charger_id == "DEP-1"]
    assert {(each.reason, each.cause, each.right_id) for each in found} == {("NotAtThisTime", "chargerBlocked", None)}
    assert len(found) == 2
    assert None not in {each.driver_id for each in found}


@pytest.mark.parametrize("validate", [False, True])
async def test_a_session_is_not_started_at_a_blocked_charger_for_anybody(
    server: InProcess, operator: Operator, version: str, validate: bool
) -> None:
    await block(server)
    message = "RemoteStartTransaction" if version == V16 else "RequestStartTransaction"
    async with server.charger("DEP-1", version, {**answering(), message: ACCEPTED}) as charger:
        await known(server)
        for tag in ("ALICE", "NOBODY"):
            body = {"rfidTag": tag, "validateRfid": validate}
            said = "the charger is blocked until 2026-06-04 09:00 UTC: unblock it first"
            assert await operator.refusal("start-charging", body) == (409, said)
        server.clock.at = TOMORROW
        await operator.told("start-charging", ALICE)
        actions = [action for action, _ in asked(charger)]
    assert [each for each in actions if "Start" in each] == [message]


@pytest.mark.parametrize("socket", [{}, {"socketId": 1}])
async def test_a_blocked_charger_is_not_put_back_into_use_past_its_block(
    server: InProcess, operator: Operator, socket: Any
) -> None:
    await block(server)
    async with server.charger("DEP-1", answers=answering()) as charger:
        assert await told(charger) == change(V16, OUT)
        status, why = await operator.refusal("change-availability", {"available": True, **socket})
        assert (status, why) == (409, "the charger is blocked until 2026-06-04 09:00 UTC: unblock it first")
        assert await told_nothing(charger)


async def test_a_partner_is_not_asked_at_a_blocked_charger_and_his_yes_of_before_is_a_no(server: InProcess) -> None:
    with receiving(YES) as receiver:
        await ask(server, receiver.url)
        async with server.charger("DEP-1") as charger:
            assert await authorize(charger) == "Accepted"
            await block(server)
            await known(server)
            assert await authorize(charger) == "Invalid"
            assert await authorize(charger, "ANOTHER") == "Invalid"
            inside = server.inside("DEP-1")
            assert inside.customer.partner is not None
            yes = inside.customer.partner.known("DEP-1", "STRANGER")
            assert yes is not None
            result = authorization.authorize(inside, "STRANGER", "StopTransaction", verdict=yes)
            assert (result.reason, result.cause) == ("NotAtThisTime", "chargerBlocked")
        assert len(receiver.messages) == 1


async def test_a_partners_yes_that_comes_after_the_block_is_a_no(server: InProcess) -> None:
    gate = Gate()
    with receiving(gate) as receiver:
        await ask(server, receiver.url)
        async with server.charger("DEP-1") as charger:
            asking = await charger.begin("Authorize", {"idTag": "STRANGER"})
            await until(lambda: _was_asked(receiver))
            await block(server)
            await known(server)
            gate.opened.set()
            assert (await asking)["idTagInfo"] == {"status": "Invalid"}
    found = [each for _, each in await server.read(authorizations.find, *ALL)]
    assert [(each.reason, each.cause) for each in found] == [("NotAtThisTime", "chargerBlocked")]


def _was_asked(receiver: Receiver) -> bool:
    return len(receiver.messages) == 1


# -- what is sent to the charger ------------------------------------------------------------------


async def test_a_charger_that_was_never_blocked_is_told_nothing_and_stays_as_its_operator_has_put_it(
    server: InProcess, operator: Operator, version: str
) -> None:
    for _ in range(2):
        async with server.charger("DEP-1", version, answering()) as charger:
            await boot(charger)
            assert await told_nothing(charger)
            await operator.told("change-availability", {"available": False})
            assert await told(charger) == change(version, OUT)
            assert (await operator.tell("unblock")).status_code == 200  # which it is not
            assert await told_nothing(charger)


async def test_a_block_takes_a_charger_out_of_use_and_its_end_puts_it_back_once(
    server: InProcess, operator: Operator, version: str
) -> None:
    async with server.charger("DEP-1", version, answering()) as charger, server.charger("GF-1", version) as beside:
        await boot(charger)
        assert (await operator.tell("block", UNTIL_TOMORROW)).status_code == 200
        assert await told(charger) == change(version, OUT)
        assert await told_nothing(charger)
        assert (await operator.tell("unblock")).status_code == 200
        assert await told(charger) == change(version, IN)
        await kept(server, IN_USE)
        assert await told_nothing(charger)
        assert await told_nothing(beside)


async def test_a_block_ends_by_itself(server: InProcess, operator: Operator, version: str) -> None:
    async with server.charger("DEP-1", version, answering()) as charger:
        await operator.tell("block", UNTIL_TOMORROW)
        assert await told(charger) == change(version, OUT)
        server.clock.at = TOMORROW
        assert await told(charger) == change(version, IN)
        assert (await operator.http.get(CHARGER)).json().get("blockedUntil") is None
        await boot(charger)
        assert await told_nothing(charger)


async def test_a_longer_block_says_nothing_new_to_the_charger(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers=answering()) as charger:
        await operator.tell("block", UNTIL_TOMORROW)
        assert await told(charger) == change(V16, OUT)
        await operator.tell("block", {"until": "2026-06-05T09:00:00Z"})
        server.clock.at = TOMORROW
        assert await told_nothing(charger)


async def test_a_blocked_charger_is_told_after_its_start_and_whenever_it_starts_or_connects_again(
    server: InProcess, version: str
) -> None:
    await block(server)
    async with server.charger("DEP-1", version, answering()) as charger:
        await boot(charger)
        assert await told(charger) == change(version, OUT)
        await boot(charger)
        assert await told(charger) == change(version, OUT)
    async with server.charger("DEP-1", version, answering()) as charger:  # a lost connection: it does not boot
        assert await told(charger) == change(version, OUT)


async def test_nothing_is_told_before_a_charger_has_started(server: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """A charger answers nothing before its boot is accepted."""
    monkeypatch.setattr(boot_wait, "BOOT_SECONDS", PATIENCE)
    await block(server)
    async with server.charger("DEP-1", answers=answering()) as charger:
        assert await told_nothing(charger)
        await boot(charger)
        assert await told(charger) == change(V16, OUT)


async def test_a_charger_that_was_away_when_its_block_ended_is_put_back_by_whichever_node_it_comes_to(
    world: World, version: str
) -> None:
    async with node(world) as server:
        await block(server)
        async with server.charger("DEP-1", version, answering()) as charger:
            assert await told(charger) == change(version, OUT)
    async with node(world) as other:
        other.clock.at = TOMORROW
        async with other.charger("DEP-1", version, answering()) as charger:
            assert await told(charger) == change(version, IN)
            await kept(other, IN_USE)
        async with other.charger("DEP-1", version, answering()) as charger:
            assert await told_nothing(charger)


async def test_a_block_asked_of_one_node_reaches_the_charger_at_another(either: InProcess) -> None:
    async with node(either.world) as other, either.charger("DEP-1", answers=answering()) as charger:
        operator = Operator(other)
        assert (await operator.tell("block", UNTIL_TOMORROW)).status_code == 200
        assert await told(charger) == change(V16, OUT)
        assert (await operator.tell("unblock")).status_code == 200
        assert await told(charger) == change(V16, IN)
        await operator.http.aclose()


# -- as it was before -----------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "meanwhile"])
async def test_what_an_operator_took_out_of_use_stays_so_after_a_block(
    server: InProcess, operator: Operator, version: str, when: str
) -> None:
    async with server.charger("DEP-1", version, answering()) as charger:
        steps: list[tuple[str, Any]] = [("block", UNTIL_TOMORROW), ("change-availability", {"available": False})]
        for command, body in steps if when == "meanwhile" else steps[::-1]:
            assert (await operator.tell(command, body)).status_code == 200
            assert await told(charger) == change(version, OUT)
        await kept(server, OutOfUse(True, frozenset({0})))
        server.clock.at = TOMORROW
        await kept(server, OutOfUse(False, frozenset({0})))
        assert await told_nothing(charger)
        await operator.told("change-availability", {"available": True})
        await kept(server, IN_USE)


async def test_a_socket_that_an_operator_took_out_of_use_is_taken_out_again_when_the_whole_is_put_back(
    server: InProcess, operator: Operator, version: str
) -> None:
    async with server.charger("DEP-1", version, answering()) as charger:
        for socket, is_available in ((1, OUT), (2, OUT), (1, IN)):
            await operator.told("change-availability", {"available": is_available, "socketId": socket})
            assert await told(charger) == change(version, is_available, socket)
        await operator.tell("block", UNTIL_TOMORROW)
        assert await told(charger) == change(version, OUT)
        await operator.tell("unblock")
        assert await told(charger) == change(version, IN)
        assert await told(charger) == change(version, OUT, 2)
        await kept(server, OutOfUse(False, frozenset({2})))


async def test_what_a_charger_has_refused_has_taken_nothing_out(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers=answering("Rejected")):
        await operator.told("change-availability", {"available": False})
        assert await server.read(availability.get, "DEP-1") == IN_USE


# -- what it says to that -------------------------------------------------------------------------


async def test_a_charger_that_refuses_is_told_again_and_may_charge_nobody_meanwhile(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", answers=answering("Rejected")) as charger:
        await operator.tell("block", UNTIL_TOMORROW)
        assert [await told(charger) for _ in range(3)] == [change(V16, OUT)] * 3
        assert (await charger.call("Authorize", {"idTag": "ALICE"}))["idTagInfo"] == {"status": "Invalid"}
        charger.answers["ChangeAvailability"] = ACCEPTED
        assert await told(charger) == change(V16, OUT)
        assert await told_nothing(charger)
        charger.answers["ChangeAvailability"] = ("InternalError", "", {})
        await operator.tell("unblock")
        assert [await told(charger) for _ in range(2)] == [change(V16, IN)] * 2
        charger.answers["ChangeAvailability"] = {"status": "Scheduled"}
        assert await told(charger) == change(V16, IN)
        await kept(server, IN_USE)


async def test_what_is_so_now_is_told_at_once_though_what_was_so_before_waits_to_be_told_again(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charger_blocks, "AGAIN_SECONDS", PATIENCE * 10)
    async with server.charger("DEP-1", answers=answering("Rejected")) as charger:
        await operator.tell("block", UNTIL_TOMORROW)
        assert await told(charger) == change(V16, OUT)
        assert await told_nothing(charger)
        await operator.tell("unblock")
        assert await told(charger) == change(V16, IN)


@pytest.mark.parametrize("code", ["NotImplemented", "NotSupported"])
async def test_a_charger_that_knows_no_such_thing_is_told_once(
    server: InProcess, operator: Operator, code: str
) -> None:
    answers = {**ANSWERS, "ChangeAvailability": (code, "", {})}
    async with server.charger("DEP-1", answers=answers) as charger:
        for command, body, word in (("block", UNTIL_TOMORROW, OUT), ("unblock", None, IN)):
            assert (await operator.tell(command, body)).status_code == 200
            assert await told(charger) == change(V16, word)
            assert await told_nothing(charger)
        await kept(server, IN_USE)


async def test_a_charger_that_is_removed_while_it_is_blocked_troubles_nobody(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("CIR-1", answers=answering()) as charger, server.charger("DEP-1") as other:
        await operator.http.post("/v2/chargers/CIR-1/block", json=UNTIL_TOMORROW)
        assert await told(charger) == change(V16, OUT)
        assert (await operator.http.delete("/v2/chargers/CIR-1")).status_code == 204
        assert await told_nothing(charger)
        assert (await other.call("Authorize", {"idTag": "ALICE"}))["idTagInfo"]["status"] == "Accepted"


async def test_a_block_that_has_ended_before_it_was_ever_told_is_never_told(server: InProcess, version: str) -> None:
    await server.database.write(put, server.world.us, replace(DEP_1, blocked_until=YESTERDAY))
    async with server.charger("DEP-1", version, answering()) as charger:
        await boot(charger)
        assert await told_nothing(charger)


# -- an independent charger -----------------------------------------------------------------------


@pytest.fixture(params=VERSIONS)
async def independent(server: InProcess, request: pytest.FixtureRequest) -> AsyncIterator[SimulatedCharger]:
    async with simulated(server, "DEP-1", request.param, connectors=2) as found:
        await found.until(lambda each: each.online)
        yield found


async def test_a_charger_goes_out_of_use_and_comes_back(
    server: InProcess, operator: Operator, independent: SimulatedCharger
) -> None:
    assert (await operator.tell("block", UNTIL_TOMORROW)).status_code == 200
    await independent.until(lambda each: each.state(1) is each.state(2) is State.UNAVAILABLE)
    server.clock.at = TOMORROW
    await independent.until(lambda each: each.state(1) is each.state(2) is State.AVAILABLE)
    await independent.plug_in()
    assert (await independent.present("ALICE")).allowed
