"""A network with a value for every member of the wire, and chargers in every state, as files and reports have them.

    Harbour (10)        HAR-1: all members; HAR-2: none
    └── Pier (11)       PIE-1, without a description
    Shed (12)           SHE-1, in an access group
    Yard (13)           nothing

Ada holds a right on Harbour and, by name, on PIE-1; Ben one through the access group; Cy's right on Pier is over;
Di's begins tomorrow. Eve looks after nothing and holds nothing.
"""

from __future__ import annotations

from itertools import count
from typing import Any

from chargerights.rights.live import ChargerConfiguration, LiveCharger, LiveConnector, Reported
from tests.api.client import facts_of
from tests.support.world import NOW, TOMORROW, YESTERDAY

FILE: dict[str, Any] = {
    "sites": [
        {
            "id": 10,
            "name": "Harbour",
            "type": "SITE",
            "publicName": "Harbour charging",
            "externalId": "sites/harbour 1",
            "payerId": 501,
            "costId": "C-10",
            "costName": "Harbour costs",
            "paymentRecipientId": 502,
            "latitude": 60.1,
            "longitude": 24.9,
            "streetAddress": "Pier road",
            "city": "Helsinki",
            "country": "FI",
        },
        {"id": 11, "parentId": 10, "name": "Pier", "type": "CIRCUIT"},
        {"id": 12, "name": "Shed", "type": "OTHER", "externalId": "shed"},
        {"id": 13, "name": "Yard"},
    ],
    "chargers": [
        {
            "chargerId": "HAR-1",
            "siteId": 10,
            "name": "Crane",
            "manufacturer": "Entered maker",
            "serialNumber": "entered serial",
            "chargerModel": "Entered model",
            "firmwareVersion": "0.9",
            "evseId": "FRA23E45B*78C",
            "splitEvseBySocket": True,
            "pushIntegrationEnabled": True,
            "chargerSpecificMessageStructure": True,
            "capabilities": ["RFID_READER", "RESERVABLE"],
            "physicalReference": "Bay 7",
            "integrationRelays": ["relay one"],
            "iccid": "entered iccid",
            "imsi": "entered imsi",
            "meterSerialNumber": "entered meter",
            "meterType": "entered type",
            "customProperties": {"colour": "red"},
            "locationInfo": {
                "latitude": 60.2,
                "longitude": 25.0,
                "streetAddress": "Crane lane",
                "streetNumber": "7",
                "houseLetter": "B",
                "postalNumber": "00160",
                "city": "Espoo",
                "area": "Uusimaa",
                "country": "FI",
            },
            "sockets": [
                {
                    "id": 1,
                    "name": "Left",
                    "type": "IEC_62196_T2",
                    "maxPower": "22 kW",
                    "format": "SOCKET",
                    "socketPowerType": "AC_3_PHASE",
                    "maxWatts": 22_000,
                    "maxVoltage": 400,
                    "maxAmperage": 32,
                    "phaseRotation": "RST",
                    "termsAndConditions": "https://charging.example/terms",
                    "deviceEvseId": 1,
                    "deviceConnectorId": 1,
                    "chargingStationEvseId": 1,
                },
                {"id": 2},
            ],
        },
        {"chargerId": "HAR-2", "siteId": 10},
        {"chargerId": "PIE-1", "siteId": 11, "sockets": [{"id": 1}, {"id": 2}, {"id": 3}]},
        {"chargerId": "SHE-1", "siteId": 12, "sockets": [{"id": 1}]},
    ],
    "accessGroups": [{"id": 30, "name": "Guests", "chargerIds": ["SHE-1", "HAR-2"]}],
    "drivers": [
        {
            "id": 1,
            "name": "Ada",
            "homeSiteId": 10,
            "externalId": "staff-1",
            "payerId": 601,
            "externalIds": [
                {"referenceId": "crm", "externalId": "A-1", "effectiveFrom": "2026-01-01T00:00:00Z"},
                {"referenceType": "OTHER", "referenceId": "hr", "externalId": "A-2"},
            ],
            "tags": [
                {
                    "idTag": "04a1",
                    "startDate": "2026-01-01T00:00:00+02:00",
                    "expiringDate": "2027-01-01T00:00:00Z",
                    "tokenName": "Ada's card",
                    "invoicable": True,
                },
                {"idTag": "ABC-123"},
            ],
            "rights": [{"siteId": 10}, {"chargerId": "PIE-1"}],
        },
        {"id": 2, "name": "Ben", "rights": [{"accessGroupId": 30}]},
        {"id": 3, "name": "Cy", "rights": [{"siteId": 11, "validUntil": YESTERDAY.isoformat()}, {"siteId": 12}]},
        {"id": 4, "name": "Di", "homeSiteId": 11, "rights": [{"siteId": 10, "validFrom": TOMORROW.isoformat()}]},
        {"id": 5, "name": "Eve"},
        {"id": 6, "name": "Fay", "homeSiteId": 10, "enabled": False, "rights": [{"siteId": 10}]},
    ],
}

FACTS = facts_of(FILE, count(1000))

HAR_1 = LiveCharger(
    "HAR-1",
    connected=True,
    last_seen=NOW,
    last_message="MeterValues",
    status="Available",
    connectors=(
        LiveConnector(0, "Available", NOW),
        LiveConnector(1, "Charging", NOW),
        LiveConnector(7, "Error", YESTERDAY),
    ),
    reported=Reported(
        manufacturer="Reported maker",
        model="Reported model",
        serial_number="reported serial",
        firmware_version="1.0",
        iccid="reported iccid",
        imsi="reported imsi",
        meter_type="reported type",
        meter_serial_number="reported meter",
        configurations=(
            ChargerConfiguration("HeartbeatInterval", "300", can_be_changed=True),
            ChargerConfiguration("NumberOfConnectors", "2", can_be_changed=False),
        ),
    ),
)
"""In full; socket 2 has said nothing yet, and the operator did not enter socket 7."""
PIE_1 = LiveCharger(
    "PIE-1",
    connected=True,
    connectors=(
        LiveConnector(1, "Unavailable", NOW),
        LiveConnector(2, "Error", NOW),
        LiveConnector(3, "Finishing", NOW),
    ),
)
SHE_1 = LiveCharger(
    "SHE-1", connected=False, last_seen=YESTERDAY, connectors=(LiveConnector(1, "Charging", YESTERDAY),)
)
"""Gone while it charged."""
