"""Keeps the network in memory, and what belongs to it, as new as the database.

It is refreshed by a poll, by a notice of another process, and before a decision that sees that the database has
changed. One refresh runs at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from ..net.tasks import end
from ..replica.images import NetworkReplicas, NetworkSnapshot
from ..storage.charging import charger_batches
from ..storage.charging.charger_batches import CustomerStanding
from ..storage.database import Database, DatabaseFault
from ..storage.journal import JournalEntry, Mark

CURRENT_SECONDS = 5.0
"""The longest wait of a decision for changes, in case the database hangs."""

log = structlog.get_logger()


class Following:
    """The refreshing of one customer.

    `brought` refreshes what is kept beside the network. It receives the mark that was known before.
    """

    def __init__(
        self,
        customer_id: int,
        node: str,
        database: Database,
        images: NetworkReplicas,
        clock: Callable[[], datetime],
        brought: Callable[[CustomerStanding, NetworkSnapshot, Mark | None], Coroutine[Any, Any, None]],
    ) -> None:
        self.mark: Mark | None = None
        """The revision up to which everything is known here."""
        self._customer_id = customer_id
        self._node = node
        self._database = database
        self._images = images
        self._clock = clock
        self._brought = brought
        self._version: object = None
        """The version of the database at the last refresh. See `Database.version`."""
        self._at: float | None = None
        self._one_at_a_time = asyncio.Lock()
        self._hears = False
        """Whether a notice of a revision has come since the last refresh began."""
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def age(self) -> float:
        """Seconds since everything was known to be as new as the database."""
        return 0.0 if self._at is None else asyncio.get_running_loop().time() - self._at

    async def close(self) -> None:
        if self._catching_up is not None:
            await end([self._catching_up])

    async def follow(self) -> CustomerStanding | None:
        """Brings everything up to the database. Raises DatabaseFault."""
        async with self._one_at_a_time:
            version, before = self._database.version(), self._images.current(self._customer_id)
            known_live = -1 if before is None else before.live_version
            standing = await self._database.glance(
                charger_batches.standing, self._customer_id, self._node, self._clock()
            )
            if standing is None:
                return None
            image = await self._images.as_seen(self._customer_id, standing.mark)
            if standing.live_version < known_live:  # the database has gone back
                self._images.invalidate_live(self._customer_id)
            await self._brought(standing, image, self.mark)
            self._version, self.mark = version, standing.mark
            self._at = asyncio.get_running_loop().time()
            return standing

    async def be_current(self) -> None:
        """Returns once changes of other processes are known here.

        It waits for CURRENT_SECONDS at most.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(CURRENT_SECONDS):
                for _ in ("what is under way, which may have looked before", "what looks now"):
                    if self.is_behind():
                        await asyncio.wait([self._catch_up()])

    def heard(self, mark: Mark) -> None:
        """Takes the notice that a process, maybe this one, has committed that revision."""
        if self.mark is None or mark.revision > self.mark.revision:
            self._hears = True
            self._catch_up()

    def committed(self, entry: JournalEntry) -> None:
        """Takes an entry that this process has committed.

        The network in memory holds it already, and it changes nothing beside the network.
        """
        if self.mark == Mark(entry.revision - 1, entry.follows):
            self.mark = entry.mark

    def is_behind(self) -> bool:
        """Returns whether something is known to have changed.

        It is asked before each decision. While the database is down, decisions use the network as it is in memory.
        """
        if self._catching_up is not None:
            return True
        try:
            return self._version != self._database.version()
        except DatabaseFault:
            return False

    def _catch_up(self) -> asyncio.Task[None]:
        """Follows beside everything else, once at a time."""
        if self._catching_up is None:
            self._catching_up = asyncio.create_task(self._follow_while_it_hears())
        return self._catching_up

    async def _follow_while_it_hears(self) -> None:
        try:
            self._hears = True
            while self._hears:
                self._hears = False
                await self.follow()
        except DatabaseFault:
            pass  # the poll tries again
        except Exception as error:
            log.error("an image cannot be brought up", customer=self._customer_id, exc_info=error)
        finally:
            self._catching_up = None
