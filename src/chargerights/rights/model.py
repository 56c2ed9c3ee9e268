"""The facts of one customer: sites, chargers, access groups, drivers, rights.

Values are frozen; a change creates a new one. A driver includes their tags and rights, so that one value holds all
that a decision needs. An optional member that is None or empty is "not given". Live state (reported by chargers) is
not a fact and is stored separately.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from . import identifiers
from .errors import InvalidHours, InvalidWindow

MINUTES_PER_DAY = 24 * 60
NO_OFFSET = timedelta(0)


class SiteType(StrEnum):
    SUB_CPO = "SUB_CPO"
    SITE = "SITE"
    SUB_SITE = "SUB_SITE"
    CIRCUIT = "CIRCUIT"
    OTHER = "OTHER"


class ReferenceType(StrEnum):
    INTEGRATION = "INTEGRATION"
    OTHER = "OTHER"


class PlaceKind(StrEnum):
    """The kinds of place on which a right can be granted."""

    SITE = "site"
    CHARGER = "charger"
    ACCESS_GROUP = "accessGroup"


class Place(NamedTuple):
    """A site, charger or access group.

    `id` is the number of the site or group, or the charger's id.
    """

    kind: PlaceKind
    id: int | str


@dataclass(frozen=True, slots=True)
class Location:
    """The location of a site or charger.

    Latitude and longitude in degrees, WGS 84.
    """

    latitude: float | None = None
    longitude: float | None = None
    street_address: str | None = None
    street_number: str | None = None
    house_letter: str | None = None
    postal_code: str | None = None
    city: str | None = None
    area: str | None = None
    country: str | None = None


NOWHERE = Location()


@dataclass(frozen=True, slots=True)
class Site:
    """A place with chargers.

    Sites form a tree.
    """

    id: int
    name: str
    parent_id: int | None = None
    type: SiteType = SiteType.SUB_CPO
    public_name: str | None = None
    external_id: str | None = None
    timezone: str | None = None
    payer_id: int | None = None
    cost_id: str | None = None
    cost_name: str | None = None
    payment_recipient_id: int | None = None
    is_public: bool | None = None
    location: Location = NOWHERE
    free_to_use: bool | None = None
    """Whether anyone may charge there without a tag. None: inherited from the nearest site above that says, else no."""

    def __post_init__(self) -> None:
        identifiers.entity_id(self.id)
        if self.timezone is not None:
            identifiers.zone(self.timezone)


@dataclass(frozen=True, slots=True)
class Connector:
    """A plug or outlet as the operator describes it.

    Watts, volts and amperes are maxima.
    """

    id: int
    name: str | None = None
    type: str | None = None
    max_power: str | None = None
    format: str | None = None
    power_type: str | None = None
    max_watts: int | None = None
    max_voltage: int | None = None
    max_amperage: int | None = None
    phase_rotation: str | None = None
    terms_and_conditions: str | None = None
    device_evse_id: int | None = None
    device_connector_id: int | None = None
    charging_station_evse_id: int | None = None


@dataclass(frozen=True, slots=True)
class Charger:
    """A charging station with one connection.

    `charger_id` is unique across customers.
    """

    id: int
    charger_id: str
    site_id: int
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    firmware_version: str | None = None
    evse_id: str | None = None
    split_evse_by_socket: bool = False
    push_integration_enabled: bool = False
    charger_specific_message_structure: bool = False
    capabilities: tuple[str, ...] = ()
    physical_reference: str | None = None
    integration_relays: tuple[str, ...] = ()
    iccid: str | None = None
    imsi: str | None = None
    meter_serial_number: str | None = None
    meter_type: str | None = None
    custom_properties: tuple[tuple[str, str], ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    location: Location = NOWHERE
    connectors: tuple[Connector, ...] = ()
    blocked_until: datetime | None = None
    """No one may charge there before this instant. The journal holds the start of the block."""
    free_to_use: bool | None = None
    """Whether anyone may charge there without a tag. None: inherited from its site."""

    def __post_init__(self) -> None:
        identifiers.charger_id(self.charger_id)
        _check_window(None, self.blocked_until)

    def is_blocked(self, at: datetime) -> bool:
        return self.blocked_until is not None and at < self.blocked_until


@dataclass(frozen=True, slots=True)
class AccessGroup:
    """Chargers of any sites, grouped for rights only."""

    id: int
    name: str
    charger_ids: frozenset[str] = frozenset()
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        identifiers.entity_id(self.id)


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly hours of one local weekday, in minutes since local midnight.

    1 is Monday. `start` is inclusive, `end` exclusive. An end before the start is on the next day.
    """

    weekday: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 1 <= self.weekday <= 7:
            raise InvalidHours(f"weekday {self.weekday} does not exist: use 1 (Monday) to 7 (Sunday)")
        if not (0 <= self.start < MINUTES_PER_DAY and 0 <= self.end <= MINUTES_PER_DAY):
            raise InvalidHours("hours are outside the day: use 00:00 to 24:00")
        if self.start == self.end:
            raise InvalidHours("hours begin and end at the same minute: for a whole day use 00:00 to 24:00")

    def hold(self, weekday: int, minute: int) -> bool:
        """Returns whether that minute of that local weekday is within the hours."""
        if self.start < self.end:
            return weekday == self.weekday and self.start <= minute < self.end
        if weekday == self.weekday:
            return minute >= self.start
        return weekday == self.weekday % 7 + 1 and minute < self.end


@dataclass(frozen=True, slots=True)
class Right:
    """A driver's right to charge at a place, within a window and weekly hours if any.

    The window runs from `valid_from` (inclusive) to `valid_until` (exclusive).
    """

    id: int
    place: Place
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: tuple[Hours, ...] = ()

    def __post_init__(self) -> None:
        _check_window(self.valid_from, self.valid_until)

    @property
    def has_window(self) -> bool:
        return self.valid_from is not None or self.valid_until is not None

    def valid(self, at: datetime) -> bool:
        """Returns whether the window contains the instant.

        Weekly hours are not checked.
        """
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )


@dataclass(frozen=True, slots=True)
class Tag:
    """A token that a driver shows: a card, an app token, a number plate, a vehicle id."""

    id: int
    driver_id: int
    id_tag: str
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    token_name: str | None = None
    invoicable: bool = False
    blocked: bool = False
    updated_at: datetime | None = None

    def __post_init__(self) -> None:
        _check_window(self.starts_at, self.expires_at)


@dataclass(frozen=True, slots=True)
class ExternalId:
    """The driver's id in another system."""

    reference_id: str
    external_id: str
    reference_type: ReferenceType = ReferenceType.INTEGRATION
    effective_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Driver:
    """A person or a vehicle, with their tags and rights.

    The home site says which operators manage the driver; it grants nothing.
    """

    id: int
    name: str
    home_site_id: int | None = None
    external_id: str | None = None
    payer_id: int | None = None
    company_id: int | None = None
    enabled: bool = True
    external_ids: tuple[ExternalId, ...] = ()
    tags: tuple[Tag, ...] = ()
    rights: tuple[Right, ...] = ()


def _check_window(start: datetime | None, end: datetime | None) -> None:
    for instant in (start, end):
        if instant is not None and instant.utcoffset() != NO_OFFSET:
            raise InvalidWindow(f"{instant} is not in UTC: convert it to UTC")
    if start is not None and end is not None and end <= start:
        raise InvalidWindow(f"it ends {end.isoformat()}, which is not after its start {start.isoformat()}")
