"""Measures how soon a revoked right leaves local lists, and the cost of the lists.

`python -m bench.local_lists` (about a minute)

A customer has 2,000 drivers, each with a right on one site, and 100 chargers there. The chargers are simulated in this
process over real sockets, a third in each version of OCPP, and all of them know all 2,000 tags. Rights are revoked one
after another by the API. The time runs from before the request until the tag is off a charger's list.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import httpx
import orjson

from bench.chargers import serve, started
from bench.harness import Timings, duration, print_table
from bench.servers import Customer, customer, load
from chargerights.rights.local_list import tags_of_charger
from chargerights.simulator import SimulatedCharger
from chargerights.storage import networks
from chargerights.storage.charging import charger_passwords
from chargerights.storage.database import Database

DRIVERS, CHARGERS, REVOCATIONS, PER_MESSAGE = 2_000, 100, 20, 100
VERSIONS = ("1.6", "2.0.1", "2.1")
LONGEST = 120


def network_file() -> bytes:
    return orjson.dumps(
        {
            "sites": [{"id": 1, "name": "Garage"}],
            "chargers": [{"chargerId": f"C-{number}", "siteId": 1} for number in range(CHARGERS)],
            "drivers": [
                {"id": number, "name": f"D{number}", "tags": [{"idTag": f"T{number}"}], "rights": [{"siteId": 1}]}
                for number in range(1, DRIVERS + 1)
            ],
        }
    )


def passwords(of: Customer) -> dict[str, str]:
    database = Database(of.database)
    ids = [f"C-{number}" for number in range(CHARGERS)]
    found = {each: database.write_now(charger_passwords.renew, each, datetime.now(UTC)) for each in ids}
    database.close_now()
    return found


def made(of: Customer) -> float:
    """Median of the seconds that making one list takes."""
    database = Database(of.database)
    network = database.read_now(networks.load, of.id).network
    database.close_now()
    taken = []
    for _ in range(5):
        began = perf_counter()
        tags_of_charger(network, "C-0", datetime.now(UTC))
        taken.append(perf_counter() - began)
    return Timings(taken).median


async def measure(of: Customer, secrets: dict[str, str]) -> list[list[str]]:
    settings: dict[str, str | int | bool] = {
        "SendLocalListMaxLength": PER_MESSAGE,
        "LocalAuthListCtrlr.BytesPerMessage": 65_000,
    }
    with started(serve(of.database)) as (port, _):
        async with AsyncExitStack() as stack:
            began = perf_counter()
            chargers = [
                await stack.enter_async_context(
                    SimulatedCharger(
                        f"ws://127.0.0.1:{port}/ocpp",
                        name,
                        version=VERSIONS[number % len(VERSIONS)],
                        password=secret,
                        local_list_capacity=DRIVERS,
                        configuration=settings,
                    )
                )
                for number, (name, secret) in enumerate(secrets.items())
            ]
            await asyncio.gather(*(each.until(lambda it: len(it.local_list) == DRIVERS, LONGEST) for each in chargers))
            filled = perf_counter() - began
            first: list[float] = []
            last: list[float] = []
            headers = {"x-api-key": of.key}
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as http:
                for number in range(1, REVOCATIONS + 1):
                    times = await revoked(http, chargers, number)
                    first += times
                    last.append(max(times))
    messages = -(-DRIVERS // PER_MESSAGE)
    return [
        [f"{CHARGERS} chargers connect and know {DRIVERS:,} tags ({messages} messages each)", duration(filled)],
        ["a revoked right is gone from a charger's list: median", duration(Timings(first).median)],
        ["the same: 99th percentile", duration(Timings(first).percentile(0.99))],
        [f"from the last of {CHARGERS} chargers' lists: median", duration(Timings(last).median)],
        ["the same: longest", duration(max(last))],
    ]


async def revoked(http: httpx.AsyncClient, chargers: list[SimulatedCharger], driver_id: int) -> list[float]:
    """Revokes the driver's right, and returns how long the tag stayed on each list."""
    tag, began = f"T{driver_id}", perf_counter()

    async def gone(charger: SimulatedCharger) -> float:
        await charger.until(lambda it: it.local_list.find(tag) is None, LONGEST)
        return perf_counter() - began

    waiting = [asyncio.create_task(gone(each)) for each in chargers]
    answer = await http.request("DELETE", f"/v2/drivers/{driver_id}/sites", json={"siteIds": [1]})
    if answer.is_error:
        sys.exit(answer.text)
    return await asyncio.gather(*waiting)


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "network.json").write_bytes(network_file())
        mine = customer(f"sqlite:///{folder / 'bench.db'}")
        load(mine, folder / "network.json")
        secrets = passwords(mine)
        alone = made(mine)
        os.sched_setaffinity(0, {cores[-1]})
        rows = asyncio.run(measure(mine, secrets))
        rows.append([f"one list of {DRIVERS:,} tags is made", duration(alone)])
        print_table("Local lists", ["what", "chargerights"], rows)
        os.sched_setaffinity(0, set(cores))


if __name__ == "__main__":
    main()
