"""Published names of schemas: short, unique, independent of module paths.

The rule: `XShape` is published as `X`, `XDraft` as `XCreate`, `XMembers` as `XUpdate`. `NAMES` holds the exceptions.
Enumerations that stand inside other schemas become schemas of their own, by the names in `ENUMS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

ACRONYMS = {"id": "ID", "ids": "IDs", "evse": "EVSE", "iccid": "ICCID", "imsi": "IMSI"}
REFS = "#/components/schemas/"
SUFFIXES = {"Shape": "", "Draft": "Create", "Members": "Update"}
NAMES = {
    "AccessTag": "DecisionTag",
    "AccessDriver": "DecisionDriver",
    "AttemptShape": "WebhookTest",
    "AvailabilityDraft": "ChangeAvailability",
    "BlockDraft": "BlockCharger",
    "Cause": "DecisionCause",
    "ChangeShape": "AuditedChange",
    "DeliveryShape": "WebhookProgress",
    "EndedBy": "SessionEndedBy",
    "ExternalUserIdDraft": "ExternalUserIdInput",
    "Fallback": "PartnerFallback",
    "HolderDraft": "ShownTagCreate",
    "Mode": "ImportMode",
    "NewApiKeyShape": "ApiKeyWithSecret",
    "NewWebhookShape": "WebhookWithSecret",
    "OutOfStep": "LocalListDelay",
    "PartnerDraft": "PartnerAuthorisationUpdate",
    "PartnerShape": "PartnerAuthorisation",
    "PasswordShape": "ChargerPassword",
    "ReadConfigurationShape": "ChargerSetting",
    "Reason": "DecisionReason",
    "ReplayDraft": "ReplayEvents",
    "ResetDraft": "ResetCharger",
    "RightTerms": "RightUpdate",
    "SecretShape": "WebhookSecret",
    "SettingDraft": "ChangeSetting",
    "SocketDraft": "SocketInput",
    "StartDraft": "StartCharging",
    "StopDraft": "StopCharging",
    "TriggerDraft": "TriggerMessage",
    "UnlockDraft": "UnlockSocket",
    "WeeklyHoursDraft": "WeeklyHoursInput",
}
"""Published names that the rule would make unclear, by the name of the Python class."""

ENUMS = {
    "AuditedKind": ("GET /v2/audit-logs kind", "Kinds of things whose changes the audit log holds."),
    "Capability": ("ChargerUpdate.capabilities", "OCPI's words for what a charger can do."),
    "ChargerStatus": ("V1Charger.chargerStatus", "Status of a charger or socket in v1's words."),
    "CommandStatus": ("CommandAnswer.status", "Answer of a charger to a command."),
    "ConnectorFormat": ("Socket.format", "OCPI's words: a socket, or a cable of its own."),
    "ConnectorType": ("Socket.type", "OCPI's names of connector standards."),
    "ExternalIdType": ("ExternalUserId.referenceType", "Kind of the other system that an id belongs to."),
    "GroupType": ("ChargerGroup.groupType", "Kind of a site in v1, as a number."),
    "MessageTrigger": ("TriggerMessage.message", "OCPP messages that a charger can be asked to send."),
    "PhaseRotation": ("Socket.phaseRotation", "Wiring of the phases to the grid's."),
    "PowerType": ("Socket.socketPowerType", "OCPI's words for the kind of current."),
    "ReferenceType": ("ExternalId.referenceType", "Kind of the other system in v1, as a number."),
    "ResetType": ("ResetCharger.type", "OCPP's kinds of a reset."),
}
"""By the published name, one place where the enumeration stands, and its description."""

DESCRIPTIONS = {
    "AccessExplanation": "A decision with every right that was judged for it.",
    "DecisionCause": "Sentence of the rule that decided. Finer than the reason: each cause has one reason.",
    "DecisionDriver": "The driver that the question is about.",
    "DecisionReason": "OCPP 2.0.1's AuthorizationStatusEnumType.",
    "DecisionTag": "The tag that the question is about.",
    "EventType": "Kind of an event: a thing, and what happened to it.",
    "ImportState": "Progress or result of an import.",
    "JsonValue": "Any JSON value.",
    "Permission": "Permission of an operator.",
    "SessionEndedBy": "Cause of a session's end. All but `charger` stand in for a missing stop, and give way to it.",
    "SiteType": "Kind of a site.",
    "UnlockSocket": "The socket whose cable is to be released.",
}
"""Descriptions of schemas by published name, where the Python class says nothing, or nothing to readers of the API."""


def words(name: str) -> str:
    """Returns `homeGroupId` as a person reads it: `Home Group ID`."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)
    return " ".join(ACRONYMS.get(part.lower(), part[:1].upper() + part[1:]) for part in parts)


def publish(openapi: Json) -> None:
    """Renames the schemas and their references by the rule.

    Raises ValueError when two schemas would have the same name.
    """
    schemas = openapi["components"]["schemas"]
    published = {name: NAMES.get(name) or _by_rule(name) for name in schemas}
    if len({*published.values()}) < len(published):
        twice = sorted(name for name in published.values() if [*published.values()].count(name) > 1)
        raise ValueError(f"two schemas would be published as {twice[0]}: add an exception to names.NAMES")
    for node in objects(openapi):
        if isinstance(ref := node.get("$ref"), str):
            node["$ref"] = REFS + published[ref.removeprefix(REFS)]
    openapi["components"]["schemas"] = {
        published[name]: {**schema, "title": published[name]} for name, schema in schemas.items()
    }
    for name, description in DESCRIPTIONS.items():
        openapi["components"]["schemas"].get(name, {})["description"] = description


def name_enumerations(openapi: Json) -> None:
    """Turns each enumeration inside another schema into a schema of its own.

    Raises ValueError for an enumeration without a name in `ENUMS`.
    """
    schemas = openapi["components"]["schemas"]
    names = {_values(schema): name for name, schema in schemas.items() if "enum" in schema}
    for name, (place, description) in ENUMS.items():
        for enumeration in _enumerations(_at(openapi, place)):
            names[_values(enumeration)] = name
            kept = {key: value for key, value in enumeration.items() if key in ("type", "format", "enum", "x-ms-enum")}
            schemas[name] = {**kept, "title": name, "description": description}
    for owner in (*openapi["paths"].values(), *(schema for schema in schemas.values() if "enum" not in schema)):
        for node in _enumerations(owner):
            name = names.get(_values(node), "")
            if not name:
                raise ValueError(f"the enumeration {_values(node)} has no name: add one to names.ENUMS")
            for key in ("type", "format", "enum", "x-ms-enum", "title"):
                node.pop(key, None)
            node["$ref"] = REFS + name


def objects(node: Any) -> Iterator[Json]:
    """Yields every object within, itself included."""
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from objects(part)


def _by_rule(name: str) -> str:
    for suffix, instead in SUFFIXES.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix) + instead
    return name


def _enumerations(node: Any) -> Iterator[Json]:
    return (part for part in objects(node) if isinstance(part.get("enum"), list))


def _values(schema: Json) -> tuple[Any, ...]:
    return tuple(schema["enum"])


def _at(openapi: Json, place: str) -> Any:
    """Returns what stands at `Name.member` of a schema or `GET /path name`."""
    if operation := re.fullmatch(r"([A-Z]+) (\S+) (\w+)", place):
        method, path, name = operation.groups()
        parameters = openapi["paths"].get(path, {}).get(method.lower(), {}).get("parameters", ())
        return [parameter for parameter in parameters if parameter["name"] == name]
    owner, _, member = place.partition(".")
    return openapi["components"]["schemas"].get(owner, {}).get("properties", {}).get(member)
