"""Dry runs of changes, and their impact on access.

The change runs as a real one would, in a transaction that is rolled back. Its journal entries are applied to a fork of
the snapshot's network. So a preview differs from the change itself only by what others do in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection, select

from ..rights.entity_states import apply_states, rebuild
from ..rights.impact import Impact, impact
from ..rights.network import Network
from ..storage import journal, networks
from ..storage.database import Database
from ..storage.entity_types import KINDS
from ..storage.journal import JournalEntry, UnknownCustomer
from ..storage.journal_rewind import ONE_BY_ONE, BeforeHistory
from ..storage.schema import customers
from .as_of import AsOfNetworks
from .images import NetworkReplicas, Pin

T = TypeVar("T")

CHANGES_WORTH_READING = 50_000
"""For more changes the whole resulting network is loaded instead."""


@dataclass(frozen=True, slots=True)
class Preview(Generic[T]):
    """The answer of the work, the revision it ran on, and its impact on that network."""

    answer: T
    revision: int
    before: Network
    after: Network
    impact: Impact


async def preview(
    database: Database,
    images: NetworkReplicas,
    history: AsOfNetworks,
    customer_id: int,
    at: datetime,
    work: Callable[[Connection], T],
) -> Preview[T]:
    """Returns what the work would answer and change at that instant. Keeps nothing.

    Raises what the work raises.
    """
    while True:
        tried = await asyncio.to_thread(database.dry_run, _try, customer_id, work)
        image = await images.fresh(customer_id, tried.revision)
        token = image.pin()
        try:
            before = await history.network_at(image, tried.revision)
        except BeforeHistory:  # a bulk load came in between: run it again on that
            continue
        return await asyncio.to_thread(_compare, tried, before, at, token)


@dataclass(frozen=True, slots=True)
class _Tried(Generic[T]):
    """The answer of a dry run with its entries, or the whole network if they are many."""

    answer: T
    revision: int
    entries: list[JournalEntry]
    loaded: Network | None


def _try(connection: Connection, customer_id: int, work: Callable[[Connection], T]) -> _Tried[T]:
    """Runs the work under the customer's row lock, from the revision read here."""
    query = select(customers.c.revision).where(customers.c.id == customer_id)
    revision = connection.scalar(query.with_for_update())
    if revision is None:
        raise UnknownCustomer((customer_id,))
    answer = work(connection)
    entries = journal.since(connection, customer_id, revision, CHANGES_WORTH_READING)
    last = entries[-1].revision if entries else revision
    if last == connection.scalar(query) and all(entry.changes is not None for entry in entries):
        return _Tried(answer, revision, entries, None)
    return _Tried(answer, revision, [], networks.load(connection, customer_id).network)


def _compare(tried: _Tried[T], before: Network, at: datetime, _token: Pin) -> Preview[T]:
    """Computes the impact on forks of its own. The pin is held until they are made."""
    before = before.fork()
    changes = [change for entry in tried.entries for change in entry.changes or ()]
    kinds = [KINDS[change["kind"]] for change in changes]
    states = [
        kind.state(change["id"], change["after"])
        for kind, change in zip(kinds, changes, strict=True)
        if kind.in_network
    ]
    if tried.loaded is not None:
        after = tried.loaded
    elif len(states) > ONE_BY_ONE:
        after = rebuild(before, states)
    else:
        after = before.fork()
        apply_states(after, states)
    return Preview(tried.answer, tried.revision, before, after, impact(before, after, at))
