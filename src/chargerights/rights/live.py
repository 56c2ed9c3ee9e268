"""What chargers report of themselves, and what follows from it beside what operators entered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from .model import Charger, Connector


@dataclass(frozen=True, slots=True)
class LiveConnector:
    """One connector's last reported status, in the v1 wire's words (OCPP.md section 1)."""

    id: int
    status: str
    updated_at: datetime
    evse_id: int | None = None
    connector_id: int | None = None
    """How OCPP 2.x names it."""


@dataclass(frozen=True, slots=True)
class ChargerConfiguration:
    name: str
    value: str
    can_be_changed: bool


@dataclass(frozen=True, slots=True)
class ReportedSocket:
    """What a charger of OCPP 2.x says a socket is, in OCPI's words; `connector_id` None: every one of that EVSE."""

    evse_id: int
    connector_id: int | None = None
    type: str | None = None
    format: str | None = None
    power_type: str | None = None
    max_watts: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """What a charger says it is; None where it has not said."""

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
    """What the server found wrong with its connections; empty again when that is over."""


MAX_FAULTS = 50
"""Faults of one charger at once."""


@dataclass(frozen=True, slots=True)
class ChargerFault:
    """What is wrong with a charger or one of its connectors (OCPP 1.6's connector 0 is the charger), in its own words.
    `variable`: of OCPP 2.x, the one that tells it."""

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
        """What tells it from another fault at the same place."""
        return self.code, self.vendor_id, self.vendor_error_code, self.info


@dataclass(frozen=True, slots=True)
class LiveCharger:
    """A charger's state; `status` is its own (connector 0), in the v1 wire's words. `node` holds or held its socket,
    which was opened at `connected_at`. `faults`: those that there are now, the oldest first."""

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
    """The charger's status word."""
    if live is None:
        return word_of(False, None, ())
    return word_of(live.connected, live.status, [state.status for state in live.connectors])


def known(charger: Charger, live: LiveCharger | None, member: str) -> str | None:
    """What is known of the charger by that member of both: what it reports of itself goes before what was entered."""
    reported: str | None = None if live is None else getattr(live.reported, member)
    entered: str | None = getattr(charger, member)
    return reported or entered


def sockets_of(charger: Charger, live: LiveCharger | None) -> list[tuple[Connector, LiveConnector | None]]:
    """The charger's connectors by id with what is reported of each: those the operator entered, and those that only
    the charger knows of. What was not entered of one is as reported. Connector 0 is the charger's controller and no
    socket."""
    entered = {plug.id: plug for plug in charger.connectors if plug.id > 0}
    states = {state.id: state for state in live.connectors if state.id > 0} if live is not None else {}
    told = live.reported.sockets if live is not None else ()
    found = []
    for id_ in sorted(entered.keys() | states.keys()):
        plug, state = entered.get(id_, Connector(id_)), states.get(id_)
        if told and state is not None:
            plug = _told(plug, state, told)
        found.append((plug, state))
    return found


def _told(plug: Connector, state: LiveConnector, told: Iterable[ReportedSocket]) -> Connector:
    """The plug, with what the charger says of it where nothing was entered."""
    here = (each for each in told if each.evse_id == state.evse_id)
    socket = next((each for each in here if each.connector_id in (None, state.connector_id)), None)
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
    """The charger's status word: Offline without a connection; where it never reports its own, derived from
    its connectors: Unavailable or Error when all of them are, else Available."""
    if not connected:
        return "Offline"
    if own is not None:
        return own
    words = set(connectors)
    if not words:
        return "Booting"
    return words.pop() if words in ({"Unavailable"}, {"Error"}) else "Available"
