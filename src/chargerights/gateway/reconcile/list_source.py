"""Data that the sync of one charger's local list needs about its customer."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ...rights.local_list import TagList
from ...rights.network import Network
from ...storage.charging.local_lists import KeptList


class ListSource(Protocol):
    """The local lists of a customer, as one list sees them."""

    hours_too: bool
    """Whether tags of rights with weekly hours are on the lists."""

    @property
    def at(self) -> datetime:
        """The present instant."""

    @property
    def now(self) -> float:
        """The event loop's time, by which pauses are measured."""

    @property
    def network(self) -> Network:
        """The customer's network. Raises DatabaseFault while it has not been loaded."""

    async def wanted(self, charger_id: str, at: datetime) -> TagList:
        """Returns the tags that the charger must know. Raises DatabaseFault."""

    async def recent(self, charger_id: str) -> list[str]:
        """Loads the keys of the tags last accepted there, the latest first.

        Raises DatabaseFault.
        """

    async def stored(self, charger_id: str) -> KeptList | None:
        """Loads what is stored of the charger's list. Raises DatabaseFault."""
