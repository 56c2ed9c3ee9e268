"""Performs operators' commands at the charger, and returns how they ended.

The tables of `rights.commands` hold which commands a version has, and by which messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import astuple, replace

import structlog

from ...rights.commands import TABLES, Action, lacking
from ...storage.charging import availability
from ...storage.charging.commands import TRY_AGAIN, CommandOutcome, End, QueuedCommand
from ...storage.database import Database, DatabaseFault
from ..charger.connected_charger import ConnectedCharger
from ..messages import configuration
from ..ocpp import local_list_messages
from ..ocpp.call_errors import Busy, CallRefused, ConnectionLost, NoAnswer, NotConnected, NotTaken
from ..ocpp.ocpp_j import UNKNOWN_ACTION
from ..ocpp.sendable import Unsayable
from ..ocpp.variables import is_password, is_secret
from ..ports import CallProgress, Connection
from . import session_commands
from .calls import CommandCall, CommandNotSent, call, require_unblocked, version_of

LIST_SECONDS = 30.0
"""The longest wait for a whole local list, which is sent in many messages."""
log = structlog.get_logger()

IN_USE_WORDS = ("Accepted", "Scheduled")
"""Answers with which a charger follows a ChangeAvailability, now or after the session."""


async def perform(
    charger: ConnectedCharger, connection: Connection, database: Database, command: QueuedCommand, within: float
) -> CommandOutcome:
    """Performs the command by that connection, within that number of seconds."""
    progress = CallProgress()
    arguments = command.arguments | (command.secret or {})
    request = CommandCall(charger, connection, database, arguments, progress, command.id)
    try:
        async with asyncio.timeout(within):
            outcome = await _perform(request, command.action)
    except TimeoutError:
        outcome = CommandOutcome(End.SILENT, text=f"{command.charger_id} has not done it within {within:g} seconds")
    except DatabaseFault as fault:
        outcome = CommandOutcome(End.SILENT, text=f"{fault}. Try again shortly")
    except Exception as error:
        log.error("a command failed", charger=command.charger_id, command=command.action, exc_info=error)
        outcome = CommandOutcome(End.SILENT, text="an error of the server, which is logged")
    return replace(_as_sent(outcome, progress), waited=progress.waited, answering=progress.answering)


async def _perform(request: CommandCall, action: Action) -> CommandOutcome:
    missing = lacking(TABLES[version_of(request.connection)], version_of(request.connection), action, request.arguments)
    if missing is not None:
        return CommandOutcome(End.IMPOSSIBLE, text=missing)
    does = _DOES.get(action)
    try:
        return await (call(request, action) if does is None else does(request))
    except CommandNotSent as refused:
        return refused.outcome
    except Unsayable as lacks:
        return CommandOutcome(End.IMPOSSIBLE, text=f"the charger speaks {lacks}: nothing was sent")
    except CallRefused as refused:
        return CommandOutcome(End.ERROR, refused.code, refused.text)
    except (ConnectionLost, NoAnswer) as silent:
        return CommandOutcome(End.SILENT, text=f"{silent}: it may have done it")
    except Busy as busy:
        return CommandOutcome(End.BUSY, text=str(busy))
    except NotConnected as away:
        return CommandOutcome(End.NOT_CONNECTED, text=str(away))


def _as_sent(outcome: CommandOutcome, progress: CallProgress) -> CommandOutcome:
    """Corrects the outcome by what was sent.

    Of several calls, the first may have been sent and a later one not.
    """
    if outcome.end is End.SILENT and not progress.sent:
        return CommandOutcome(End.IMPOSSIBLE, text=f"nothing was sent: {outcome.text}")
    if outcome.end in TRY_AGAIN and progress.sent:
        return CommandOutcome(End.SILENT, text=f"{' and '.join(progress.sent)} was sent, but then {outcome.text}")
    return outcome


async def _read_configuration(request: CommandCall) -> CommandOutcome:
    names = [name for name in request["names"] or () if not is_secret(name)]
    if request["names"] and not names:
        return CommandOutcome(End.ANSWERED, "Accepted", found=[])
    ask = configuration.ask_16 if request.is_16 else configuration.ask_2x
    reply = await ask(request.charger, names, request.progress)
    return CommandOutcome(End.ANSWERED, reply.status, found=[astuple(each) for each in reply.configurations])


async def _change_configuration(request: CommandCall) -> CommandOutcome:
    name = request["name"]
    if is_password(name):
        raise CommandNotSent(
            "the charger's password is not set like this: a charger that has another than the server knows is out"
        )
    if not request.is_16 and "." not in name:
        raise CommandNotSent("the charger speaks OCPP 2.x, in which a name is like OCPPCommCtrlr.HeartbeatInterval")
    change = configuration.change_16 if request.is_16 else configuration.change_2x
    reply = await change(request.charger, name, request["value"], request.progress)
    return CommandOutcome(End.ANSWERED, reply.status)


async def _change_availability(request: CommandCall) -> CommandOutcome:
    """Stores the operator's choice, so that the end of a block respects it."""
    if request["available"]:
        require_unblocked(request)
    outcome = await call(request, Action.CHANGE_AVAILABILITY)
    if outcome.word in IN_USE_WORDS:
        key = request.charger.customer.id, request.charger.charger_id
        try:
            socket_id = request.socket or availability.WHOLE
            await request.database.write(availability.by_operator, *key, socket_id, not request["available"])
        except DatabaseFault as fault:
            log.warning("what is out of use is not kept", charger=request.charger.charger_id, cause=str(fault))
    return outcome


async def _read_list_version(request: CommandCall) -> CommandOutcome:
    try:
        answer = await request.connection.call("GetLocalListVersion", {}, operator=request.progress)
    except CallRefused as refused:
        if refused.code not in UNKNOWN_ACTION:
            raise
        return CommandOutcome(End.ANSWERED, refused.code, refused.text, found=-1)
    version = local_list_messages.version_of(request.connection.version, answer)
    return CommandOutcome(End.ANSWERED, "Accepted" if version >= 0 else "NotSupported", found=version)


async def _send_list(request: CommandCall) -> CommandOutcome:
    """Sends the whole list, also to a charger that has reported lists as disabled."""
    sending = request.charger.customer.lists.send_again(request.charger.charger_id, request.progress)
    if sending is None:
        raise CommandNotSent("the charger's list is being sent again already: nothing more was sent")
    done, _ = await asyncio.wait([sending], timeout=LIST_SECONDS)
    if not done:
        return CommandOutcome(End.ANSWERED, "Scheduled", "the list goes in many messages, and is still being sent")
    try:
        sending.result()
    except NotTaken as refused:
        return CommandOutcome(End.ANSWERED, refused.word, str(refused))
    return CommandOutcome(End.ANSWERED, "Accepted")


async def send_availability(
    charger: ConnectedCharger, connection: Connection, database: Database, socket_id: int, is_available: bool
) -> CommandOutcome:
    """Sends ChangeAvailability when no operator has asked for it. Raises CallFailed."""
    arguments = {"socketId": socket_id or None, "available": is_available}
    return await call(CommandCall(charger, connection, database, arguments), Action.CHANGE_AVAILABILITY)


_DOES: Mapping[Action, Callable[[CommandCall], Awaitable[CommandOutcome]]] = {
    Action.START: session_commands.start,
    Action.STOP: session_commands.stop,
    Action.DISCONNECT: session_commands.disconnect,
    Action.CHANGE_AVAILABILITY: _change_availability,
    Action.READ_CONFIGURATION: _read_configuration,
    Action.CHANGE_CONFIGURATION: _change_configuration,
    Action.READ_LIST_VERSION: _read_list_version,
    Action.SEND_LIST: _send_list,
}
"""Commands that are more than one call of PAYLOADS."""
