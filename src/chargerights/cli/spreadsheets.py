"""`chargerights import` and `export`: drivers as CSV and Excel files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..files.spreadsheets.drivers_file import Mode, Problem, write_csv, write_xlsx
from ..importing import plan_and_store
from ..importing.plan_and_store import ImportReport, Order
from ..rights.permissions import Scope
from ..storage import callers, networks
from ..storage.journal import ChangeContext
from .common import (
    Bar,
    Common,
    CustomerId,
    WrongQuestion,
    complain,
    now,
    print_json,
    read_input,
    stderr,
    stdout,
    written_whole,
)

SHOWN = 200
LOSERS_SHOWN = 20
COMMON = Common()
WRITERS = {".csv": write_csv, ".xlsx": write_xlsx}


def import_drivers(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    customer: CustomerId,
    mode: Annotated[
        Mode, Parameter(help="add: only new drivers. update: only known drivers. replace-all: all drivers")
    ],
    dry_run: Annotated[bool, Parameter(help="Print the changes and make none", negative="")] = False,
    common: Common = COMMON,
) -> int:
    """Import drivers from CSV or Excel, all or nothing. Every error is listed.

    Parameters
    ----------
    file
        A CSV or Excel file (docs/import-export.md), or `-` for standard input.
    """
    order = Order(customer, read_input(file), mode, dry_run)
    with common.open() as database, Bar() as bar:
        report = plan_and_store.run(database, order, ChangeContext(now(), callers.HOST, plan_and_store.ACTION), bar)
    if common.json:
        print_json({"dryRun": dry_run, **report.members()})
    else:
        _print(report, dry_run)
    return 2 if report.refused else 0


def export_drivers(
    file: Path,
    /,
    *,
    customer: CustomerId,
    common: Common = COMMON,
) -> None:
    """Export drivers to CSV or Excel. Importing the file again changes nothing.

    Parameters
    ----------
    file
        The file to write, with the ending .xlsx or .csv.
    """
    write = WRITERS.get(file.suffix.lower())
    if write is None:
        raise WrongQuestion(f"{file} is neither .xlsx nor .csv: use one of these endings")
    with common.open() as database:
        network = database.read_now(networks.load, customer).network
    with written_whole(file) as target, Bar() as bar:
        bar.begin("writing", len(network.drivers))
        write(network, Scope(network, None), target, bar.advance)
    if common.json:
        print_json({"output": str(file), "drivers": len(network.drivers)})
    else:
        stdout.print(f"Wrote {len(network.drivers)} drivers to {file}.", markup=False)


def _print(report: ImportReport, dry_run: bool) -> None:
    if report.read_as:
        stderr.print(f"Read as {report.read_as}.", markup=False)
    problems = report.problems
    _list(problems.warnings.first, problems.warnings.count, "warning: ", lambda text: stderr.print(text, markup=False))
    _list(problems.errors.first, problems.errors.count, "", complain)
    if report.refused or report.plan is None:
        complain(f"Nothing was imported: the file has {_several(problems.errors.count, 'error')}.")
        return
    for removed in report.plan.losers[:LOSERS_SHOWN]:
        lost = f"{_several(removed.sites, 'site')} and {_several(removed.chargers, 'charger')}"
        verb = "would lose" if dry_run else "lost"
        stdout.print(f"driver {removed.driver.id}, {removed.driver.name}: {verb} {lost}", markup=False)
    if len(report.plan.removed) > LOSERS_SHOWN:
        stdout.print(f"… and {len(report.plan.removed) - LOSERS_SHOWN} more; --json lists up to 1000")
    counts = ", ".join(f"{count} {name}" for name, count in report.plan.counts.items())
    revision = f"; revision {report.revision}" if report.revision is not None else ""
    stdout.print(f"{'Would be' if dry_run else 'Drivers'}: {counts}{revision}.")


def _list(first: list[Problem], count: int, prefix: str, show: Callable[[str], None]) -> None:
    for problem in first[:SHOWN]:
        show(f"{prefix}{problem}")
    more = count - sum(problem.count for problem in first[:SHOWN])
    if more:
        show(f"{prefix}… and {more} more; --json lists up to 1000")


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
