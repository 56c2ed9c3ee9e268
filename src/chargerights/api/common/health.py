"""Liveness, readiness and metrics of this process.

For machines beside it, not for programs of customers: without API keys, and in no document of the API.
"""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from ... import metrics
from .errors import NotAuthorised
from .state import state_of

router = APIRouter(include_in_schema=False)


@router.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """Answers while the process lives, even without the database.

    Includes the messages that wait for the database in this process's spool.
    """
    waiting, seconds = state_of(request).chargers.spooled()
    return {"status": "alive", "messages": {"waiting": waiting, "oldestSeconds": round(seconds)}}


@router.get("/ready")
async def ready(request: Request) -> dict[str, str]:
    """Answers if the database can be read. Raises DatabaseFault."""
    await state_of(request).database.reach()
    return {"status": "ready"}


@router.get("/metrics")
async def show_metrics(request: Request) -> Response:
    """Shows metrics to clients with the token of the settings.

    If the settings have no token, the path does not exist.
    """
    state = state_of(request)
    if not state.metrics_token:
        raise HTTPException(404)
    shown = request.headers.get("authorization", "")
    if not hmac.compare_digest(shown.encode(), f"Bearer {state.metrics_token}".encode()):
        raise NotAuthorised("send the metrics token as Authorization: Bearer")
    state.chargers.measure()
    return Response(metrics.render(), headers={"content-type": metrics.CONTENT_TYPE})
