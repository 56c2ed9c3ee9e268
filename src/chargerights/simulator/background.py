"""The tasks of a charger, and facts that other tasks wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from .errors import NoAnswer

Fact = Callable[[], bool]
Step = Coroutine[Any, Any, None]


class Background:
    """Runs tasks. A fault of one is raised to all that wait, and when they are ended."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiters: dict[asyncio.Future[None], Fact] = {}
        self.fault: BaseException | None = None

    def spawn(self, step: Step) -> None:
        """Runs the step. A central system that does not answer is no fault."""
        task = asyncio.ensure_future(_carefully(step))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        task.add_done_callback(lambda _: step.close())  # it may have been cancelled before it began

    async def until(self, fact: Fact, seconds: float | None) -> bool:
        """Returns True once the fact is true, and False when the time is over."""
        if self.fault is not None:
            raise self.fault
        if fact():
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = fact
        try:
            async with asyncio.timeout(seconds):
                await waiter
        except TimeoutError:
            return False
        finally:
            del self._waiters[waiter]
        return True

    def changed(self) -> None:
        """Wakes tasks whose fact has become true."""
        for waiter, fact in self._waiters.items():
            if not waiter.done() and fact():
                waiter.set_result(None)

    async def end(self) -> None:
        """Ends every task. Raises the fault, if there was one."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.fault is not None:
            raise self.fault

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is None:
            return
        self.fault = fault
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(fault)


async def _carefully(step: Step) -> None:
    with suppress(NoAnswer):
        await step
