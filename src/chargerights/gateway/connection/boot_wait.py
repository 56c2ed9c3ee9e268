"""Waits until a charger that has connected may be asked.

Its BootNotification was answered, or it was only out of reach: it speaks as only a charger may that was accepted
before, or it has sent no BootNotification for a minute.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ..ocpp.call_errors import NotStarted

BOOT, BOOT_SECONDS = "BootNotification", 60.0
"""How long a charger that has connected may take until its BootNotification."""
BOOT_MAY_FOLLOW_SECONDS = 5.0
"""How long a BootNotification may come after another message. A charger must send no other before it (OCPP 1.6 section
4.2, 2.0.1 B02), so most are accepted already; those that break the rule send it at once."""
START_SECONDS = 20.0
"""How long a call waits for the charger to start."""


class BootWait:
    """One connection's, from its acceptance on."""

    def __init__(self, charger_id: str) -> None:
        self._charger_id = charger_id
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._until = self._loop.time() + BOOT_SECONDS
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_over(self) -> bool:
        """Returns whether the charger may be asked."""
        return self._over.is_set() or self._loop.time() >= self._until

    def end(self) -> None:
        """The charger's BootNotification is answered, or its connection has ended."""
        self._over.set()
        if self._timer is not None:
            self._timer.cancel()

    def heard(self, action: str) -> None:
        """The charger has sent that message."""
        if action != BOOT and self._timer is None:
            self._timer = self._loop.call_later(BOOT_MAY_FOLLOW_SECONDS, self._over.set)

    async def wait(self) -> None:
        """Returns when the charger may be asked. Raises NotStarted."""
        if self.is_over:
            return
        patience = min(self._until, self._loop.time() + START_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(patience):
                await self._over.wait()
        if not self.is_over:
            seconds = self._until - self._loop.time()
            raise NotStarted(
                f"{self._charger_id} has connected and not yet sent its BootNotification, so nothing was sent."
                f" Try again in {max(seconds, 1):.0f} seconds, or when it has started"
            )
