"""Request bodies of v1, for the documents, and the schemas of all objects of v1.

Bodies are read elsewhere: a new charger's by the reader of network files, so its schema is that file's.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema

from ....files.network_file.schema import ChargerEntry
from ..bodies import MEMBERS, RENAMED
from . import wire_examples as examples
from .wire import (
    BriefHomeGroups,
    BriefSite,
    BriefSiteDrivers,
    BriefUserGroup,
    ChargerGroup,
    HomeGroups,
    Int64,
    Json,
    SiteDrivers,
    UserGroup,
    Wire,
    given,
    shown,
    words,
)

# ruff: noqa: N815 - the members are named as on the wire


class ChargerGroupIds(Wire):
    """The sites that are asked about."""

    model_config = shown(examples.GROUP_IDS)
    groupIds: list[Int64] = given("Numbers of 1 to 20 sites; a repeated one counts once", min_length=1, max_length=20)


class NewChargerGroup(Wire):
    """A site that is to be made."""

    model_config = shown(examples.NEW_SITE)
    name: str = given("Name of the new site", min_length=1)


Model = type[BaseModel] | type[Any]  # the latter: a pydantic dataclass
ANSWERS: tuple[type[BaseModel], ...] = (
    *(SiteDrivers, BriefSiteDrivers, UserGroup, BriefUserGroup, HomeGroups, BriefHomeGroups),
    *(ChargerGroup, BriefSite),
)
BODIES: tuple[type[BaseModel], ...] = (ChargerGroupIds, NewChargerGroup)
ENTRIES = {
    "ChargerEntry": ("NewCharger", "What is known of a new charger; its identity and its site are in the path."),
    "LocationEntry": ("NewLocation", "Where the new charger stands; left out, it stands where its site is."),
    "SocketEntry": ("NewSocket", "A plug or outlet of the new charger."),
}
REFS = "#/components/schemas/"


class _AsWritten(GenerateJsonSchema):
    """Leaves the members, of the examples too, in the order of the models."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        return value


def schemas() -> dict[str, Json]:
    """JSON Schemas of all objects of v1 by name, for `components/schemas`."""
    described = _schemas(*ANSWERS)
    for schema in described.values():
        schema.pop("additionalProperties")  # see wire: a client must take members it does not know
    return described | _schemas(*BODIES) | _new_charger()


def _new_charger() -> dict[str, Json]:
    """A network file's charger without what stands in the path.

    Its name has another name here.
    """
    whole = json.dumps(_schemas(ChargerEntry))
    for old, (new, _) in ENTRIES.items():
        whole = whole.replace(f'"{REFS}{old}"', f'"{REFS}{new}"')
    described: dict[str, Json] = {}
    for old, schema in json.loads(whole).items():
        new, description = ENTRIES[old]
        described[new] = {**schema, "title": new, "description": description}
        for name, member in schema["properties"].items():
            member["title"] = words(name)
    charger = described["NewCharger"]
    del charger["required"]  # all of it stands in the path
    members = charger["properties"]
    named = {wire: members[name] | {"title": words(wire)} for wire, name in RENAMED.items()}
    others = {name: member for name, member in members.items() if name in MEMBERS}
    charger["properties"] = named | others
    charger["examples"] = [examples.NEW_CHARGER]
    return described


def _schemas(*models: Model) -> dict[str, Json]:
    roots: list[tuple[Model, JsonSchemaMode]] = [(model, "validation") for model in models]
    _, whole = models_json_schema(roots, ref_template=REFS + "{model}", schema_generator=_AsWritten)
    defined: dict[str, Json] = whole["$defs"]
    return defined
