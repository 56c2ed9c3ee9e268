"""Whole networks: loaded from one snapshot, stored as one bulk revision."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from ..rights.live import LiveCharger
from ..rights.model import AccessGroup, Charger, Driver, Site
from ..rights.network import Network
from . import journal
from .charging import live
from .journal import Mark, UnknownCustomer
from .revisions import Revision
from .rows import chargers, drivers, sites
from .schema import customers, live_versions

DRIVERS_PER_STEP = 5_000


class Snapshot(NamedTuple):
    """A network at a revision, with the live state of its chargers at a live version."""

    mark: Mark
    network: Network
    live_version: int
    live: dict[str, LiveCharger]

    @property
    def revision(self) -> int:
        return self.mark.revision


def latest(connection: Connection, customer_id: int) -> tuple[Mark, int]:
    """Returns the customer's latest mark and live version. Raises UnknownCustomer."""
    row = connection.execute(_LATEST, {"customer": customer_id}).one_or_none()
    if row is None:
        raise UnknownCustomer((customer_id,))
    return Mark(row.revision, row.token), row.version


_LATEST = (
    select(customers.c.revision, customers.c.token, live_versions.c.version)
    .join(live_versions, live_versions.c.customer_id == customers.c.id)
    .where(customers.c.id == bindparam("customer"))
)


def load(connection: Connection, customer_id: int) -> Snapshot:
    """Loads the customer's network. Run it in a snapshot. Raises UnknownCustomer."""
    mark = journal.mark_of(connection, customer_id)
    with _without_collector():
        network = Network.build(
            sites.load(connection, customer_id),
            chargers.load(connection, customer_id),
            chargers.load_groups(connection, customer_id),
            drivers.load(connection, customer_id),
        )
    live_version, states = live.since(connection, customer_id, -1)
    return Snapshot(mark, network, live_version, {state.charger_id: state for state in states})


def store(
    revision: Revision,
    new_sites: Sequence[Site],
    new_chargers: Sequence[Charger],
    new_groups: Sequence[AccessGroup],
    new_drivers: Sequence[Driver],
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Adds new, checked entities in bulk.

    `progress` is called with the number of entities stored since its last call.
    """
    revision.bulk = True
    connection, customer_id = revision.connection, revision.customer_id
    sites.add(connection, customer_id, new_sites)
    progress(len(new_sites))
    chargers.add(connection, customer_id, new_chargers)
    progress(len(new_chargers))
    chargers.add_groups(connection, customer_id, new_groups)
    progress(len(new_groups))
    for start in range(0, len(new_drivers), DRIVERS_PER_STEP):
        step = new_drivers[start : start + DRIVERS_PER_STEP]
        drivers.add(connection, customer_id, step)
        progress(len(step))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Disables garbage collection while millions of objects are made.

    Freezes them at the end. All of them stay, and a full collection of a large network would block the event loop for
    half a second. They are still freed when nothing refers to them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()
