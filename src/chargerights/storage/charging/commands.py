"""Commands to chargers and their outcomes, passed from node to node.

Any node may be asked. The node that holds the charger's connection executes the command. The asking node writes the
command for that node (`put`), which takes it (`take`), executes it and writes its outcome (`finish`), which the asking
node reads (`outcome_of`). A command is taken once, so it is never executed twice. One that is not taken in time is
withdrawn, so it is not executed later. Its secrets are deleted when it is taken, except for the tag of a start without
a check (see `ordered_starts`).

When its outcome is known it is journaled in the same transaction, so that the audit log has every command with its
author. Rows here are kept only for a while.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, insert, null, select, update

from ...rights.commands import COMMANDS, DONE, TAKEN, WAITING, Action
from ...rights.identifiers import tag_key
from .. import idempotency, revisions
from ..entity_types import COMMAND, CommandRecord
from ..idempotency import Once
from ..journal import Actor
from ..revisions import JournalChange
from ..schema import charger_commands as rows
from ..schema import live_chargers
from . import ordered_starts

KEPT = timedelta(days=30)


class End(StrEnum):
    """The way a command ended."""

    ANSWERED = "answered"
    """The charger answered. It may have refused."""
    ERROR = "error"
    """The charger answered with an error."""
    SILENT = "silent"
    """It was sent, and no answer came: it may have been executed."""
    NOT_CONNECTED = "notConnected"
    """The charger is not connected: nothing was sent."""
    BUSY = "busy"
    """The charger was still busy with another call: nothing was sent."""
    TAG_REFUSED = "tagRefused"
    """The tag may not charge there: nothing was sent."""
    IMPOSSIBLE = "impossible"
    """It makes no sense there now: nothing was sent."""


TRY_AGAIN = (End.NOT_CONNECTED, End.BUSY)
"""After these a request that is repeated with its Idempotency-Key is executed again."""
YES = frozenset({"Accepted", "Unlocked", "Scheduled", "RebootRequired"})
"""Answers of chargers that mean acceptance."""


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """The outcome of a command.

    `word` is the charger's answer in its version's word, its error's code, or the reason to refuse the tag. `text` says
    more for people, or names the rule that refused the tag. `found` has the data that was asked for. `waited` are the
    seconds before its turn, `answering` the seconds that the charger had to answer.
    """

    end: End
    word: str = ""
    text: str = ""
    found: Any = None
    waited: float = 0.0
    answering: float = 0.0

    @property
    def is_yes(self) -> bool:
        """Tells whether the charger has executed it, or will, maybe after a restart."""
        return self.end is End.ANSWERED and self.word in YES


@dataclass(frozen=True, slots=True)
class QueuedCommand:
    """A command to send to a charger.

    `secret` has arguments that must not be kept: passwords and personal data.
    """

    id: str
    charger_id: str
    action: Action
    arguments: dict[str, Any] = field(default_factory=dict)
    secret: dict[str, Any] | None = None


class Put(NamedTuple):
    """The node that executes a command, or None if there is none.

    `id` is that of an earlier command if the request was repeated.
    """

    id: str
    node: str | None
    is_new: bool


def put(
    connection: Connection,
    customer_id: int,
    command: QueuedCommand,
    actor: Actor,
    at: datetime,
    expires_at: datetime,
    here: str | None,
    once: Once | None = None,
) -> Put:
    """Writes the command for the node that holds the charger's connection.

    `here` is that node if it is the asking one. A command that no node can execute is written as not connected. A
    repeated request gets its earlier command. Raises KeyReused.
    """
    kept = None if once is None else idempotency.find(connection, customer_id, once, at)
    if kept is not None:
        _, outcome = outcome_of(connection, customer_id, kept.result)
        if outcome is None or outcome.end not in TRY_AGAIN:
            return Put(kept.result, None, False)
    node = here or _holder(connection, customer_id, command.charger_id)
    if node is not None and once is not None:
        if kept is not None:
            idempotency.forget(connection, customer_id, once)
        idempotency.keep(connection, customer_id, once, command.id, at)
    connection.execute(delete(rows).where(rows.c.customer_id == customer_id, rows.c.at < at - KEPT))
    row = {
        "customer_id": customer_id,
        "id": command.id,
        "at": at,
        "actor": actor.name,
        "operator_id": actor.operator_id,
        "charger_id": command.charger_id,
        "action": command.action,
        "arguments": command.arguments,
        "secret": command.secret if node is not None and (here is None or _keeps_tag(command)) else None,
        "state": TAKEN if here else WAITING,
        "node": node,
        "expires_at": expires_at,
        "outcome": None,
    }
    connection.execute(insert(rows).values(row))
    if node is None:
        _end(connection, customer_id, command.id, CommandOutcome(End.NOT_CONNECTED))
    return Put(command.id, node, True)


def _holder(connection: Connection, customer_id: int, charger_id: str) -> str | None:
    mine = (live_chargers.c.customer_id == customer_id) & (live_chargers.c.charger_id == charger_id)
    node: str | None = connection.scalar(select(live_chargers.c.node).where(mine, live_chargers.c.connected))
    return node


WAITS = exists().where(
    rows.c.customer_id == bindparam("customer"),
    rows.c.state == WAITING,
    rows.c.node == bindparam("node"),
    rows.c.expires_at > bindparam("at"),
)
"""A condition for other queries: a command waits for that node."""


def take(connection: Connection, customer_id: int, node: str, at: datetime) -> list[QueuedCommand]:
    """Returns the commands that wait for the node, and marks them as taken."""
    waiting = (rows.c.customer_id == customer_id) & (rows.c.state == WAITING) & (rows.c.node == node)
    columns = (rows.c.id, rows.c.charger_id, rows.c.action, rows.c.arguments, rows.c.secret)
    query = select(*columns).where(waiting, rows.c.expires_at > at).order_by(rows.c.at).with_for_update()
    found = [
        QueuedCommand(row.id, row.charger_id, Action(row.action), row.arguments, row.secret)
        for row in connection.execute(query)
    ]
    for each in found:
        mine = (rows.c.customer_id == customer_id) & (rows.c.id == each.id)
        kept = {} if _keeps_tag(each) else {"secret": null()}
        connection.execute(update(rows).where(mine).values(state=TAKEN, **kept))
    return found


def _keeps_tag(command: QueuedCommand) -> bool:
    return ordered_starts.keeps_tag(command.action, command.arguments)


def finish(connection: Connection, customer_id: int, command_id: str, outcome: CommandOutcome) -> None:
    """Writes the outcome of the command."""
    _end(connection, customer_id, command_id, outcome)


def withdraw(connection: Connection, customer_id: int, command_id: str) -> bool:
    """Tells whether the command was not taken yet. Then it never will be."""
    mine = (rows.c.customer_id == customer_id) & (rows.c.id == command_id) & (rows.c.state == WAITING)
    waits = connection.scalar(select(rows.c.id).where(mine).with_for_update()) is not None
    if waits:
        _end(connection, customer_id, command_id, CommandOutcome(End.NOT_CONNECTED))
    return waits


def _end(connection: Connection, customer_id: int, command_id: str, outcome: CommandOutcome) -> None:
    """Writes the outcome of a command, and journals it unless it only reads.

    Does nothing for a command that is deleted or has ended.
    """
    mine = (rows.c.customer_id == customer_id) & (rows.c.id == command_id) & (rows.c.state != DONE)
    shown = (rows.c.at, rows.c.actor, rows.c.operator_id, rows.c.charger_id, rows.c.action, rows.c.arguments)
    kept = {} if _may_start(outcome) else {"secret": null()}
    ended = update(rows).where(mine).values(state=DONE, outcome=asdict(outcome), **kept)
    row = connection.execute(ended.returning(*shown)).one_or_none()
    if row is None or COMMANDS[row.action].only_asks:
        return
    told = CommandRecord(row.charger_id, row.action, row.arguments, outcome.end, outcome.word, outcome.is_yes)
    actor = Actor(row.actor, row.operator_id)
    with revisions.revise(connection, customer_id, at=row.at, actor=actor, action=f"charger.{row.action}") as revision:
        revision.changes.append(JournalChange(COMMAND, row.charger_id, None, told))


def _may_start(outcome: CommandOutcome) -> bool:
    """Tells whether a charger with that answer may start a session.

    Only starts without a check still have their tags then.
    """
    return outcome.is_yes or outcome.end is End.SILENT


def forget_tags(connection: Connection, customer_id: int, tag_keys: Collection[str]) -> None:
    """Erases these tags from commands that no node has taken, which withdraws them."""
    mine = rows.c.customer_id == customer_id
    for command_id, secret in connection.execute(select(rows.c.id, rows.c.secret).where(mine)).all():
        if secret is not None and tag_key(str(secret.get("idTag"))) in tag_keys:
            forgotten = update(rows).where(mine, rows.c.id == command_id)
            connection.execute(forgotten.values(secret=null(), expires_at=rows.c.at))


def forget(connection: Connection, customer_id: int, command_id: str) -> None:
    """Deletes a command that only reads."""
    connection.execute(delete(rows).where(rows.c.customer_id == customer_id, rows.c.id == command_id))


def outcome_of(connection: Connection, customer_id: int, command_id: str) -> tuple[str, CommandOutcome | None]:
    """Returns the command's state, and its outcome if it is known."""
    query = select(rows.c.state, rows.c.outcome)
    row = connection.execute(query.where(rows.c.customer_id == customer_id, rows.c.id == command_id)).one_or_none()
    if row is None:
        return DONE, CommandOutcome(End.SILENT)
    if row.outcome is None:
        return row.state, None
    return row.state, CommandOutcome(**{**row.outcome, "end": End(row.outcome["end"])})
