"""Blocked chargers of one customer that are connected here: told to be out of use, and to be in use again afterwards.

Who may charge is decided by the rights, whatever a charger does with what it is told here. It is told when a block
begins and ends, and again whenever it has connected or started meanwhile: it may have been away, or have forgotten.

When a block is over, the charger is as it was before: what an operator himself has taken out of use stays so (see
`storage.out_of_use`). A charger that was never blocked is told nothing.
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

AGAIN_SECONDS, LATEST_SECONDS = 60.0, 3600.0
"""What a charger does not do it is told again, after a pause that doubles."""
DATABASE_SECONDS = 5.0
"""The pause while the database is away."""

log = structlog.get_logger()


class NotDone(CallFailed):
    """The charger has said no."""


class Blocks:
    """`look_after` is called about twice a second."""

    def __init__(
        self,
        customer_id: int,
        chargers: dict[str, ConnectedCharger],
        database: Database,
        clock: Callable[[], datetime],
    ) -> None:
        self._customer_id = customer_id
        self._chargers = chargers
        self._database = database
        self._clock = clock
        self._told: dict[str, BlockSync] = {}

    async def booted(self, charger: ConnectedCharger) -> None:
        """Has the availability of a charger that has started checked."""
        self._of(charger).booted()

    def look_after(self, network: Network | None) -> None:
        """Has every charger told that is not as it must be."""
        if network is None:
            return
        if len(self._told) > len(self._chargers):
            self._told = {each: told for each, told in self._told.items() if each in self._chargers}
        at, now = self._clock(), asyncio.get_running_loop().time()
        for charger in [*self._chargers.values()]:
            entered = network.chargers.get(charger.charger_id)
            if entered is not None:
                self._of(charger).look(entered.is_blocked(at), now)

    def _of(self, charger: ConnectedCharger) -> BlockSync:
        found = self._told.get(charger.charger_id)
        if found is None or found.charger is not charger:
            found = self._told[charger.charger_id] = BlockSync(charger, self._customer_id, self._database)
        return found


class BlockSync:
    """One charger's. `look` is called now and then, and does beside the connection what there is to do."""

    def __init__(self, charger: ConnectedCharger, customer_id: int, database: Database) -> None:
        self.charger = charger
        self._customer_id = customer_id
        self._database = database
        self._connection: Connection | None = None
        self._as_blocked: bool | None = None
        """What it was last brought to by this socket, since it started."""
        self._tried: bool | None = None
        self._is_running = False
        self._try_at = 0.0
        self._failures = 0

    def booted(self) -> None:
        """It has started, and may have forgotten."""
        self._as_blocked = self._tried = None

    def look(self, is_blocked: bool, now: float) -> None:
        """Begins what there is to do, if the charger is connected. `now` is the event loop's time."""
        connection = self.charger.connection
        if connection is None:
            return
        if connection is not self._connection:  # whose work ends with it
            self._connection = connection
            self._as_blocked, self._tried, self._is_running = None, None, False
        if self._is_running or self._as_blocked is is_blocked:
            return
        if self._tried is not is_blocked:
            self._tried, self._failures, self._try_at = is_blocked, 0, now
        if now >= self._try_at and connection.is_started:
            self._as_blocked, self._is_running = is_blocked, True
            connection.spawn(self._work(connection, is_blocked))

    async def _work(self, connection: Connection, is_blocked: bool) -> None:
        try:
            await self._bring(connection, is_blocked)
        except NotConnected:  # the next connection begins anew
            raise
        except DatabaseFault as fault:
            self._failed(fault, DATABASE_SECONDS)
        except CallFailed as error:
            self._failures += 1
            self._failed(error, backoff.pause(self._failures, AGAIN_SECONDS, LATEST_SECONDS))
        finally:
            if self._connection is connection:
                self._is_running = False

    def _failed(self, error: Exception, pause: float) -> None:
        self._as_blocked, self._try_at = None, asyncio.get_running_loop().time() + pause
        log.info("a charger is not told of its block", charger=self.charger.charger_id, cause=str(error), pause=pause)

    async def _bring(self, connection: Connection, is_blocked: bool) -> None:
        """Tells it what it must be told: while it is blocked, to be out of use; after a block, what is in use again."""
        key = self._customer_id, self.charger.charger_id
        out = await self._database.glance(availability.get, *key)
        if is_blocked:
            if not out.by_block:
                await self._database.write(availability.by_block, *key, True)
            await self._tell(connection, WHOLE, False)
        elif out.by_block:
            if WHOLE not in out.by_operator:
                await self._tell(connection, WHOLE, True)
                for socket in sorted(out.by_operator):  # of 1.6, which the whole has put back into use
                    await self._tell(connection, socket, False)
            await self._database.write(availability.by_block, *key, False)

    async def _tell(self, connection: Connection, socket_id: int, is_available: bool) -> None:
        """Raises NotDone unless it does that. One that knows no such thing is left as it is."""
        try:
            outcome = await send_availability(self.charger, connection, self._database, socket_id, is_available)
        except CallRefused as refused:
            if refused.code not in UNKNOWN_ACTION:
                raise
            return
        if outcome.end is not End.ANSWERED or outcome.word not in IN_USE_WORDS:
            raise NotDone(f"ChangeAvailability was answered {outcome.word}")
        log.info("a charger is told of its block", charger=self.charger.charger_id, socket=socket_id, use=is_available)
