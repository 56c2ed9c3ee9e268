"""Takes blocked chargers out of use, and puts them back when the block ends.

Decisions do not depend on this: they follow the rights, whatever the charger does. A charger is sent ChangeAvailability
when a block begins and ends, and again after each connection and each start, since it may have missed or forgotten it.

After a block the charger is as it was before: what an operator has taken out of use stays so (see
`storage.charging.availability`). A charger that was never blocked is sent nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from ...net import backoff
from ...rights.network import Network
from ...storage.charging import availability
from ...storage.charging.availability import WHOLE
from ...storage.charging.commands import End
from ...storage.database import Database, DatabaseFault
from ..charger.connected_charger import ConnectedCharger
from ..commands.commands import IN_USE_WORDS, send_availability
from ..ocpp.call_errors import CallFailed, CallRefused, NotConnected
from ..ocpp.ocpp_j import UNKNOWN_ACTION
from ..ports import Connection
from .charger_sync import ChargerSync, ChargerSyncs

AGAIN_SECONDS, LATEST_SECONDS = 60.0, 3600.0
"""The first and the longest pause before a charger that has refused is sent a change again."""
DATABASE_SECONDS = 5.0
"""The pause while the database is down."""

log = structlog.get_logger()


class NotDone(CallFailed):
    """The charger has refused a change of its availability."""


class Blocks:
    """One customer's blocked chargers. Call `look_after` about twice a second."""

    def __init__(
        self,
        customer_id: int,
        chargers: dict[str, ConnectedCharger],
        database: Database,
        clock: Callable[[], datetime],
    ) -> None:
        self._clock = clock
        self._syncs = ChargerSyncs(chargers, lambda charger: BlockSync(charger, customer_id, database))

    async def booted(self, charger: ConnectedCharger) -> None:
        """Has the availability of a charger that has started checked."""
        self._syncs.of(charger).booted()

    def look_after(self, network: Network | None) -> None:
        """Begins work for every charger whose availability does not follow its block."""
        if network is None:
            return
        at, now = self._clock(), asyncio.get_running_loop().time()
        for sync in self._syncs.all():
            entered = network.chargers.get(sync.charger.charger_id)
            if entered is not None:
                sync.look(entered.is_blocked(at), now)


class BlockSync(ChargerSync):
    """The availability of one charger."""

    def __init__(self, charger: ConnectedCharger, customer_id: int, database: Database) -> None:
        super().__init__(charger)
        self._customer_id = customer_id
        self._database = database
        self._as_blocked: bool | None = None
        """The state that the charger was last brought to, on this connection and since it started."""
        self._tried: bool | None = None

    def booted(self) -> None:
        """Takes the charger's availability to be unknown, because it has started."""
        self._as_blocked = self._tried = None

    def _reconnected(self) -> None:
        self._as_blocked = self._tried = None

    def look(self, is_blocked: bool, now: float) -> None:
        """Begins the work that is due. `now` is the event loop's time."""
        connection = self._idle_connection(now)
        if connection is None or self._as_blocked is is_blocked:
            return
        if self._tried is not is_blocked:
            self._tried, self._failures, self._try_at = is_blocked, 0, now
        if now >= self._try_at and connection.is_started:
            self._as_blocked, self._is_running = is_blocked, True
            connection.spawn(self._work(connection, is_blocked))

    async def _work(self, connection: Connection, is_blocked: bool) -> None:
        try:
            await self._bring(connection, is_blocked)
        except NotConnected:  # the next connection begins again
            raise
        except DatabaseFault as fault:
            self._failed(fault, DATABASE_SECONDS)
        except CallFailed as error:
            self._failures += 1
            self._failed(error, backoff.pause(self._failures, AGAIN_SECONDS, LATEST_SECONDS))
            self._failed(error, backoff.pause(self._failures, AGAIN_SECONDS, LATEST_SECONDS))
        finally:
            self._ended(connection)

    def _failed(self, error: Exception, pause: float) -> None:
        self._as_blocked, self._try_at = None, asyncio.get_running_loop().time() + pause
        log.info("a charger has not followed its block", charger=self.charger.charger_id, cause=str(error), pause=pause)

    async def _bring(self, connection: Connection, is_blocked: bool) -> None:
        """Takes the charger out of use, or puts back what was in use before the block."""
        key = self._customer_id, self.charger.charger_id
        out = await self._database.glance(availability.get, *key)
        if is_blocked:
            if not out.by_block:
                await self._database.write(availability.by_block, *key, True)
            await self._send(connection, WHOLE, False)
        elif out.by_block:
            if WHOLE not in out.by_operator:
                await self._send(connection, WHOLE, True)
                for socket in sorted(out.by_operator):  # in 1.6, the whole has put them back into use
                    await self._send(connection, socket, False)
            await self._database.write(availability.by_block, *key, False)

    async def _send(self, connection: Connection, socket_id: int, is_available: bool) -> None:
        """Sends a change of availability. Raises NotDone when it is refused.

        A charger that does not support the message is left as it is.
        """
        try:
            outcome = await send_availability(self.charger, connection, self._database, socket_id, is_available)
        except CallRefused as refused:
            if refused.code not in UNKNOWN_ACTION:
                raise
            return
        if outcome.end is not End.ANSWERED or outcome.word not in IN_USE_WORDS:
            raise NotDone(f"ChangeAvailability was answered {outcome.word}")
        log.info(
            "a charger has followed its block", charger=self.charger.charger_id, socket=socket_id, use=is_available
        )
