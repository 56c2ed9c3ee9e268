"""Measures the cost of simulated chargers in one process on one core.

`python -m bench.simulator` (a minute and a half)

The chargers connect and boot, idle, and then run with sessions and outages. The central system is a bare one in a
process of its own: it answers each action with the shortest answer that lets the charger go on, and checks nothing.
Memory is what this process grows by (RSS) after everything is imported.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from itertools import count
from time import perf_counter, process_time
from typing import Any

import orjson
import psutil
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.harness import ROOT, print_table
from chargerights.simulator.fleet import ChargerSpec, Fleet, Plan

CHARGERS = 500
VERSIONS = ("1.6", "2.0.1", "2.1")
SECONDS = 30
IDLE = Plan()
BUSY = Plan(["ALICE"], arrivals_per_minute=1200, session_seconds=10, outages_per_hour=3600, outage_seconds=5)
NOW = "2026-03-01T00:00:00Z"
ACCEPTED = {"status": "Accepted"}


async def measured(plan: Plan) -> list[tuple[str, str]]:
    """Rows of the table for a fleet that connects and then follows the plan."""
    central = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.simulator", "--central", stdout=subprocess.PIPE, cwd=ROOT
    )
    assert central.stdout is not None
    url = (await central.stdout.readline()).decode().strip()
    specs = [ChargerSpec(f"SIM-{number}", VERSIONS[number % len(VERSIONS)], None) for number in range(CHARGERS)]
    before, began, work = own_memory(), perf_counter(), process_time()
    try:
        async with Fleet(url, specs, plan, seed=1, connects_per_second=500) as fleet:
            await asyncio.gather(*(each.until(lambda charger: charger.online, 60) for each in fleet.chargers))
            rows = [
                ("accepted", f"after {perf_counter() - began:.1f} s"),
                ("processor to connect and boot", f"{process_time() - work:.2f} s"),
            ]
            work, sent = process_time(), fleet.tally.sent.total()
            await asyncio.sleep(SECONDS)
            rows += [
                ("share of a core", f"{(process_time() - work) / SECONDS:.1%}"),
                ("messages", f"{(fleet.tally.sent.total() - sent) / SECONDS:.0f} a second"),
                ("sessions begun", f"{fleet.tally.started}"),
            ]
            if plan is IDLE:  # which runs first: what a later one grows by is what an earlier one has left
                rows.append(("memory", f"{(own_memory() - before) / CHARGERS / 1024:.0f} KB a charger"))
            assert not fleet.tally.errors, fleet.tally.errors
    finally:
        central.terminate()
        await central.wait()
    return rows


def own_memory() -> int:
    """Bytes, without the central system's."""
    return psutil.Process().memory_info().rss


async def central_system() -> None:
    numbers = count(1)

    def answer(action: str, payload: dict[str, Any], sixteen: bool) -> dict[str, Any]:
        match action:
            case "BootNotification":
                return {"currentTime": NOW, "interval": 300, **ACCEPTED}
            case "Heartbeat":
                return {"currentTime": NOW}
            case "Authorize":
                return {"idTagInfo" if sixteen else "idTokenInfo": ACCEPTED}
            case "StartTransaction":
                return {"transactionId": next(numbers), "idTagInfo": ACCEPTED}
            case "TransactionEvent" if "idToken" in payload:
                return {"idTokenInfo": ACCEPTED}
        return {}

    async def link(socket: ServerConnection) -> None:
        sixteen = socket.subprotocol == "ocpp1.6"
        try:
            async for text in socket:
                _, call_id, action, payload = orjson.loads(text)
                await socket.send(orjson.dumps([3, call_id, answer(action, payload, sixteen)]).decode())
        except ConnectionClosed:
            pass

    protocols = [f"ocpp{version}" for version in VERSIONS]
    async with serve(link, "127.0.0.1", 0, subprotocols=protocols, compression=None) as server:
        print(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    if "--central" in sys.argv:
        uvloop.run(central_system())
    for name, plan in (("idle", IDLE), ("with sessions and outages", BUSY)):
        print_table(f"{CHARGERS} simulated chargers, {name}", ("", ""), uvloop.run(measured(plan)))


if __name__ == "__main__":
    main()
