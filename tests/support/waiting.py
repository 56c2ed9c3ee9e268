"""Waits for what must happen, on a machine of any speed.

PATIENCE bounds every such wait. Only a test that fails waits so long, so the bound is generous: a shorter one fails on
a busy machine, and finds nothing sooner.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable

PATIENCE = 120.0
"""Seconds."""
PAUSE = 0.01


async def until(holds: Callable[[], Awaitable[object] | object], pause: float = PAUSE) -> None:
    """Returns once the condition holds; it may be a coroutine function. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            value = holds()
            if await value if isawaitable(value) else value:
                return
            await asyncio.sleep(pause)


def wait_until(holds: Callable[[], object], explain: Callable[[], str] = str, pause: float = PAUSE) -> None:
    """Returns once the condition holds, for tests without an event loop. Fails with the explanation."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, explain()
        time.sleep(pause)
