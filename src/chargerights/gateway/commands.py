"""Does what operators tell chargers: what each command says in OCPP 1.6 and 2.x, and what must be so before it is sent.

Which commands a version has, and by which messages, is in the tables of `rights.commands`. A command is done by the
node that holds the charger's socket. Whether a tag may start or stop there is ruled as when the charger asks, and kept
as a decision of the command.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import astuple, dataclass, replace
from typing import Any

import structlog

from ..rights.commands import TABLES, Action, Row, lacking
from ..rights.explain import blocked_text
from ..rights.identifiers import tag_key
from ..storage import out_of_use, sessions
from ..storage.commands import TRY_AGAIN, Command, End, Outcome
from ..storage.database import Database, DatabaseFault
from ..storage.sessions import OCPP_2X, OCPP_16, EndedBy, Session
from . import configuration, list_messages, sendable
from .chargers import ConnectedCharger
from .frames import UNKNOWN_ACTION, V16
from .link import Busy, CallRefused, Link, LinkLost, NoAnswer, NotConnected
from .list_messages import TAG_LENGTHS
from .list_requests import NotTaken
from .rulings import Ruling, rule
from .sendable import Unsayable
from .turn import Progress
from .values import MAX_NUMBER

SESSIONS_LOOKED_AT = 50
UNLOCK_ATTEMPTS, UNLOCK_AGAIN_SECONDS = 4, 2.0
"""A charger of 2.x unlocks when the session that was told to stop has ended."""
LIST_SECONDS = 30.0
"""How long the answer waits for a whole local list, which goes in many messages."""
log = structlog.get_logger()

_CARD = re.compile(r"[0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20}")
"""The UID of an RFID card: 4, 7 or 10 bytes."""
ANOTHER_DRIVER = "sessionOfAnotherDriver"
RESETS_2X = {"Soft": "OnIdle", "Hard": "Immediate"}
IN_USE_WORDS = ("Accepted", "Scheduled")
"""With which a charger does as ChangeAvailability says, now or after the session that runs."""


@dataclass(frozen=True, slots=True)
class Told:
    """A command at its charger. Without a socket `evse` and `connector` are None too. Without `progress` no operator
    waits for it."""

    charger: ConnectedCharger
    link: Link
    database: Database
    arguments: Mapping[str, Any]
    progress: Progress | None = None

    def __getitem__(self, name: str) -> Any:
        return self.arguments.get(name)

    @property
    def socket(self) -> int | None:
        socket: int | None = self["socketId"]
        return socket

    @property
    def evse(self) -> int | None:
        return None if self.socket is None else self.charger.place_of(self.socket)[0]

    @property
    def connector(self) -> int | None:
        return None if self.socket is None else self.charger.place_of(self.socket)[1]

    @property
    def is_16(self) -> bool:
        return self.link.version == V16

    def row(self, action: Action) -> Row:
        return TABLES[version_of(self.link)][action]


Payload = Callable[[Told], dict[str, Any]]
"""Of a call; members that are None are left out."""

PAYLOADS: Mapping[Action, tuple[Payload, Payload]] = {
    Action.START: (
        lambda it: {"idTag": it["idTag"], "connectorId": it.socket},
        lambda it: {
            "idToken": {"idToken": it["idTag"], "type": "ISO14443" if _CARD.fullmatch(it["idTag"]) else "Central"},
            "evseId": it.evse,
            "remoteStartId": it.charger.next_request(),
        },
    ),
    Action.STOP: (
        lambda it: {"transactionId": int(it["transactionId"])},
        lambda it: {"transactionId": it["transactionId"]},
    ),
    Action.UNLOCK: (
        lambda it: {"connectorId": it.socket},
        lambda it: {"evseId": it.evse, "connectorId": it.connector},
    ),
    Action.RESET: (
        lambda it: {"type": it["type"]},
        lambda it: {"type": RESETS_2X[it["type"]], "evseId": it["evseId"]},
    ),
    Action.CHANGE_AVAILABILITY: (
        lambda it: {"connectorId": it.socket or 0, "type": _operative(it)},
        lambda it: {"operationalStatus": _operative(it), "evse": _evse(it)},
    ),
    Action.TRIGGER_MESSAGE: (
        lambda it: {"requestedMessage": it["message"], "connectorId": it.socket},
        lambda it: {"requestedMessage": it["message"], "evse": _evse(it)},
    ),
    Action.CLEAR_CACHE: (lambda it: {}, lambda it: {}),
}
"""What commands that are one call say, in 1.6 and in 2.x."""


def version_of(link: Link) -> str:
    return link.version.removeprefix("ocpp")


def _operative(told: Told) -> str:
    return "Operative" if told["available"] else "Inoperative"


def _evse(told: Told) -> dict[str, Any] | None:
    return None if told.evse is None else {"id": told.evse, "connectorId": told.connector}


class NotSent(Exception):
    """A command that is not for this charger now."""

    def __init__(self, text: str, end: End = End.IMPOSSIBLE, word: str = "") -> None:
        super().__init__(text)
        self.outcome = Outcome(end, word, text)


async def perform(link: Link, database: Database, command: Command, within: float) -> Outcome:
    """Does the command at the charger of that socket within so many seconds."""
    progress = Progress()
    told = Told(link.charger, link, database, command.arguments | (command.secret or {}), progress)
    try:
        async with asyncio.timeout(within):
            outcome = await _perform(told, command.action)
    except TimeoutError:
        outcome = Outcome(End.SILENT, text=f"{command.charger_id} has not done it within {within:g} seconds")
    except DatabaseFault as fault:
        outcome = Outcome(End.SILENT, text=f"{fault}. Try again shortly")
    except Exception as error:
        log.error("a command failed", charger=command.charger_id, command=command.action, exc_info=error)
        outcome = Outcome(End.SILENT, text="an error of the server, which is logged")
    return replace(_as_sent(outcome, progress), waited=progress.waited, answering=progress.answering)


async def _perform(told: Told, action: Action) -> Outcome:
    missing = lacking(TABLES[version_of(told.link)], version_of(told.link), action, told.arguments)
    if missing is not None:
        return Outcome(End.IMPOSSIBLE, text=missing)
    does = _DOES.get(action)
    try:
        return await (_call(told, action) if does is None else does(told))
    except NotSent as refused:
        return refused.outcome
    except Unsayable as lacks:
        return Outcome(End.IMPOSSIBLE, text=f"the charger speaks {lacks}: nothing was sent")
    except CallRefused as refused:
        return Outcome(End.ERROR, refused.code, refused.text)
    except (LinkLost, NoAnswer) as silent:
        return Outcome(End.SILENT, text=f"{silent}: it may have done it")
    except Busy as busy:
        return Outcome(End.BUSY, text=str(busy))
    except NotConnected as away:
        return Outcome(End.NOT_CONNECTED, text=str(away))


def _as_sent(outcome: Outcome, progress: Progress) -> Outcome:
    """The outcome, true to what was sent: of several calls, the first may have been sent and a later one not."""
    if outcome.end is End.SILENT and not progress.sent:
        return Outcome(End.IMPOSSIBLE, text=f"nothing was sent: {outcome.text}")
    if outcome.end in TRY_AGAIN and progress.sent:
        return Outcome(End.SILENT, text=f"{' and '.join(progress.sent)} was sent, but then {outcome.text}")
    return outcome


async def _call(told: Told, action: Action, **more: Any) -> Outcome:
    told = replace(told, arguments={**told.arguments, **more})
    payload = PAYLOADS[action][0 if told.is_16 else 1](told)
    payload = {name: value for name, value in payload.items() if value is not None}
    message = told.row(action).messages[0]
    if told.progress is not None:
        sendable.require(told.link.version, message, payload)
    answer = await told.link.call(message, payload, operator=told.progress)
    info = answer.get("statusInfo") or {}
    text = ": ".join(info[name] for name in ("reasonCode", "additionalInfo") if info.get(name))
    return Outcome(End.ANSWERED, answer["status"], text)


async def _start(told: Told) -> Outcome:
    if told.is_16 and len(told["idTag"]) > TAG_LENGTHS[V16]:
        raise NotSent(f"the charger speaks OCPP 1.6, in which a tag has at most {TAG_LENGTHS[V16]} characters")
    _require_unblocked(told)
    if told["validate"]:
        _require(told, Action.START, transaction_id="")  # none yet: any session of the tag counts against it
        return await _call(told, Action.START)
    charger = told.charger
    place = (None, told.socket) if told.is_16 else (told.evse, told.connector)
    ordered = charger.remote_starts.expect(tag_key(told["idTag"]), place, charger.customer.clock())
    may_start = False
    try:
        outcome = await _call(told, Action.START)
        may_start = outcome.word == "Accepted"
    except (LinkLost, NoAnswer, asyncio.CancelledError):  # it may have been told
        may_start = told.progress is None or bool(told.progress.sent)
        raise
    finally:
        if not may_start:
            charger.remote_starts.withdraw(ordered)
    return outcome


async def _stop(told: Told) -> Outcome:
    session = await _session(told, Action.STOP)
    if session is None:
        raise NotSent("no session runs there")
    return await _call(told, Action.STOP, transactionId=session.transaction_id)


async def _disconnect(told: Told) -> Outcome:
    """Ends the session, if one runs, and lets go of the cable."""
    session = await _session(told, Action.UNLOCK)
    socket = told.socket
    if session is not None:
        await _call(told, Action.STOP, transactionId=session.transaction_id)
        socket = _socket_of(told, session)
    if socket is None:
        raise NotSent("no session runs there: say which socketId")
    for attempt in range(1, UNLOCK_ATTEMPTS + 1):
        outcome = await _call(told, Action.UNLOCK, socketId=socket)
        if outcome.word != "OngoingAuthorizedTransaction" or attempt == UNLOCK_ATTEMPTS:
            break
        await asyncio.sleep(UNLOCK_AGAIN_SECONDS)
    return outcome


async def _read_configuration(told: Told) -> Outcome:
    names = [each for each in told["names"] or () if not configuration.is_secret(each)]
    if told["names"] and not names:
        return Outcome(End.ANSWERED, "Accepted", found=[])
    ask = configuration.ask_16 if told.is_16 else configuration.ask_2x
    said = await ask(told.charger, names, told.progress)
    return Outcome(End.ANSWERED, said.word, found=[astuple(each) for each in said.configurations])


async def _change_configuration(told: Told) -> Outcome:
    name = told["name"]
    if configuration.is_password(name):
        raise NotSent(
            "the charger's password is not set like this: a charger that has another than the server knows is out"
        )
    if not told.is_16 and "." not in name:
        raise NotSent("the charger speaks OCPP 2.x, in which a name is like OCPPCommCtrlr.HeartbeatInterval")
    change = configuration.change_16 if told.is_16 else configuration.change_2x
    said = await change(told.charger, name, told["value"], told.progress)
    return Outcome(End.ANSWERED, said.word)


async def _change_availability(told: Told) -> Outcome:
    """Kept, so that a block's end puts nothing back into use that an operator has taken out."""
    if told["available"]:
        _require_unblocked(told)
    outcome = await _call(told, Action.CHANGE_AVAILABILITY)
    if outcome.word in IN_USE_WORDS:
        key = told.charger.customer.id, told.charger.charger_id
        try:
            socket_id = told.socket or out_of_use.WHOLE
            await told.database.write(out_of_use.by_operator, *key, socket_id, not told["available"])
        except DatabaseFault as fault:
            log.warning("what is out of use is not kept", charger=told.charger.charger_id, cause=str(fault))
    return outcome


async def _read_list_version(told: Told) -> Outcome:
    try:
        answer = await told.link.call("GetLocalListVersion", {}, operator=told.progress)
    except CallRefused as refused:
        if refused.code not in UNKNOWN_ACTION:
            raise
        return Outcome(End.ANSWERED, refused.code, refused.text, found=-1)
    version = list_messages.version_of(told.link.version, answer)
    return Outcome(End.ANSWERED, "Accepted" if version >= 0 else "NotSupported", found=version)


async def _send_list(told: Told) -> Outcome:
    """Sends the whole list, also to a charger that said that its list is off."""
    sending = told.charger.customer.lists.send_again(told.charger, told.progress)
    if sending is None:
        raise NotSent("the charger's list is being sent again already: nothing more was sent")
    done, _ = await asyncio.wait([sending], timeout=LIST_SECONDS)
    if not done:
        return Outcome(End.ANSWERED, "Scheduled", "the list goes in many messages, and is still being sent")
    try:
        sending.result()
    except NotTaken as refused:
        return Outcome(End.ANSWERED, refused.word, str(refused))
    return Outcome(End.ANSWERED, "Accepted")


async def tell_availability(link: Link, database: Database, socket_id: int, is_available: bool) -> Outcome:
    """What came of telling the charger, for no operator. Raises CallFailed."""
    arguments = {"socketId": socket_id or None, "available": is_available}
    return await _call(Told(link.charger, link, database, arguments), Action.CHANGE_AVAILABILITY)


def _require_unblocked(told: Told) -> None:
    """Raises NotSent."""
    charger = told.charger.customer.charger(told.charger.charger_id)
    if charger is not None and charger.blocked_until is not None and charger.is_blocked(told.charger.customer.clock()):
        raise NotSent(f"{blocked_text(charger.blocked_until)}: unblock it first")


_DOES: Mapping[Action, Callable[[Told], Awaitable[Outcome]]] = {
    Action.START: _start,
    Action.STOP: _stop,
    Action.DISCONNECT: _disconnect,
    Action.CHANGE_AVAILABILITY: _change_availability,
    Action.READ_CONFIGURATION: _read_configuration,
    Action.CHANGE_CONFIGURATION: _change_configuration,
    Action.READ_LIST_VERSION: _read_list_version,
    Action.SEND_LIST: _send_list,
}
"""Commands that are more than one call of PAYLOADS."""


# -- tags and sessions ----------------------------------------------------------------------------


def _require(told: Told, action: Action, transaction_id: str | None) -> Ruling:
    """The tag may charge at the charger now, kept as a decision that the action's message asked for. Raises NotSent."""
    tag, charger = told["idTag"], told.charger
    ruling = rule(
        charger,
        tag,
        told.row(action).messages[0],
        evse_id=None if told.is_16 else told.evse,
        connector_id=told.socket if told.is_16 else told.connector,
        transaction_id=transaction_id,
    )
    if not ruling.accepted:
        raise NotSent(ruling.cause, End.TAG_REFUSED, ruling.reason.value)
    return ruling


async def _session(told: Told, action: Action) -> Session | None:
    """Finds the session of that id, the one at the socket, the tag's, or the charger's only one.

    With `validate` the tag must be good there, and the session its driver's. Raises NotSent.
    """
    ruling = _require(told, action, None) if told["validate"] else None
    session = await (_running(told) if told["sessionId"] is None else _named(told, told["sessionId"]))
    if session is None:
        return None
    if ruling is not None and session.driver_id != ruling.driver_id:
        raise NotSent(ANOTHER_DRIVER, End.TAG_REFUSED, "Invalid")
    if session.ocpp not in (None, OCPP_16 if told.is_16 else OCPP_2X) or (told.is_16 and not _is_16(session)):
        raise NotSent(
            f"session {session.id} began when the charger spoke another version of OCPP, so it cannot be stopped by its"
            f" transaction id. End it with POST /v2/sessions/{session.id}/end"
        )
    return session


async def _running(told: Told) -> Session | None:
    """The session that runs at the socket, else the tag's, else the charger's only one. Raises NotSent."""
    wanted = sessions.Filter(charger_id=told.charger.charger_id, running=True)
    found = await told.database.read(sessions.find, told.charger.customer.id, wanted, SESSIONS_LOOKED_AT)
    newest: dict[int | None, Session] = {}
    for session in found:  # the others at a socket are starts whose stop has not come
        newest.setdefault(_socket_of(told, session), session)
    if told.socket is not None:
        return newest.get(told.socket)
    key = None if told["idTag"] is None else tag_key(told["idTag"])
    among = [session for session in newest.values() if key in (None, tag_key(session.id_tag or ""))]
    if len(among) > 1:
        raise NotSent("several sessions run there: say which sessionId or socketId")
    return among[0] if among else None


async def _named(told: Told, session_id: int) -> Session:
    """The session of that id, unless its own stop has come. Raises NotSent."""
    session = await told.database.read(sessions.get, told.charger.customer.id, session_id)
    if session is None or session.charger_id != told.charger.charger_id:
        raise NotSent(f"charger {told.charger.charger_id} has no session {session_id}")
    if session.ended_by == EndedBy.CHARGER:
        raise NotSent(f"session {session_id} has ended already")
    return session


def _is_16(session: Session) -> bool:
    """Whether the session's transaction id can be one of OCPP 1.6."""
    return session.transaction_id.isdecimal() and int(session.transaction_id) <= MAX_NUMBER


def _socket_of(told: Told, session: Session) -> int | None:
    if told.is_16 or session.evse_id is None:
        return session.connector_id
    return told.charger.socket_id(session.evse_id, session.connector_id or 1)
