"""What an import would do to a network: drivers to add, to change and to remove, and everything that is wrong.

Pure: the network is not changed, and says all that the database would refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ...rights.identifiers import tag_key
from ...rights.listing import chargers_of_driver, sites_of_driver
from ...rights.model import Driver
from ...rights.network import Network
from ...rights.permissions import Scope
from .build_drivers import Builder
from .columns import Column
from .identify import Mode, RowGroup, described, subjects
from .problems import Problems
from .rows import Rows

MAX_LOSERS = 1_000
"""So many drivers who would be removed are listed."""


class RemovedDriver(NamedTuple):
    """A driver who would be removed, and at how many sites and chargers he is listed now."""

    driver: Driver
    sites: int
    chargers: int


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """To be made whole or not at all, and only when there is no error."""

    added: list[Driver]
    changed: list[Driver]
    removed: list[Driver]
    unchanged: int
    problems: Problems
    losers: list[RemovedDriver]
    """The first of those removed."""

    @property
    def counts(self) -> dict[str, int]:
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "removed": len(self.removed),
            "unchanged": self.unchanged,
        }


class Ids(NamedTuple):
    """Gives numbers to what is new: `reserve` keeps those up to one for the file's own, `next` gives one above."""

    next: Callable[[], int]
    reserve: Callable[[int], None]


def plan(
    network: Network,
    scope: Scope,
    rows: Rows,
    mode: Mode,
    at: datetime,
    ids: Ids,
    problems: Problems,
    progress: Callable[[int], None] = lambda count: None,
) -> ImportPlan:
    """What the rows would do at that instant for an operator of that scope, for whom what he does not see is not there;
    `progress` is told how many rows more are done."""
    if not rows.rows and not problems.errors.count:
        problems.errors.add(None, None, "the file holds no drivers: below the headings there is no row")
    found = subjects(network, scope, rows, mode, problems)
    ids.reserve(max((number for each in found if (number := _given_id(each)) is not None), default=0))
    builder = Builder(network, scope, rows.columns, mode, at, ids.next, problems)
    made: list[tuple[RowGroup, Driver]] = []
    for subject in found:
        driver = builder.driver(subject, _given_id(subject) or _unused(network, ids.next))
        if driver is not None:
            made.append((subject, driver))
        progress(len(subject.rows))
    named = {subject.known.id for subject in found if subject.known is not None}
    removed: list[Driver] = []
    if mode is Mode.REPLACE_ALL and not problems.errors.count:
        others = (driver for number, driver in sorted(network.drivers.items()) if number not in named)
        removed = [driver for driver in others if scope.can_see_driver(driver)]
    _refuse_taken_tags(network, scope, made, {driver.id for driver in removed}, problems)
    return ImportPlan(
        added=[driver for subject, driver in made if subject.known is None],
        changed=[driver for subject, driver in made if subject.known not in (None, driver)],
        removed=removed,
        unchanged=sum(subject.known == driver for subject, driver in made),
        problems=problems,
        losers=[_loser(network, driver, at) for driver in removed[:MAX_LOSERS]],
    )


def _given_id(subject: RowGroup) -> int | None:
    ids = (row.said.get(Column.DRIVER_ID) for row in subject.rows)
    return next((each for each in ids if isinstance(each, int)), None)


def _unused(network: Network, next_id: Callable[[], int]) -> int:
    """The next id that no driver has: a file may have brought ids beyond those that are counted."""
    number = next_id()
    while number in network.drivers:
        number = next_id()
    return number


def _refuse_taken_tags(
    network: Network, scope: Scope, made: list[tuple[RowGroup, Driver]], removed: set[int], problems: Problems
) -> None:
    """Notes every tag that would be two drivers'. One who loses a tag by the same import frees it."""
    after = {driver.id: {tag_key(tag.id_tag) for tag in driver.tags} for _, driver in made}
    for subject, driver in made:
        for tag in driver.tags:
            key = tag_key(tag.id_tag)
            holder = network.tags.get(key)
            if holder is None or holder.driver_id == driver.id or holder.driver_id in removed:
                continue
            if key in after.get(holder.driver_id, {key}):
                owner = network.drivers[holder.driver_id]
                whose = described(owner) if scope.can_see_driver(owner) else "a driver whom you do not see"
                problems.errors.add(_row_of(subject, key), str(Column.TAG), f"{tag.id_tag} is already a tag of {whose}")


def _row_of(subject: RowGroup, key: str) -> int:
    """The row that gives the driver the tag."""
    tags = ((row.number, row.said.get(Column.TAG)) for row in subject.rows)
    return next(number for number, id_tag in tags if isinstance(id_tag, str) and tag_key(id_tag) == key)


def _loser(network: Network, driver: Driver, at: datetime) -> RemovedDriver:
    sites = sites_of_driver(network, driver.id, at)
    return RemovedDriver(driver, len(sites), len(chargers_of_driver(network, driver.id, at)))
