"""What is counted of chargers, and that several workers are counted together."""

from __future__ import annotations

import os
import re
import signal
from contextlib import AsyncExitStack
from typing import Any

import httpx
import psutil
import pytest

from chargerights import metrics
from chargerights.gateway.connection import boot_wait
from chargerights.gateway.reconcile import local_list_sync
from chargerights.gateway.reconcile.local_list_sync import STATES
from tests.gateway.client import ANSWERS, V201, CallError, connected
from tests.gateway.operating import ACCEPTED, Operator
from tests.gateway.server import InProcess, World
from tests.gateway.test_ocpp16 import start, status
from tests.support.servers import serving
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.slow


def value(name: str, text: str | None = None, **labels: str) -> float:
    """Of a sample; none is 0."""
    shown = metrics.render().decode() if text is None else text
    given = ",".join(f'{label}="{each}"' for label, each in labels.items())
    found = re.search(
        "(?m)^" + re.escape(f"chargerights_{name}" + (f"{{{given}}}" if given else "")) + r" (\S+)", shown
    )
    return float(found[1]) if found else 0.0


async def test_connections_messages_decisions_errors_and_commands_are_counted(
    server: InProcess, operator: Operator
) -> None:
    counts: dict[str, Any] = {
        "authorised": lambda: value("charger_messages_total", action="Authorize"),
        "timed": lambda: value("charger_message_seconds_count", action="StartTransaction"),
        "errors": lambda: value("charger_errors_total", code="NotImplemented"),
        "yes": lambda: value("decisions_total", reason="Accepted"),
        "no": lambda: value("decisions_total", reason="NotAtThisLocation"),
        "decided": lambda: value("decision_seconds_count"),
        "commands": lambda: value("charger_commands_total", command="clearCache", end="notConnected"),
    }
    before = {name: count() for name, count in counts.items()}
    await operator.tell("clear-cache")
    async with server.charger("DEP-1") as charger:
        assert value("chargers_connected", version="ocpp1.6") == 1
        await status(charger, "ALICE")
        await status(charger, "DAN")
        await charger.call("StartTransaction", start())
        with pytest.raises(CallError):
            await charger.call("Nope", {})
    await until(lambda: value("chargers_connected", version="ocpp1.6") == 0)
    after = {name: count() - before[name] for name, count in counts.items()}
    assert after == {"authorised": 2, "timed": 1, "errors": 1, "yes": 2, "no": 1, "decided": 3, "commands": 1}


async def test_what_waits_for_the_database_is_measured(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        write_buffer = server.inside("DEP-1").customer.write_buffer
        await write_buffer.write()
        server.gateway.measure()
        assert (value("outbox_waiting"), value("outbox_age_seconds")) == (0, 0)
        async with write_buffer._writing:
            await status(charger, "ALICE")
            server.gateway.measure()
            assert value("outbox_waiting") >= 1
            assert value("outbox_age_seconds") > 0
    assert value("image_age_seconds") < 60


async def test_lists_that_are_in_step_and_why_others_are_not_are_counted(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot_wait, "BOOT_SECONDS", 0.1)
    monkeypatch.setattr(local_list_sync, "VERSION_SECONDS", 0.5)
    lists = {"GetLocalListVersion": {"listVersion": 0}, "SendLocalList": ACCEPTED, "ClearCache": ACCEPTED}

    def counted() -> dict[str, float]:
        server.gateway.measure()
        states = {state: value("local_lists", state=state) for state in STATES}
        return {state: count for state, count in states.items() if count}

    async with server.charger("DEP-1", answers={**ANSWERS, **lists}), server.charger("GF-1"):
        await until(lambda: counted() == {"inStep": 1, "notSupported": 1})
        async with server.charger("CIR-1", answers={}):
            await until(lambda: counted() == {"inStep": 1, "notSupported": 1, "changing": 1})
            await until(lambda: counted() == {"inStep": 1, "notSupported": 1, "noAnswer": 1})
    await until(lambda: not counted())


async def test_of_several_workers_whichever_is_asked_answers_for_all(sqlite_url: str) -> None:
    world = World(sqlite_url)
    headers = {"authorization": "Bearer s3cret-of-16-characters"}
    environment = {"CHARGERIGHTS_METRICS_TOKEN": "s3cret-of-16-characters"}
    with serving(sqlite_url, "--workers", "2", settings=environment) as server:
        url = server.url.replace("http", "ws")
        workers = psutil.Process(server.process.pid).children()
        workers = [each for each in workers if "spawn_main" in str(each.cmdline())]
        assert len(workers) == 2

        def seen() -> float:
            """By whichever takes the connection."""
            with server.client() as other:
                try:
                    shown = other.get("/metrics", headers=headers).text
                except httpx.TransportError:  # while workers are replaced
                    return -1
            assert "chargerights_http_requests_total" in shown
            return value("chargers_connected", shown, version=V201)

        async with AsyncExitStack() as chargers:
            for each in ("DEP-1", "GF-1", "CIR-1"):
                await chargers.enter_async_context(connected(url, each, world.passwords[each], V201))
            assert [seen() for _ in range(10)] == [3] * 10
            for each in workers:
                os.kill(each.pid, signal.SIGKILL)
            psutil.wait_procs(workers, timeout=PATIENCE)
            await until(lambda: seen() == 0)
