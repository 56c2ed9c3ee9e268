"""The objects of the v1 wire are described as API.md 1.2 has them, and the models hold answers to that."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from pydantic import TypeAdapter, ValidationError

from chargerights.api.openapi.swagger2_schemas import schema as swagger_schema
from chargerights.api.v1.bodies import new_charger
from chargerights.api.v1.contract import wire, wire_examples
from chargerights.api.v1.contract.wire_bodies import schemas
from tests.api.checking import Json, valid

SCHEMAS = schemas()

# API.md 1.2, member by member; `?` is nullable, [] a list.
MEMBERS = {
    "User": "id int64, name string, homeGroupId int64, homeGroupName string, externalId string, tags V1Tag[], "
    "chargerGroups ChargerGroup[], chargers V1Charger[], payerId int64?, integratedExternalIds ExternalId[]",
    "V1Tag": "id int64, idTag string, expiringDate date-time, startDate date-time?, lastUpdated date-time?, "
    "tokenName string, invoicable boolean",
    "ChargerGroup": "onlineSocket int32?, offlineSocket int32?, errorSocket int32?, subgroups ChargerGroup[], "
    "chargers V1Charger[], payerId int64?, costId string, costName string, paymentRecipientId int64?, id int64, "
    "groupName string, groupType int32, externalId string",
    "V1Charger": "id int64?, chargerId string, chargerName string, groupId int64, groupName string, "
    "firmwareVersion string?, publicGroupName string?, manufacturer string?, serialNumber string?, "
    "chargerModel string?, amountOfSockets int32, lastSeen date-time, lastMessage string?, "
    "activeConnection boolean, chargerStatus string, locationInfo LocationInfo, pushIntegrationEnabled boolean, "
    "chargerSpecificMessageStructure boolean, chargerConfigurations V1Configuration[]?, sockets V1Socket[]?, "
    "evseId string, splitEvseBySocket boolean, capabilities string[], physicalReference string, "
    "integrationRelays string[], iccid string, imsi string, meterSerialNumber string, meterType string, "
    "customProperties object?",
    "LocationInfo": "latitude double, longitude double, streetAddress string?, streetNumber string, "
    "houseLetter string?, postalNumber string, city string?, area string?, country string?",
    "V1Configuration": "configName string, configValue string, canBeChanged boolean",
    "V1Socket": "type string?, maxPower string?, status string, id int32, name string, deviceEvseId int32?, "
    "deviceConnectorId int32?, format string?, socketPowerType string?, maxWatts int32?, maxVoltage int32?, "
    "maxAmperage int32?, phaseRotation string?, termsAndConditions uri?, lastUpdated date-time, "
    "chargingStationEvseId int32?",
    "ExternalId": "referenceType int32, referenceId string, externalId string, effectiveFrom date-time?",
    "UserGroup": "id int64, groupName string, groupType int32, payerId int64?, costId string, costName string, "
    "paymentRecipientId int64?, externalId string, isSpare boolean, subgroups UserGroup[], users User[]",
    "HomeGroups": "userGroups UserGroup[], spareUsers User[]",
    "BriefUserGroup": "id int64, groupName string, groupType int32, isSpare boolean, subgroups BriefUserGroup[], "
    "users BriefUser[]",
    "BriefHomeGroups": "userGroups BriefUserGroup[], spareUsers BriefUser[]",
    "SiteDrivers": "groupId int64, users User[]",
    "BriefSiteDrivers": "groupId int64, users BriefUser[]",
    "BriefUser": "id int64, name string, homeGroupId int64, homeGroupName string",
    "BriefSite": "id int64, groupName string, groupType int32, subgroups BriefSite[]",
}

ANSWERS = {
    "SiteDrivers": wire.SiteDrivers,
    "BriefSiteDrivers": wire.BriefSiteDrivers,
    "User": wire.User,
    "UserGroup": wire.UserGroup,
    "HomeGroups": wire.HomeGroups,
    "BriefUserGroup": wire.BriefUserGroup,
    "BriefHomeGroups": wire.BriefHomeGroups,
    "ChargerGroup": wire.ChargerGroup,
    "BriefSite": wire.BriefSite,
}


@pytest.mark.parametrize("name", MEMBERS)
def test_every_object_has_an_example_that_is_as_described(name: str) -> None:
    schema = SCHEMAS[name]
    assert [valid(example, schema, SCHEMAS) for example in schema["examples"]] == [True]


def test_a_broken_example_would_be_noticed() -> None:
    broken = deepcopy(wire_examples.SITE_DRIVERS)
    broken["users"][0]["chargerGroups"][0]["groupType"] = 5
    assert not valid(broken, SCHEMAS["SiteDrivers"], SCHEMAS)


@pytest.mark.parametrize("name", MEMBERS)
def test_the_types_of_every_member_are_those_of_the_wire(name: str) -> None:
    members = SCHEMAS[name]["properties"]
    assert sorted(f"{member} {type_of(schema)}" for member, schema in members.items()) == sorted(
        MEMBERS[name].split(", ")
    )


def type_of(schema: Json) -> str:
    if "anyOf" in schema:
        (inner,) = [each for each in schema["anyOf"] if each != {"type": "null"}]
        return type_of(inner) + "?"
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix("#/components/schemas/")
    if schema["type"] == "array":
        return type_of(schema["items"]) + "[]"
    return str(schema.get("format", schema["type"]))


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_is_described_and_a_nullable_one_is_always_there(name: str) -> None:
    schema = SCHEMAS[name]
    for member, each in schema["properties"].items():
        assert each["description"], member
        assert each["title"], member
        assert "anyOf" not in each or member in schema["required"], member


def test_the_wire_s_old_members_are_marked_deprecated() -> None:
    old = {
        f"{name}.{member}"
        for name in MEMBERS
        for member, each in SCHEMAS[name]["properties"].items()
        if each.get("deprecated")
    }
    assert old == {"V1Charger.amountOfSockets", "V1Socket.maxPower"}


def test_numbered_words_say_what_they_mean() -> None:
    members = SCHEMAS["ChargerGroup"]["properties"] | SCHEMAS["ExternalId"]["properties"]
    kinds = {
        name: [(each["value"], each["name"]) for each in members[name]["x-ms-enum"]["values"]]
        for name in ("groupType", "referenceType")
    }
    assert kinds == {
        "groupType": [*enumerate(["SUB_CPO", "SITE", "SUB_SITE", "CIRCUIT", "OTHER"])],
        "referenceType": [*enumerate(["INTEGRATION", "OTHER"])],
    }


@pytest.mark.parametrize(("name", "model"), ANSWERS.items())
def test_the_models_take_the_examples_no_member_more_and_none_fewer(name: str, model: type) -> None:
    adapter = TypeAdapter(model)
    schema = SCHEMAS[name]
    (example,) = schema["examples"]
    adapter.validate_json(json.dumps(example))
    lacking = [{key: value for key, value in example.items() if key != left_out} for left_out in schema["required"]]
    for broken in (example | {"surprise": 1}, *lacking):
        with pytest.raises(ValidationError):
            adapter.validate_json(json.dumps(broken))


def test_a_member_that_is_not_nullable_is_left_out_rather_than_null() -> None:
    wire.BriefUser.model_validate_json('{"id": 1, "name": "Jeff"}')
    with pytest.raises(ValidationError):
        wire.BriefUser.model_validate_json('{"id": 1, "name": "Jeff", "homeGroupId": null}')


def test_the_example_of_a_new_charger_is_one_that_is_taken() -> None:
    charger = new_charger("DEP-2", 7, wire_examples.NEW_CHARGER)
    assert (charger.name, charger.evse_id, charger.location.postal_code, len(charger.connectors)) == (
        "Depot, second bay",
        "FRA23E45B*78D",
        "00160",
        1,
    )


@pytest.mark.parametrize("name", MEMBERS)
def test_swagger_says_what_is_nullable(name: str) -> None:
    properties = swagger_schema(SCHEMAS[name], name)["properties"]
    nullable = {member for member, each in properties.items() if "x-nullable" in each}
    assert nullable == {each.split(" ")[0] for each in MEMBERS[name].split(", ") if each.endswith("?")}
