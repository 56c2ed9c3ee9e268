"""A central system that listens, and chargers that find it; their seconds last a hundredth of one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from chargerights.simulator import SimulatedCharger, Timings
from tests.simulator.central import Central

VERSIONS = ("1.6", "2.0.1", "2.1")
QUICK = Timings(answer=5, close=1, reboot=1, second=0.01)

NewCharger = Callable[..., Any]


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with Central(tags={"ALICE": {"status": "Accepted"}}) as found:
        yield found


@pytest.fixture
async def new_charger(central: Central) -> AsyncIterator[NewCharger]:
    """Makes chargers of the central system, and ends them."""
    async with AsyncExitStack() as stack:

        async def make(charger_id: str = "SIM-1", **options: Any) -> SimulatedCharger:
            options = {"timings": QUICK, **options}
            return await stack.enter_async_context(SimulatedCharger(central.url, charger_id, **options))

        yield make


@pytest.fixture
async def charger(new_charger: NewCharger, version: str) -> SimulatedCharger:
    """An accepted charger; the test runs once for each version."""
    found: SimulatedCharger = await new_charger(version=version)
    await found.until(lambda each: each.online)
    return found
