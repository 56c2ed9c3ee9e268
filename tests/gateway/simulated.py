"""Simulated chargers at a server of the tests."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from chargerights.simulator import SimulatedCharger, Timings
from tests.gateway.server import InProcess

VERSIONS = ("1.6", "2.0.1", "2.1")
QUICK = Timings(answer=10, close=1, reboot=1, second=0.01)


def simulated(
    server: InProcess, charger_id: str, version: str, **options: Any
) -> AbstractAsyncContextManager[SimulatedCharger]:
    """The charger with its password; its seconds last a hundredth of one."""
    password = server.world.passwords[charger_id]
    options = {"password": password, "timings": QUICK, "version": version, **options}
    return SimulatedCharger(f"{server.url}/ocpp", charger_id, **options)


def knows(charger: SimulatedCharger) -> set[str]:
    """The tags on its list, in capitals."""
    return {each.upper() for each in charger.local_list.entries}
