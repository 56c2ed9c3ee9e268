"""The shape of a network file: its objects and their members, under the names they have in the file.

Types are strict (no "1" for 1), unknown members are refused, and null says the same as leaving a member
out. What needs other facts to see (references, repeated ids, windows) is checked in `reading`. The
descriptions are published in the schema and in docs/network-file.md.
"""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from ...fields.types import (
    ChargerId,
    Count,
    End,
    EntityId,
    Instant,
    Int64,
    Latitude,
    Longitude,
    Name,
    OptionalText,
    SocketId,
    Start,
    TagText,
    Text,
    Timezone,
    WebAddress,
    Weekday,
)
from ...fields.words import (
    Capability,
    ConnectorFormat,
    ConnectorType,
    PhaseRotation,
    PowerType,
    ReferenceTypeName,
    SiteTypeName,
)
from ...rights.model import PlaceKind

POSTAL_NAMES = ("postalCode", "postalNumber")
PLACE_MEMBERS = {
    PlaceKind.SITE: "siteId",
    PlaceKind.CHARGER: "chargerId",
    PlaceKind.ACCESS_GROUP: "accessGroupId",
}
"""What names the place of a right, in files and on the wire."""


def _config(**schema: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, alias_generator=to_camel, json_schema_extra=schema)


def _items(description: str) -> Any:
    """A list, at whose first broken item reading stops; `shape_errors` then finds the others."""
    return Field(None, fail_fast=True, description=description)


_SHAPE = _config()


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class AddressEntry:
    """Where a site or charger is."""

    latitude: Latitude | None = Field(None, description="Degrees north, WGS 84.")
    longitude: Longitude | None = Field(None, description="Degrees east, WGS 84.")
    street_address: OptionalText = Field(None, description="The street's name.")
    street_number: OptionalText = Field(None, description="The house's number.")
    house_letter: OptionalText = Field(None, description="What follows the number: a letter or a staircase.")
    city: OptionalText = Field(None, description="The town or city.")
    area: OptionalText = Field(None, description="The district, county or state.")
    country: OptionalText = Field(None, description="The country; ISO 3166 codes such as FI are a good choice.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class LocationEntry(AddressEntry):
    """Where a charger is."""

    postal_code: OptionalText = Field(
        None,
        validation_alias=AliasChoices(*reversed(POSTAL_NAMES)),
        description="The postal code. May be written postalCode instead.",
    )


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class SiteEntry(AddressEntry):
    """A place with chargers. Sites form a tree; a right on a site reaches every site below it."""

    id: EntityId = Field(description="Its number, unique among the customer's sites.")
    name: Name = Field(description="Its name among operators.")
    parent_id: EntityId | None = Field(None, description="The site right above it; a root has none.")
    type: SiteTypeName | None = Field(None, description="What kind of place it is; SUB_CPO unless given.")
    public_name: OptionalText = Field(None, description="Its name among drivers.")
    external_id: OptionalText = Field(None, description="Its id in somebody else's system.")
    timezone: Timezone | None = Field(
        None,
        description="The IANA time zone in which weekly hours are read there, such as Europe/Helsinki; "
        "else the one of the nearest site above that has one, else UTC.",
    )
    payer_id: Int64 | None = Field(None, description="Who pays for charging there.")
    cost_id: OptionalText = Field(None, description="The cost centre's id.")
    cost_name: OptionalText = Field(None, description="The cost centre's name.")
    payment_recipient_id: Int64 | None = Field(None, description="Who is paid for charging there.")
    is_public_site: bool | None = Field(None, description="Whether the public is told of it.")
    free_to_use: bool | None = Field(
        None,
        description="Whether anyone may charge there without a tag; else as the nearest site above says, else not.",
    )
    postal_code: OptionalText = Field(
        None,
        validation_alias=AliasChoices(*POSTAL_NAMES),
        description="The postal code. May be written postalNumber instead.",
    )


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class SocketEntry:
    """A plug or outlet of a charger."""

    id: SocketId = Field(description="Its number on the charger; OCPP's connector id in OCPP 1.6.")
    name: OptionalText = Field(None, description="What is written on it.")
    type: ConnectorType | None = Field(None, description="OCPI's name of its connector standard.")
    max_power: OptionalText = Field(None, description="Its greatest power, as a text for people; maxWatts is better.")
    format: ConnectorFormat | None = Field(None, description="Whether it is a socket or has its own cable.")
    socket_power_type: PowerType | None = Field(None, description="Its kind of current.")
    max_watts: Count | None = Field(None, description="Its greatest power in watts.")
    max_voltage: Count | None = Field(None, description="Its greatest voltage in volts.")
    max_amperage: Count | None = Field(None, description="Its greatest current in amperes.")
    phase_rotation: PhaseRotation | None = Field(None, description="How its phases are wired to the grid's.")
    terms_and_conditions: WebAddress | None = Field(None, description="The web address of the operator's terms.")
    device_evse_id: Count | None = Field(None, description="The EVSE's number on the device, in OCPP 2.x.")
    device_connector_id: Count | None = Field(None, description="The connector's number on its EVSE, in OCPP 2.x.")
    charging_station_evse_id: Count | None = Field(None, description="The EVSE's number as the station counts.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class ChargerEntry:
    """A charger, as its operator describes it; what it reports itself is no part of the file."""

    charger_id: ChargerId = Field(
        description="Its identity: the last part of the address it connects to. Compared exactly, unique across "
        "all customers, without '/' and ':'."
    )
    site_id: EntityId = Field(description="The site it stands at.")
    name: OptionalText = Field(None, description="Its name among people.")
    manufacturer: OptionalText = Field(None, description="Who made it.")
    serial_number: OptionalText = Field(None, description="The maker's serial number.")
    charger_model: OptionalText = Field(None, description="The maker's name of the model.")
    firmware_version: OptionalText = Field(None, description="The firmware it is known to run.")
    evse_id: OptionalText = Field(None, description="Its eMI3 id, such as FI*ABC*E1001.")
    split_evse_by_socket: bool | None = Field(
        None, description="Whether each socket is an EVSE by itself for roaming partners; false unless given."
    )
    push_integration_enabled: bool | None = Field(
        None, description="Whether its data is pushed to partners; false unless given."
    )
    charger_specific_message_structure: bool | None = Field(
        None, description="Whether its messages have a structure of their own; false unless given."
    )
    capabilities: list[Capability] | None = _items("What it can do, in OCPI's words.")
    physical_reference: OptionalText = Field(None, description="What is written on it, such as a bay's number.")
    integration_relays: list[Name] | None = _items("The partners its messages are relayed to.")
    iccid: OptionalText = Field(None, description="Its SIM card's number.")
    imsi: OptionalText = Field(None, description="Its SIM card's subscriber.")
    meter_serial_number: OptionalText = Field(None, description="Its main meter's serial number.")
    meter_type: OptionalText = Field(None, description="Its main meter's type.")
    custom_properties: dict[Name, Text] | None = Field(None, description="The operator's own words about it.")
    blocked_until: Instant | None = Field(
        None, description="Before then nobody may charge there; else it is not blocked."
    )
    free_to_use: bool | None = Field(
        None, description="Whether anyone may charge there without a tag; else as its site says."
    )
    location_info: LocationEntry | None = Field(None, description="Where it is, when that is not where its site is.")
    sockets: list[SocketEntry] | None = _items("Its sockets, each id once.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class AccessGroupEntry:
    """Chargers bundled for rights only, across sites."""

    id: EntityId = Field(description="Its number, unique among the customer's access groups.")
    name: Name = Field(description="Its name.")
    charger_ids: list[str] | None = _items("The charger ids of its chargers.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class ExternalIdEntry:
    """The driver's id in somebody else's system."""

    reference_type: ReferenceTypeName | None = Field(None, description="INTEGRATION unless given.")
    reference_id: Name = Field(description="Which system.")
    external_id: Name = Field(description="The driver's id there.")
    effective_from: Instant | None = Field(None, description="Since when it is his.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class TagEntry:
    """What a driver shows: an RFID card, an app token, a number plate, a vehicle id."""

    id_tag: TagText = Field(
        description="What the charger reads. Compared without case, trimmed; unique among all tags of the customer."
    )
    start_date: Instant | None = Field(None, description="It is valid from then on; else since ever.")
    expiring_date: Instant | None = Field(None, description="It is valid before then; else for ever.")
    token_name: OptionalText = Field(None, description="The card's label.")
    invoicable: bool | None = Field(None, description="Whether charging with it is invoiced; false unless given.")
    blocked: bool | None = Field(None, description="Whether it is refused everywhere; false unless given.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class HoursEntry:
    """Weekly hours of one day, in the time zone of the charger's site; an end before the start lies on
    the next day."""

    weekday: Weekday = Field(description="1 is Monday, 7 is Sunday.")
    start: Start = Field(alias="from", description="The first minute within, such as 08:00.")
    end: End = Field(alias="until", description="The first minute after, such as 17:00; the day's end is 24:00.")


@dataclass(
    slots=True,
    kw_only=True,
    config=_config(
        oneOf=[{"required": [each], "properties": {each: {"not": {"type": "null"}}}} for each in PLACE_MEMBERS.values()]
    ),
)
class RightEntry:
    """The driver may charge there. It names exactly one of siteId, chargerId and accessGroupId."""

    site_id: EntityId | None = Field(None, description="At this site and every site below it.")
    charger_id: str | None = Field(None, description="At this charger.")
    access_group_id: EntityId | None = Field(None, description="At the chargers of this access group.")
    valid_from: Instant | None = Field(None, description="From then on; else since ever.")
    valid_until: Instant | None = Field(None, description="Before then; else for ever.")
    hours: list[HoursEntry] | None = _items("Only within one of these; else at any hour.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class DriverEntry:
    """A person or a vehicle, with tags and rights."""

    id: EntityId = Field(description="His number, unique among the customer's drivers.")
    name: Name = Field(description="His name, or the vehicle's.")
    home_site_id: EntityId | None = Field(None, description="The site that looks after him; it grants nothing.")
    external_id: OptionalText = Field(None, description="His id in the operator's own system.")
    payer_id: Int64 | None = Field(None, description="Who pays for him.")
    company_id: Int64 | None = Field(None, description="The company he belongs to, in the operator's own system.")
    enabled: bool | None = Field(None, description="false: he may charge nowhere and is listed nowhere.")
    external_ids: list[ExternalIdEntry] | None = _items("His ids in other systems.")
    tags: list[TagEntry] | None = _items("What he shows.")
    rights: list[RightEntry] | None = _items("Where he may charge: the union of these.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class NetworkFile:
    """One customer's sites, chargers, access groups and drivers."""

    sites: list[SiteEntry] | None = _items("The sites, in any order.")
    chargers: list[ChargerEntry] | None = _items("The chargers, in any order.")
    access_groups: list[AccessGroupEntry] | None = _items("The access groups, in any order.")
    drivers: list[DriverEntry] | None = _items("The drivers, in any order.")


ENTRIES: dict[tuple[str, ...], tuple[str, type]] = {
    (): ("a network file", NetworkFile),
    ("sites",): ("a site", SiteEntry),
    ("chargers",): ("a charger", ChargerEntry),
    ("chargers", "locationInfo"): ("a location", LocationEntry),
    ("chargers", "sockets"): ("a socket", SocketEntry),
    ("accessGroups",): ("an access group", AccessGroupEntry),
    ("drivers",): ("a driver", DriverEntry),
    ("drivers", "externalIds"): ("an external id", ExternalIdEntry),
    ("drivers", "tags"): ("a tag", TagEntry),
    ("drivers", "rights"): ("a right", RightEntry),
    ("drivers", "rights", "hours"): ("an entry of hours", HoursEntry),
}
"""Every object of a file: the names on the way to it, what it is called, and its shape."""


def members_of(entry: type) -> dict[str, FieldInfo]:
    """The members of the object by the name they have in the file, inherited ones last."""
    fields: dict[str, FieldInfo] = entry.__pydantic_fields__  # type: ignore[attr-defined]
    own = sorted(fields, key=lambda name: name in AddressEntry.__annotations__)
    return {_name_in_file(fields[name]): fields[name] for name in own}


def _name_in_file(field: FieldInfo) -> str:
    alias = field.validation_alias
    return str(alias.choices[0] if isinstance(alias, AliasChoices) else alias)
