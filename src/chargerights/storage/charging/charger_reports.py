"""Chargers' reports of faults, updates and security, and their events.

The newest of each charger are kept, each once. A charger may send a report again after an outage: a report with the
charger's own instant has a digest of its content, which is kept once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update

from ...rights.events import EventType, NewEvent, instant
from .. import events
from ..fast_insert import insert_rows
from ..personal_tables import ERASED
from ..schema import charger_reports as rows
from ..schema import chargers, live_versions

KEPT_PER_CHARGER = 1_000
IDS_PER_QUERY = 500
SHORTEST_TAG = 4
"""The shortest tag that is searched for in texts, in characters."""


class ReportKind(StrEnum):
    """The subject of a report."""

    FAULT = "fault"
    """An error of the charger or of a connector, or its end."""
    ALERT = "alert"
    """An alert of a monitored component, or its end (OCPP 2.x)."""
    FIRMWARE = "firmware"
    """A step of a firmware update."""
    DIAGNOSTICS = "diagnostics"
    """A step of an upload of diagnostics or logs."""
    SECURITY = "security"
    """A security event."""


EVENTS = {
    ReportKind.FAULT: EventType.CHARGER_FAULT,
    ReportKind.ALERT: EventType.CHARGER_ALERT,
    ReportKind.FIRMWARE: EventType.CHARGER_FIRMWARE,
    ReportKind.DIAGNOSTICS: EventType.CHARGER_DIAGNOSTICS,
    ReportKind.SECURITY: EventType.CHARGER_SECURITY,
}


class ChargerReport(NamedTuple):
    """One report.

    `at` is the server's instant, `reported_at` the charger's. `code` is OCPP's word. For an alert it is the charger's
    code or else the name of its variable. `ended` is None where nothing begins or ends.
    """

    at: datetime
    charger_id: str
    kind: str
    message: str
    code: str
    ended: bool | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable: str | None = None
    value: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None
    severity: int | None = None
    request_id: int | None = None
    reported_at: datetime | None = None
    digest: str | None = None


_COLUMNS = [rows.c[name] for name in ChargerReport._fields]


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """A filter of a charger's reports. Members that are None match everything."""

    charger_id: str
    kinds: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def clauses(self, customer_id: int) -> list[ColumnElement[bool]]:
        found = [rows.c.customer_id == customer_id, rows.c.charger_id == self.charger_id]
        if self.kinds is not None:
            found.append(rows.c.kind.in_(self.kinds))
        if self.since is not None:
            found.append(rows.c.at >= self.since)
        if self.until is not None:
            found.append(rows.c.at < self.until)
        return found


def add(connection: Connection, customer_id: int, given: Sequence[ChargerReport], at: datetime) -> None:
    """Adds new reports of existing chargers, with an event for each.

    Call it when the customer's live version is taken. The oldest beyond KEPT_PER_CHARGER are deleted.
    """
    new = _new(connection, customer_id, given)
    if not new:
        return
    after = connection.scalar(
        update(live_versions)
        .where(live_versions.c.customer_id == customer_id)
        .values(next_report=live_versions.c.next_report + len(new))
        .returning(live_versions.c.next_report)
    )
    numbered = [*enumerate(new, (after or 0) - len(new))]
    insert_rows(connection, rows, [(customer_id, number, *report) for number, report in numbered])
    for charger_id in dict.fromkeys(report.charger_id for report in new):
        _prune(connection, customer_id, charger_id)
    events.append(connection, customer_id, [event(number, report) for number, report in numbered], at)


def event(number: int, report: ChargerReport) -> NewEvent:
    """Returns the event of a report.

    It has no text of the charger's, which may name a person or a card.
    """
    data = {
        "reportId": number,
        "chargerId": report.charger_id,
        "evseId": report.evse_id,
        "connectorId": report.connector_id,
        "code": report.code,
        "ended": report.ended,
        "variable": report.variable,
        "vendorId": report.vendor_id,
        "vendorErrorCode": report.vendor_error_code,
        "severity": report.severity,
        "requestId": report.request_id,
        "receivedAt": instant(report.at),
        "reportedAt": instant(report.reported_at),
    }
    return NewEvent(EVENTS[ReportKind(report.kind)], {name: value for name, value in data.items() if value is not None})


def find(
    connection: Connection,
    customer_id: int,
    wanted: ReportFilter,
    limit: int,
    offset: int = 0,
    before: int | None = None,
) -> list[tuple[int, ChargerReport]]:
    """Returns ids and reports, newest first. `before` selects those with lower ids."""
    older = () if before is None else (rows.c.id < before,)
    query = select(rows.c.id, *_COLUMNS).where(*wanted.clauses(customer_id), *older).order_by(rows.c.id.desc())
    return [(number, ChargerReport(*row)) for number, *row in connection.execute(query.limit(limit).offset(offset))]


def count(connection: Connection, customer_id: int, wanted: ReportFilter) -> int:
    return connection.scalar(select(func.count()).where(*wanted.clauses(customer_id))) or 0


def forget_tags(connection: Connection, customer_id: int, tag_keys: Collection[str]) -> None:
    """Erases chargers' texts that contain one of these tags.

    Very short tags occur in many texts, and are left.
    """
    for column in (rows.c.info, rows.c.value):
        for key in tag_keys:
            if len(key) >= SHORTEST_TAG:
                naming = func.upper(column).contains(key, autoescape=True)
                mine = (rows.c.customer_id == customer_id) & naming
                connection.execute(update(rows).where(mine).values({column: ERASED}))


def _new(connection: Connection, customer_id: int, given: Sequence[ChargerReport]) -> list[ChargerReport]:
    known: set[str] = set()
    kept: set[tuple[str, str | None]] = set()
    ids = [*dict.fromkeys(report.charger_id for report in given)]
    digests = [*dict.fromkeys(report.digest for report in given if report.digest is not None)]
    there = select(chargers.c.charger_id).where(
        chargers.c.customer_id == customer_id, chargers.c.charger_id.in_(bindparam("some", expanding=True))
    )
    same = select(rows.c.charger_id, rows.c.digest).where(
        rows.c.customer_id == customer_id, rows.c.digest.in_(bindparam("some", expanding=True))
    )
    for start in range(0, len(ids), IDS_PER_QUERY):
        known.update(connection.scalars(there, {"some": ids[start : start + IDS_PER_QUERY]}))
    for start in range(0, len(digests), IDS_PER_QUERY):
        found = connection.execute(same, {"some": digests[start : start + IDS_PER_QUERY]})
        kept.update((charger_id, digest) for charger_id, digest in found)
    new = []
    for report in given:
        key = report.charger_id, report.digest
        if report.charger_id in known and (report.digest is None or key not in kept):
            kept.add(key)
            new.append(report)
    return new


def _prune(connection: Connection, customer_id: int, charger_id: str) -> None:
    mine = (rows.c.customer_id == customer_id) & (rows.c.charger_id == charger_id)
    newest = select(rows.c.id).where(mine).order_by(rows.c.id.desc())
    last = connection.scalar(newest.offset(KEPT_PER_CHARGER).limit(1))
    if last is not None:
        connection.execute(delete(rows).where(mine, rows.c.id <= last))
