"""Imports a file of drivers: reads, plans and stores it, all or nothing.

A file is read and planned without locking the customer. The plan is stored in one transaction if no one wrote
meanwhile. Otherwise it is planned again, the last time under the lock. A dry run stops before storing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from ..files.collector import collector_paused
from ..files.spreadsheets import drivers_file
from ..files.spreadsheets.drivers_file import Ids, ImportPlan, InvalidSpreadsheet, Mode, Problems, Rows
from ..rights.permissions import Scope
from ..storage import import_plans
from ..storage.database import Database, DatabaseAway
from ..storage.journal import ChangeContext
from ..storage.revisions import Revision, revise
from .bounds import MAX_MEMORY, bounded_memory

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 2
"""How often a plan is made without locking the customer."""
PATIENCE_SECONDS = 300
TOO_LARGE = f"the file needs more than {MAX_MEMORY >> 30} GB of memory: split it"
ACTION = "drivers.import"
"""The action's name in the journal."""


class Progress(Protocol):
    """Receives the progress of an import."""

    def begin(self, what: str, total: int) -> None: ...
    def advance(self, count: int) -> None: ...


class Order(NamedTuple):
    """The file to import, the customer, and the limits of the operator.

    `site_ids`: the operator's site access; None: everywhere.
    """

    customer_id: int
    file: bytes
    mode: Mode
    dry_run: bool = False
    site_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import.

    It is stored as `revision` unless there are errors, it was a dry run, or nothing changed.
    """

    read_as: str
    problems: Problems
    plan: ImportPlan | None = None
    revision: int | None = None

    @property
    def refused(self) -> bool:
        return self.problems.errors.count > 0

    def members(self) -> dict[str, Any]:
        """Returns the report in the form that programs read."""
        plan = self.plan if not self.refused else None
        return {
            "readAs": self.read_as,
            "counts": plan.counts if plan else None,
            "errorCount": self.problems.errors.count,
            "errors": [asdict(problem) for problem in self.problems.errors.first],
            "warningCount": self.problems.warnings.count,
            "warnings": [asdict(problem) for problem in self.problems.warnings.first],
            "losers": [
                {
                    "driverId": removed.driver.id,
                    "name": removed.driver.name,
                    "sites": removed.sites,
                    "chargers": removed.chargers,
                }
                for removed in (plan.losers if plan else ())
            ],
            "revision": self.revision,
        }


def run(
    database: Database,
    order: Order,
    occasion: ChangeContext,
    progress: Progress,
    finish: Callable[[Connection, ImportReport], None] | None = None,
) -> ImportReport:
    """Imports the file.

    `finish` is called with the report, inside the transaction that stores it, if any.

    Raises:
        UnknownCustomer: the customer does not exist.
        DatabaseAway: the database cannot be reached.
    """
    return _Import(database, order, occasion, progress, finish).run()


class _Ready(NamedTuple):
    """A plan, the revision it was made on, and the ids that it assigned."""

    ground: import_plans.Ground
    plan: ImportPlan
    numbers: import_plans.Numbers


@dataclass(slots=True)
class _Import:
    database: Database
    order: Order
    occasion: ChangeContext
    progress: Progress
    finish: Callable[[Connection, ImportReport], None] | None
    read_as: str = ""
    problems: Problems = field(default_factory=Problems)

    def run(self) -> ImportReport:
        try:
            with bounded_memory():
                return self._imported()
        except InvalidSpreadsheet as refused:
            if refused.sheet is not None:
                self.problems.locate(refused.sheet, {})
            for problem in refused.problems:
                self.problems.errors.add(problem.row, problem.column, problem.message)
        except MemoryError:
            self.problems = Problems()
            self.problems.errors.add(None, None, TOO_LARGE)
        return self._ended(ImportReport(self.read_as, self.problems))

    def _imported(self) -> ImportReport:
        """Raises InvalidSpreadsheet, MemoryError."""
        rows = self._read()
        for _ in range(ATTEMPTS):
            ready = self._ready(rows, self.database.read_now(import_plans.ground, self.order.customer_id))
            report = ImportReport(self.read_as, ready.plan.problems, ready.plan)
            if report.refused or self.order.dry_run:
                return self._ended(report)
            stored = self._write(self._store, ready)
            if stored is not None:
                return stored
        return self._write(self._plan_and_store, rows)

    def _write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the work in a transaction. Waits for others: SQLite has one writer."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.database.write_now(work, *args, **kwargs)
            except DatabaseAway:
                if not self.database.is_sqlite or time.monotonic() > until:
                    raise

    def _read(self) -> Rows:
        self.progress.begin("opening", 0)
        table = drivers_file.table(self.order.file)
        self.read_as = table.read_as
        self.progress.begin("reading", len(table.rows))
        with collector_paused():
            return drivers_file.understand(table, self.problems, self.progress.advance)

    def _ready(self, rows: Rows, ground: import_plans.Ground) -> _Ready:
        self.progress.begin("checking", len(rows.rows))
        numbers = import_plans.Numbers(ground.next_id)
        with collector_paused():
            plan = drivers_file.plan(
                ground.network,
                Scope(ground.network, self.order.site_ids),
                rows,
                self.order.mode,
                self.occasion.at,
                Ids(numbers.next, numbers.reserve),
                deepcopy(self.problems),
                self.progress.advance,
            )
        return _Ready(ground, plan, numbers)

    def _store(self, connection: Connection, ready: _Ready) -> ImportReport | None:
        """Stores the plan.

        Returns None if someone wrote since it was made.
        """
        with revise(connection, self.order.customer_id, **self.occasion._asdict()) as revision:
            if not import_plans.stands(revision, ready.ground):
                return None
            return self._put(revision, ready)

    def _plan_and_store(self, connection: Connection, rows: Rows) -> ImportReport:
        with revise(connection, self.order.customer_id, **self.occasion._asdict()) as revision:
            return self._put(revision, self._ready(rows, import_plans.ground(connection, self.order.customer_id)))

    def _put(self, revision: Revision, ready: _Ready) -> ImportReport:
        plan = ready.plan
        report = ImportReport(self.read_as, plan.problems, plan)
        if not report.refused:
            put = [*plan.added, *plan.changed]
            self.progress.begin("storing", len(put) + len(plan.removed))
            import_plans.store(
                revision, import_plans.Drivers(put, plan.removed, ready.numbers.last), self.progress.advance
            )
            report = replace(report, revision=revision.number if revision.changes else None)
        if self.finish is not None:
            self.finish(revision.connection, report)
        return report

    def _ended(self, report: ImportReport) -> ImportReport:
        """Ends an import that stores nothing."""
        if self.finish is not None:
            self._write(self.finish, report)
        return report
