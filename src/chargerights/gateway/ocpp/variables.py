"""Configuration keys of OCPP 1.6 and variables of 2.x: names, and reported values.

Secrets are never kept. Keys that hold one are known by their names. In 2.x, every write-only variable is one.
"""

from __future__ import annotations

import re
from typing import Any

from ...rights.live import ChargerConfiguration
from . import lenient_parsing

_SECRET = re.compile(r"authorizationkey|password|secret|privatekey|\bpsk\b|\bapn.*pass", re.IGNORECASE)
_PASSWORD = re.compile(r"(.*\.)?(authorizationkey|basicauthpassword)", re.IGNORECASE)
_NAME_AT_EVSE = re.compile(r"([^.@]+)(?:\.([^@]+))?@(\d+)(?:\.(\d+))?\.([^.]+)(?:\.(.+))?")
LIST_ENTRIES = "LocalAuthListCtrlr.Entries"
LIST_CAPACITY = f"{LIST_ENTRIES}.maxLimit"
_WITH_LIMIT = re.compile(rf"{re.escape(LIST_ENTRIES)}|EVSE@\d+\.Power")
"""The capacity of a local list, and the power of an EVSE: 2.x reports them as the limits of present values."""
MAX_CONFIGURATIONS = 2_000


def keys_of_16(result: dict[str, Any]) -> tuple[ChargerConfiguration, ...]:
    """Reads the keys in the result of a GetConfiguration."""
    return tuple(
        ChargerConfiguration(name, lenient_parsing.text(key.get("value")) or "", key.get("readonly") is False)
        for key in (result.get("configurationKey") or [])[:MAX_CONFIGURATIONS]
        if (name := lenient_parsing.text(key.get("key"))) and not _SECRET.search(name)
    )


def of_report(data: list[dict[str, Any]]) -> dict[str, ChargerConfiguration]:
    """Reads one part of a NotifyReport, by name.

    Names have the form `component[.instance][@evse[.connector]].variable[.instance]`.
    """
    found = {}
    for report in data:
        name = variable_name(report)
        if not name or _SECRET.search(name):
            continue
        for attribute in report["variableAttribute"]:
            mutability = attribute.get("mutability", "ReadWrite")
            if mutability != "WriteOnly" and attribute.get("type", "Actual") == "Actual":
                value = lenient_parsing.text(attribute.get("value")) or ""
                found[name] = ChargerConfiguration(name, value, mutability != "ReadOnly")
        limit = (report.get("variableCharacteristics") or {}).get("maxLimit")
        if limit is not None and _WITH_LIMIT.fullmatch(name):
            found[f"{name}.maxLimit"] = ChargerConfiguration(f"{name}.maxLimit", f"{limit:.15g}", False)
    return found


def variable_name(data: dict[str, Any]) -> str:
    """Returns the name of a variable of 2.x, or "" when it cannot be read."""
    component, variable = data["component"], data["variable"]
    name = ".".join(filter(None, (component["name"], component.get("instance"))))
    evse = component.get("evse")
    if evse is not None:
        place = ".".join(str(number) for number in (evse["id"], evse.get("connectorId")) if number is not None)
        name = f"{name}@{place}"
    if not component["name"] or not variable["name"] or (evse is not None and evse["id"] is None):
        return ""
    return ".".join(filter(None, (name, variable["name"], variable.get("instance"))))[: lenient_parsing.MAX_TEXT]


def is_secret(name: str) -> bool:
    """Returns whether the key or variable may hold a secret."""
    return _SECRET.search(name) is not None


def is_password(name: str) -> bool:
    """Returns whether it is the password with which the charger connects.

    This server stores a hash of it.
    """
    return _PASSWORD.search(name) is not None


def variable_places(name: str) -> list[dict[str, Any]]:
    """Returns the places where a variable of that name (see `of_report`) may be.

    Without an EVSE between them, the second of three words is the variable's name or, less often, the component's
    instance.
    """
    at_evse = _NAME_AT_EVSE.fullmatch(name)
    if at_evse is not None:
        component, instance, evse, connector, variable, variable_instance = at_evse.groups()
        place = {"id": int(evse)} | ({} if connector is None else {"connectorId": int(connector)})
        return [_place(component, instance, variable, variable_instance, place)]
    component, _, rest = name.partition(".")
    variable, _, instance = rest.partition(".")
    found = [_place(component, None, variable, instance)]
    if instance:
        found.append(_place(component, variable, *instance.partition(".")[::2]))
    return found


def _place(
    component: str, instance: str | None, variable: str, variable_instance: str | None, evse: Any = None
) -> dict[str, Any]:
    def named(name: str, its_instance: str | None) -> dict[str, Any]:
        return {"name": name} | ({"instance": its_instance} if its_instance else {})

    where = named(component, instance) | ({"evse": evse} if evse is not None else {})
    return {"component": where, "variable": named(variable, variable_instance)}
