"""What stands in full answers: drivers with tags, sites and chargers with their live state, member by member."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.client import Api, our_world, read
from tests.api.network import FACTS, HAR_1, PIE_1, SHE_1
from tests.conftest import Databases

Json = dict[str, Any]


@pytest.fixture(scope="module")
async def harbour(database_kind: str, databases: Databases) -> AsyncIterator[Api]:
    url = databases.new(database_kind)
    api = our_world(url, FACTS)
    await api.report(HAR_1, PIE_1, SHE_1)
    yield api
    await api.close()
    databases.drop(url)


async def users_of(api: Api, site_id: int) -> dict[str, Json]:
    (site,) = read(await api.drivers_of([site_id]), "SiteDrivers[]")
    return {user["name"]: user for user in site["users"]}


async def charger_of(api: Api, charger_id: str) -> Json:
    """The charger as the tree of sites shows it."""
    waiting = read(await api.get("/api/groups"), "ChargerGroup[]")
    while waiting:
        site = waiting.pop()
        for charger in site["chargers"]:
            if charger["chargerId"] == charger_id:
                return dict(charger)
        waiting += site["subgroups"]
    raise AssertionError(f"no {charger_id}")


async def test_a_driver_with_a_value_for_every_member(harbour: Api) -> None:
    ada = (await users_of(harbour, 10))["Ada"]
    (site,) = ada.pop("chargerGroups")
    (charger,) = ada.pop("chargers")
    assert (site["id"], [below["id"] for below in site["subgroups"]]) == (10, [11])
    assert charger["chargerId"] == "PIE-1"
    tags = ada.pop("tags")
    assert [{key: tag[key] for key in tag if key != "id"} for tag in tags] == [
        {
            "idTag": "04a1",
            "expiringDate": "2027-01-01T00:00:00Z",
            "startDate": "2025-12-31T22:00:00Z",
            "lastUpdated": "2026-06-03T09:00:00Z",
            "tokenName": "Ada's card",
            "invoicable": True,
        },
        {
            "idTag": "ABC-123",
            "expiringDate": "9999-12-31T23:59:59Z",
            "startDate": None,
            "lastUpdated": "2026-06-03T09:00:00Z",
            "invoicable": False,
        },
    ]
    assert ada == {
        "id": 1,
        "name": "Ada",
        "homeGroupId": 10,
        "homeGroupName": "Harbour",
        "externalId": "staff-1",
        "payerId": 601,
        "integratedExternalIds": [
            {"referenceType": 0, "referenceId": "crm", "externalId": "A-1", "effectiveFrom": "2026-01-01T00:00:00Z"},
            {"referenceType": 1, "referenceId": "hr", "externalId": "A-2", "effectiveFrom": None},
        ],
    }


async def test_a_driver_with_hardly_a_value_leaves_out_what_is_not_nullable(harbour: Api) -> None:
    ben = (await users_of(harbour, 12))["Ben"]
    del ben["chargers"]
    assert ben == {
        "id": 2,
        "name": "Ben",
        "tags": [],
        "payerId": None,
        "integratedExternalIds": [],
        "chargerGroups": [],
    }


async def test_an_access_group_shows_as_chargers_by_name(harbour: Api) -> None:
    ben = (await users_of(harbour, 12))["Ben"]
    assert [each["chargerId"] for each in ben["chargers"]] == ["HAR-2", "SHE-1"]


async def test_a_right_that_is_over_lists_nobody_and_shows_no_site(harbour: Api) -> None:
    assert "Cy" not in await users_of(harbour, 11)
    cy = (await users_of(harbour, 12))["Cy"]
    assert [site["id"] for site in cy["chargerGroups"]] == [12]


async def test_a_right_that_has_not_begun_and_a_disabled_driver_list_nobody(harbour: Api) -> None:
    assert [*await users_of(harbour, 10)] == ["Ada", "Ben"]


async def test_the_same_driver_is_the_same_under_every_site(harbour: Api) -> None:
    sites = read(await harbour.drivers_of([10, 11]), "SiteDrivers[]")
    assert sites[0]["users"][0] == sites[1]["users"][0]


async def test_a_site_with_a_value_for_every_member(harbour: Api) -> None:
    (harbour_site, *_) = read(await harbour.get("/api/groups"), "ChargerGroup[]")
    assert {key: value for key, value in harbour_site.items() if key not in ("chargers", "subgroups")} == {
        "onlineSocket": 3,
        "offlineSocket": 1,
        "errorSocket": 2,
        "payerId": 501,
        "costId": "C-10",
        "costName": "Harbour costs",
        "paymentRecipientId": 502,
        "id": 10,
        "groupName": "Harbour",
        "groupType": 1,
        "externalId": "sites/harbour 1",
    }


async def test_sockets_are_counted_here_and_below_by_what_they_say(harbour: Api) -> None:
    sites = {site["groupName"]: site for site in read(await harbour.get("/api/groups"), "ChargerGroup[]")}
    (pier,) = sites["Harbour"]["subgroups"]
    counts = {
        site["groupName"]: (site["onlineSocket"], site["offlineSocket"], site["errorSocket"])
        for site in (*sites.values(), pier)
    }
    assert counts == {
        # HAR-1: 1 charges, 2 boots, 7 has a fault; HAR-2 has no socket; and Pier's
        "Harbour": (3, 1, 2),
        "Pier": (1, 1, 1),  # Finishing, Unavailable, Error
        "Shed": (0, 1, 0),  # it was charging when its connection went
        "Yard": (0, 0, 0),
    }


async def test_a_charger_with_a_value_for_every_member_and_what_it_reports_first(harbour: Api) -> None:
    charger = await charger_of(harbour, "HAR-1")
    del charger["sockets"]
    assert charger.pop("id") >= 1000
    assert charger == {
        "chargerId": "HAR-1",
        "chargerName": "Crane",
        "groupId": 10,
        "groupName": "Harbour",
        "publicGroupName": "Harbour charging",
        "firmwareVersion": "1.0",
        "manufacturer": "Reported maker",
        "serialNumber": "reported serial",
        "chargerModel": "Reported model",
        "amountOfSockets": 3,
        "lastSeen": "2026-06-03T09:00:00Z",
        "lastMessage": "MeterValues",
        "activeConnection": True,
        "chargerStatus": "Available",
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
        "pushIntegrationEnabled": True,
        "chargerSpecificMessageStructure": True,
        "chargerConfigurations": [
            {"configName": "HeartbeatInterval", "configValue": "300", "canBeChanged": True},
            {"configName": "NumberOfConnectors", "configValue": "2", "canBeChanged": False},
        ],
        "evseId": "FRA23E45B*78C",
        "splitEvseBySocket": True,
        "capabilities": ["RFID_READER", "RESERVABLE"],
        "physicalReference": "Bay 7",
        "integrationRelays": ["relay one"],
        "iccid": "reported iccid",
        "imsi": "reported imsi",
        "meterSerialNumber": "reported meter",
        "meterType": "reported type",
        "customProperties": {"colour": "red"},
    }


async def test_a_charger_that_never_connected_stands_where_its_site_is(harbour: Api) -> None:
    charger = await charger_of(harbour, "HAR-2")
    del charger["id"]
    assert charger == {
        "chargerId": "HAR-2",
        "groupId": 10,
        "groupName": "Harbour",
        "publicGroupName": "Harbour charging",
        "firmwareVersion": None,
        "manufacturer": None,
        "serialNumber": None,
        "chargerModel": None,
        "amountOfSockets": 0,
        "lastMessage": None,
        "activeConnection": False,
        "chargerStatus": "Offline",
        "locationInfo": {
            "latitude": 60.1,
            "longitude": 24.9,
            "streetAddress": "Pier road",
            "houseLetter": None,
            "city": "Helsinki",
            "area": None,
            "country": "FI",
        },
        "pushIntegrationEnabled": False,
        "chargerSpecificMessageStructure": False,
        "chargerConfigurations": None,
        "sockets": [],
        "splitEvseBySocket": False,
        "capabilities": [],
        "integrationRelays": [],
        "customProperties": None,
    }


async def test_sockets_are_those_entered_and_those_only_the_charger_knows_but_never_its_controller(
    harbour: Api,
) -> None:
    left, silent, unknown = (await charger_of(harbour, "HAR-1"))["sockets"]
    assert left == {
        "id": 1,
        "name": "Left",
        "type": "IEC_62196_T2",
        "maxPower": "22 kW",
        "status": "Charging",
        "deviceEvseId": 1,
        "deviceConnectorId": 1,
        "format": "SOCKET",
        "socketPowerType": "AC_3_PHASE",
        "maxWatts": 22_000,
        "maxVoltage": 400,
        "maxAmperage": 32,
        "phaseRotation": "RST",
        "termsAndConditions": "https://charging.example/terms",
        "lastUpdated": "2026-06-03T09:00:00Z",
        "chargingStationEvseId": 1,
    }
    nothing_known = dict.fromkeys(left.keys() - {"id", "name", "status", "lastUpdated"})
    assert silent == {"id": 2, "name": "2", "status": "Booting", **nothing_known}
    assert unknown == {
        "id": 7,
        "name": "7",
        "status": "Error",
        "lastUpdated": "2026-06-02T09:00:00Z",
        **nothing_known,
    }


async def test_without_a_connection_every_socket_is_offline_since_its_last_word(harbour: Api) -> None:
    shed = await charger_of(harbour, "SHE-1")
    assert (shed["chargerStatus"], shed["activeConnection"], shed["lastSeen"]) == (
        "Offline",
        False,
        "2026-06-02T09:00:00Z",
    )
    (socket,) = shed["sockets"]
    assert (socket["status"], socket["lastUpdated"]) == ("Offline", "2026-06-02T09:00:00Z")


async def test_a_charger_that_says_nothing_of_itself_is_what_its_sockets_allow(harbour: Api) -> None:
    assert (await charger_of(harbour, "PIE-1"))["chargerStatus"] == "Available"


async def test_home_sites_hold_their_drivers_and_no_charger(harbour: Api) -> None:
    home = read(await harbour.get("/api/user/homeGroup/10"), "UserGroup")
    assert [user["name"] for user in home["users"]] == ["Ada"]
    assert [(below["groupName"], [user["name"] for user in below["users"]]) for below in home["subgroups"]] == [
        ("Pier", ["Di"])
    ]
    assert {key: value for key, value in home.items() if key not in ("users", "subgroups")} == {
        "id": 10,
        "groupName": "Harbour",
        "groupType": 1,
        "payerId": 501,
        "costId": "C-10",
        "costName": "Harbour costs",
        "paymentRecipientId": 502,
        "externalId": "sites/harbour 1",
        "isSpare": False,
    }


async def test_drivers_without_a_home_site_are_spare_users(harbour: Api) -> None:
    homes = read(await harbour.get("/api/user/homeGroups"), "HomeGroups")
    assert [user["name"] for user in homes["spareUsers"]] == ["Ben", "Cy", "Eve"]
    assert [group["groupName"] for group in homes["userGroups"]] == ["Harbour", "Shed", "Yard"]
