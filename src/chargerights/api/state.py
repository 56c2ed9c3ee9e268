"""What the routes of one process share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request

from ..outbound.targets import Targets
from ..rights.reports import Finding
from ..storage.database import Database
from ..storage.history import History
from ..storage.images import Images
from .answers import Fragments
from .limits import Limits


@dataclass(slots=True)
class State:
    """The database, the images of its customers and their pasts, and what was encoded of them."""

    database: Database
    images: Images
    clock: Callable[[], datetime]
    limits: Limits
    history: History
    webhook_targets: Targets
    fragments: dict[int, Fragments] = field(default_factory=dict)
    reports: dict[tuple[object, ...], list[Finding]] = field(default_factory=dict)
    noted_uses: dict[tuple[int, int], datetime] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def fragments_of(self, customer_id: int) -> Fragments:
        return self.fragments.setdefault(customer_id, Fragments())

    async def close(self) -> None:
        """Lets what runs beside requests end, then closes the database."""
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.database.close()


def state_of(request: Request) -> State:
    state: State = request.app.state.shared
    return state
