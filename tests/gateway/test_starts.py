"""What a charger is asked when it has connected: nothing before it has started, and its configuration not each time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from chargerights.gateway.connection import boot_wait
from chargerights.gateway.messages import configuration
from tests.gateway.client import ANSWERS, V16, V201, RawCharger
from tests.gateway.operating import ACCEPTED, Operator
from tests.gateway.server import InProcess
from tests.gateway.test_ocpp2x import BOOT as BOOT_2X
from tests.gateway.test_ocpp16 import BOOT
from tests.support.waiting import PATIENCE

BOOTS = {V16: BOOT, V201: BOOT_2X}
READS = {V16: "GetConfiguration", V201: "GetBaseReport"}
ALL_ANSWERS = {**ANSWERS, "ClearCache": ACCEPTED}
A_WHILE = 0.5


async def asked(charger: RawCharger, seconds: float = A_WHILE) -> list[str]:
    """What the charger is asked in that time, and until then."""
    await asyncio.sleep(seconds)
    found = []
    while not charger.asked.empty():
        found.append(charger.asked.get_nowait()[0])
    return found


@pytest.mark.waits_for_start
@pytest.mark.parametrize("version", [V16, V201])
async def test_a_charger_is_asked_nothing_before_its_boot_is_answered(
    server: InProcess, operator: Operator, version: str
) -> None:
    async with server.charger("DEP-1", version, ALL_ANSWERS) as charger:
        await charger.call("Heartbeat", {})
        telling = asyncio.create_task(operator.tell("clear-cache"))
        assert await asked(charger) == []
        assert not telling.done(), "a command waits"
        await charger.call("BootNotification", BOOTS[version])
        assert (await telling).status_code == 200
        assert {"ClearCache", READS[version]} <= {*await asked(charger)}


@pytest.mark.waits_for_start
async def test_a_command_to_a_charger_that_does_not_start_is_not_sent_and_says_so(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot_wait, "START_SECONDS", 0.1)
    async with server.charger("DEP-1", answers=ALL_ANSWERS) as charger:
        answer = await operator.tell("clear-cache")
        assert answer.status_code == 409
        assert "BootNotification" in json.dumps(answer.json())
        assert await asked(charger, 0.1) == []


@pytest.mark.waits_for_start
async def test_a_charger_that_does_not_boot_is_asked_after_a_while(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was only out of reach."""
    monkeypatch.setattr(boot_wait, "BOOT_SECONDS", 0.3)
    async with server.charger("DEP-1", answers=ALL_ANSWERS):
        assert (await operator.tell("clear-cache")).status_code == 200


@pytest.mark.waits_for_start
@pytest.mark.parametrize(
    ("version", "action", "said"),
    [
        (V16, "Heartbeat", {}),
        (V16, "StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"}),
        (V16, "Authorize", {"idTag": "ALICE"}),
        (V16, "MeterValues", {"connectorId": 1, "meterValue": []}),
        (V201, "Heartbeat", {}),
    ],
)
async def test_a_charger_that_speaks_as_an_accepted_one_is_asked_soon(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch, version: str, action: str, said: Any
) -> None:
    """Until its BootNotification is accepted it must send nothing else (1.6 section 4.2, 2.0.1 B02): it has not
    restarted, it was only out of reach."""
    monkeypatch.setattr(boot_wait, "BOOT_MAY_FOLLOW_SECONDS", 0.1)
    async with server.charger("DEP-1", version, ALL_ANSWERS) as charger:
        telling = asyncio.create_task(operator.tell("clear-cache"))
        assert await asked(charger, 0.3) == []
        assert not telling.done()
        await charger.call(action, said)
        assert (await telling).status_code == 200
        assert "ClearCache" in await asked(charger, 0)


@pytest.mark.waits_for_start
@pytest.mark.parametrize("raw", ['[3,"1",{}]', '[4,"1","InternalError","",{}]', '[2,"1","Nope",{}]', "x"])
async def test_what_is_no_message_of_an_accepted_charger_proves_nothing(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch, raw: str
) -> None:
    monkeypatch.setattr(boot_wait, "BOOT_MAY_FOLLOW_SECONDS", 0.0)
    monkeypatch.setattr(boot_wait, "START_SECONDS", 0.3)
    async with server.charger("DEP-1", answers=ALL_ANSWERS) as charger:
        await charger.socket.send(raw)
        assert (await operator.tell("clear-cache")).status_code == 409
        assert await asked(charger, 0) == []


@pytest.mark.waits_for_start
async def test_a_command_ends_when_the_charger_goes_before_it_has_started(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", answers=ALL_ANSWERS):
        telling = asyncio.create_task(operator.tell("clear-cache"))
        await asyncio.sleep(0.1)
    assert (await telling).status_code == 409


@pytest.mark.parametrize("version", [V16, V201])
async def test_many_boots_read_the_configuration_once(server: InProcess, version: str) -> None:
    """20 boots made 21 reads."""
    for reads in (1, 0):
        async with server.charger("DEP-1", version) as charger:
            for _ in range(10):
                await charger.call("BootNotification", BOOTS[version])
            assert (await asked(charger)).count(READS[version]) == reads


async def test_a_boot_after_an_update_reads_the_configuration(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for firmware in ("1", "1", "2", "2"):
            await charger.call("BootNotification", BOOT | {"firmwareVersion": firmware})
        assert (await asked(charger)).count("GetConfiguration") == 2


async def test_boots_within_minutes_read_the_configuration_once_more_in_the_end(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "READ_AGAIN_SECONDS", 0.5)
    async with server.charger("DEP-1") as charger:
        for _ in range(5):
            await charger.call("BootNotification", BOOT)
        async with asyncio.timeout(PATIENCE):
            for _ in range(2):
                while await charger.asked.get() != ("GetConfiguration", {}):
                    pass
        assert "GetConfiguration" not in await asked(charger, 1.0)
