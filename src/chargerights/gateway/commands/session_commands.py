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
"""The longest wait until all messages about the charger's sessions are written."""
UNLOCK_ATTEMPTS, UNLOCK_AGAIN_SECONDS = 4, 2.0
"""A charger of 2.x unlocks only once its session has ended."""
ANOTHER_DRIVER = "sessionOfAnotherDriver"


async def start(request: CommandCall) -> CommandOutcome:
    if request.is_16 and len(request["idTag"]) > TAG_LENGTHS[V16]:
        raise CommandNotSent(f"the charger speaks OCPP 1.6, in which a tag has at most {TAG_LENGTHS[V16]} characters")
    require_unblocked(request)
    if request["validate"]:
        _require(request, Action.START, transaction_id="")  # none yet: any session of the tag counts against it
        return await call(request, Action.START)
    charger = request.charger
    place = charger.place_in(request.connection.version, request.socket)
    ordered = charger.remote_starts.expect(request.id, tag_key(request["idTag"]), place, charger.customer.clock())
    may_start = False
    try:
        outcome = await call(request, Action.START)
        may_start = outcome.word == "Accepted"
    except (ConnectionLost, NoAnswer, asyncio.CancelledError):  # it may have been request
        may_start = request.progress is None or bool(request.progress.sent)
        raise
    finally:
        if not may_start:
            charger.remote_starts.withdraw(ordered)
    return outcome


async def stop(request: CommandCall) -> CommandOutcome:
    session = await _session(request, Action.STOP)
    if session is None:
        raise CommandNotSent("no session runs there")
    return await call(request, Action.STOP, transactionId=session.transaction_id)


async def disconnect(request: CommandCall) -> CommandOutcome:
    """Ends the session, if one runs, and lets go of the cable."""
    session = await _session(request, Action.UNLOCK)
    socket = request.socket
    if session is not None:
        await call(request, Action.STOP, transactionId=session.transaction_id)
        socket = _socket_of(request, session)
    if socket is None:
        raise CommandNotSent("no session runs there: say which socketId")
    for attempt in range(1, UNLOCK_ATTEMPTS + 1):
        outcome = await call(request, Action.UNLOCK, socketId=socket)
        if outcome.word != "OngoingAuthorizedTransaction" or attempt == UNLOCK_ATTEMPTS:
            break
        await asyncio.sleep(UNLOCK_AGAIN_SECONDS)
    return outcome


def _require(request: CommandCall, action: Action, transaction_id: str | None) -> AuthorizationResult:
    """Requires that the tag may charge at the charger now.

    The decision is stored for the action's message. Raises CommandNotSent.
    """
    tag, charger = request["idTag"], request.charger
    result = authorize(
        charger,
        tag,
        request.row(action).messages[0],
        evse_id=None if request.is_16 else request.evse,
        connector_id=request.socket if request.is_16 else request.connector,
        transaction_id=transaction_id,
    )
    if not result.accepted:
        raise CommandNotSent(result.cause, End.TAG_REFUSED, result.reason.value)
    return result


async def _session(request: CommandCall, action: Action) -> Session | None:
    """Finds the session of that id, or at the socket, or of the tag, or the only one.

    With `validate`, the tag must be allowed there and be a tag of the session's driver. Raises CommandNotSent.
    """
    result = _require(request, action, None) if request["validate"] else None
    await request.charger.customer.write_buffer.written_within(WRITTEN_SECONDS)
    session = await (_running(request) if request["sessionId"] is None else _named(request, request["sessionId"]))
    if session is None:
        return None
    if result is not None and session.driver_id != result.driver_id:
        raise CommandNotSent(ANOTHER_DRIVER, End.TAG_REFUSED, "Invalid")
    if session.ocpp not in (None, OCPP_16 if request.is_16 else OCPP_2X) or (request.is_16 and not _is_16(session)):
        raise CommandNotSent(
            f"session {session.id} began when the charger spoke another version of OCPP, so it cannot be stopped by its"
            f" transaction id. End it with POST /v2/sessions/{session.id}/end"
        )
    return session


async def _running(request: CommandCall) -> Session | None:
    """Finds the session at the socket, else of the tag, else the only one.

    Raises CommandNotSent.
    """
    wanted = sessions.SessionFilter(charger_id=request.charger.charger_id, running=True)
    found = await request.database.read(sessions.find, request.charger.customer.id, wanted, SESSIONS_LOOKED_AT)
    newest: dict[int | None, Session] = {}
    for session in found:  # the others at a socket are starts whose stop has not come
        newest.setdefault(_socket_of(request, session), session)
    if request.socket is not None:
        return newest.get(request.socket)
    key = None if request["idTag"] is None else tag_key(request["idTag"])
    among = [session for session in newest.values() if key in (None, tag_key(session.id_tag or ""))]
    if len(among) > 1:
        raise CommandNotSent("several sessions run there: say which sessionId or socketId")
    return among[0] if among else None


async def _named(request: CommandCall, session_id: int) -> Session:
    """The session of that id, unless its own stop has come. Raises CommandNotSent."""
    session = await request.database.read(sessions.get, request.charger.customer.id, session_id)
    if session is None or session.charger_id != request.charger.charger_id:
        raise CommandNotSent(f"charger {request.charger.charger_id} has no session {session_id}")
    if session.ended_by == EndedBy.CHARGER:
        raise CommandNotSent(f"session {session_id} has ended already")
    return session


def _is_16(session: Session) -> bool:
    """Returns whether the session's transaction id can be one of OCPP 1.6."""
    return session.transaction_id.isdecimal() and int(session.transaction_id) <= MAX_NUMBER


def _socket_of(request: CommandCall, session: Session) -> int | None:
    if request.is_16 or session.evse_id is None:
        return session.connector_id
    return request.charger.socket_id(session.evse_id, session.connector_id or 1)
