"""Chargers' reports of faults, updates and security (see docs/chargers.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...operations.paging import part_of
from ...operations.view import View
from ...operations.visibility import without_tags
from ...rights.permissions import Permission
from ...storage.charging import charger_reports
from ...storage.charging.charger_reports import ChargerReport, ReportKind
from ..common.auth import CallerFirst
from .dependencies import viewing
from .paging import Unsorted, listed
from .path_ids import ChargerId
from .shapes import REFUSALS, Instant, Shape, page_of

router = APIRouter(
    prefix="/v2/chargers/{chargerId}/reports", tags=["Chargers"], route_class=CallerFirst, responses=REFUSALS
)


class ChargerReportShape(Shape):
    """Something that a charger reported.

    Texts are the charger's own; without ReadTags, tags in them are shown as …
    """

    id: int
    kind: ReportKind
    at: datetime = Field(description="When it came")
    reported_at: datetime | None = Field(None, description="When it was so by the charger's clock")
    charger_id: str
    evse_id: int | None = None
    connector_id: int | None = None
    message: str = Field(description="The OCPP message that said it")
    code: str = Field(
        description="The error, status or type in OCPP's word; of an alert the charger's code, else the variable"
    )
    ended: bool | None = Field(None, description="Of a fault or alert: whether it has ended, or has begun")
    variable: str | None = Field(None, description="OCPP 2.x: the variable that says it, named as in configurations")
    value: str | None = Field(None, description="The variable's value")
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None
    severity: int | None = Field(None, description="OCPP 2.1: from 0 (danger) to 9 (debug)")
    request_id: int | None = Field(None, description="The update or upload that a step belongs to")


@router.get(
    "",
    operation_id="listChargerReports",
    summary="List a charger's reports",
    response_model=page_of(ChargerReportShape),
)
async def list_reports(
    view: Annotated[View, Depends(viewing(Permission.READ_CHARGERS))],
    asked: Unsorted,
    charger_id: ChargerId,
    kinds: Annotated[
        list[ReportKind] | None,
        Query(alias="kind", description="Only of these kinds; repeat it", max_length=len(ReportKind)),
    ] = None,
    since: Annotated[Instant | None, Query(alias="startDate", description="Only what came from then on")] = None,
    until: Annotated[Instant | None, Query(alias="endDate", description="Only what came before then")] = None,
) -> Response:
    """Lists a charger's reports, the newest first.

    They are faults, alerts, firmware updates, uploads of diagnostics, and security events. The newest 1,000 of a
    charger are kept.
    """
    wanted = charger_reports.ReportFilter(view.charger(charger_id).charger_id, kinds, since, until)
    database, customer_id = view.services.database, view.caller.customer_id
    total = None if asked.walking else await database.read(charger_reports.count, customer_id, wanted)
    reports = await database.read(
        charger_reports.find, customer_id, wanted, asked.count, asked.start, asked.after_number()
    )
    return listed(part_of(reports, asked, lambda report: (report[0],), total), lambda report: _shape(view, *report))


TEXTS = ("code", "value", "vendor_id", "vendor_error_code", "info")
"""Members that a charger writes as it likes."""


def _shape(view: View, number: int, report: ChargerReport) -> ChargerReportShape:
    members = report._asdict()
    del members["digest"]
    for name in TEXTS:
        members[name] = without_tags(view, members[name])
    return ChargerReportShape(id=number, **members)
