"""The request bodies of the v1 wire, as models for the documents, and the schemas of the whole v1 wire.

Bodies are read by hand. What may be written about a charger is a part of what is answered about one, so those
models are made from the answers' models; every member of theirs may be left out unless said.
"""

# ruff: noqa: N815 - the members are named as on the wire

from __future__ import annotations

import copy
from typing import Any

from pydantic import BaseModel, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from . import wire_examples as examples
from .wire import (
    BriefSite,
    BriefSiteDrivers,
    Charger,
    ChargerGroup,
    HomeGroups,
    Int64,
    Json,
    LocationInfo,
    SiteDrivers,
    Socket,
    UserGroup,
    Wire,
    absent,
    given,
    shown,
)

REF_TEMPLATE = "#/components/schemas/{model}"


class ChargerGroupIds(Wire):
    """The sites that are asked about."""

    model_config = shown(examples.GROUP_IDS)
    groupIds: list[Int64] = given("Numbers of 1 to 20 sites; a repeated one counts once", min_length=1, max_length=20)


class NewChargerGroup(Wire):
    """A site that is to be made."""

    model_config = shown(examples.NEW_SITE)
    name: str = given("Name of the new site", min_length=1)


def _part_of(model: type[Wire], names: tuple[str, ...], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Those members of the model, with the same types and descriptions; all but the needed ones may be absent."""
    members: dict[str, Any] = {}
    for name in names:
        field = copy.copy(model.model_fields[name])
        if name not in needed:
            field.default_factory = lambda: None
        members[name] = (field.rebuild_annotation(), field)
    return members


NewLocation = create_model(
    "NewLocation",
    __base__=Wire,
    __doc__="Where the new charger stands.",
    **_part_of(LocationInfo, tuple(LocationInfo.model_fields)),
)

NewSocket = create_model(
    "NewSocket",
    __base__=Wire,
    __doc__="A plug or outlet of the new charger.",
    **_part_of(
        Socket,
        tuple(name for name in Socket.model_fields if name not in ("status", "lastUpdated")),
        needed=("id",),
    ),
)

NewCharger = create_model(
    "NewCharger",
    __base__=Wire,
    __doc__="What is known about a new charger; its identity and its site are in the path.",
    **_part_of(
        Charger,
        (
            "chargerName", "evseId", "splitEvseBySocket", "capabilities", "integrationRelays", "manufacturer",
            "chargerModel", "serialNumber", "firmwareVersion", "physicalReference", "pushIntegrationEnabled",
            "chargerSpecificMessageStructure", "iccid", "imsi", "meterSerialNumber", "meterType", "customProperties",
        ),
    ),
    locationInfo=(NewLocation, absent("Where the charger stands")),
    sockets=(list[NewSocket], absent("Sockets of the charger")),
)  # fmt: skip
NewCharger.model_config["json_schema_extra"] = {"examples": [examples.NEW_CHARGER]}

ROOTS: tuple[type[BaseModel], ...] = (
    SiteDrivers,
    BriefSiteDrivers,
    UserGroup,
    HomeGroups,
    ChargerGroup,
    BriefSite,
    ChargerGroupIds,
    NewChargerGroup,
    NewCharger,
)


class _AsWritten(GenerateJsonSchema):
    """Leaves the members, of the examples too, in the order of the models."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        return value


def schemas() -> dict[str, Json]:
    """The JSON Schema of every object of the v1 wire by its name, fit for `components/schemas`."""
    _, whole = models_json_schema(
        [(root, "validation") for root in ROOTS], ref_template=REF_TEMPLATE, schema_generator=_AsWritten
    )
    described: dict[str, Json] = whole["$defs"]
    for schema in described.values():
        schema.pop("additionalProperties")  # see wire: a client must take members it does not know
    return described
