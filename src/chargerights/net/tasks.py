"""Background tasks: how they end in time, although the database hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

CLEANING_SECONDS = 1.0
"""How long a cancelled task may clean up before it is cancelled again."""
ATTEMPTS = 5


async def end(tasks: Iterable[asyncio.Task[Any]], grace: float = 0.0) -> None:
    """Lets the tasks end within the grace, then cancels them.

    PostgreSQL's driver answers a first cancellation with a request to the server to cancel its query, which takes ten
    seconds when the server hangs; a second one ends that.
    """
    waiting = {*tasks}
    for attempt in range(ATTEMPTS + 1):
        if not waiting:
            return
        if attempt:
            for task in waiting:
                task.cancel()
        ended, waiting = await asyncio.wait(waiting, timeout=CLEANING_SECONDS if attempt else grace)
        for task in ended:
            if not task.cancelled():
                task.exception()  # marks it as retrieved, or asyncio logs it
