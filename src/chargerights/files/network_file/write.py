"""Writes a network as a file in its normal form.

In the normal form, members without a value, or with their default, are left out. Entities are in the order of their
ids, a driver's tags and rights in the driver's own order. Instants are in UTC. Each site, charger, access group and
driver is one line, so that two files of one network can be compared line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson

from ...rights.explain import clock_text
from ...rights.model import (
    AccessGroup,
    Charger,
    Connector,
    Driver,
    ExternalId,
    Hours,
    Location,
    ReferenceType,
    Right,
    Site,
    SiteType,
    Tag,
)
from ...rights.network import Network
from .schema import PLACE_MEMBERS

LINES_PER_CHUNK = 500

Members = dict[str, Any]


def dump(network: Network) -> Iterator[bytes]:
    """Yields the file in chunks of some hundred kilobytes at most.

    The network must not change meanwhile: pass a fork of a live one.
    """
    separator = b"{\n"
    for name, entries in (
        ("sites", (site_members(site) for _, site in sorted(network.sites.items()))),
        ("chargers", (charger_members(charger) for _, charger in sorted(network.chargers.items()))),
        ("accessGroups", (access_group_members(group) for _, group in sorted(network.access_groups.items()))),
        ("drivers", (driver_members(network.drivers[driver_id]) for driver_id in sorted(network.drivers))),
    ):
        opening = b'%s"%s": [\n' % (separator, name.encode())
        for chunk in _chunks(entries):
            yield opening + chunk
            opening, separator = b",\n", b"\n],\n"
    yield b"\n]\n}\n" if separator != b"{\n" else b"{}\n"


def site_members(site: Site) -> Members:
    return _given(
        id=site.id,
        name=site.name,
        parentId=site.parent_id,
        type=site.type if site.type is not SiteType.SUB_CPO else None,
        publicName=site.public_name,
        externalId=site.external_id,
        timezone=site.timezone,
        payerId=site.payer_id,
        costId=site.cost_id,
        costName=site.cost_name,
        paymentRecipientId=site.payment_recipient_id,
        isPublicSite=site.is_public,
        freeToUse=site.free_to_use,
        **_address(site.location, "postalCode"),
    )


def charger_members(charger: Charger) -> Members:
    return _given(
        chargerId=charger.charger_id,
        siteId=charger.site_id,
        name=charger.name,
        manufacturer=charger.manufacturer,
        serialNumber=charger.serial_number,
        chargerModel=charger.model,
        firmwareVersion=charger.firmware_version,
        evseId=charger.evse_id,
        splitEvseBySocket=charger.split_evse_by_socket or None,
        pushIntegrationEnabled=charger.push_integration_enabled or None,
        chargerSpecificMessageStructure=charger.charger_specific_message_structure or None,
        capabilities=charger.capabilities,
        physicalReference=charger.physical_reference,
        integrationRelays=charger.integration_relays,
        iccid=charger.iccid,
        imsi=charger.imsi,
        meterSerialNumber=charger.meter_serial_number,
        meterType=charger.meter_type,
        customProperties=dict(charger.custom_properties),
        blockedUntil=charger.blocked_until,
        freeToUse=charger.free_to_use,
        locationInfo=_given(**_address(charger.location, "postalNumber")),
        sockets=[_socket_members(connector) for connector in charger.connectors],
    )


def access_group_members(group: AccessGroup) -> Members:
    return _given(id=group.id, name=group.name, chargerIds=sorted(group.charger_ids))


def driver_members(driver: Driver) -> Members:
    return _given(
        id=driver.id,
        name=driver.name,
        homeSiteId=driver.home_site_id,
        externalId=driver.external_id,
        payerId=driver.payer_id,
        companyId=driver.company_id,
        enabled=None if driver.enabled else False,
        externalIds=[_external_id_members(external_id) for external_id in driver.external_ids],
        tags=[_tag_members(tag) for tag in driver.tags],
        rights=[_right_members(right) for right in driver.rights],
    )


def _right_members(right: Right) -> Members:
    members: Members = {PLACE_MEMBERS[right.place.kind]: right.place.id}
    if right.has_window or right.hours:
        hours = [_hours_members(entry) for entry in right.hours]
        members |= _given(validFrom=right.valid_from, validUntil=right.valid_until, hours=hours)
    return members


def _hours_members(hours: Hours) -> Members:
    return {"weekday": hours.weekday, "from": clock_text(hours.start), "until": clock_text(hours.end)}


def _tag_members(tag: Tag) -> Members:
    return _given(
        idTag=tag.id_tag,
        startDate=tag.starts_at,
        expiringDate=tag.expires_at,
        tokenName=tag.token_name,
        invoicable=tag.invoicable or None,
        blocked=tag.blocked or None,
    )


def _external_id_members(external_id: ExternalId) -> Members:
    return _given(
        referenceType=external_id.reference_type if external_id.reference_type is ReferenceType.OTHER else None,
        referenceId=external_id.reference_id,
        externalId=external_id.external_id,
        effectiveFrom=external_id.effective_from,
    )


def _socket_members(connector: Connector) -> Members:
    return _given(
        id=connector.id,
        name=connector.name,
        type=connector.type,
        maxPower=connector.max_power,
        format=connector.format,
        socketPowerType=connector.power_type,
        maxWatts=connector.max_watts,
        maxVoltage=connector.max_voltage,
        maxAmperage=connector.max_amperage,
        phaseRotation=connector.phase_rotation,
        termsAndConditions=connector.terms_and_conditions,
        deviceEvseId=connector.device_evse_id,
        deviceConnectorId=connector.device_connector_id,
        chargingStationEvseId=connector.charging_station_evse_id,
    )


def _address(location: Location, postal_member: str) -> Members:
    return {
        "latitude": location.latitude,
        "longitude": location.longitude,
        "streetAddress": location.street_address,
        "streetNumber": location.street_number,
        "houseLetter": location.house_letter,
        postal_member: location.postal_code,
        "city": location.city,
        "area": location.area,
        "country": location.country,
    }


def _given(**members: Any) -> Members:
    """Keeps the members that have a value.

    0 and false are values.
    """
    return {name: value for name, value in members.items() if value is not None and value not in _EMPTY}


_EMPTY: tuple[object, ...] = ("", (), [], {})


def _chunks(entries: Iterable[Members]) -> Iterator[bytes]:
    lines = (orjson.dumps(entry, option=orjson.OPT_UTC_Z) for entry in entries)
    while batch := list(islice(lines, LINES_PER_CHUNK)):
        yield b",\n".join(batch)
