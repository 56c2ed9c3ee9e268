"""Brings chargers to a wanted state: the common part of the reconcilers.

Work runs beside the charger's connection and ends with it. It is retried with back-off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from ..charger.connected_charger import ConnectedCharger
from ..ports import Connection


class ChargerSync:
    """The work for one charger. One task runs at a time."""

    def __init__(self, charger: ConnectedCharger) -> None:
        self.charger = charger
        self._connection: Connection | None = None
        self._is_running = False
        self._failures = 0
        self._try_at = 0.0
        """When the next attempt is due, by the event loop's time."""

    def _idle_connection(self, now: float) -> Connection | None:
        """Returns the open connection, unless work for it is running."""
        connection = self.charger.connection
        if connection is not None and connection is not self._connection:  # work ended with the connection before
            self._connection, self._is_running = connection, False
            self._failures, self._try_at = 0, now
            self._reconnected()
        return None if self._is_running else connection

    def _reconnected(self) -> None:
        """Forgets what is known of the charger by its connection before."""
        raise NotImplementedError

    def _ended(self, connection: Connection) -> None:
        """Notes that work for that connection has ended."""
        if self._connection is connection:
            self._is_running = False


Sync = TypeVar("Sync", bound=ChargerSync)


class ChargerSyncs(Generic[Sync]):
    """The work for each of one customer's chargers that are connected here."""

    def __init__(self, chargers: Mapping[str, ConnectedCharger], new: Callable[[ConnectedCharger], Sync]) -> None:
        self._chargers = chargers
        self._new = new
        self._syncs: dict[str, Sync] = {}

    def of(self, charger: ConnectedCharger) -> Sync:
        sync = self._syncs.get(charger.charger_id)
        if sync is None or sync.charger is not charger:
            sync = self._syncs[charger.charger_id] = self._new(charger)
        return sync

    def get(self, charger_id: str) -> Sync | None:
        return self._syncs.get(charger_id)

    def all(self) -> Iterator[Sync]:
        """Yields the work for every charger, and forgets chargers that are gone."""
        if len(self._syncs) > len(self._chargers):
            self._syncs = {id_: sync for id_, sync in self._syncs.items() if id_ in self._chargers}
        for charger in [*self._chargers.values()]:
            yield self.of(charger)

    def begun(self) -> Iterator[Sync]:
        """Yields the work for chargers that has begun."""
        yield from self._syncs.values()
