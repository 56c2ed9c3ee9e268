"""The objects of the v1 wire are described as API.md 1.2 has them, and answers are held to that."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from jsonschema_rs import ValidationError
from pydantic import TypeAdapter

from chargerights.api.openapi import v1
from chargerights.api.openapi.swagger2_schemas import schema as swagger_schema
from chargerights.api.v1.bodies import MEMBERS as MEMBERS_OF_A_NEW_CHARGER
from chargerights.api.v1.bodies import RENAMED, new_charger
from chargerights.files.network_file.schema import ChargerEntry
from tests.api.checking import Json, require_exact, valid

RENAMED_IN_V1 = {inside: outside for outside, inside in RENAMED.items()}
SCHEMAS, EXAMPLES = v1.schemas(), v1.examples()

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

ANSWERS = (
    "SiteDrivers", "BriefSiteDrivers", "User", "UserGroup", "HomeGroups", "BriefUserGroup", "BriefHomeGroups",
    "ChargerGroup", "BriefSite",
)  # fmt: skip


@pytest.mark.parametrize("name", MEMBERS)
def test_every_object_has_an_example_that_is_as_described(name: str) -> None:
    schema = SCHEMAS[name]
    assert [valid(example, schema, SCHEMAS) for example in schema["examples"]] == [True]


def test_a_broken_example_would_be_noticed() -> None:
    broken = deepcopy(EXAMPLES["siteDrivers"])
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


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_held_to_its_members_no_member_more_and_none_fewer(name: str) -> None:
    schema = SCHEMAS[name]
    (example,) = schema["examples"]
    require_exact(example, name)
    lacking = [{key: value for key, value in example.items() if key != left_out} for left_out in schema["required"]]
    for broken in (example | {"surprise": 1}, *lacking):
        with pytest.raises(ValidationError):
            require_exact(broken, name)


@pytest.mark.parametrize("broken", [{"homeGroupId": None}, {"id": 2**63}, {"id": "1"}, {"id": True}])
def test_an_answer_is_held_to_the_types_of_its_members(broken: Json) -> None:
    require_exact({"id": 1, "name": "Jeff"}, "BriefUser")
    with pytest.raises(ValidationError):
        require_exact({"id": 1, "name": "Jeff"} | broken, "BriefUser")


def test_clients_must_take_members_that_they_do_not_know() -> None:
    assert [name for name in MEMBERS if "additionalProperties" in SCHEMAS[name]] == []


def test_a_new_charger_takes_what_a_charger_of_a_network_file_takes() -> None:
    def described(node: Any) -> Any:
        if isinstance(node, list):
            return [described(part) for part in node]
        if not isinstance(node, dict):
            return node
        words = ("title", "description", "default", "examples")
        return {name: described(part) for name, part in node.items() if name not in words or isinstance(part, dict)}

    text = json.dumps(TypeAdapter(ChargerEntry).json_schema(ref_template="#/components/schemas/{model}"))
    for entry, name in {"LocationEntry": "NewLocation", "SocketEntry": "NewSocket"}.items():
        text = text.replace(f"/{entry}", f"/{name}")
    file = json.loads(text)
    members = {RENAMED_IN_V1.get(name, name): member for name, member in file["properties"].items()}
    expected = {name: described(member) for name, member in members.items() if name in MEMBERS_OF_A_NEW_CHARGER}
    assert described(SCHEMAS["NewCharger"]["properties"]) == expected
    assert described(SCHEMAS["NewLocation"]) == described(file["$defs"]["LocationEntry"])
    assert described(SCHEMAS["NewSocket"]) == described(file["$defs"]["SocketEntry"])


def test_the_example_of_a_new_charger_is_one_that_is_taken() -> None:
    charger = new_charger("DEP-2", 7, EXAMPLES["newCharger"])
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
