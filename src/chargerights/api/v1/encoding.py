"""Encodes the model as objects of v1, without deciding anything.

A member without a value is `null` where the wire's type is nullable and left out where it is not.
"""

from __future__ import annotations

from typing import Any

import orjson

from ...rights.live import LiveCharger, LiveConnector, known, sockets_of, status_of
from ...rights.model import NOWHERE, Charger, Connector, Driver, Location, ReferenceType, Site, SiteType, Tag

NO_EXPIRY = "9999-12-31T23:59:59Z"
OFFLINE, ERROR, BOOTING, UNAVAILABLE = "Offline", "Error", "Booting", "Unavailable"

SITE_TYPES = {
    SiteType.SUB_CPO: 0,
    SiteType.SITE: 1,
    SiteType.SUB_SITE: 2,
    SiteType.CIRCUIT: 3,
    SiteType.OTHER: 4,
}
REFERENCE_TYPES = {ReferenceType.INTEGRATION: 0, ReferenceType.OTHER: 1}

_OPTIONS = orjson.OPT_UTC_Z


def encode(value: Any) -> bytes:
    """JSON in UTF-8.

    Instants in UTC with a Z.
    """
    return orjson.dumps(value, option=_OPTIONS)


def brief_driver(driver: Driver, home: Site | None) -> dict[str, Any]:
    """A User with `excludeDetails`."""
    user: dict[str, Any] = {"id": driver.id, "name": driver.name}
    if home is not None:
        user["homeGroupId"] = home.id
        user["homeGroupName"] = home.name
    return user


def driver_head(driver: Driver, home: Site | None, tags: bool = True) -> dict[str, Any]:
    """A User without the sites and chargers they hold rights on.

    `tags`: with what they show.
    """
    user = brief_driver(driver, home)  # written out: there are tens of thousands in an answer
    if driver.external_id is not None:
        user["externalId"] = driver.external_id
    user["tags"] = [_tag(tag) for tag in driver.tags] if tags else []
    user["payerId"] = driver.payer_id
    user["integratedExternalIds"] = [
        {
            "referenceType": REFERENCE_TYPES[external_id.reference_type],
            "referenceId": external_id.reference_id,
            "externalId": external_id.external_id,
            "effectiveFrom": external_id.effective_from,
        }
        for external_id in driver.external_ids
    ]
    return user


def stranger_head(driver: Driver) -> dict[str, Any]:
    """A User that the caller does not see, without the places of their rights."""
    return {"id": driver.id, "name": driver.name, "tags": [], "payerId": None, "integratedExternalIds": []}


def brief_site(site: Site) -> dict[str, Any]:
    """A Site with `excludeDetails`, without its subsites."""
    return {"id": site.id, "groupName": site.name, "groupType": SITE_TYPES[site.type]}


def site_members(site: Site) -> dict[str, Any]:
    """Members about the site itself, which a Site and a UserGroup share."""
    return {
        **brief_site(site),
        "payerId": site.payer_id,
        "paymentRecipientId": site.payment_recipient_id,
        **_given(costId=site.cost_id, costName=site.cost_name, externalId=site.external_id),
    }


def charger(it: Charger, site: Site, live: LiveCharger | None, settings: bool = True) -> dict[str, Any]:
    """A Charger with its live state.

    What it reports of itself goes before what the operator entered. `settings`: with its configuration.
    """
    reported = live.reported if live is not None and settings else None
    sockets = [_socket(plug, live, state) for plug, state in sockets_of(it, live)]
    return {
        "id": it.id,
        "chargerId": it.charger_id,
        **_given(chargerName=it.name),
        "groupId": site.id,
        "groupName": site.name,
        "firmwareVersion": known(it, live, "firmware_version"),
        "publicGroupName": site.public_name,
        "manufacturer": known(it, live, "manufacturer"),
        "serialNumber": known(it, live, "serial_number"),
        "chargerModel": known(it, live, "model"),
        "amountOfSockets": len(sockets),
        **_given(lastSeen=live.last_seen if live is not None else None),
        "lastMessage": live.last_message if live is not None else None,
        "activeConnection": live is not None and live.connected,
        "chargerStatus": status_of(live),
        "locationInfo": _location(place_of(it, site)),
        "pushIntegrationEnabled": it.push_integration_enabled,
        "chargerSpecificMessageStructure": it.charger_specific_message_structure,
        "chargerConfigurations": [
            {"configName": setting.name, "configValue": setting.value, "canBeChanged": setting.can_be_changed}
            for setting in reported.configurations
        ]
        if reported is not None
        else None,
        "sockets": sockets,
        **_given(evseId=it.evse_id),
        "splitEvseBySocket": it.split_evse_by_socket,
        "capabilities": it.capabilities,
        **_given(physicalReference=it.physical_reference),
        "integrationRelays": it.integration_relays,
        **_given(
            iccid=known(it, live, "iccid"),
            imsi=known(it, live, "imsi"),
            meterSerialNumber=known(it, live, "meter_serial_number"),
            meterType=known(it, live, "meter_type"),
        ),
        "customProperties": dict(it.custom_properties) or None,
    }


def socket_status(live: LiveCharger | None, state: LiveConnector | None) -> str:
    """The socket's status: Offline without a connection, Booting before any report."""
    if live is None or not live.connected:
        return OFFLINE
    return state.status if state is not None else BOOTING


def _socket(plug: Connector, live: LiveCharger | None, state: LiveConnector | None) -> dict[str, Any]:
    return {
        "id": plug.id,
        "name": plug.name or str(plug.id),
        "type": plug.type,
        "maxPower": plug.max_power,
        "status": socket_status(live, state),
        "deviceEvseId": plug.device_evse_id if state is None else plug.device_evse_id or state.evse_id,
        "deviceConnectorId": plug.device_connector_id
        if state is None
        else plug.device_connector_id or state.connector_id,
        "format": plug.format,
        "socketPowerType": plug.power_type,
        "maxWatts": plug.max_watts,
        "maxVoltage": plug.max_voltage,
        "maxAmperage": plug.max_amperage,
        "phaseRotation": plug.phase_rotation,
        "termsAndConditions": plug.terms_and_conditions,
        **_given(lastUpdated=state.updated_at if state is not None else None),
        "chargingStationEvseId": plug.charging_station_evse_id,
    }


def place_of(it: Charger, site: Site) -> Location:
    """The charger's own place, or its site's where none was entered."""
    return site.location if it.location == NOWHERE else it.location


def _location(place: Location) -> dict[str, Any]:
    return {
        **_given(latitude=place.latitude, longitude=place.longitude),
        "streetAddress": place.street_address,
        **_given(streetNumber=place.street_number, postalNumber=place.postal_code),
        "houseLetter": place.house_letter,
        "city": place.city,
        "area": place.area,
        "country": place.country,
    }


def _tag(tag: Tag) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": tag.id,
        "idTag": tag.id_tag,
        "expiringDate": tag.expires_at or NO_EXPIRY,
        "startDate": tag.starts_at,
        "lastUpdated": tag.updated_at,
        "invoicable": tag.invoicable,
    }
    if tag.token_name is not None:
        shown["tokenName"] = tag.token_name
    return shown


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
