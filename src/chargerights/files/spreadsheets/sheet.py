"""Drivers as rows of a spreadsheet, such that importing them changes nothing.

There is one row per tag. Values of the driver are in the first row; the name and ids are in all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from zoneinfo import ZoneInfo

from ...rights.model import Driver, ExternalId, Place, PlaceKind, ReferenceType, Right, Tag
from ...rights.network import Network
from ...rights.permissions import Scope
from .columns import Column
from .instants import end_text, start_text
from .items import plain, quoted
from .limits import limits_text
from .places import PlaceNames
from .rights_of_rows import COLUMNS, UTC, Zones

Written = str | date | int | None
Cells = dict[Column, Written]

MAX_CELL = 32_000
"""Characters; Excel's limit is 32,767."""


class DriverRows:
    """Formats drivers of an unchanging network, with the rights in the scope."""

    def __init__(self, network: Network, scope: Scope) -> None:
        self._scope = scope
        self._places = PlaceNames(network, scope)
        self._zones = Zones(network)

    def rows(self, driver: Driver) -> Iterator[Cells]:
        """Yields the driver's rows, without their blank cells."""
        sites = (int(right.place.id) for right in driver.rights if right.place.kind is PlaceKind.SITE)
        zone = self._zones.of_driver(driver.home_site_id, sites)
        ids: Cells = {Column.NAME: plain(driver.name), Column.DRIVER_ID: driver.id}
        if driver.external_id is not None:
            ids[Column.EXTERNAL_ID] = plain(driver.external_id)
        rows: list[Cells] = [{**ids, **self._of_tag(tag, zone)} for tag in driver.tags] or [ids]
        rows[0] |= self._of_driver(driver)
        for column, kind in COLUMNS.items():
            seen = (it for it in driver.rights if it.place.kind is kind and self._scope.can_manage(it.place))
            held = (self._right(right, zone) for right in seen)
            self._spread(rows, ids, column, held)
        self._spread(rows, ids, Column.REFERENCES, map(_reference, driver.external_ids))
        yield from rows

    def _of_driver(self, driver: Driver) -> Cells:
        cells: Cells = {Column.ENABLED: _yes(driver.enabled)}
        if driver.home_site_id is not None:
            cells[Column.HOME_SITE] = self._places.name(Place(PlaceKind.SITE, driver.home_site_id))
        if driver.company_id is not None:
            cells[Column.COMPANY_ID] = driver.company_id
        if driver.payer_id is not None:
            cells[Column.PAYER_ID] = driver.payer_id
        return cells

    def _of_tag(self, tag: Tag, zone: ZoneInfo) -> Cells:
        cells: Cells = {
            Column.TAG: plain(tag.id_tag),
            Column.BLOCKED: _yes(tag.blocked),
            Column.INVOICABLE: _yes(tag.invoicable),
        }
        if tag.token_name is not None:
            cells[Column.TAG_NAME] = plain(tag.token_name)
        if tag.starts_at is not None:
            cells[Column.STARTS] = start_text(tag.starts_at, zone)
        if tag.expires_at is not None:
            cells[Column.EXPIRES] = end_text(tag.expires_at, zone)
        return cells

    def _right(self, right: Right, drivers_zone: ZoneInfo) -> str:
        limits = limits_text(right, self._zones.of_right(right.place, drivers_zone))
        return self._places.name(right.place) + limits

    @staticmethod
    def _spread(rows: list[Cells], ids: Cells, column: Column, values: Iterable[str]) -> None:
        """Puts the values into the column of the first row.

        What does not fit into one cell goes into the rows below.
        """
        row = 0
        for value in values:
            before = rows[row].get(column)
            if before is not None and len(str(before)) + len(value) > MAX_CELL:
                row, before = row + 1, None
                if row == len(rows):
                    rows.append(dict(ids))
            rows[row][column] = value if before is None else f"{before}; {value}"


def _reference(external_id: ExternalId) -> str:
    limits = []
    if external_id.reference_type is not ReferenceType.INTEGRATION:
        limits.append(str(external_id.reference_type))
    if external_id.effective_from is not None:
        limits.append(f"{start_text(external_id.effective_from, UTC)}..")
    named = f"{quoted(external_id.reference_id)} / {quoted(external_id.external_id)}"
    return named + (f" [{'; '.join(limits)}]" if limits else "")


def _yes(value: bool) -> str:
    return "yes" if value else "no"
