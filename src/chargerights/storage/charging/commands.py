"""What chargers are told to do, and what comes of it: kept, and carried from node to node.

Any node may be asked; the node that holds the charger's socket does it. The asking node writes the command for that
node (`put`), which takes it (`take`), does it and writes its outcome (`finish`), which the asking node reads
(`outcome_of`). A command is taken once, so it is never done twice; one that is not taken in time is withdrawn, so it is
not done later. What must not be kept of it goes when it is taken, but for the tag of a start without a check (see
`ordered_starts`).

When its outcome is known it is journaled in the same transaction, so that the audit log tells what chargers were told,
by whom; rows here are kept for a while only.
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
    """How a command ended."""

    ANSWERED = "answered"
    """The charger gave an answer, which may be a no."""
    ERROR = "error"
    """The charger answered with an error."""
    SILENT = "silent"
    """It was sent, and no answer came: it may have been done."""
    NOT_CONNECTED = "notConnected"
    """The charger is not connected: nothing was sent."""
    BUSY = "busy"
    """The charger was still busy with another question: nothing was sent."""
    TAG_REFUSED = "tagRefused"
    """The tag may not charge there: nothing was sent."""
    IMPOSSIBLE = "impossible"
    """It makes no sense there now: nothing was sent."""


TRY_AGAIN = (End.NOT_CONNECTED, End.BUSY)
"""After these a request that is sent again under its Idempotency-Key is done again."""
YES = frozenset({"Accepted", "Unlocked", "Scheduled", "RebootRequired"})
"""Words of chargers that are no refusals."""


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """`word`: what the charger answered in its version's word, its error's code, or the reason to refuse the tag;
    `text` says more, for a person, or names the rule that refused the tag; `found`: what was asked for.

    `waited`: seconds that it waited for its turn; `answering`: seconds that the charger had to answer."""

    end: End
    word: str = ""
    text: str = ""
    found: Any = None
    waited: float = 0.0
    answering: float = 0.0

    @property
    def is_yes(self) -> bool:
        """Whether the charger has done it or will, by itself or when it starts anew."""
        return self.end is End.ANSWERED and self.word in YES


@dataclass(frozen=True, slots=True)
class QueuedCommand:
    """What a charger is told.

    `secret`: arguments that must not be kept, passwords and what names a person.
    """

    id: str
    charger_id: str
    action: Action
    arguments: dict[str, Any] = field(default_factory=dict)
    secret: dict[str, Any] | None = None


class Put(NamedTuple):
    """Where a command is done: at that node, or nowhere when there is none.

    `id` is another's when the request came before.
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
    """Keeps the command for the node that holds the charger's socket; `here`: that node, when it is the asking one.
    What nobody can do is kept as not connected. Of a request that came before, its command. Raises KeyReused."""
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
"""Whether a command waits for that node, as a part of other queries."""


def take(connection: Connection, customer_id: int, node: str, at: datetime) -> list[QueuedCommand]:
    """The commands that wait for the node, which now does them."""
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
    """Keeps what came of the command."""
    _end(connection, customer_id, command_id, outcome)


def withdraw(connection: Connection, customer_id: int, command_id: str) -> bool:
    """Whether the command was not taken yet; then it never will be."""
    mine = (rows.c.customer_id == customer_id) & (rows.c.id == command_id) & (rows.c.state == WAITING)
    waits = connection.scalar(select(rows.c.id).where(mine).with_for_update()) is not None
    if waits:
        _end(connection, customer_id, command_id, CommandOutcome(End.NOT_CONNECTED))
    return waits


def _end(connection: Connection, customer_id: int, command_id: str, outcome: CommandOutcome) -> None:
    """Keeps the outcome of a command, and journals it unless it only asked.

    Of one that is forgotten, or has ended, nothing.
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
    """Whether a charger with that answer may start.

    Only starts without a check still have their tags then.
    """
    return outcome.is_yes or outcome.end is End.SILENT


def forget_tags(connection: Connection, customer_id: int, tag_keys: Collection[str]) -> None:
    """Forgets these tags where a command that no node has taken names one; it is not taken any more."""
    mine = rows.c.customer_id == customer_id
    for command_id, secret in connection.execute(select(rows.c.id, rows.c.secret).where(mine)).all():
        if secret is not None and tag_key(str(secret.get("idTag"))) in tag_keys:
            forgotten = update(rows).where(mine, rows.c.id == command_id)
            connection.execute(forgotten.values(secret=null(), expires_at=rows.c.at))


def forget(connection: Connection, customer_id: int, command_id: str) -> None:
    """Removes a command of which nothing is to be kept: one that only asked."""
    connection.execute(delete(rows).where(rows.c.customer_id == customer_id, rows.c.id == command_id))


def outcome_of(connection: Connection, customer_id: int, command_id: str) -> tuple[str, CommandOutcome | None]:
    """The command's state, and what came of it if that is known."""
    query = select(rows.c.state, rows.c.outcome)
    row = connection.execute(query.where(rows.c.customer_id == customer_id, rows.c.id == command_id)).one_or_none()
    if row is None:
        return DONE, CommandOutcome(End.SILENT)
    if row.outcome is None:
        return row.state, None
    return row.state, CommandOutcome(**{**row.outcome, "end": End(row.outcome["end"])})
