"""The independent client against the tests' own central system: an honest one passes, a dishonest one is noticed. Its
2.1 schemas are not whole, so it speaks 1.6 and 2.0.1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ocpp_rpc.running import HERE, Send, needs_node, run_client
from tests.simulator.central import Central

pytestmark = pytest.mark.slow

PROTOCOLS = ("ocpp1.6", "ocpp2.0.1")
STATUSES = {
    "ocpp1.6": {"ALICE": "Accepted", "STRANGER": "Invalid", "OLD": "Expired", "THIEF": "Blocked"},
    "ocpp2.0.1": {
        "ALICE": "Accepted",
        "STRANGER": "Unknown",
        "OLD": "Expired",
        "THIEF": "Blocked",
        "ELSEWHERE": "NotAtThisLocation",
        "NIGHT": "NotAtThisTime",
    },
}


def honest(protocol: str) -> Central:
    tags = {tag: {"status": status} for tag, status in STATUSES[protocol].items()}
    return Central(tags=tags, passwords={"CP-1": "secret"})


def commands(central: Central, protocol: str) -> dict[str, Send]:
    """What makes that central system send each command."""
    sixteen = protocol == "ocpp1.6"
    number = "list_version" if sixteen else "version_number"

    def entry(tag: str, accepted: bool) -> dict[str, Any]:
        info = {"status": "Accepted"}
        if sixteen:
            return {"idTag": tag, **({"idTagInfo": info} if accepted else {})}
        return {"idToken": {"idToken": tag, "type": "Central"}, **({"idTokenInfo": info} if accepted else {})}

    async def full() -> None:
        entries = [entry("ALICE", True), entry("BOB", True)]
        await central.command(
            "CP-1", "SendLocalList", update_type="Full", local_authorization_list=entries, **{number: 1}
        )

    async def differential() -> None:
        entries = [entry("BOB", False), entry("CAROL", True)]
        await central.command(
            "CP-1", "SendLocalList", update_type="Differential", local_authorization_list=entries, **{number: 2}
        )

    async def start() -> None:
        if sixteen:
            await central.command("CP-1", "RemoteStartTransaction", id_tag="ALICE")
        else:
            token = {"idToken": "ALICE", "type": "Central"}
            await central.command("CP-1", "RequestStartTransaction", id_token=token, remote_start_id=5)

    async def stop() -> None:
        if sixteen:
            await central.command("CP-1", "RemoteStopTransaction", transaction_id=len(central.starts_of("CP-1")))
        else:
            last = central.payloads("TransactionEvent")[-1]["transactionInfo"]["transactionId"]
            await central.command("CP-1", "RequestStopTransaction", transaction_id=last)

    async def configuration() -> None:
        if sixteen:
            await central.command("CP-1", "GetConfiguration")
        else:
            await central.command("CP-1", "GetBaseReport", request_id=9, report_base="FullInventory")

    async def change() -> None:
        if sixteen:
            await central.command("CP-1", "ChangeConfiguration", key="HeartbeatInterval", value="60")
        else:
            wanted = {
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "HeartbeatInterval"},
                "attributeValue": "60",
            }
            await central.command("CP-1", "SetVariables", set_variable_data=[wanted])

    return {
        "local-list-full": full,
        "local-list-differential": differential,
        "remote-start": start,
        "remote-stop": stop,
        "configuration": configuration,
        "change-configuration": change,
    }


@needs_node
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_honest_central_system_passes_every_step(protocol: str) -> None:
    async with honest(protocol) as central:
        ended = await run_client(
            central.url,
            "CP-1",
            protocol,
            password="secret",
            expect=STATUSES[protocol],
            commands=commands(central, protocol),
        )
        assert ended.status == 0, ended.steps
        told = {each["tag"]: each["status"] for each in ended.steps if each["step"] == "authorise"}
        assert told == STATUSES[protocol]
        assert ended.step("local-list-full")["tags"] == {"ALICE": "Accepted", "BOB": "Accepted"}
        assert ended.step("local-list-differential")["tags"] == {"ALICE": "Accepted", "CAROL": "Accepted"}
        assert ended.step("remote-start")["status"] == "Accepted"
        assert ended.step("refused-session")["status"] == STATUSES[protocol]["STRANGER"]
        assert central.handshakes == {401: 1, 101: 2}
        assert ended.steps[-1] == {"step": "done"}


@needs_node
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_wrong_decision_ends_it_with_1(protocol: str) -> None:
    async with honest(protocol) as central:
        central.tags["THIEF"] = {"status": "Accepted"}
        ended = await run_client(central.url, "CP-1", protocol, password="secret", expect={"THIEF": "Blocked"})
        assert ended.status == 1
        assert ended.steps[-1] == {"step": "failed", "error": "THIEF is Accepted, not Blocked"}


@needs_node
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_an_answer_against_the_schema_ends_it_with_1(protocol: str) -> None:
    async with honest(protocol) as central:
        central.tags["ALICE"] = {"status": "Accepted", "colour": "red"}
        ended = await run_client(central.url, "CP-1", protocol, password="secret", expect={"ALICE": "Accepted"})
        assert ended.status == 1
        assert ended.steps[-1]["step"] == "failed"
        central.complaints.clear()  # which saw it too


@needs_node
async def test_a_password_that_is_not_checked_ends_it_with_1() -> None:
    async with honest("ocpp1.6") as central:
        central.passwords = None
        ended = await run_client(central.url, "CP-1", "ocpp1.6", password="secret")
        assert (ended.status, ended.steps[-1]["error"]) == (1, "a wrong password was accepted")


@needs_node
async def test_a_start_without_a_card_s_decision_ends_it_with_1() -> None:
    async with honest("ocpp1.6") as central:
        central.starts["STRANGER"] = {"status": "Accepted"}
        ended = await run_client(central.url, "CP-1", "ocpp1.6", password="secret", expect={"STRANGER": "Invalid"})
        assert (ended.status, ended.steps[-1]["error"]) == (1, "STRANGER may start")


@needs_node
async def test_a_command_that_does_not_come_ends_it_with_1() -> None:
    async def nothing() -> None:
        return None

    async with honest("ocpp1.6") as central:
        ended = await run_client(
            central.url, "CP-1", "ocpp1.6", password="secret", commands={"remote-start": nothing}, seconds=0.2
        )
        assert (ended.status, ended.steps[-1]["error"]) == (1, "remote-start did not come")


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (HERE / "package-lock.json").read_text()
