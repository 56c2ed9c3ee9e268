"""Plans an import: drivers to add, to change and to remove, and all errors.

Pure: the network is not changed. Every reason for which the database would reject the plan is among the errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ...rights.errors import already_tag
from ...rights.identifiers import tag_key
from ...rights.listing import chargers_of_driver, sites_of_driver
from ...rights.model import Driver
from ...rights.network import Network
from ...rights.permissions import Scope
from .build_drivers import Builder
from .columns import Column
from .identify import Mode, RowGroup, described, row_groups
from .problems import Problems
from .rows import Rows

MAX_LOSERS = 1_000
"""Maximum number of removed drivers that are listed."""


class RemovedDriver(NamedTuple):
    """A driver to be removed, with the number of sites and chargers of their access."""

    driver: Driver
    sites: int
    chargers: int


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """An import to be stored whole or not at all, and only without errors."""

    added: list[Driver]
    changed: list[Driver]
    removed: list[Driver]
    unchanged: int
    problems: Problems
    losers: list[RemovedDriver]
    """The first of the removed drivers."""

    @property
    def counts(self) -> dict[str, int]:
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "removed": len(self.removed),
            "unchanged": self.unchanged,
        }


class Ids(NamedTuple):
    """Assigns ids to new entities.

    `reserve` keeps all up to one for the file's own ids, `next` returns one above.
    """

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
    """Plans the import of the rows, at that instant, for an operator of that scope.

    What the operator cannot see does not exist for them. `progress` is called with the number of rows done since the
    last call.
    """
    if not rows.rows and not problems.errors.count:
        problems.errors.add(None, None, "the file has no drivers: add rows below the headings")
    groups = row_groups(network, scope, rows, mode, problems)
    ids.reserve(max((number for group in groups if (number := _given_id(group)) is not None), default=0))
    builder = Builder(network, scope, rows.columns, mode, at, ids.next, problems)
    made: list[tuple[RowGroup, Driver]] = []
    for group in groups:
        driver = builder.driver(group, _given_id(group) or _unused(network, ids.next))
        if driver is not None:
            made.append((group, driver))
        progress(len(group.rows))
    named = {group.known.id for group in groups if group.known is not None}
    removed: list[Driver] = []
    if mode is Mode.REPLACE_ALL and not problems.errors.count:
        others = (driver for number, driver in sorted(network.drivers.items()) if number not in named)
        removed = [driver for driver in others if scope.can_see_driver(driver)]
    _refuse_taken_tags(network, scope, made, {driver.id for driver in removed}, problems)
    return ImportPlan(
        added=[driver for group, driver in made if group.known is None],
        changed=[driver for group, driver in made if group.known not in (None, driver)],
        removed=removed,
        unchanged=sum(group.known == driver for group, driver in made),
        problems=problems,
        losers=[_loser(network, driver, at) for driver in removed[:MAX_LOSERS]],
    )


def _given_id(group: RowGroup) -> int | None:
    ids = (row.cells.get(Column.DRIVER_ID) for row in group.rows)
    return next((id_ for id_ in ids if isinstance(id_, int)), None)


def _unused(network: Network, next_id: Callable[[], int]) -> int:
    """Returns the next id without a driver: a file may have ids beyond the counter."""
    number = next_id()
    while number in network.drivers:
        number = next_id()
    return number


def _refuse_taken_tags(
    network: Network, scope: Scope, made: list[tuple[RowGroup, Driver]], removed: set[int], problems: Problems
) -> None:
    """Notes every tag that would belong to two drivers.

    A driver that loses a tag by the same import frees it.
    """
    after = {driver.id: {tag_key(tag.id_tag) for tag in driver.tags} for _, driver in made}
    for group, driver in made:
        for tag in driver.tags:
            key = tag_key(tag.id_tag)
            holder = network.tags.get(key)
            if holder is None or holder.driver_id == driver.id or holder.driver_id in removed:
                continue
            if key in after.get(holder.driver_id, {key}):
                owner = network.drivers[holder.driver_id]
                whose = described(owner) if scope.can_see_driver(owner) else "a driver that you cannot see"
                problems.errors.add(_row_of(group, key), str(Column.TAG), already_tag(tag.id_tag, whose))


def _row_of(group: RowGroup, key: str) -> int:
    """Returns the row that gives the driver the tag."""
    tags = ((row.number, row.cells.get(Column.TAG)) for row in group.rows)
    return next(number for number, id_tag in tags if isinstance(id_tag, str) and tag_key(id_tag) == key)


def _loser(network: Network, driver: Driver, at: datetime) -> RemovedDriver:
    sites = sites_of_driver(network, driver.id, at)
    return RemovedDriver(driver, len(sites), len(chargers_of_driver(network, driver.id, at)))
