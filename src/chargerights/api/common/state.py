"""State that the routes of one process share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request

from ...net.tasks import end
from ...operations.services import Services
from .rate_limit import RateLimits

CLOSE_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class AppState(Services):
    """The services of every door, and what the HTTP API keeps from request to request."""

    limits: RateLimits
    metrics_token: str = ""
    noted_uses: dict[tuple[int, int], datetime] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def close(self) -> None:
        """Interrupts imports, waits for background tasks and closes the database."""
        await self.importer.close()
        await end(self.tasks, CLOSE_SECONDS)
        await self.database.close()


def state_of(request: Request) -> AppState:
    state: AppState = request.app.state.shared
    return state
