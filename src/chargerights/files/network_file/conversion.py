"""Conversion of a file's entries that need no other entry to the core's values."""

from __future__ import annotations

from ...rights.model import NOWHERE, Charger, Connector, ExternalId, Location, ReferenceType, Site, SiteType
from .schema import ChargerEntry, ExternalIdEntry, LocationEntry, SiteEntry, SocketEntry


def site_fact(entry: SiteEntry) -> Site:
    return Site(
        id=entry.id,
        name=entry.name,
        parent_id=entry.parent_id,
        type=SiteType(entry.type or SiteType.SUB_CPO),
        public_name=entry.public_name,
        external_id=entry.external_id,
        timezone=entry.timezone,
        payer_id=entry.payer_id,
        cost_id=entry.cost_id,
        cost_name=entry.cost_name,
        payment_recipient_id=entry.payment_recipient_id,
        is_public=entry.is_public_site,
        free_to_use=entry.free_to_use,
        location=_location(entry),
    )


def charger_fact(entry: ChargerEntry, number: int) -> Charger:
    return Charger(
        id=number,
        charger_id=entry.charger_id,
        site_id=entry.site_id,
        name=entry.name,
        manufacturer=entry.manufacturer,
        model=entry.charger_model,
        serial_number=entry.serial_number,
        firmware_version=entry.firmware_version,
        evse_id=entry.evse_id,
        split_evse_by_socket=bool(entry.split_evse_by_socket),
        push_integration_enabled=bool(entry.push_integration_enabled),
        charger_specific_message_structure=bool(entry.charger_specific_message_structure),
        capabilities=tuple(entry.capabilities or ()),
        physical_reference=entry.physical_reference,
        integration_relays=tuple(entry.integration_relays or ()),
        iccid=entry.iccid,
        imsi=entry.imsi,
        meter_serial_number=entry.meter_serial_number,
        meter_type=entry.meter_type,
        custom_properties=tuple((entry.custom_properties or {}).items()),
        blocked_until=entry.blocked_until,
        free_to_use=entry.free_to_use,
        location=_location(entry.location_info) if entry.location_info else NOWHERE,
        connectors=tuple([_connector(socket) for socket in entry.sockets or ()]),
    )


def external_id_fact(entry: ExternalIdEntry) -> ExternalId:
    return ExternalId(
        reference_id=entry.reference_id,
        external_id=entry.external_id,
        reference_type=ReferenceType(entry.reference_type or ReferenceType.INTEGRATION),
        effective_from=entry.effective_from,
    )


def _connector(entry: SocketEntry) -> Connector:
    return Connector(
        id=entry.id,
        name=entry.name,
        type=entry.type,
        max_power=entry.max_power,
        format=entry.format,
        power_type=entry.socket_power_type,
        max_watts=entry.max_watts,
        max_voltage=entry.max_voltage,
        max_amperage=entry.max_amperage,
        phase_rotation=entry.phase_rotation,
        terms_and_conditions=entry.terms_and_conditions,
        device_evse_id=entry.device_evse_id,
        device_connector_id=entry.device_connector_id,
        charging_station_evse_id=entry.charging_station_evse_id,
    )


def _location(entry: SiteEntry | LocationEntry) -> Location:
    return Location(
        latitude=entry.latitude,
        longitude=entry.longitude,
        street_address=entry.street_address,
        street_number=entry.street_number,
        house_letter=entry.house_letter,
        postal_code=entry.postal_code,
        city=entry.city,
        area=entry.area,
        country=entry.country,
    )
