"""Batches of chargers' messages and states, written in one transaction.

A batch is written once. Its number is kept with it, so that a batch whose COMMIT was done but not answered is
recognised when it is retried. So are the numbers of its messages, which may be in a spool, too, and come from there
after the node that received them has ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from ...rights.live import LiveCharger
from ..journal import Mark
from ..schema import charging_settings, customers, live_versions
from . import commands, live, set_aside
from .messages import Message


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch.

    `whole` has the ids of chargers that reported something new about themselves. Messages are numbered consecutively
    from `first` by the node that received them: `origin`, if it was another one. 0 means that they have no numbers.
    """

    number: int
    at: datetime
    states: tuple[LiveCharger, ...] = ()
    whole: frozenset[str] = frozenset()
    messages: tuple[Message, ...] = ()
    first: int = 0
    origin: str = ""

    @property
    def last(self) -> int:
        """Returns the number of the last message."""
        return self.first + len(self.messages) - 1 if self.first else 0


class Written(NamedTuple):
    """The result of a batch.

    `elsewhere` has the chargers that have connected to another node since. `was_gone` says that other nodes took this
    node for dead and marked its chargers as disconnected.
    """

    version: int
    elsewhere: tuple[str, ...] = ()
    was_gone: bool = False


class CustomerStanding(NamedTuple):
    """The state of a customer that the node of their chargers needs.

    `has_commands` says that commands wait for that node.
    """

    mark: Mark
    live_version: int
    one_session_per_tag: bool
    has_commands: bool
    lists_hours_too: bool


def write(connection: Connection, customer_id: int, node: str, batch: Batch) -> Written:
    """Writes the part of the batch that is not written yet. Raises UnknownCustomer."""
    version, before, fresh = _begin(connection, customer_id, node, batch)
    if before.batch >= batch.number:
        return Written(version, was_gone=before.gone)
    elsewhere = live.put(connection, customer_id, version, batch.states, batch.whole, batch.at)
    set_aside.keep(connection, customer_id, version, fresh, batch.at)
    return Written(version, tuple(elsewhere), before.gone)


def put_aside(connection: Connection, customer_id: int, node: str, batch: Batch, error: str) -> Written:
    """Sets the batch's only message aside, as the database refuses it."""
    version, before, fresh = _begin(connection, customer_id, node, batch)
    if before.batch < batch.number and fresh:
        set_aside.add(connection, customer_id, version, batch.at, fresh[0], error)
    return Written(version, was_gone=before.gone)


def _begin(
    connection: Connection, customer_id: int, node: str, batch: Batch
) -> tuple[int, live.NodeBefore, tuple[Message, ...]]:
    """Takes the customer's next version, and finds the messages still to write.

    The version's lock keeps others from writing them.
    """
    version = live.next_version(connection, customer_id)
    is_own = batch.origin in ("", node)
    before = live.note_node(connection, customer_id, node, batch.number, batch.at, batch.last if is_own else 0)
    applied = before.applied
    if not is_own:
        applied = live.note_messages(connection, customer_id, batch.origin, batch.at, batch.last)
    fresh = batch.messages[max(applied + 1 - batch.first, 0) :] if batch.first else batch.messages
    return version, before, fresh


_STANDING = (
    select(
        customers.c.revision,
        customers.c.token,
        live_versions.c.version,
        charging_settings.c.one_session_per_tag,
        commands.WAITS.label("has"),
        charging_settings.c.lists_hours_too,
    )
    .join(live_versions, live_versions.c.customer_id == customers.c.id)
    .outerjoin(charging_settings, charging_settings.c.customer_id == customers.c.id)
    .where(customers.c.id == bindparam("customer"))
)


def standing(connection: Connection, customer_id: int, node: str, at: datetime) -> CustomerStanding | None:
    """Returns the customer's mark and settings, and what the node has to do."""
    row = connection.execute(_STANDING, {"customer": customer_id, "node": node, "at": at}).one_or_none()
    return None if row is None else CustomerStanding(Mark(*row[:2]), row[2], *map(bool, row[3:]))


def added_at(connection: Connection, customer_id: int) -> datetime | None:
    """Returns when the customer was added, or None for an unknown customer."""
    return connection.scalar(select(customers.c.created_at).where(customers.c.id == customer_id))
