"""Sends commands to the node that holds the charger's socket.

The answer comes back by the database; see `storage.charging.commands`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from .. import metrics
from ..rights.commands import COMMANDS, WAITING, Action
from ..storage.charging import commands
from ..storage.charging.commands import CommandOutcome, End, QueuedCommand
from ..storage.database import Database, DatabaseFault
from ..storage.idempotency import Once
from ..storage.journal import Actor
from .charger.connected_charger import ConnectedCharger
from .commands.commands import perform
from .connection.connection import CALL_SECONDS, TURN_SECONDS
from .customer_runtime import CustomerRuntime

DONE_SECONDS = TURN_SECONDS + CALL_SECONDS + 5.0
"""The longest that a charger may take for a whole command."""
TAKEN_SECONDS = 5.0
"""The longest that the node that holds the socket may take to begin."""
ASK_SECONDS = 0.1

log = structlog.get_logger()


class CommandDispatcher:
    """The commands of one node.

    `find` returns a charger whose open socket is at this node.
    """

    def __init__(
        self,
        node: str,
        database: Database,
        clock: Callable[[], datetime],
        find: Callable[[str], ConnectedCharger | None],
    ) -> None:
        self._node = node
        self._database = database
        self._clock = clock
        self._find = find

    async def send(
        self,
        customer_id: int,
        actor: Actor,
        charger_id: str,
        action: Action,
        arguments: dict[str, Any],
        secret: dict[str, Any] | None = None,
        once: Once | None = None,
    ) -> CommandOutcome:
        """Sends a command to the customer's charger, at whichever node it is connected.

        Returns its outcome. A request that was sent before has the outcome of then. Raises DatabaseFault, KeyReused.
        """
        outcome = await self._send(
            customer_id, actor, QueuedCommand(secrets.token_hex(16), charger_id, action, arguments, secret), once
        )
        metrics.command(action, outcome.end)
        return outcome

    async def _send(self, customer_id: int, actor: Actor, command: QueuedCommand, once: Once | None) -> CommandOutcome:
        charger_id, action = command.charger_id, command.action
        charger = self._find(charger_id)
        if charger is not None and charger.customer.id != customer_id:
            charger = None
        if charger is not None and COMMANDS[action].only_asks:  # other processes need not know
            return await self._perform(charger, command)
        at = self._clock()
        expires_at = at + timedelta(seconds=TAKEN_SECONDS)
        here = self._node if charger is not None else None
        put = await self._database.write(commands.put, customer_id, command, actor, at, expires_at, here, once)
        if not put.is_new:
            return await self._await(customer_id, put.id)
        if charger is not None:
            return await self._perform_and_store(charger, command)
        if put.node is None:
            return CommandOutcome(End.NOT_CONNECTED)
        outcome = await self._await(customer_id, put.id)
        if COMMANDS[action].only_asks:
            await self._database.write(commands.forget, customer_id, put.id)
        return outcome

    async def collect(self, customer: CustomerRuntime) -> None:
        """Performs commands that other nodes have sent to chargers connected here."""
        for command in await self._database.write(commands.take, customer.id, self._node, self._clock()):
            charger: ConnectedCharger | None = customer.chargers.get(command.charger_id)
            if charger is not None and charger.connection is not None:
                customer.spawn(self._perform_and_store(charger, command))
            else:
                await self._database.write(commands.finish, customer.id, command.id, CommandOutcome(End.NOT_CONNECTED))

    async def _perform_and_store(self, charger: ConnectedCharger, command: QueuedCommand) -> CommandOutcome:
        outcome = await self._perform(charger, command)
        try:
            await self._database.write(commands.finish, charger.customer.id, command.id, outcome)
        except DatabaseFault as fault:
            log.warning("what came of a command is not kept", charger=command.charger_id, cause=str(fault))
        return outcome

    async def _perform(self, charger: ConnectedCharger, command: QueuedCommand) -> CommandOutcome:
        connection = charger.connection
        await charger.customer.following.be_current()  # rights may have changed at another node
        if connection is None:
            return CommandOutcome(End.NOT_CONNECTED, text=f"{command.charger_id} is not connected")
        outcome = await perform(charger, connection, self._database, command, DONE_SECONDS)
        log.info(
            "command",
            charger=command.charger_id,
            command=command.action,
            end=outcome.end,
            word=outcome.word or None,
            waited=round(outcome.waited, 3),
            answering=round(outcome.answering, 3),
        )
        return outcome

    async def _await(self, customer_id: int, command_id: str) -> CommandOutcome:
        """Waits for the outcome of a command at another node."""
        time = asyncio.get_running_loop().time
        began = time()
        while time() - began < TAKEN_SECONDS + DONE_SECONDS:
            state, outcome = await self._database.read(commands.outcome_of, customer_id, command_id)
            if outcome is not None:
                return outcome
            if state == WAITING and time() - began > TAKEN_SECONDS:
                await self._database.write(commands.withdraw, customer_id, command_id)
                continue
            await asyncio.sleep(ASK_SECONDS)
        return CommandOutcome(End.SILENT, text="the node that holds the charger's socket has not said what came of it")
