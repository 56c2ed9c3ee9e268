"""Reads and plans spreadsheets the way the doors do, with the least that a test has to say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import count
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from chargerights.files.spreadsheets.drivers_file import (
    Ids,
    ImportPlan,
    InvalidSpreadsheet,
    Mode,
    Problem,
    Problems,
    plan,
    table,
    understand,
    write_csv,
    write_xlsx,
)
from chargerights.rights.identifiers import tag_key
from chargerights.rights.model import Driver
from chargerights.rights.network import Network
from chargerights.rights.permissions import Scope
from tests.support.world import NOW

Table = Sequence[Sequence[Any]]
NEW_IDS = 1000
"""The first number that is given to what is new."""


def csv_bytes(rows: Table, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: Table, **options: Any) -> bytes:
    """A workbook of those cells; a date or datetime is a cell that Excel shows as one."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, **options}) as workbook:
        sheet = workbook.add_worksheet()
        day = workbook.add_format({"num_format": "dd.mm.yyyy"})
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, day)
                elif cell is not None:
                    sheet.write(row, column, cell)
    return content.getvalue()


def planned(
    network: Network, file: bytes | Table, mode: Mode = Mode.ADD, site_ids: Sequence[int] | None = None
) -> ImportPlan:
    """What the file, or a CSV of the rows, would do for an operator of those sites; of None, of all."""
    problems = Problems()
    raw = file if isinstance(file, bytes) else csv_bytes(file)
    rows = understand(table(raw), problems)
    numbers = count(NEW_IDS)
    return plan(
        network, Scope(network, site_ids), rows, mode, NOW, Ids(numbers.__next__, lambda highest: None), problems
    )


def errors_of(network: Network, file: bytes | Table, mode: Mode = Mode.ADD) -> list[str]:
    """Why nothing would be imported, each with its place; fails when something would."""
    try:
        problems = planned(network, file, mode).problems
    except InvalidSpreadsheet as refused:
        return [placed(each) for each in refused.problems]
    assert problems.errors.count
    return [placed(each) for each in problems.errors.first]


def warnings_of(found: ImportPlan) -> list[str]:
    return [placed(each) for each in found.problems.warnings.first]


def placed(problem: Problem) -> str:
    """The problem at its row and column, wherever in the file the column stands; the cells are listed elsewhere."""
    place = (problem.row and f"row {problem.row}", problem.column and f"column {problem.column}")
    return ": ".join(filter(None, (" ".join(filter(None, place)), problem.message)))


def added(network: Network, file: bytes | Table, mode: Mode = Mode.ADD) -> list[Driver]:
    """The new drivers; fails when anything else would happen."""
    found = planned(network, file, mode)
    assert not found.problems.errors.count, found.problems.errors.first
    assert not found.changed
    assert not found.removed
    return found.added


def exported(network: Network, kind: str) -> bytes:
    """All drivers of the network as `csv` or `xlsx`."""
    content = io.BytesIO()
    write = write_csv if kind == "csv" else write_xlsx
    write(network, Scope(network, None), content)
    return content.getvalue()


def without_drivers(network: Network) -> Network:
    return Network.build(network.sites.values(), network.chargers.values(), network.access_groups.values(), ())


def essence(drivers: Iterable[Driver]) -> list[Any]:
    """The drivers without numbers of tags and rights, and without an order of rights, which mean nothing."""
    return sorted(
        (
            driver.id, driver.name, driver.home_site_id, driver.external_id, driver.payer_id, driver.company_id,
            driver.enabled, driver.external_ids,
            sorted((tag_key(tag.id_tag), tag.id_tag, str(tag.starts_at), str(tag.expires_at), tag.token_name,
                    tag.invoicable, tag.blocked) for tag in driver.tags),
            sorted({(right.place, str(right.valid_from), str(right.valid_until), repr(right.hours))
                    for right in driver.rights}),
        )
        for driver in drivers
    )  # fmt: skip
