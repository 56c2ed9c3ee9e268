"""Refused handshakes, with the reasons why a charger does not connect."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from ...operations.paging import sorted_part
from ...operations.view import View
from ...rights.permissions import Permission
from ...rights.search_drivers import Key
from ..common.auth import CallerFirst
from .dependencies import viewing
from .paging import Unsorted, listed
from .path_ids import ChargerId
from .shapes import REFUSALS, Shape, page_of

router = APIRouter(
    prefix="/v2/chargers/{chargerId}",
    tags=["Chargers"],
    route_class=CallerFirst,
    responses=REFUSALS,
)


class RefusedConnection(Shape):
    """A handshake that was refused."""

    charger_id: str = Field(description="The id that was used: the charger's, or one like it that no charger has")
    at: datetime
    status: int = Field(description="HTTP status that was answered, or the code with which the web socket was closed")
    reason: str = Field(description="What was wrong, as it was answered")


@router.get(
    "/refused-connections",
    operation_id="listRefusedConnections",
    summary="List why a charger could not connect",
    response_model=page_of(RefusedConnection),
)
async def list_refused_connections(
    view: Annotated[View, Depends(viewing(Permission.READ_CHARGERS))],
    asked: Unsorted,
    charger_id: ChargerId,
) -> Response:
    """Lists refused handshakes of the last hour, the latest first.

    They used the charger's id, or an id like it that no charger has. They are kept in the memory of the process that
    answers, at most ten for each id.
    """
    refusals = sorted(view.services.chargers.refusals(view.charger(charger_id).charger_id), key=_key)
    return listed(sorted_part(refusals, replace(asked, descending=True), _key), _shape)


def _key(refusal: tuple[str, datetime, int, str]) -> Key:
    charger_id, at, status, reason = refusal
    return at.isoformat(timespec="microseconds"), charger_id, status, reason


def _shape(refusal: tuple[str, datetime, int, str]) -> RefusedConnection:
    charger_id, at, status, reason = refusal
    return RefusedConnection(charger_id=charger_id, at=at, status=status, reason=reason)
