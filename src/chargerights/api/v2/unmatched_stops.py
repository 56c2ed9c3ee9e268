"""Stops of transactions whose start the server does not know."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import Field

from ...operations import sessions
from ...storage.charging.sessions import Session, SessionFilter
from ..common.auth import CallerFirst
from .charging_records import AskedRecords, Viewing
from .paging import Unsorted, listed
from .shapes import REFUSALS, Shape, page_of

router = APIRouter(prefix="/v2/unmatched-stops", tags=["Charging"], route_class=CallerFirst, responses=REFUSALS)


class UnmatchedStopShape(Shape):
    """A stop of a transaction whose start the server does not know. It is no session."""

    id: int
    charger_id: str
    transaction_id: str
    received_at: datetime
    site_id: int | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    stopped_at: datetime
    meter_stop: float | None = None
    stop_reason: str | None = None
    stop_id_tag: str | None = None
    ends_session: int | None = Field(
        None, description="The session that it ended: the only one it can mean, by charger, EVSE and tag"
    )


@router.get(
    "",
    operation_id="listUnmatchedStops",
    summary="List stops of unknown transactions",
    response_model=page_of(UnmatchedStopShape),
)
async def list_unmatched_stops(
    view: Viewing,
    asked: Unsorted,
    records: AskedRecords,
) -> Response:
    """Lists stops by their receipt, the newest first.

    Each is listed once, even if the charger sent it repeatedly.
    """
    site_ids = sessions.site_ids(view)
    wanted = SessionFilter(
        records.charger_id, site_ids, None, records.id_tag, records.since, records.until, unmatched=True
    )
    return listed(await sessions.page(view, asked, wanted), _shape)


def _shape(it: Session) -> UnmatchedStopShape:
    return UnmatchedStopShape(**{name: getattr(it, name) for name in UnmatchedStopShape.model_fields})
