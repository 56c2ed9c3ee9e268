"""Schemas of chargers: as shown, with their live state, and as entered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BaseModel, Field
from pydantic_core import PydanticCustomError

from ...fields import types
from ...fields.words import Capability, ConnectorFormat, ConnectorType, PhaseRotation, PowerType
from ...rights.live import LiveCharger, LiveConnector, known, sockets_of, status_of
from ...rights.model import Charger, Connector, Location, Site
from ..v1.encoding import place_of, socket_status
from .shapes import Address, Draft, Shape, address, moved, unless_given

REPORTED = (
    "manufacturer",
    "model",
    "serial_number",
    "firmware_version",
    "iccid",
    "imsi",
    "meter_serial_number",
    "meter_type",
)
"""What a charger reports of itself."""
ENTERED = ("name", "evse_id", "physical_reference", "free_to_use")
SWITCHES = ("split_evse_by_socket", "push_integration_enabled", "charger_specific_message_structure")
SOCKET = {"socket_power_type" if name == "power_type" else name: name for name in Connector.__dataclass_fields__}
"""The model's name of each member of a socket."""
LISTS = ("capabilities", "integration_relays")


def _either(name: str, other: str, description: str) -> Any:
    """A member that bodies may name either way and answers name the first way."""
    return Field(
        None,
        description=f"{description}. May be written {other} instead",
        validation_alias=AliasChoices(name, other),
        serialization_alias=name,
    )


class ChargerOwn(Address):
    """Members of a charger that are shown as they are entered."""

    manufacturer: types.OptionalText = Field(None, description="The maker's name")
    model: types.OptionalText = Field(None, description="The maker's name of the model")
    serial_number: types.OptionalText = _either("serial", "serialNumber", "The maker's serial number")
    firmware_version: types.OptionalText = _either("firmware", "firmwareVersion", "The firmware it is known to run")
    evse_id: types.OptionalText = Field(None, description="Its eMI3 id, such as FI*ABC*E1001")
    split_evse_by_socket: bool | None = Field(
        None, description="Whether each socket is an EVSE of its own for roaming partners"
    )
    push_integration_enabled: bool | None = Field(None, description="Whether its data is pushed to partners")
    charger_specific_message_structure: bool | None = Field(
        None, description="Whether its messages have a structure of their own"
    )
    physical_reference: types.OptionalText = Field(None, description="The inscription on it, such as a bay's number")
    integration_relays: list[types.Name] | None = Field(None, description="The partners its messages are relayed to")
    free_to_use: bool | None = Field(
        None, description="Whether anyone may charge there without a tag; else as its site says"
    )
    iccid: types.OptionalText = Field(None, description="Its SIM card's number")
    imsi: types.OptionalText = Field(None, description="Its SIM card's subscriber")
    meter_serial_number: types.OptionalText = Field(None, description="Its main meter's serial number")
    meter_type: types.OptionalText = Field(None, description="Its main meter's type")
    custom_properties: dict[types.Name, types.Text] | None = Field(
        None, description="The operator's own words about it"
    )


class SocketOwn(BaseModel):
    """Members of a plug or outlet that are shown as they are entered."""

    type: ConnectorType | None = Field(None, description="OCPI's name of its connector standard")
    max_power: types.OptionalText = Field(None, description="Its greatest power, as a text; maxWatts is better")
    format: ConnectorFormat | None = Field(None, description="Whether it is a socket or has its own cable")
    socket_power_type: PowerType | None = Field(None, description="Its kind of current")
    max_watts: types.Count | None = Field(None, description="Its greatest power in watts")
    max_voltage: types.Count | None = Field(None, description="Its greatest voltage in volts")
    max_amperage: types.Count | None = Field(None, description="Its greatest current in amperes")
    phase_rotation: PhaseRotation | None = Field(None, description="How its phases are wired to the grid's")
    terms_and_conditions: types.WebAddress | None = Field(None, description="The web address of the operator's terms")
    device_evse_id: types.Count | None = Field(None, description="The EVSE's number on the device, in OCPP 2.x")
    device_connector_id: types.Count | None = Field(None, description="The connector's number on its EVSE, in OCPP 2.x")
    charging_station_evse_id: types.Count | None = Field(None, description="The EVSE's number as the station counts")


class SocketHead(Shape):
    """A socket's name and live status."""

    id: int = Field(description="Its number on the charger; OCPP's connector id in OCPP 1.6")
    name: str = Field(description="Its inscription, else its number")
    status: str = Field(description="Offline without a connection, Booting before its first report")
    last_updated: datetime | None = Field(None, description="When it last reported its status")


class SocketShape(SocketOwn, SocketHead):
    """A plug or outlet of a charger."""


class ConfigurationShape(Shape):
    """A setting as the charger reports it."""

    config_name: str
    config_value: str
    can_be_changed: bool


class FaultShape(Shape):
    """A current fault of a charger or one of its connectors, in the charger's words."""

    code: str = Field(description="OCPP 1.6: the errorCode; 2.x: Faulted, Problem or the charger's code")
    since: datetime
    evse_id: int | None = None
    connector_id: int | None = Field(None, description="OCPP 1.6: 0 is the charger")
    variable: str | None = Field(None, description="OCPP 2.x: the variable that says it")
    vendor_id: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None


class ChargerHead(Shape):
    """A charger's names, place and state."""

    id: int = Field(description="Its number among the customer's things; requests name it by chargerId")
    charger_id: str = Field(description="The identity under which it connects, unique across all customers")
    name: str | None = Field(None, description="Its name among people")
    site_id: int
    site_name: str
    state: str = Field(description="Its own or what follows from its sockets'; Offline without a connection")
    active_connection: bool = Field(description="Whether it is connected now")
    last_seen: datetime | None = None
    last_message: str | None = Field(None, description="Name of the last OCPP message")
    ocpp_version: str | None = Field(None, description="The OCPP version that it last connected with")


class ChargerShape(ChargerOwn, ChargerHead):
    """A charger.

    What it reports of itself goes before what was entered; where none was entered, its place is its site's.
    """

    connection_problem: str | None = Field(
        None, description="A problem of its connection, such as another charger with its id"
    )
    capabilities: list[str] = Field(description="Its capabilities, in OCPI's words")
    sockets: list[SocketShape] = Field(description="Those that were entered, and those that only the charger knows of")
    faults: list[FaultShape] | None = Field(None, description="Faults that it reports now, the oldest first")
    configurations: list[ConfigurationShape] | None = Field(None, description="Its settings, as it reports them")
    blocked_until: datetime | None = Field(
        None, description="No one may charge there before then; left out if not blocked"
    )
    created_at: datetime | None = None
    updated_at: datetime | None = Field(None, description="When something entered of it was last changed")


class SocketDraft(SocketOwn, Draft):
    """A plug or outlet of a charger."""

    id: types.SocketId = Field(description="Its number on the charger; OCPP's connector id in OCPP 1.6")
    name: types.OptionalText = Field(None, description="Its inscription")

    def fact(self) -> Connector:
        return Connector(**{name: getattr(self, mine) for mine, name in SOCKET.items()})


def _each_once(sockets: list[SocketDraft]) -> list[SocketDraft]:
    ids = [socket.id for socket in sockets]
    twice = sorted({socket_id for socket_id in ids if ids.count(socket_id) > 1})
    if twice:
        raise PydanticCustomError(types.REFUSED, "socket {id} is given twice: give each once", {"id": twice[0]})
    return sockets


class ChargerMembers(ChargerOwn, Draft):
    """Changes of a charger. Null removes a value."""

    site_id: types.EntityId = unless_given("The site it stands at")
    name: types.OptionalText = Field(None, description="Its name among people")
    capabilities: list[Capability] | None = Field(None, description="Its capabilities, in OCPI's words")
    sockets: Annotated[list[SocketDraft], AfterValidator(_each_once)] | None = Field(
        None, description="All of its sockets"
    )

    def facts(self, before: Location) -> dict[str, Any]:
        """The members that are given, as the model has them.

        `before`: where the charger is now.
        """
        given = self.given()
        members = {name: given[name] for name in ("site_id", *ENTERED, *REPORTED) if name in given}
        members |= {name: bool(given[name]) for name in SWITCHES if name in given}
        members |= {name: tuple(given[name] or ()) for name in LISTS if name in given}
        if "custom_properties" in given:
            members["custom_properties"] = tuple((self.custom_properties or {}).items())
        if "sockets" in given:
            members["connectors"] = tuple(socket.fact() for socket in self.sockets or ())
        return members | {"location": moved(before, given)}


class ChargerDraft(ChargerMembers):
    """A new charger."""

    charger_id: types.ChargerId = Field(
        description="The identity under which it will connect: the last part of the address. Compared exactly, unique"
        " across all customers, without '/' and ':'; it cannot be changed"
    )
    site_id: types.EntityId = Field(description="The site it stands at")


def shape_of(charger: Charger, site: Site, live: LiveCharger | None, at: datetime) -> ChargerShape:
    reported: Mapping[str, Any] = {name: known(charger, live, name) for name in REPORTED}
    return ChargerShape.model_construct(  # as it is kept: what was stored under older rules is shown too
        id=charger.id,
        charger_id=charger.charger_id,
        site_id=site.id,
        site_name=site.name,
        state=status_of(live),
        active_connection=live is not None and live.connected,
        last_seen=live.last_seen if live else None,
        last_message=live.last_message if live else None,
        ocpp_version=live.reported.ocpp_version if live else None,
        connection_problem=(live.reported.connection_problem or None) if live else None,
        capabilities=list(charger.capabilities),
        integration_relays=list(charger.integration_relays),
        custom_properties=dict(charger.custom_properties) or None,
        sockets=[_socket(plug, live, state) for plug, state in sockets_of(charger, live)],
        faults=_faults(live),
        configurations=_configurations(live),
        blocked_until=charger.blocked_until if charger.is_blocked(at) else None,
        created_at=charger.created_at,
        updated_at=charger.updated_at,
        **reported,
        **{name: getattr(charger, name) for name in (*ENTERED, *SWITCHES)},
        **address(place_of(charger, site)),
    )


def _socket(plug: Connector, live: LiveCharger | None, state: LiveConnector | None) -> SocketShape:
    entered: dict[str, Any] = {mine: getattr(plug, name) for mine, name in SOCKET.items()}
    entered["name"] = plug.name or str(plug.id)
    return SocketShape.model_construct(
        **entered,
        status=socket_status(live, state),
        last_updated=state.updated_at if state else None,
    )


def _faults(live: LiveCharger | None) -> list[FaultShape] | None:
    if live is None or not live.faults:
        return None
    return [FaultShape(**asdict(fault)) for fault in live.faults]


def _configurations(live: LiveCharger | None) -> list[ConfigurationShape] | None:
    if live is None or not live.reported.configurations:
        return None
    return [
        ConfigurationShape.model_construct(
            config_name=setting.name, config_value=setting.value, can_be_changed=setting.can_be_changed
        )
        for setting in live.reported.configurations
    ]
