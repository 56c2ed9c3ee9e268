"""Starts and stops sessions for operators, and finds the session that is meant.

Whether a tag may start or stop there is decided as when the charger asks, and stored as a decision of the command.
"""

from __future__ import annotations

import asyncio

from ...rights.commands import Action
from ...rights.identifiers import tag_key
from ...storage.charging import sessions
from ...storage.charging.commands import CommandOutcome, End
from ...storage.charging.session_notices import OCPP_2X, OCPP_16
from ...storage.charging.sessions import EndedBy, Session
from ..authorization.authorization import AuthorizationResult, authorize
from ..ocpp.call_errors import ConnectionLost, NoAnswer
from ..ocpp.lenient_parsing import MAX_NUMBER
from ..ocpp.local_list_messages import TAG_LENGTHS
from ..ocpp.ocpp_j import V16
from .calls import CommandCall, CommandNotSent, call, require_unblocked

SESSIONS_LOOKED_AT = 50
WRITTEN_SECONDS = 2.0
"""The longest that a command waits until what the charger has said of its sessions is in the database."""
UNLOCK_ATTEMPTS, UNLOCK_AGAIN_SECONDS = 4, 2.0
"""A charger of 2.x unlocks only once its session has ended."""
ANOTHER_DRIVER = "sessionOfAnotherDriver"


async def start(told: CommandCall) -> CommandOutcome:
    if told.is_16 and len(told["idTag"]) > TAG_LENGTHS[V16]:
        raise CommandNotSent(f"the charger speaks OCPP 1.6, in which a tag has at most {TAG_LENGTHS[V16]} characters")
    require_unblocked(told)
    if told["validate"]:
        _require(told, Action.START, transaction_id="")  # none yet: any session of the tag counts against it
        return await call(told, Action.START)
    charger = told.charger
    place = charger.place_in(told.connection.version, told.socket)
    ordered = charger.remote_starts.expect(told.id, tag_key(told["idTag"]), place, charger.customer.clock())
    may_start = False
    try:
        outcome = await call(told, Action.START)
        may_start = outcome.word == "Accepted"
    except (ConnectionLost, NoAnswer, asyncio.CancelledError):  # it may have been told
        may_start = told.progress is None or bool(told.progress.sent)
        raise
    finally:
        if not may_start:
            charger.remote_starts.withdraw(ordered)
    return outcome


async def stop(told: CommandCall) -> CommandOutcome:
    session = await _session(told, Action.STOP)
    if session is None:
        raise CommandNotSent("no session runs there")
    return await call(told, Action.STOP, transactionId=session.transaction_id)


async def disconnect(told: CommandCall) -> CommandOutcome:
    """Ends the session, if one runs, and lets go of the cable."""
    session = await _session(told, Action.UNLOCK)
    socket = told.socket
    if session is not None:
        await call(told, Action.STOP, transactionId=session.transaction_id)
        socket = _socket_of(told, session)
    if socket is None:
        raise CommandNotSent("no session runs there: say which socketId")
    for attempt in range(1, UNLOCK_ATTEMPTS + 1):
        outcome = await call(told, Action.UNLOCK, socketId=socket)
        if outcome.word != "OngoingAuthorizedTransaction" or attempt == UNLOCK_ATTEMPTS:
            break
        await asyncio.sleep(UNLOCK_AGAIN_SECONDS)
    return outcome


def _require(told: CommandCall, action: Action, transaction_id: str | None) -> AuthorizationResult:
    """Requires that the tag may charge at the charger now.

    The decision is stored for the action's message. Raises CommandNotSent.
    """
    tag, charger = told["idTag"], told.charger
    result = authorize(
        charger,
        tag,
        told.row(action).messages[0],
        evse_id=None if told.is_16 else told.evse,
        connector_id=told.socket if told.is_16 else told.connector,
        transaction_id=transaction_id,
    )
    if not result.accepted:
        raise CommandNotSent(result.cause, End.TAG_REFUSED, result.reason.value)
    return result


async def _session(told: CommandCall, action: Action) -> Session | None:
    """Finds the session of that id, or at the socket, or of the tag, or the only one.

    With `validate`, the tag must be allowed there and be a tag of the session's driver. Raises CommandNotSent.
    """
    result = _require(told, action, None) if told["validate"] else None
    await told.charger.customer.write_buffer.written_within(WRITTEN_SECONDS)
    session = await (_running(told) if told["sessionId"] is None else _named(told, told["sessionId"]))
    if session is None:
        return None
    if result is not None and session.driver_id != result.driver_id:
        raise CommandNotSent(ANOTHER_DRIVER, End.TAG_REFUSED, "Invalid")
    if session.ocpp not in (None, OCPP_16 if told.is_16 else OCPP_2X) or (told.is_16 and not _is_16(session)):
        raise CommandNotSent(
            f"session {session.id} began when the charger spoke another version of OCPP, so it cannot be stopped by its"
            f" transaction id. End it with POST /v2/sessions/{session.id}/end"
        )
    return session


async def _running(told: CommandCall) -> Session | None:
    """Finds the session at the socket, else of the tag, else the only one.

    Raises CommandNotSent.
    """
    wanted = sessions.SessionFilter(charger_id=told.charger.charger_id, running=True)
    found = await told.database.read(sessions.find, told.charger.customer.id, wanted, SESSIONS_LOOKED_AT)
    newest: dict[int | None, Session] = {}
    for session in found:  # the others at a socket are starts whose stop has not come
        newest.setdefault(_socket_of(told, session), session)
    if told.socket is not None:
        return newest.get(told.socket)
    key = None if told["idTag"] is None else tag_key(told["idTag"])
    among = [session for session in newest.values() if key in (None, tag_key(session.id_tag or ""))]
    if len(among) > 1:
        raise CommandNotSent("several sessions run there: say which sessionId or socketId")
    return among[0] if among else None


async def _named(told: CommandCall, session_id: int) -> Session:
    """The session of that id, unless its own stop has come. Raises NotSent."""
    session = await told.database.read(sessions.get, told.charger.customer.id, session_id)
    if session is None or session.charger_id != told.charger.charger_id:
        raise CommandNotSent(f"charger {told.charger.charger_id} has no session {session_id}")
    if session.ended_by == EndedBy.CHARGER:
        raise CommandNotSent(f"session {session_id} has ended already")
    return session


def _is_16(session: Session) -> bool:
    """Returns whether the session's transaction id can be one of OCPP 1.6."""
    return session.transaction_id.isdecimal() and int(session.transaction_id) <= MAX_NUMBER


def _socket_of(told: CommandCall, session: Session) -> int | None:
    if told.is_16 or session.evse_id is None:
        return session.connector_id
    return told.charger.socket_id(session.evse_id, session.connector_id or 1)
