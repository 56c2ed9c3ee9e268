"""Values that chargers report, and how they combine with what operators entered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from .model import Charger, Connector


@dataclass(frozen=True, slots=True)
class LiveConnector:
    """The last reported status of a connector, in the terms of v1."""

    id: int
    status: str
    updated_at: datetime
    evse_id: int | None = None
    connector_id: int | None = None
    """The connector's name in OCPP 2.x."""


@dataclass(frozen=True, slots=True)
class ChargerConfiguration:
    name: str
    value: str
    can_be_changed: bool


@dataclass(frozen=True, slots=True)
class ReportedSocket:
    """A socket as reported by a charger of OCPP 2.x, in OCPI's terms.

    `connector_id` None: all connectors of that EVSE.
    """

    evse_id: int
    connector_id: int | None = None
    type: str | None = None
    format: str | None = None
    power_type: str | None = None
    max_watts: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """A charger's description of itself.

    None where it has not reported a value.
    """

    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None
    configurations: tuple[ChargerConfiguration, ...] = ()
    ocpp_version: str | None = None
    sockets: tuple[ReportedSocket, ...] = ()
    connection_problem: str | None = None
    """A problem that the server detected with its connections; empty again when it is over."""


MAX_FAULTS = 50
"""Maximum number of simultaneous faults of one charger."""


@dataclass(frozen=True, slots=True)
class ChargerFault:
    """A fault of a charger or a connector, in the charger's own words.

    OCPP 1.6's connector 0 is the charger. `variable`: in OCPP 2.x, the variable that reports the fault.
    """

    code: str
    since: datetime
    evse_id: int | None = None
    connector_id: int | None = None
    variable: str | None = None
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None

    @property
    def content(self) -> tuple[str | None, ...]:
        """The values that distinguish it from another fault at the same place."""
        return self.code, self.vendor_id, self.vendor_error_code, self.info


@dataclass(frozen=True, slots=True)
class LiveCharger:
    """A charger's live state.

    `status` is that of the charger itself (connector 0), in the terms of v1. `node` holds or held its connection,
    which was opened at `connected_at`. `faults` are the current ones, oldest first.
    """

    charger_id: str
    connected: bool
    last_seen: datetime | None = None
    last_message: str | None = None
    status: str | None = None
    connectors: tuple[LiveConnector, ...] = ()
    reported: Reported = Reported()
    node: str | None = None
    connected_at: datetime | None = None
    faults: tuple[ChargerFault, ...] = ()


def status_of(live: LiveCharger | None) -> str:
    """Returns the charger's status in the terms of v1."""
    if live is None:
        return word_of(False, None, ())
    return word_of(live.connected, live.status, [state.status for state in live.connectors])


def known(charger: Charger, live: LiveCharger | None, member: str) -> str | None:
    """Returns the value of a member of both.

    A reported value precedes an entered one.
    """
    reported: str | None = None if live is None else getattr(live.reported, member)
    entered: str | None = getattr(charger, member)
    return reported or entered


def sockets_of(charger: Charger, live: LiveCharger | None) -> list[tuple[Connector, LiveConnector | None]]:
    """Pairs the charger's connectors, by id, with their reported states.

    Includes the connectors that the operator entered and those that only the charger reports. Values that were not
    entered are filled in from the report. Connector 0 is the charger's controller, not a socket.
    """
    entered = {plug.id: plug for plug in charger.connectors if plug.id > 0}
    states = {state.id: state for state in live.connectors if state.id > 0} if live is not None else {}
    reported = live.reported.sockets if live is not None else ()
    sockets = []
    for id_ in sorted(entered.keys() | states.keys()):
        plug, state = entered.get(id_, Connector(id_)), states.get(id_)
        if reported and state is not None:
            plug = _filled_in(plug, state, reported)
        sockets.append((plug, state))
    return sockets


def _filled_in(plug: Connector, state: LiveConnector, reported: Iterable[ReportedSocket]) -> Connector:
    """Returns the plug with reported values where no value was entered."""
    at_evse = (socket for socket in reported if socket.evse_id == state.evse_id)
    socket = next((socket for socket in at_evse if socket.connector_id in (None, state.connector_id)), None)
    if socket is None:
        return plug
    return replace(
        plug,
        type=plug.type or socket.type,
        format=plug.format or socket.format,
        power_type=plug.power_type or socket.power_type,
        max_watts=plug.max_watts or socket.max_watts,
    )


def word_of(connected: bool, own: str | None, connectors: Collection[str]) -> str:
    """Derives the charger's status: its own, or from its connectors.

    Offline without a connection. If the charger never reports its own status: Unavailable or Error when all
    connectors are, else Available.
    """
    if not connected:
        return "Offline"
    if own is not None:
        return own
    words = set(connectors)
    if not words:
        return "Booting"
    return words.pop() if words in ({"Unavailable"}, {"Error"}) else "Available"
