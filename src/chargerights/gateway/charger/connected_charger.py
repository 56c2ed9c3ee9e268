"""A charger that is or was connected to this process, as handlers see it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ...rights.live import ChargerConfiguration, LiveCharger, LiveConnector, ReportedSocket
from ...storage.charging.session_notices import SessionNotice, Sign
from ..active_sessions import Place
from ..ocpp.ocpp_j import V16
from ..ports import Connection, CustomerContext
from .connectors import Connectors
from .fault_reports import FaultReports
from .remote_starts import RemoteStarts
from .reports2x import Reports2x
from .transactions import Start, Transactions2x, Transactions16

Work = Callable[["ConnectedCharger"], Coroutine[Any, Any, object]]

SOCKETS_OF_EVSE = 100


@dataclass(slots=True)
class LastReading:
    """The last reading of a charger's configuration after a start.

    `at`: when that was, by the event loop's time. `build`: the charger's build then. `scheduled_on`: the connection by
    which the configuration will be read again.
    """

    at: float | None = None
    build: object = None
    scheduled_on: Connection | None = None


class ConnectedCharger:
    """The live state of a charger, and what it has begun.

    It outlives its sockets: `connection` is the open one. `after_boot` is done each time the charger has started, once
    its BootNotification is answered.
    """

    def __init__(
        self,
        customer: CustomerContext,
        charger_id: str,
        known: LiveCharger | None,
        after_boot: Sequence[Work] = (),
    ) -> None:
        known = known or LiveCharger(charger_id, False)
        self.customer = customer
        self.charger_id = charger_id
        self.connection: Connection | None = None
        self.transactions_16 = Transactions16()
        self.transactions_2x = Transactions2x()
        self.reports_2x = Reports2x()
        self.remote_starts = RemoteStarts()
        self.connectors = Connectors(known.connectors)
        self.fault_reports = FaultReports(charger_id, customer, known.faults)
        self.last_reading = LastReading()
        self.reported = known.reported
        self.last_seen = known.last_seen
        self._after_boot = after_boot
        self._last_message = known.last_message
        self._status = known.status
        self._node, self._connected_at = known.node, known.connected_at
        self._free: set[tuple[Place, bool]] = set()
        """Connectors whose sessions are known to have ended."""
        self._restarted_on: Connection | None = None
        """The connection by which it has reported that it has started."""

    # -- its state --------------------------------------------------------------------------------

    def state(self) -> LiveCharger:
        return LiveCharger(
            self.charger_id,
            self.connection is not None,
            self.last_seen,
            self._last_message,
            self._status,
            self.connectors.all,
            self.reported,
            self._node,
            self._connected_at,
            self.fault_reports.faults,
        )

    def connected(self, connection: Connection, at: datetime) -> Connection | None:
        """Takes the connection, which speaks for the charger from now on.

        Returns the one that did until now.
        """
        before, self.connection = self.connection, connection
        self._free.clear()
        self.remote_starts.connected(at)
        self._node, self._connected_at = self.customer.node, at
        self.heard(at)
        version = connection.version.removeprefix("ocpp")
        if self.reported.ocpp_version != version:
            self.update_reported(ocpp_version=version)
        return before

    def disconnected(self, connection: Connection) -> None:
        """Forgets the connection, which has ended.

        The end of one that was replaced changes nothing.
        """
        if self.connection is connection:
            self.connection = None
            self.customer.write_buffer.note(self)

    def left(self) -> Connection | None:
        """Notes that the charger has connected to another node.

        Returns the leftover connection.
        """
        connection, self.connection = self.connection, None
        return connection

    def heard(self, at: datetime, message: str | None = None) -> None:
        """Notes that a frame came, with that message in it if it could be read."""
        self.last_seen = at
        if message is not None:
            self._last_message = message
        self.changed()

    def changed(self) -> None:
        """Has the charger's state written, while it is connected."""
        if self.connection is not None:
            self.customer.write_buffer.note(self)

    def update_reported(self, **members: str | tuple[ChargerConfiguration | ReportedSocket, ...] | None) -> None:
        """Updates what the charger reports of itself.

        Members that are None stay as they were.
        """
        given: dict[str, Any] = {name: value for name, value in members.items() if value is not None}
        self.reported = replace(self.reported, **given)
        if self.connection is not None:
            self.customer.write_buffer.note_whole(self)

    def booted(self, ask: Work) -> None:
        """Has the charger asked for more once its BootNotification is answered."""
        if self.connection is not None:
            for work in (ask, *self._after_boot):
                self.connection.spawn(work(self))

    @property
    def build(self) -> tuple[str | None, ...]:
        """Hardware and firmware, as the charger reports them."""
        reported = self.reported
        return reported.manufacturer, reported.model, reported.serial_number, reported.firmware_version

    def set_status(self, status: str) -> None:
        self._status = status

    # -- its sessions -----------------------------------------------------------------------------

    def begin_16(self, content: str, has_clock: bool) -> Start:
        """Returns the start of OCPP 1.6 with that content.

        See `Transactions16.begin`.
        """
        return self.transactions_16.begin(content, has_clock, self.customer.next_transaction)

    def begins(
        self, transaction_id: str, place: Place, at: datetime, tag_key: str | None, is_start: bool = True
    ) -> None:
        """Notes that a session begins or goes on at the EVSE or connector.

        `tag_key`: the key of its tag, if that may charge.
        """
        self.goes_on(transaction_id)
        sessions = self.customer.active_sessions
        if sessions is not None and (is_start or tag_key is not None):
            sessions.begin(tag_key, self.charger_id, place, transaction_id, at)

    def goes_on(self, transaction_id: str) -> None:
        """Notes that there is news of a session."""
        self._free.clear()
        if self.customer.active_sessions is not None:
            self.customer.active_sessions.resume(self.charger_id, transaction_id)

    def ended_16(self, transaction_id: str) -> None:
        """Notes that a session of OCPP 1.6 has ended."""
        self.transactions_16.end(transaction_id)
        self._ended(transaction_id)

    def ended_2x(self, transaction_id: str, at: datetime) -> None:
        """Notes that a session of OCPP 2.x has ended at that instant."""
        self.transactions_2x.end(transaction_id, at)
        self._ended(transaction_id)

    def _ended(self, transaction_id: str) -> None:
        if self.customer.active_sessions is not None:
            self.customer.active_sessions.end(self.charger_id, transaction_id)

    def set_transaction_2x(
        self,
        transaction_id: str,
        evse_id: int | None,
        charging_state: str | None,
        is_running: bool,
        connector_id: int | None = None,
    ) -> None:
        """Shows what a transaction of OCPP 2.x does in the state of its connectors."""
        if self.connectors.set_transaction(transaction_id, evse_id, charging_state, is_running, connector_id):
            self.changed()  # what was heard may have been written while a partner was asked

    def restarted(self) -> None:
        """Notes that the charger has started, so that its sessions seem to have ended.

        A second time by the same connection, it was only asked for a BootNotification.
        """
        if self._restarted_on is self.connection:
            return
        self._restarted_on = self.connection
        self.connectors.restarted()
        if self.customer.active_sessions is not None:
            self.customer.active_sessions.rest(self.charger_id)
        self.customer.write_buffer.keep(SessionNotice(self.charger_id, self.customer.clock(), sign=Sign.BOOT))

    def is_free(self, evse_id: int | None, connector_id: int, at: datetime) -> None:
        """Notes that a connector is available, so that its session seems to have ended."""
        whole_evse = evse_id is None or not self.connectors.is_in_use(evse_id)
        key = (evse_id, connector_id), whole_evse
        if key in self._free:
            return
        self._free.add(key)
        if self.customer.active_sessions is not None and whole_evse:
            place = (evse_id, None if evse_id is not None else connector_id)
            self.customer.active_sessions.rest(self.charger_id, at, place)
        content = {"evse_id": evse_id, "connector_id": connector_id, "whole_evse": whole_evse}
        clock = self.customer.clock()
        self.customer.write_buffer.keep(SessionNotice(self.charger_id, clock, says=content, at=at, sign=Sign.AVAILABLE))

    # -- its sockets ------------------------------------------------------------------------------

    def set_connector(self, connector: LiveConnector) -> None:
        self.connectors.set(connector)

    def set_availability_2x(self, evse_id: int, connector_id: int, status: str, at: datetime) -> None:
        """Sets the state of a connector of OCPP 2.x."""
        socket_id = self.socket_id(evse_id, connector_id)
        self.connectors.set_availability(
            LiveConnector(socket_id, status, at, evse_id=evse_id, connector_id=connector_id)
        )

    def socket_id(self, evse_id: int, connector_id: int) -> int:
        """Returns which of the charger's sockets a connector of OCPP 2.x is.

        That is the socket for which the operator has entered the EVSE and connector. Else it has the number of the
        EVSE, or a number of both where an EVSE has several connectors.
        """
        entered = self.customer.charger(self.charger_id)
        for socket in entered.connectors if entered is not None else ():
            if (socket.device_evse_id, socket.device_connector_id or 1) == (evse_id, connector_id):
                return socket.id
        return evse_id if connector_id == 1 else evse_id * SOCKETS_OF_EVSE + connector_id

    def evse_of(self, socket_id: int) -> tuple[int, int]:
        """Returns the EVSE and connector of OCPP 2.x of a socket.

        See `socket_id`.
        """
        entered = self.customer.charger(self.charger_id)
        for socket in entered.connectors if entered is not None else ():
            if socket.id == socket_id and socket.device_evse_id is not None:
                return socket.device_evse_id, socket.device_connector_id or 1
        if socket_id > SOCKETS_OF_EVSE and socket_id % SOCKETS_OF_EVSE:
            return divmod(socket_id, SOCKETS_OF_EVSE)
        return socket_id, 1

    def place_in(self, version: str, socket_id: int | None) -> Place:
        """Returns the EVSE and connector with which a start names the socket."""
        if version == V16:
            return None, socket_id
        return (None, None) if socket_id is None else self.evse_of(socket_id)
