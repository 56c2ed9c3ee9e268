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

from ...operations.mutation import Mutation
from ...operations.paging import Paging, part_of
from ...operations.view import View
from ...operations.visibility import names_driver
from ...rights.events import instant
from ...rights.permissions import Permission
from ...rights.search_drivers import Key
from ...storage.charging import session_keeping, sessions
from ...storage.charging.sessions import EndedBy, KeptSession, Session, UnknownSession
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
    reason: str | None = Field(None, description="What was decided when it began: chargers may start what was refused")
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
    site_ids = None if view.scope.unlimited else view.scope.sites
    if site_id is not None:
        asked = view.network.subtree(view.site(site_id).id) if include_subsites else (view.site(site_id).id,)
        site_ids = frozenset(asked) if site_ids is None else site_ids & frozenset(asked)
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
    """The newest first, by their start.

    StartDate and endDate are asked of that.

    A start at an instant that cannot be right (more than 30 days before its receipt, or a day after) counts as of its
    receipt. Ids are in no order of time.
    """
    asked.key_among("startedAt", "id")  # the second for those who have known no other
    total, found = await find(view, asked, wanted)
    return listed(part_of(found, asked, key, total), lambda each: _shape(view, each))


@router.get(
    "/sessions.csv",
    operation_id="exportSessions",
    summary="Export charging sessions as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_sessions(view: Viewing, wanted: WantedSessions) -> Response:
    """All of them in the order and with the members of the list."""
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
    """As the list has it."""
    return answer(_shape(view, await _seen(view, session_id)))


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
    """For a charger that is gone or has forgotten the session.

    Nothing is sent to it: stop-charging does that.

    stoppedAt and meterStop are the last known values, and endedBy is operator. A stop that still comes replaces them.
    A session that has ended is a 409.
    """
    await _seen(change.view, session_id)
    result, _ = await change.make("session.end", lambda revision: session_keeping.end(revision, session_id))
    return answer(_shape(change.view, await _seen(change.view, result)))


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
    """The oldest first. Each is here once, however often the charger sent it."""
    await _seen(view, session_id)
    found, total = await view.services.database.read(
        sessions.readings,
        view.caller.customer_id,
        session_id,
        asked.count,
        asked.start,
        asked.after_instant(str),
    )
    return listed(part_of(found, asked, _key_of_reading, total), _meter_value)


def _meter_value(kept: KeptSession) -> MeterValueShape:
    it = kept.reading
    return MeterValueShape(at=it.at, evse_id=it.evse_id, connector_id=it.connector_id, samples=it.samples)


async def find(view: View, asked: Paging, wanted: sessions.SessionFilter) -> tuple[int | None, list[Session]]:
    """Counts all sessions, except in a walk, and reads those of the part."""
    database, customer_id = view.services.database, view.caller.customer_id
    total = None if asked.walking else await database.read(sessions.count, customer_id, wanted)
    before = asked.after_instant(int)
    return total, await database.read(sessions.find, customer_id, wanted, asked.count, asked.start, before)


def key(it: Session) -> Key:
    at, id_ = sessions.position(it)
    return at.isoformat(), id_


def _key_of_reading(kept: KeptSession) -> Key:
    return kept.reading.at.isoformat(), kept.digest


async def _seen(view: View, session_id: int) -> Session:
    """Raises UnknownSession, of one that the caller does not see too."""
    found = await view.services.database.read(sessions.get, view.caller.customer_id, session_id)
    if found is None or not (view.scope.unlimited or found.site_id in view.scope.sites):
        raise UnknownSession((session_id,))
    return found


async def _rows(view: View, wanted: sessions.SessionFilter) -> AsyncIterator[str]:
    shape = SessionShape.model_fields
    yield _csv([member.alias for member in shape.values()])
    before: sessions.Position | None = None
    while True:
        found = await view.services.database.read(
            sessions.find, view.caller.customer_id, wanted, CSV_ROWS_AT_ONCE, before=before
        )
        if not found:
            return
        shapes = [_shape(view, each) for each in found]
        yield "".join(_csv([_cell(getattr(each, name)) for name in shape]) for each in shapes)
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


def _shape(view: View, it: Session) -> SessionShape:
    shape = SessionShape(**{name: getattr(it, name) for name in SessionShape.model_fields})
    if not names_driver(view, it.driver_id):
        shape.driver_id = None
    return shape
