"""Examples of all objects of v1, built from each other, for the documents.

Alice holds a right on the site Depot and one on the charger DEP-1 there.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

LOCATION: Json = {
    "latitude": 60.1699,
    "longitude": 24.9384,
    "streetAddress": "Satamakatu",
    "streetNumber": "4",
    "houseLetter": "B",
    "postalNumber": "00160",
    "city": "Helsinki",
    "area": "Uusimaa",
    "country": "Finland",
}

CONFIGURATION: Json = {"configName": "HeartbeatInterval", "configValue": "300", "canBeChanged": True}

SOCKET: Json = {
    "type": "IEC_62196_T2",
    "maxPower": "22 kW",
    "status": "Available",
    "id": 1,
    "name": "Left",
    "deviceEvseId": 1,
    "deviceConnectorId": 1,
    "format": "SOCKET",
    "socketPowerType": "AC_3_PHASE",
    "maxWatts": 22000,
    "maxVoltage": 400,
    "maxAmperage": 32,
    "phaseRotation": "RST",
    "termsAndConditions": "https://depot.example/terms",
    "lastUpdated": "2026-03-02T07:15:00Z",
    "chargingStationEvseId": None,
}

CHARGER: Json = {
    "id": 71,
    "chargerId": "DEP-1",
    "chargerName": "Depot, first bay",
    "groupId": 7,
    "groupName": "Depot",
    "firmwareVersion": "5.8.1",
    "publicGroupName": None,
    "manufacturer": "Voltmakers",
    "serialNumber": "VM-000123",
    "chargerModel": "Twin 22",
    "lastSeen": "2026-03-02T07:15:30Z",
    "lastMessage": "Heartbeat",
    "activeConnection": True,
    "chargerStatus": "Available",
    "locationInfo": LOCATION,
    "pushIntegrationEnabled": False,
    "chargerSpecificMessageStructure": False,
    "chargerConfigurations": [CONFIGURATION],
    "sockets": [SOCKET],
    "evseId": "FRA23E45B*78C",
    "splitEvseBySocket": False,
    "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE"],
    "physicalReference": "Bay 1",
    "integrationRelays": [],
    "iccid": "8935801234567890123",
    "imsi": "244051234567890",
    "meterSerialNumber": "M-4711",
    "meterType": "Three phase, class B",
    "customProperties": {"parkingLevel": "-1"},
}

SUBSITE: Json = {
    "onlineSocket": 0,
    "offlineSocket": 0,
    "errorSocket": 0,
    "subgroups": [],
    "chargers": [],
    "payerId": None,
    "paymentRecipientId": None,
    "id": 8,
    "groupName": "Depot, lower floor",
    "groupType": 2,
}

SITE: Json = {
    "onlineSocket": 1,
    "offlineSocket": 0,
    "errorSocket": 0,
    "subgroups": [SUBSITE],
    "chargers": [CHARGER],
    "payerId": 9001,
    "costId": "CC-310",
    "costName": "Fleet",
    "paymentRecipientId": None,
    "id": 7,
    "groupName": "Depot",
    "groupType": 1,
    "externalId": "depot-helsinki",
}

BRIEF_SITE: Json = {
    "id": 7,
    "groupName": "Depot",
    "groupType": 1,
    "subgroups": [{"id": 8, "groupName": "Depot, lower floor", "groupType": 2, "subgroups": []}],
}

TAG: Json = {
    "id": 501,
    "idTag": "04A2B3C4D5E680",
    "expiringDate": "9999-12-31T23:59:59Z",
    "startDate": None,
    "lastUpdated": "2026-01-15T09:30:00Z",
    "tokenName": "Alice's card",
    "invoicable": False,
}

EXTERNAL_ID: Json = {
    "referenceType": 0,
    "referenceId": "payroll",
    "externalId": "E-1042",
    "effectiveFrom": "2026-01-01T00:00:00Z",
}

USER: Json = {
    "id": 42,
    "name": "Alice",
    "homeGroupId": 7,
    "homeGroupName": "Depot",
    "externalId": "alice@depot.example",
    "tags": [TAG],
    "chargerGroups": [SITE],
    "chargers": [CHARGER],
    "payerId": None,
    "integratedExternalIds": [EXTERNAL_ID],
}

BRIEF_USER: Json = {"id": 42, "name": "Alice", "homeGroupId": 7, "homeGroupName": "Depot"}

SITE_DRIVERS: Json = {"groupId": 7, "users": [USER]}

BRIEF_SITE_DRIVERS: Json = {
    "groupId": 1,
    "users": [{"id": 1, "name": "Jeff", "homeGroupId": 1, "homeGroupName": "homeGroup1"}],
}

USER_GROUP: Json = {
    "id": 7,
    "groupName": "Depot",
    "groupType": 1,
    "payerId": 9001,
    "costId": "CC-310",
    "costName": "Fleet",
    "paymentRecipientId": None,
    "externalId": "depot-helsinki",
    "isSpare": False,
    "subgroups": [],
    "users": [USER],
}

SPARE_USER: Json = {
    "id": 43,
    "name": "Bob",
    "tags": [],
    "chargerGroups": [],
    "chargers": [],
    "payerId": None,
    "integratedExternalIds": [],
}

HOME_GROUPS: Json = {"userGroups": [USER_GROUP], "spareUsers": [SPARE_USER]}

BRIEF_USER_GROUP: Json = {
    "id": 7,
    "groupName": "Depot",
    "groupType": 1,
    "isSpare": False,
    "subgroups": [],
    "users": [BRIEF_USER],
}

BRIEF_HOME_GROUPS: Json = {"userGroups": [BRIEF_USER_GROUP], "spareUsers": [{"id": 43, "name": "Bob"}]}

GROUP_IDS: Json = {"groupIds": [7, 8]}

NEW_SITE: Json = {"name": "Harbour garage"}

NEW_CHARGER: Json = {
    "chargerName": "Depot, second bay",
    "locationInfo": LOCATION,
    "sockets": [{"id": 1, "type": "IEC_62196_T2", "format": "SOCKET", "maxWatts": 22000}],
    "evseId": "FRA23E45B*78D",
    "splitEvseBySocket": False,
    "capabilities": ["RFID_READER"],
    "integrationRelays": [],
}
