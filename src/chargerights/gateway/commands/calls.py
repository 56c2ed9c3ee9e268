"""A command at its charger, and the call that carries it in OCPP 1.6 and 2.x."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...rights.commands import TABLES, Action, CommandRow
from ...rights.explain import blocked_text
from ...storage.charging.commands import CommandOutcome, End
from ...storage.database import Database
from ..charger.connected_charger import ConnectedCharger
from ..ocpp import sendable
from ..ocpp.ocpp_j import V16
from ..ports import CallProgress, Connection

_CARD = re.compile(r"[0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20}")
"""The UID of an RFID card: 4, 7 or 10 bytes."""
RESETS_2X = {"Soft": "OnIdle", "Hard": "Immediate"}


@dataclass(frozen=True, slots=True)
class CommandCall:
    """A command at its charger.

    Without a socket `evse` and `connector` are None too. Without `progress` no operator waits for it, and it has no
    `id`.
    """

    charger: ConnectedCharger
    connection: Connection
    database: Database
    arguments: Mapping[str, Any]
    progress: CallProgress | None = None
    id: str = ""

    def __getitem__(self, name: str) -> Any:
        return self.arguments.get(name)

    @property
    def socket(self) -> int | None:
        socket: int | None = self["socketId"]
        return socket

    @property
    def evse(self) -> int | None:
        return None if self.socket is None else self.charger.evse_of(self.socket)[0]

    @property
    def connector(self) -> int | None:
        return None if self.socket is None else self.charger.evse_of(self.socket)[1]

    @property
    def is_16(self) -> bool:
        return self.connection.version == V16

    def row(self, action: Action) -> CommandRow:
        return TABLES[version_of(self.connection)][action]


Payload = Callable[[CommandCall], dict[str, Any]]
"""Makes the payload of a call. Members that are None are left out."""

PAYLOADS: Mapping[Action, tuple[Payload, Payload]] = {
    Action.START: (
        lambda it: {"idTag": it["idTag"], "connectorId": it.socket},
        lambda it: {
            "idToken": {"idToken": it["idTag"], "type": "ISO14443" if _CARD.fullmatch(it["idTag"]) else "Central"},
            "evseId": it.evse,
            "remoteStartId": it.charger.reports_2x.next_request(),
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
"""The payloads of commands that are one call, in 1.6 and in 2.x."""


def version_of(connection: Connection) -> str:
    return connection.version.removeprefix("ocpp")


def _operative(request: CommandCall) -> str:
    return "Operative" if request["available"] else "Inoperative"


def _evse(request: CommandCall) -> dict[str, Any] | None:
    return None if request.evse is None else {"id": request.evse, "connectorId": request.connector}


class CommandNotSent(Exception):
    """A command that is not for this charger now."""

    def __init__(self, text: str, end: End = End.IMPOSSIBLE, word: str = "") -> None:
        super().__init__(text)
        self.outcome = CommandOutcome(end, word, text)


async def call(request: CommandCall, action: Action, **more: Any) -> CommandOutcome:
    request = replace(request, arguments={**request.arguments, **more})
    payload = PAYLOADS[action][0 if request.is_16 else 1](request)
    payload = {name: value for name, value in payload.items() if value is not None}
    message = request.row(action).messages[0]
    if request.progress is not None:
        sendable.require(request.connection.version, message, payload)
    answer = await request.connection.call(message, payload, operator=request.progress)
    info = answer.get("statusInfo") or {}
    text = ": ".join(info[name] for name in ("reasonCode", "additionalInfo") if info.get(name))
    return CommandOutcome(End.ANSWERED, answer["status"], text)


def require_unblocked(request: CommandCall) -> None:
    """Raises CommandNotSent when the charger is blocked."""
    customer, charger_id = request.charger.customer, request.charger.charger_id
    charger = customer.charger(charger_id)
    if charger is not None and charger.blocked_until is not None and charger.is_blocked(customer.clock()):
        raise CommandNotSent(f"{blocked_text(charger.blocked_until)}: unblock it first")
