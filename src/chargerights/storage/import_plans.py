"""Drivers changed by a plan: many at once, as one revision with a change for each.

A plan is made of a `Ground` without holding the customer, and stored only if the customer is still there where the
plan stands; so others write while somebody reads a large file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from ..rights.model import Driver
from ..rights.network import Network
from . import networks
from .journal import LARGEST_FOLLOWED, Revision
from .schema import customers


class Ground(NamedTuple):
    """The network at a revision, and the first number that is given to nothing yet."""

    network: Network
    revision: int
    next_id: int


class Numbers:
    """Gives numbers above that one, as a revision does that stands there."""

    def __init__(self, first: int) -> None:
        self.last = first

    def next(self) -> int:
        self.last += 1
        return self.last

    def reserve(self, highest: int) -> None:
        """Gives only numbers above that one from now on."""
        if self.last < highest < LARGEST_FOLLOWED:
            self.last = highest


class Drivers(NamedTuple):
    """What a plan makes of the drivers; new things have numbers up to `last_id`."""

    put: Sequence[Driver]
    removed: Sequence[Driver]
    last_id: int


def ground(connection: Connection, customer_id: int) -> Ground:
    """What a plan may stand on; read it in a snapshot, or under a revision that is open. Raises UnknownCustomer."""
    found = networks.load(connection, customer_id)
    next_id = connection.scalars(select(customers.c.next_id).where(customers.c.id == customer_id)).one()
    return Ground(found.network, found.revision, next_id)


def stands(revision: Revision, on: Ground) -> bool:
    """Whether nothing was written since the ground, so that a plan of it may be stored. Takes a number, the one that
    `Numbers` leaves out."""
    return (revision.number - 1, revision.next_id()) == (on.revision, on.next_id)


def store(revision: Revision, planned: Drivers, progress: Callable[[int], None]) -> None:
    """Makes the drivers what was planned; `progress` is told how many of them more are done."""
    revision.reserve(planned.last_id)
    revision.remove_drivers(planned.removed)
    progress(len(planned.removed))
    revision.put_drivers(planned.put, progress)
