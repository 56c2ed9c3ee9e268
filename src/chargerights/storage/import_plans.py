"""Plans that change many drivers in one revision, with a change for each driver.

A plan is made from a `Ground` without a lock on the customer, and stored only if the customer is still at that
revision. So others can write while a large file is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from ..rights.model import Driver
from ..rights.network import Network
from . import networks
from .revisions import LARGEST_FOLLOWED, Revision
from .schema import customers


class Ground(NamedTuple):
    """The network at a revision, and the first unused id."""

    network: Network
    revision: int
    next_id: int


class Numbers:
    """Assigns ids from the ground on, as a revision there would."""

    def __init__(self, first: int) -> None:
        self.last = first

    def next(self) -> int:
        self.last += 1
        return self.last

    def reserve(self, highest: int) -> None:
        """Assigns only ids above that one from now on."""
        if self.last < highest < LARGEST_FOLLOWED:
            self.last = highest


class Drivers(NamedTuple):
    """The drivers after the plan. New entities have ids up to `last_id`."""

    put: Sequence[Driver]
    removed: Sequence[Driver]
    last_id: int


def ground(connection: Connection, customer_id: int) -> Ground:
    """Returns the ground of a plan. Raises UnknownCustomer.

    Read it in a snapshot, or under an open revision.
    """
    found = networks.load(connection, customer_id)
    next_id = connection.scalars(select(customers.c.next_id).where(customers.c.id == customer_id)).one()
    return Ground(found.network, found.revision, next_id)


def stands(revision: Revision, on: Ground) -> bool:
    """Tells whether nothing was written since the ground, so that its plan is valid.

    Takes an id, the one that `Numbers` leaves out.
    """
    return (revision.number - 1, revision.next_id()) == (on.revision, on.next_id)


def store(revision: Revision, planned: Drivers, progress: Callable[[int], None]) -> None:
    """Stores the plan's drivers.

    `progress` is called with the number of drivers done since its last call.
    """
    revision.reserve(planned.last_id)
    revision.remove_drivers(planned.removed)
    progress(len(planned.removed))
    revision.put_drivers(planned.put, progress)
