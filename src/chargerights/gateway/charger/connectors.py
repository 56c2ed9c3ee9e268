"""The states of a charger's connectors, and sessions of OCPP 2.x that occupy them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from ...rights.live import LiveConnector
from ..ocpp.statuses import AVAILABLE, CHARGING, OCCUPIED_BY, PREPARING

MAX_CONNECTORS = 200
OCCUPIED = (PREPARING, CHARGING, *OCCUPIED_BY.values())
"""Statuses that OCPP 2.x reports with one word, Occupied."""


class Occupancy(NamedTuple):
    """A transaction at an EVSE.

    `status`: the status of its connector meanwhile. `connector_id`: the connector, if it is known.
    """

    transaction_id: str = ""
    status: str = PREPARING
    connector_id: int | None = None


class Connectors:
    """Connectors by the number of their socket, and transactions of OCPP 2.x by EVSE."""

    def __init__(self, known: Iterable[LiveConnector]) -> None:
        self._connectors = {connector.id: connector for connector in known}
        self._occupancies = {
            connector.evse_id: Occupancy("", connector.status, connector.connector_id)
            for connector in self._connectors.values()
            if connector.evse_id is not None and connector.status in (CHARGING, *OCCUPIED_BY.values())
        }

    @property
    def all(self) -> tuple[LiveConnector, ...]:
        """The connectors in the order of their numbers."""
        return tuple(self._connectors[number] for number in sorted(self._connectors))

    def is_in_use(self, evse_id: int) -> bool:
        """Returns whether a connector of the EVSE is in use, or prepares for it."""
        return any(
            connector.evse_id == evse_id and connector.status in OCCUPIED for connector in self._connectors.values()
        )

    def set(self, connector: LiveConnector) -> None:
        if connector.id in self._connectors or len(self._connectors) < MAX_CONNECTORS:
            self._connectors[connector.id] = connector

    def set_availability(self, connector: LiveConnector) -> None:
        """Sets a connector's state in OCPP 2.x, in which PREPARING stands for Occupied."""
        occupancy = self._occupancies.get(connector.evse_id or 0)
        if (
            connector.status == AVAILABLE
            and occupancy is not None
            and occupancy.connector_id in (None, connector.connector_id)
        ):
            del self._occupancies[connector.evse_id or 0]
        self.set(self._as_occupied(connector))

    def set_transaction(
        self,
        transaction_id: str,
        evse_id: int | None,
        charging_state: str | None,
        is_running: bool,
        connector_id: int | None = None,
    ) -> bool:
        """Sets the state of a transaction of OCPP 2.x.

        Only its first event must name its EVSE.

        Returns whether its EVSE is known.
        """
        if evse_id is None:
            evse_id = self._evse_of(transaction_id)
        if evse_id is None or (evse_id not in self._occupancies and len(self._occupancies) >= MAX_CONNECTORS):
            return False
        before = self._occupancies.get(evse_id, Occupancy())
        if is_running:
            if connector_id is None and before.transaction_id == transaction_id:
                connector_id = before.connector_id
            status = OCCUPIED_BY.get(charging_state or "", CHARGING)
            self._occupancies[evse_id] = Occupancy(transaction_id, status, connector_id)
        elif before.transaction_id in ("", transaction_id):
            self._occupancies.pop(evse_id, None)
        for connector in [*self._connectors.values()]:
            if connector.evse_id == evse_id:
                self.set(self._as_occupied(connector))
        return True

    def restarted(self) -> None:
        """Forgets the transactions, because the charger has restarted."""
        self._occupancies.clear()

    def _evse_of(self, transaction_id: str) -> int | None:
        occupancies = self._occupancies.items()
        return next((evse for evse, occupancy in occupancies if occupancy.transaction_id == transaction_id), None)

    def _as_occupied(self, connector: LiveConnector) -> LiveConnector:
        """The connector with the status that its EVSE's transaction gives it."""
        if connector.status not in OCCUPIED:
            return connector
        return replace(connector, status=self._occupancies.get(connector.evse_id or 0, Occupancy()).status)
