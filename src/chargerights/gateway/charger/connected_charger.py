"""A charger that is or was connected to this process, as its handlers see it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from ...rights.live import ChargerConfiguration, LiveCharger, LiveConnector, ReportedSocket
from ...storage.charging.sessions import SessionNotice, Sign
from ..ocpp.ocpp_j import V16
from ..ocpp.statuses import AVAILABLE, CHARGING, OCCUPIED_BY, PREPARING
from .remote_starts import RemoteStarts
from .reports import Reports

if TYPE_CHECKING:
    from ..active_sessions import Place
    from ..connection.connection import ChargerConnection
    from ..customer_runtime import CustomerRuntime
    from ..messages.configuration import ConfigurationReport

Work = Callable[["ConnectedCharger"], Coroutine[Any, Any, object]]

STARTS_KEPT = 200
ENDS_KEPT = 200
MAX_CONNECTORS = 200
SOCKETS_OF_EVSE = 100


class ConnectedCharger:
    """Its live state and what it has begun; outlives its sockets. `connection` is the open one."""

    def __init__(self, customer: CustomerRuntime, charger_id: str, known: LiveCharger | None) -> None:
        known = known or LiveCharger(charger_id, False)
        self.customer = customer
        self.charger_id = charger_id
        self.connection: ChargerConnection | None = None
        self.starts = Starts()
        self.remote_starts = RemoteStarts()
        self.report: dict[int, ConfigurationReport] = {}
        """Of 2.x: reports whose last part is not there yet, by their request ids."""
        self.last_seen = known.last_seen
        self._last_message = known.last_message
        self._status = known.status
        self._connectors = {each.id: each for each in known.connectors}
        self._running = {
            each.evse_id: ("", each.status, each.connector_id)
            for each in known.connectors
            if each.evse_id is not None and each.status in (CHARGING, *OCCUPIED_BY.values())
        }
        """Of 2.x, by EVSE: the transaction there, the word for Occupied meanwhile, and the connector."""
        self._over: dict[str, datetime] = {}
        """Of 2.x: transactions that have ended, and when; the latest last."""
        self._free: set[tuple[Place, bool]] = set()
        """Connectors whose sessions are known to have ended."""
        self._restarted_on: ChargerConnection | None = None
        """The socket by which it has said that it has started."""
        self.awaited_reports: dict[int, asyncio.Future[tuple[ChargerConfiguration, ...]]] = {}
        """Of 2.x: who waits for a report to be whole."""
        self.read_at: float | None = None
        """When its configuration was last read because it had started, by the event loop's time."""
        self.read_build: object = None
        """Its hardware and firmware then."""
        self.read_later: ChargerConnection | None = None
        """The socket by which it will be read again."""
        self._requests = count(1)
        self.reported = known.reported
        self.reports = Reports(self, known.faults)
        self._node, self._connected_at = known.node, known.connected_at

    # -- its state --------------------------------------------------------------------------------

    def state(self) -> LiveCharger:
        return LiveCharger(
            self.charger_id,
            self.connection is not None,
            self.last_seen,
            self._last_message,
            self._status,
            tuple(self._connectors[each] for each in sorted(self._connectors)),
            self.reported,
            self._node,
            self._connected_at,
            self.reports.faults,
        )

    def connected(self, connection: ChargerConnection, at: datetime) -> ChargerConnection | None:
        """It has opened this socket, which speaks for it from now on; gives the one that did until now."""
        before, self.connection = self.connection, connection
        self._free.clear()
        self.remote_starts.connected(at)
        self._node, self._connected_at = self.customer.node, at
        self.heard(at)
        version = connection.version.removeprefix("ocpp")
        if self.reported.ocpp_version != version:
            self.says_of_itself(ocpp_version=version)
        return before

    def disconnected(self, connection: ChargerConnection) -> None:
        """The socket is gone; of one that was replaced, nothing changes."""
        if self.connection is connection:
            self.connection = None
            self.customer.write_buffer.note(self)

    def left(self) -> ChargerConnection | None:
        """It has connected to another node, which speaks for it now; gives the leftover socket."""
        connection, self.connection = self.connection, None
        return connection

    def heard(self, at: datetime, message: str | None = None) -> None:
        """A frame came, with that message in it if one could be read."""
        self.last_seen = at
        if message is not None:
            self._last_message = message
        if self.connection is not None:
            self.customer.write_buffer.note(self)

    def says_of_itself(self, **members: str | tuple[ChargerConfiguration | ReportedSocket, ...] | None) -> None:
        """What it reports; what it leaves out stays as it was."""
        given: dict[str, Any] = {name: value for name, value in members.items() if value is not None}
        self.reported = replace(self.reported, **given)
        if self.connection is not None:
            self.customer.write_buffer.note_whole(self)

    def booted(self, ask: Work) -> None:
        """It has started: once it has its answer, it is asked for what it has not said, and whoever wants to know that
        it has started is told."""
        if self.connection is not None:
            for work in (ask, *self.customer.after_boot):
                self.connection.spawn(work(self))

    @property
    def build(self) -> tuple[str | None, ...]:
        """Hardware and firmware, as it reports them."""
        reported = self.reported
        return reported.manufacturer, reported.model, reported.serial_number, reported.firmware_version

    # -- its sessions -----------------------------------------------------------------------------

    def begin(self, said: str, has_clock: bool) -> tuple[str, str, bool]:
        """Of 1.6: see `Starts.begin`."""
        return self.starts.begin(said, has_clock, self.customer.next_transaction)

    def begins(
        self, transaction_id: str, place: Place, at: datetime, tag_key: str | None, is_start: bool = True
    ) -> None:
        """A session begins, or goes on, at the EVSE or connector. With the key of its tag if that may charge."""
        self.goes_on(transaction_id)
        if self.customer.active_sessions is not None and (is_start or tag_key is not None):
            self.customer.active_sessions.begin(tag_key, self.charger_id, place, transaction_id, at)

    def goes_on(self, transaction_id: str) -> None:
        """There is news of a session."""
        self._free.clear()
        if self.customer.active_sessions is not None:
            self.customer.active_sessions.resume(self.charger_id, transaction_id)

    def ended(self, transaction_id: str, at: datetime | None = None) -> None:
        """A session has ended; in 2.x at that instant."""
        if at is not None:
            self._over.pop(transaction_id, None)
            self._over[transaction_id] = at
            while len(self._over) > ENDS_KEPT:
                del self._over[next(iter(self._over))]
        self.starts.end(transaction_id)
        if self.customer.active_sessions is not None:
            self.customer.active_sessions.end(self.charger_id, transaction_id)

    def is_over(self, transaction_id: str, started_at: datetime | None) -> bool:
        """Of 2.x, whose events come in any order: whether the transaction has ended already. A start that is later
        than the end uses its id again."""
        ended_at = self._over.get(transaction_id)
        if ended_at is None or (started_at is not None and started_at > ended_at):
            self._over.pop(transaction_id, None)
            return False
        return True

    def restarted(self) -> None:
        """It says that it has started: its sessions seem to have ended. A second time by one socket, it was asked."""
        if self._restarted_on is self.connection:
            return
        self._restarted_on = self.connection
        self._running.clear()
        if self.customer.active_sessions is not None:
            self.customer.active_sessions.rest(self.charger_id)
        self.customer.write_buffer.keep(SessionNotice(self.charger_id, self.customer.clock(), sign=Sign.BOOT))

    def is_free(self, evse_id: int | None, connector_id: int, at: datetime) -> None:
        """A connector is available: the session there seems to have ended."""
        others = [each for each in self._connectors.values() if evse_id is not None and each.evse_id == evse_id]
        whole_evse = not any(each.status in (PREPARING, CHARGING, *OCCUPIED_BY.values()) for each in others)
        key = (evse_id, connector_id), whole_evse
        if key in self._free:
            return
        self._free.add(key)
        if self.customer.active_sessions is not None and whole_evse:
            self.customer.active_sessions.rest(
                self.charger_id, at, (evse_id, None if evse_id is not None else connector_id)
            )
        says = {"evse_id": evse_id, "connector_id": connector_id, "whole_evse": whole_evse}
        clock = self.customer.clock()
        self.customer.write_buffer.keep(SessionNotice(self.charger_id, clock, says=says, at=at, sign=Sign.AVAILABLE))

    # -- its connectors ---------------------------------------------------------------------------

    def set_status(self, word: str) -> None:
        self._status = word

    def set_connector(self, connector: LiveConnector) -> None:
        if connector.id in self._connectors or len(self._connectors) < MAX_CONNECTORS:
            self._connectors[connector.id] = connector

    def set_availability(self, connector: LiveConnector) -> None:
        """Of 2.x: a connector's state, in which PREPARING stands for Occupied."""
        running = self._running.get(connector.evse_id or 0)
        if connector.status == AVAILABLE and running is not None and running[2] in (None, connector.connector_id):
            del self._running[connector.evse_id or 0]
        self.set_connector(self._as_occupied(connector))

    def set_transaction(
        self,
        transaction_id: str,
        evse_id: int | None,
        charging_state: str | None,
        is_running: bool,
        connector_id: int | None = None,
    ) -> None:
        """Of 2.x: what a transaction does. Only its first event must say at which EVSE it is."""
        if evse_id is None:
            evse_id = next((evse for evse, (running, *_) in self._running.items() if running == transaction_id), None)
        if evse_id is None or (evse_id not in self._running and len(self._running) >= MAX_CONNECTORS):
            return
        if is_running:
            before = self._running.get(evse_id, ("", "", None))
            if connector_id is None and before[0] == transaction_id:
                connector_id = before[2]
            self._running[evse_id] = transaction_id, OCCUPIED_BY.get(charging_state or "", CHARGING), connector_id
        elif self._running.get(evse_id, ("",))[0] in ("", transaction_id):
            self._running.pop(evse_id, None)
        for connector in [*self._connectors.values()]:
            if connector.evse_id == evse_id:
                self.set_connector(self._as_occupied(connector))
        if self.connection is not None:  # what was heard may have been written while a partner was asked
            self.customer.write_buffer.note(self)

    def _as_occupied(self, connector: LiveConnector) -> LiveConnector:
        if connector.status not in (PREPARING, CHARGING, *OCCUPIED_BY.values()):
            return connector
        word = self._running.get(connector.evse_id or 0, ("", PREPARING))[1]
        return replace(connector, status=word)

    def next_request(self) -> int:
        """An id for a request whose parts come later."""
        return next(self._requests)

    def socket_id(self, evse_id: int, connector_id: int) -> int:
        """Of 2.x: which of the charger's sockets that connector is: the one that the operator says is it, else one of
        the EVSE's number, or of the EVSE's and the connector's where an EVSE has several."""
        entered = self.customer.charger(self.charger_id)
        for socket in entered.connectors if entered is not None else ():
            if (socket.device_evse_id, socket.device_connector_id or 1) == (evse_id, connector_id):
                return socket.id
        return evse_id if connector_id == 1 else evse_id * SOCKETS_OF_EVSE + connector_id

    def place_of(self, socket_id: int) -> tuple[int, int]:
        """Of 2.x: the EVSE and connector that is that socket of the charger; see `socket_id`."""
        entered = self.customer.charger(self.charger_id)
        for socket in entered.connectors if entered is not None else ():
            if socket.id == socket_id and socket.device_evse_id is not None:
                return socket.device_evse_id, socket.device_connector_id or 1
        if socket_id > SOCKETS_OF_EVSE and socket_id % SOCKETS_OF_EVSE:
            return divmod(socket_id, SOCKETS_OF_EVSE)
        return socket_id, 1

    def place_in(self, version: str, socket_id: int | None) -> Place:
        """EVSE and connector of the socket in that version of OCPP, as a start there names them."""
        if version == V16:
            return None, socket_id
        return (None, None) if socket_id is None else self.place_of(socket_id)


class Starts:
    """Of 1.6: the transactions that a charger has begun, so that a start which is sent again begins nothing."""

    def __init__(self) -> None:
        self._transactions: dict[str, str] = {}
        self._ended: set[str] = set()

    def learn(self, transactions: dict[str, str], ended: set[str]) -> None:
        """What other processes, or this one before, have kept; what is known here counts."""
        self._transactions = transactions | self._transactions
        self._ended |= ended

    def begin(self, said: str, has_clock: bool, new_id: Callable[[Collection[str]], int]) -> tuple[str, str, bool]:
        """The key and transaction id of a start that said this, and whether it is new. A start that says the same as
        one whose transaction has ended is new when the charger has no clock; with one, it was sent again."""
        key, copies = said, 1
        while (transaction := self._transactions.get(key)) in self._ended and not has_clock:
            copies += 1
            key = f"{said}.{copies}"
        if transaction is not None:
            return key, transaction, False
        self._transactions[key] = transaction = str(new_id(self._transactions.values()))
        while len(self._transactions) > STARTS_KEPT:
            self._ended.discard(self._transactions.pop(next(iter(self._transactions))))
        return key, transaction, True

    def has_ended(self, transaction_id: str) -> bool:
        return transaction_id in self._ended

    def end(self, transaction_id: str) -> None:
        if transaction_id in self._transactions.values():
            self._ended.add(transaction_id)
