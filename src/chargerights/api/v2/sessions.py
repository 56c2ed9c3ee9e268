"""Charging sessions with their meter values, also as CSV, and ending one by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, JsonValue
from starlette.responses import StreamingResponse

from ...operations import sessions as operations
from ...operations.mutation import Mutation
from ...operations.view import View
from ...rights.events import instant
from ...rights.permissions import Permission
from ...storage.charging import sessions
from ...storage.charging.sessions import EndedBy, Position, Session, StoredReading
from ..common.auth import CallerFirst
from .answers import answer
from .charging_records import READ, AskedDriver, AskedRecords, Viewing
from .dependencies import on_post
from .paging import Sorted, Unsorted, listed
from .path_ids import SessionId
from .shapes import REFUSALS, Id, Shape, page_of

router = APIRouter(prefix="/v2", tags=["Charging"], route_class=CallerFirst, responses=REFUSALS)

CSV_ROWS_AT_ONCE = 1_000


class SessionShape(Shape):
    """A charging session.

    Instants are the charger's own, but receivedAt; energy is in Wh.
    """

    id: int
    charger_id: str
    transaction_id: str
    received_at: datetime
    site_id: int | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    id_tag: str | None = Field(None, description="As the charger sent it, also a number, which is not a tag")
    driver_id: int | None = Field(None, description="Left out for a driver without rights at your sites")
    reason: str | None = Field(None, description="Decision at its start: chargers may start refused sessions")
    started_at: datetime | None = None
    meter_start: float | None = None
    stopped_at: datetime | None = None
    meter_stop: float | None = Field(None, description="Never below meterStart; null while it is not known")
    stop_reason: str | None = None
    stop_id_tag: str | None = None
    ended_by: EndedBy | None = Field(
        None,
        description="charger: its own stop. Otherwise no stop has come, and stoppedAt and meterStop are the last known "
        "values: unmatchedStop, a stop with an unknown transaction id; nextStart, boot and available, what the charger "
        "did next; operator",
    )


class MeterValueShape(Shape):
    """Readings of a charger's meter at an instant of the charger's clock."""

    at: datetime
    evse_id: int | None = None
    connector_id: int | None = None
    samples: list[dict[str, JsonValue]] = Field(
        description="As the charger sent them, in the words of its version of OCPP: SampledValue of 1.6 or of 2.x"
    )


def _wanted_sessions(
    view: Viewing,
    records: AskedRecords,
    driver_id: AskedDriver,
    site_id: Annotated[Id | None, Query(alias="siteId", description="Only at this site")] = None,
    include_subsites: Annotated[bool, Query(alias="includeSubsites", description="And at the sites below it")] = False,
    running: Annotated[bool | None, Query(description="true: only those that go on; false: only ended ones")] = None,
) -> sessions.SessionFilter:
    site_ids = operations.site_ids(view, site_id, include_subsites)
    return sessions.SessionFilter(
        records.charger_id, site_ids, driver_id, records.id_tag, records.since, records.until, running
    )


WantedSessions = Annotated[sessions.SessionFilter, Depends(_wanted_sessions)]


@router.get(
    "/sessions", operation_id="listSessions", summary="List charging sessions", response_model=page_of(SessionShape)
)
async def list_sessions(
    view: Viewing,
    asked: Sorted,
    wanted: WantedSessions,
) -> Response:
    """Lists sessions by their start, the newest first.

    startDate and endDate refer to the start. An impossible start, more than 30 days before its receipt or a day after
    it, counts as the receipt. Ids are in no order of time.
    """
    asked.key_among("startedAt", "id")  # the second for those who have known no other
    return listed(await operations.page(view, asked, wanted), _shape)


@router.get(
    "/sessions.csv",
    operation_id="exportSessions",
    summary="Export charging sessions as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_sessions(view: Viewing, wanted: WantedSessions) -> Response:
    """Exports all sessions in the order and with the members of the list."""
    return StreamingResponse(
        _rows(view, wanted),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="sessions.csv"'},
    )


@router.get(
    "/sessions/{sessionId}",
    operation_id="getSession",
    summary="Get a charging session",
    response_model=SessionShape,
)
async def get_session(view: Viewing, session_id: SessionId) -> Response:
    """Returns a session as the list shows it."""
    return answer(_shape(await operations.one(view, session_id)))


@router.post(
    "/sessions/{sessionId}/end",
    operation_id="endSession",
    summary="End a session whose stop does not come",
    response_model=SessionShape,
)
async def end_session(
    change: Annotated[Mutation, Depends(on_post(Permission.OPERATE_CHARGERS, *READ))],
    session_id: SessionId,
) -> Response:
    """Ends a session of a charger that is gone or has forgotten it.

    Nothing is sent to it: stop-charging does that.

    stoppedAt and meterStop are the last known values, and endedBy is operator. A stop that still comes replaces them.
    A session that has ended is a 409.
    """
    return answer(_shape(await operations.end(change, session_id)))


@router.get(
    "/sessions/{sessionId}/meter-values",
    operation_id="listMeterValues",
    summary="List a session's meter values",
    response_model=page_of(MeterValueShape),
)
async def list_meter_values(
    view: Viewing,
    session_id: SessionId,
    asked: Unsorted,
) -> Response:
    """Lists meter values, the oldest first.

    Each is listed once, even if the charger sent it repeatedly.
    """
    return listed(await operations.meter_values(view, session_id, asked), _meter_value)


def _meter_value(kept: StoredReading) -> MeterValueShape:
    it = kept.reading
    return MeterValueShape(at=it.at, evse_id=it.evse_id, connector_id=it.connector_id, samples=it.samples)


async def _rows(view: View, wanted: sessions.SessionFilter) -> AsyncIterator[str]:
    shape = SessionShape.model_fields
    yield _csv([member.alias for member in shape.values()])
    before: Position | None = None
    while True:
        found = await operations.after(view, wanted, before, CSV_ROWS_AT_ONCE)
        if not found:
            return
        shapes = map(_shape, found)
        yield "".join(_csv([_cell(getattr(session, name)) for name in shape]) for session in shapes)
        before = sessions.position(found[-1])


def _csv(cells: list[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: object) -> object:
    """Quotes text that a spreadsheet would run as a formula.

    A card may hold such text.
    """
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _shape(session: Session) -> SessionShape:
    return SessionShape(**{name: getattr(session, name) for name in SessionShape.model_fields})
