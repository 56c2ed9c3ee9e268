"""Services that every door of one process shares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ..importing.runner import Importer
from ..net.allowed_targets import AllowedTargets
from ..replica.as_of import AsOfNetworks
from ..replica.images import NetworkReplicas
from ..rights.commands import Action
from ..rights.reports import Finding
from ..storage.charging.commands import CommandOutcome
from ..storage.database import Database
from ..storage.idempotency import Once
from ..storage.journal import Actor


class Chargers(Protocol):
    """Access to chargers that are connected to this node or to another one."""

    async def send(
        self,
        customer_id: int,
        actor: Actor,
        charger_id: str,
        action: Action,
        arguments: dict[str, Any],
        secret: dict[str, Any] | None = None,
        once: Once | None = None,
    ) -> CommandOutcome:
        """Sends the customer's charger a command and waits for its outcome.

        Raises DatabaseFault, KeyReused.
        """
        ...

    def refusals(self, charger_id: str) -> Sequence[tuple[str, datetime, int, str]]:
        """Lists refused handshakes under the charger's id or one like it.

        Each has an id, an instant, a status and a reason.
        """
        ...

    def measure(self) -> None:
        """Updates the metrics that are not counters."""
        ...

    def spooled(self) -> tuple[int, float]:
        """Number of messages in this process's spool, and the oldest's age in seconds."""
        ...


@dataclass(slots=True)
class Services:
    """The database, customers' networks now and in the past, and their chargers."""

    database: Database
    images: NetworkReplicas
    clock: Callable[[], datetime]
    history: AsOfNetworks
    webhook_targets: AllowedTargets
    chargers: Chargers
    reports: dict[tuple[object, ...], list[Finding]] = field(default_factory=dict)
    """The latest reports, for their other pages."""
    importer: Importer = field(init=False)
    exporting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """One export is written at a time: each keeps a processor busy and slows the event loop down."""

    def __post_init__(self) -> None:
        self.importer = Importer(self.database, self.clock)
