"""The shape of a network file: its objects and their members.

Types are strict (no "1" for 1), unknown members are rejected, and null means the same as leaving a member out.
Whatever depends on other facts (references, repeated ids, windows) is checked in `read`. The descriptions are
published in the JSON Schema and in docs/network-file.md.
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
"""The members that name the place of a right, in files and in the HTTP interface."""


def _config(**schema: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, alias_generator=to_camel, json_schema_extra=schema)


def _items(description: str) -> Any:
    """A list.

    Parsing stops at its first invalid item, and `shape_errors` finds the others.
    """
    return Field(None, fail_fast=True, description=description)


_SHAPE = _config()


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class AddressEntry:
    """The location of a site or charger."""

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
    """The location of a charger."""

    postal_code: OptionalText = Field(
        None,
        validation_alias=AliasChoices(*reversed(POSTAL_NAMES)),
        description="The postal code. May be written postalCode instead.",
    )


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class SiteEntry(AddressEntry):
    """A place with chargers. Sites form a tree.

    A right on a site reaches every site below it.
    """

    id: EntityId = Field(description="The site's number, unique among the customer's sites.")
    name: Name = Field(description="The site's name for operators.")
    parent_id: EntityId | None = Field(None, description="The site directly above; a root has none.")
    type: SiteTypeName | None = Field(None, description="The kind of place; default SUB_CPO.")
    public_name: OptionalText = Field(None, description="The site's name for drivers.")
    external_id: OptionalText = Field(None, description="The site's id in another system.")
    timezone: Timezone | None = Field(
        None,
        description="The IANA time zone for weekly hours, such as Europe/Helsinki. Default: the time zone of the "
        "nearest site above that has one, else UTC.",
    )
    payer_id: Int64 | None = Field(None, description="The id of the party that pays for charging there.")
    cost_id: OptionalText = Field(None, description="The cost centre's id.")
    cost_name: OptionalText = Field(None, description="The cost centre's name.")
    payment_recipient_id: Int64 | None = Field(None, description="The id of the party that is paid for charging there.")
    is_public_site: bool | None = Field(None, description="Whether the site is published.")
    free_to_use: bool | None = Field(
        None,
        description="Whether anyone may charge there without a tag. Default: as the nearest site above, else false.",
    )
    postal_code: OptionalText = Field(
        None,
        validation_alias=AliasChoices(*POSTAL_NAMES),
        description="The postal code. May be written postalNumber instead.",
    )


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class SocketEntry:
    """A plug or outlet of a charger."""

    id: SocketId = Field(description="The socket's number on the charger; the connector id of OCPP 1.6.")
    name: OptionalText = Field(None, description="The label on the socket.")
    type: ConnectorType | None = Field(None, description="The connector standard, in OCPI's terms.")
    max_power: OptionalText = Field(None, description="The maximum power as a text for people; prefer maxWatts.")
    format: ConnectorFormat | None = Field(None, description="Whether it is a socket or has an attached cable.")
    socket_power_type: PowerType | None = Field(None, description="The kind of current.")
    max_watts: Count | None = Field(None, description="The maximum power in watts.")
    max_voltage: Count | None = Field(None, description="The maximum voltage in volts.")
    max_amperage: Count | None = Field(None, description="The maximum current in amperes.")
    phase_rotation: PhaseRotation | None = Field(None, description="How the phases are wired to the grid's.")
    terms_and_conditions: WebAddress | None = Field(None, description="The web address of the operator's terms.")
    device_evse_id: Count | None = Field(None, description="The EVSE's number on the device, in OCPP 2.x.")
    device_connector_id: Count | None = Field(None, description="The connector's number on its EVSE, in OCPP 2.x.")
    charging_station_evse_id: Count | None = Field(None, description="The EVSE's number in the station's numbering.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class ChargerEntry:
    """A charger as its operator describes it.

    Values that it reports are not in the file.
    """

    charger_id: ChargerId = Field(
        description="The charger's identity: the last part of the address that it connects to. Compared exactly, "
        "unique across all customers, without '/' and ':'."
    )
    site_id: EntityId = Field(description="The site where the charger is.")
    name: OptionalText = Field(None, description="The charger's name for people.")
    manufacturer: OptionalText = Field(None, description="The manufacturer.")
    serial_number: OptionalText = Field(None, description="The manufacturer's serial number.")
    charger_model: OptionalText = Field(None, description="The manufacturer's name of the model.")
    firmware_version: OptionalText = Field(None, description="The firmware version, as far as known.")
    evse_id: OptionalText = Field(None, description="The charger's eMI3 id, such as FI*ABC*E1001.")
    split_evse_by_socket: bool | None = Field(
        None, description="Whether each socket is a separate EVSE for roaming partners; default false."
    )
    push_integration_enabled: bool | None = Field(
        None, description="Whether the charger's data is pushed to partners; default false."
    )
    charger_specific_message_structure: bool | None = Field(
        None, description="Whether the charger's messages have a structure of their own; default false."
    )
    capabilities: list[Capability] | None = _items("The charger's capabilities, in OCPI's terms.")
    physical_reference: OptionalText = Field(None, description="The label on the charger, such as a bay's number.")
    integration_relays: list[Name] | None = _items("The partners to which its messages are relayed.")
    iccid: OptionalText = Field(None, description="The number of its SIM card.")
    imsi: OptionalText = Field(None, description="The subscriber identity of its SIM card.")
    meter_serial_number: OptionalText = Field(None, description="The serial number of its main meter.")
    meter_type: OptionalText = Field(None, description="The type of its main meter.")
    custom_properties: dict[Name, Text] | None = Field(None, description="Texts of the operator's own, by name.")
    blocked_until: Instant | None = Field(
        None, description="No one may charge there before this instant. Default: the charger is not blocked."
    )
    free_to_use: bool | None = Field(
        None, description="Whether anyone may charge there without a tag. Default: as its site says."
    )
    location_info: LocationEntry | None = Field(None, description="The location, if it differs from the site's.")
    sockets: list[SocketEntry] | None = _items("Its sockets, each id once.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class AccessGroupEntry:
    """Chargers of any sites, grouped for rights only."""

    id: EntityId = Field(description="The group's number, unique among the customer's access groups.")
    name: Name = Field(description="Its name.")
    charger_ids: list[str] | None = _items("The ids of the group's chargers.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class ExternalIdEntry:
    """The driver's id in another system."""

    reference_type: ReferenceTypeName | None = Field(None, description="Default INTEGRATION.")
    reference_id: Name = Field(description="Which system.")
    external_id: Name = Field(description="The driver's id in that system.")
    effective_from: Instant | None = Field(None, description="The instant from which the driver has this id.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class TagEntry:
    """A token that a driver shows: a card, an app token, a number plate, a vehicle id."""

    id_tag: TagText = Field(
        description="The text that the charger reads. Trimmed, compared without case, unique among the customer's tags."
    )
    start_date: Instant | None = Field(None, description="The tag is valid from then on. Default: no start.")
    expiring_date: Instant | None = Field(None, description="The tag is valid before then. Default: no end.")
    token_name: OptionalText = Field(None, description="The card's label.")
    invoicable: bool | None = Field(None, description="Whether charging with the tag is invoiced; default false.")
    blocked: bool | None = Field(None, description="Whether the tag is rejected everywhere; default false.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class HoursEntry:
    """Weekly hours of one day, in the time zone of the charger's site.

    An end before the start is on the next day.
    """

    weekday: Weekday = Field(description="1 is Monday, 7 is Sunday.")
    start: Start = Field(alias="from", description="The first minute within the hours, such as 08:00.")
    end: End = Field(alias="until", description="The first minute after, such as 17:00; the end of the day is 24:00.")


@dataclass(
    slots=True,
    kw_only=True,
    config=_config(
        oneOf=[
            {"required": [member], "properties": {member: {"not": {"type": "null"}}}}
            for member in PLACE_MEMBERS.values()
        ]
    ),
)
class RightEntry:
    """A driver's right to charge at one siteId, chargerId or accessGroupId."""

    site_id: EntityId | None = Field(None, description="At this site and every site below it.")
    charger_id: str | None = Field(None, description="At this charger.")
    access_group_id: EntityId | None = Field(None, description="At the chargers of this access group.")
    valid_from: Instant | None = Field(None, description="Valid from then on. Default: no start.")
    valid_until: Instant | None = Field(None, description="Valid before then. Default: no end.")
    hours: list[HoursEntry] | None = _items("Valid only within one of these. Default: at any hour.")


@dataclass(slots=True, kw_only=True, config=_SHAPE)
class DriverEntry:
    """A person or a vehicle, with tags and rights."""

    id: EntityId = Field(description="The driver's number, unique among the customer's drivers.")
    name: Name = Field(description="The name of the person or vehicle.")
    home_site_id: EntityId | None = Field(None, description="The site that manages the driver; it grants nothing.")
    external_id: OptionalText = Field(None, description="The driver's id in the operator's own system.")
    payer_id: Int64 | None = Field(None, description="The id of the party that pays for the driver.")
    company_id: Int64 | None = Field(None, description="The id of the driver's company in the operator's own system.")
    enabled: bool | None = Field(None, description="false: the driver may charge nowhere and is listed nowhere.")
    external_ids: list[ExternalIdEntry] | None = _items("The driver's ids in other systems.")
    tags: list[TagEntry] | None = _items("The driver's tags.")
    rights: list[RightEntry] | None = _items("Where the driver may charge: the union of these.")


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
"""Every object of a file: the names on the path to it, its name, and its shape."""


def members_of(entry: type) -> dict[str, FieldInfo]:
    """Returns the object's members by their names in the file, inherited ones last."""
    fields: dict[str, FieldInfo] = entry.__pydantic_fields__  # type: ignore[attr-defined]
    own = sorted(fields, key=lambda name: name in AddressEntry.__annotations__)
    return {_name_in_file(fields[name]): fields[name] for name in own}


def _name_in_file(field: FieldInfo) -> str:
    alias = field.validation_alias
    return str(alias.choices[0] if isinstance(alias, AliasChoices) else alias)
