"""What a charger says of its configuration, as it is kept: never a secret.

Keys that hold one are known by their names; of 2.x every variable that can only be written is one.
"""

from __future__ import annotations

import re
from typing import Any

from ..storage.live import Configuration
from . import values
from .chargers import ConnectedCharger

_SECRET = re.compile(r"authorizationkey|password|secret|privatekey|\bpsk\b|\bapn.*pass", re.IGNORECASE)
LIST_ENTRIES = "LocalAuthListCtrlr.Entries"
LIST_CAPACITY = f"{LIST_ENTRIES}.maxLimit"
"""How long a local list may be: 2.x tells it as the greatest value of how long it is."""
MAX_CONFIGURATIONS = 2_000
MAX_REPORTS = 4
ANSWER_SECONDS = 60.0


def of_16(result: dict[str, Any]) -> tuple[Configuration, ...]:
    """GetConfiguration's keys."""
    return tuple(
        Configuration(name, values.text(each.get("value")) or "", not each.get("readonly", True))
        for each in (result.get("configurationKey") or [])[:MAX_CONFIGURATIONS]
        if (name := values.text(each.get("key"))) and not _SECRET.search(name)
    )


def of_report(data: list[dict[str, Any]]) -> dict[str, Configuration]:
    """One part of a NotifyReport, by name: `component[.instance][@evse[.connector]].variable[.instance]`."""
    found = {}
    for each in data:
        name = _name(each)
        if _SECRET.search(name):
            continue
        for attribute in each["variableAttribute"]:
            mutability = attribute.get("mutability", "ReadWrite")
            if mutability != "WriteOnly" and attribute.get("type", "Actual") == "Actual":
                value = values.text(attribute.get("value")) or ""
                found[name] = Configuration(name, value, mutability != "ReadOnly")
        limit = (each.get("variableCharacteristics") or {}).get("maxLimit")
        if name == LIST_ENTRIES and limit is not None:
            found[LIST_CAPACITY] = Configuration(LIST_CAPACITY, f"{limit:g}", False)
    return found


def _name(data: dict[str, Any]) -> str:
    component, variable = data["component"], data["variable"]
    name = ".".join(filter(None, (component["name"], component.get("instance"))))
    evse = component.get("evse")
    if evse is not None:
        place = ".".join(str(each) for each in (evse["id"], evse.get("connectorId")) if each is not None)
        name = f"{name}@{place}"
    return ".".join(filter(None, (name, variable["name"], variable.get("instance"))))[: values.MAX_TEXT]


async def ask_16(charger: ConnectedCharger) -> None:
    """Asks for all keys and keeps them."""
    if charger.link is not None:
        result = await charger.link.call("GetConfiguration", {}, ANSWER_SECONDS)
        charger.says_of_itself(configurations=of_16(result))


async def ask_2x(charger: ConnectedCharger) -> None:
    """Asks for a full report, whose parts come as NotifyReport, maybe before this call is answered."""
    if charger.link is not None:
        request = {"requestId": charger.next_request(), "reportBase": "FullInventory"}
        await charger.link.call("GetBaseReport", request, ANSWER_SECONDS)


def part_came(charger: ConnectedCharger, payload: dict[str, Any]) -> None:
    """Keeps the report when its last part is there. Parts come in any order; another report may come between."""
    request_id = payload["requestId"]
    if request_id not in charger.report and len(charger.report) >= MAX_REPORTS:
        del charger.report[next(iter(charger.report))]
    report = charger.report.setdefault(request_id, Report())
    report.add(payload["seqNo"], payload.get("tbc", False), of_report(payload.get("reportData") or []))
    if report.is_whole:
        del charger.report[request_id]
        charger.says_of_itself(configurations=report.configurations)


class Report:
    """A report whose parts are coming."""

    def __init__(self) -> None:
        self._found: dict[str, Configuration] = {}
        self._parts: set[int] = set()
        self._last: int | None = None

    def add(self, part: int, more: bool, found: dict[str, Configuration]) -> None:
        self._parts.add(part)
        if len(self._found) < MAX_CONFIGURATIONS:
            self._found |= found
        if not more:
            self._last = part

    @property
    def is_whole(self) -> bool:
        return self._last is not None and len(self._parts) > self._last

    @property
    def configurations(self) -> tuple[Configuration, ...]:
        return tuple(self._found[name] for name in sorted(self._found))
