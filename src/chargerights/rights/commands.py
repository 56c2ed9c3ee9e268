"""Commands for chargers: permission, path, and support per OCPP version.

To add a command: an `Action`, its row in COMMANDS and in the tables of the OCPP versions that support it, its
sentence in `api.v2.audit_sentences`, the function that sends it in `gateway.commands`, and its route in
`api.v2.charger_commands`. The routes, the dispatch and the documents read these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from .permissions import Permission


class Action(StrEnum):
    """The actions that an operator can request of a charger."""

    START = "start"
    STOP = "stop"
    DISCONNECT = "disconnect"
    UNLOCK = "unlock"
    RESET = "reset"
    CHANGE_AVAILABILITY = "changeAvailability"
    READ_CONFIGURATION = "readConfiguration"
    CHANGE_CONFIGURATION = "changeConfiguration"
    TRIGGER_MESSAGE = "triggerMessage"
    CLEAR_CACHE = "clearCache"
    READ_LIST_VERSION = "readLocalListVersion"
    SEND_LIST = "sendLocalList"


class Command(NamedTuple):
    """A command as operators see it.

    `path`: its place below /v2/chargers/{chargerId}. `only_asks`: the command only reads, so it is a GET that is
    neither stored nor audited.
    """

    path: str
    permission: Permission = Permission.OPERATE_CHARGERS
    only_asks: bool = False


COMMANDS: Mapping[Action, Command] = {
    Action.START: Command("start-charging"),
    Action.STOP: Command("stop-charging"),
    Action.DISCONNECT: Command("disconnect"),
    Action.UNLOCK: Command("unlock"),
    Action.RESET: Command("reset"),
    Action.CHANGE_AVAILABILITY: Command("change-availability"),
    Action.READ_CONFIGURATION: Command("configuration", Permission.READ_CHARGERS, only_asks=True),
    Action.CHANGE_CONFIGURATION: Command("configuration"),
    Action.TRIGGER_MESSAGE: Command("trigger-message"),
    Action.CLEAR_CACHE: Command("clear-cache"),
    Action.READ_LIST_VERSION: Command("local-list/version", Permission.READ_CHARGERS, only_asks=True),
    Action.SEND_LIST: Command("local-list/send"),
}


WAITING, TAKEN, DONE = "waiting", "taken", "done"
"""States of a command. While it is waiting, nothing was sent to the charger."""


class CommandRow(NamedTuple):
    """A command in one OCPP version.

    `messages`: the OCPP messages that carry it out, in order. `lacks`: the members that this version does not
    support.
    """

    messages: tuple[str, ...]
    lacks: tuple[str, ...] = ()


Table = Mapping[Action, CommandRow]

IN_16: Table = {
    Action.START: CommandRow(("RemoteStartTransaction",)),
    Action.STOP: CommandRow(("RemoteStopTransaction",)),
    Action.DISCONNECT: CommandRow(("RemoteStopTransaction", "UnlockConnector")),
    Action.UNLOCK: CommandRow(("UnlockConnector",)),
    Action.RESET: CommandRow(("Reset",), lacks=("evseId",)),
    Action.CHANGE_AVAILABILITY: CommandRow(("ChangeAvailability",)),
    Action.READ_CONFIGURATION: CommandRow(("GetConfiguration",)),
    Action.CHANGE_CONFIGURATION: CommandRow(("ChangeConfiguration",)),
    Action.TRIGGER_MESSAGE: CommandRow(("TriggerMessage",)),
    Action.CLEAR_CACHE: CommandRow(("ClearCache",)),
    Action.READ_LIST_VERSION: CommandRow(("GetLocalListVersion",)),
    Action.SEND_LIST: CommandRow(("GetLocalListVersion", "SendLocalList")),
}

IN_201: Table = {
    Action.START: CommandRow(("RequestStartTransaction",)),
    Action.STOP: CommandRow(("RequestStopTransaction",)),
    Action.DISCONNECT: CommandRow(("RequestStopTransaction", "UnlockConnector")),
    Action.UNLOCK: CommandRow(("UnlockConnector",)),
    Action.RESET: CommandRow(("Reset",)),
    Action.CHANGE_AVAILABILITY: CommandRow(("ChangeAvailability",)),
    Action.READ_CONFIGURATION: CommandRow(("GetBaseReport", "GetVariables")),
    Action.CHANGE_CONFIGURATION: CommandRow(("SetVariables",)),
    Action.TRIGGER_MESSAGE: CommandRow(("TriggerMessage",)),
    Action.CLEAR_CACHE: CommandRow(("ClearCache",)),
    Action.READ_LIST_VERSION: CommandRow(("GetLocalListVersion",)),
    Action.SEND_LIST: CommandRow(("GetLocalListVersion", "SendLocalList")),
}

IN_21: Table = IN_201

TABLES: Mapping[str, Table] = {"1.6": IN_16, "2.0.1": IN_201, "2.1": IN_21}
"""The supported commands by OCPP version."""


def lacking(table: Table, version: str, action: Action, arguments: Mapping[str, Any]) -> str | None:
    """Returns what that OCPP version does not support of the command, or None."""
    row = table.get(action)
    if row is None:
        return f"the charger speaks OCPP {version}, which has no command {COMMANDS[action].path}: nothing was sent"
    given = [name for name in row.lacks if arguments.get(name) is not None]
    if given:
        what = f"OCPP {version}, in which {COMMANDS[action].path} has no {' and no '.join(given)}"
        return f"the charger speaks {what}: nothing was sent. Leave it out"
    return None
