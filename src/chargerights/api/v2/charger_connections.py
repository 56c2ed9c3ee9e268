"""Why a charger does not connect: handshakes that were refused, with their reasons."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from ...rights.operators import Permission
from ..auth import CallerFirst
from .shapes import REFUSALS, Shape
from .views import View, answer, viewing

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


class RefusedConnections(Shape):
    """Handshakes that were refused, the latest first."""

    items: list[RefusedConnection]


@router.get(
    "/refused-connections",
    operation_id="listRefusedConnections",
    summary="List why a charger could not connect",
    response_model=RefusedConnections,
)
async def list_refused_connections(
    view: Annotated[View, Depends(viewing(Permission.READ_CHARGERS))],
    chargerId: str,  # noqa: N803
) -> Response:
    """Handshakes with the charger's id, and with ids like it that no charger has, that were refused within the last
    hour. They are kept in the memory of the process that answers, at most ten an id."""
    found = view.state.chargers.refusals(view.charger(chargerId).charger_id)
    return answer(
        RefusedConnections(
            items=[
                RefusedConnection(charger_id=charger_id, at=at, status=status, reason=reason)
                for charger_id, at, status, reason in found
            ]
        )
    )
