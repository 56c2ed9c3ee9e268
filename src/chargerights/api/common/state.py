"""What the routes of one process share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from fastapi import Request

from ...importing.runner import Importer
from ...net.allowed_targets import AllowedTargets
from ...net.tasks import end
from ...replica.as_of import AsOfNetworks
from ...replica.images import NetworkReplicas
from ...rights.commands import Action
from ...rights.reports import Finding
from ...storage.charging.commands import CommandOutcome
from ...storage.database import Database
from ...storage.idempotency import Once
from ...storage.journal import Actor
from ..v1.fragments import Fragments
from .rate_limit import RateLimits

CLOSE_SECONDS = 5.0


class Chargers(Protocol):
    """Whoever reaches the chargers that are connected, here or at another node."""

    async def tell(
        self,
        customer_id: int,
        actor: Actor,
        charger_id: str,
        action: Action,
        arguments: dict[str, Any],
        secret: dict[str, Any] | None = None,
        once: Once | None = None,
    ) -> CommandOutcome:
        """What came of telling the customer's charger to do that. Raises DatabaseFault, KeyReused."""
        ...

    def refusals(self, charger_id: str) -> Sequence[tuple[str, datetime, int, str]]:
        """Handshakes as the charger, or with an id like its own, that were refused: id, instant, status and reason."""
        ...

    def measure(self) -> None:
        """Brings the metrics that are no counts up to date."""
        ...

    def spooled(self) -> tuple[int, float]:
        """How many messages of chargers wait in this process's spool, and for how many seconds the oldest."""
        ...


@dataclass(slots=True)
class AppState:
    """The database, the images of its customers and their pasts, what was encoded of them, and the way to their
    chargers."""

    database: Database
    images: NetworkReplicas
    clock: Callable[[], datetime]
    limits: RateLimits
    history: AsOfNetworks
    webhook_targets: AllowedTargets
    chargers: Chargers
    metrics_token: str = ""
    fragments: dict[int, Fragments] = field(default_factory=dict)
    reports: dict[tuple[object, ...], list[Finding]] = field(default_factory=dict)
    noted_uses: dict[tuple[int, int], datetime] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    importer: Importer = field(init=False)
    exporting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """One export at a time is written: each keeps a processor busy, and the event loop waits for its turn."""

    def __post_init__(self) -> None:
        self.importer = Importer(self.database, self.clock)

    def fragments_of(self, customer_id: int) -> Fragments:
        return self.fragments.setdefault(customer_id, Fragments())

    async def close(self) -> None:
        """Interrupts imports, lets what else runs beside requests end, then closes the database."""
        await self.importer.close()
        await end(self.tasks, CLOSE_SECONDS)
        await self.database.close()


def state_of(request: Request) -> AppState:
    state: AppState = request.app.state.shared
    return state
