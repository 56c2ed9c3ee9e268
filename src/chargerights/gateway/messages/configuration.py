"""What a charger says of its configuration, as it is kept: never a secret.

Keys that hold one are known by their names; of 2.x every variable that can only be written is one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ...rights.live import ChargerConfiguration
from ..charger.connected_charger import ConnectedCharger
from ..connection.turn import CallProgress
from ..ocpp import lenient_parsing, reported_connectors, sendable
from ..ocpp.call_errors import NoAnswer, NotConnected

_SECRET = re.compile(r"authorizationkey|password|secret|privatekey|\bpsk\b|\bapn.*pass", re.IGNORECASE)
_PASSWORD = re.compile(r"(.*\.)?(authorizationkey|basicauthpassword)", re.IGNORECASE)
_NAME_AT_EVSE = re.compile(r"([^.@]+)(?:\.([^@]+))?@(\d+)(?:\.(\d+))?\.([^.]+)(?:\.(.+))?")
_NOT_THERE = ("UnknownComponent", "UnknownVariable")
LIST_ENTRIES = "LocalAuthListCtrlr.Entries"
LIST_CAPACITY = f"{LIST_ENTRIES}.maxLimit"
_WITH_LIMIT = re.compile(rf"{re.escape(LIST_ENTRIES)}|EVSE@\d+\.Power")
"""How long a local list may be, and an EVSE's power: 2.x tells them as the greatest values of what they are now."""
MAX_CONFIGURATIONS = 2_000
MAX_REPORTS = 4
ANSWER_SECONDS = 60.0
READ_AGAIN_SECONDS = 300.0
"""The least time between two readings because a charger has started."""


class Said(NamedTuple):
    """What a charger answered to a question or change: its word, and what it told."""

    word: str
    configurations: tuple[ChargerConfiguration, ...] = ()


def of_16(result: dict[str, Any]) -> tuple[ChargerConfiguration, ...]:
    """GetConfiguration's keys."""
    return tuple(
        ChargerConfiguration(name, lenient_parsing.text(each.get("value")) or "", each.get("readonly") is False)
        for each in (result.get("configurationKey") or [])[:MAX_CONFIGURATIONS]
        if (name := lenient_parsing.text(each.get("key"))) and not _SECRET.search(name)
    )


def of_report(data: list[dict[str, Any]]) -> dict[str, ChargerConfiguration]:
    """One part of a NotifyReport, by name: `component[.instance][@evse[.connector]].variable[.instance]`."""
    found = {}
    for each in data:
        name = variable_name(each)
        if not name or _SECRET.search(name):
            continue
        for attribute in each["variableAttribute"]:
            mutability = attribute.get("mutability", "ReadWrite")
            if mutability != "WriteOnly" and attribute.get("type", "Actual") == "Actual":
                value = lenient_parsing.text(attribute.get("value")) or ""
                found[name] = ChargerConfiguration(name, value, mutability != "ReadOnly")
        limit = (each.get("variableCharacteristics") or {}).get("maxLimit")
        if limit is not None and _WITH_LIMIT.fullmatch(name):
            found[f"{name}.maxLimit"] = ChargerConfiguration(f"{name}.maxLimit", f"{limit:.15g}", False)
    return found


def variable_name(data: dict[str, Any]) -> str:
    """The name of a variable of 2.x; empty when it cannot be read."""
    component, variable = data["component"], data["variable"]
    name = ".".join(filter(None, (component["name"], component.get("instance"))))
    evse = component.get("evse")
    if evse is not None:
        place = ".".join(str(each) for each in (evse["id"], evse.get("connectorId")) if each is not None)
        name = f"{name}@{place}"
    if not component["name"] or not variable["name"] or (evse is not None and evse["id"] is None):
        return ""
    return ".".join(filter(None, (name, variable["name"], variable.get("instance"))))[: lenient_parsing.MAX_TEXT]


async def started_16(charger: ConnectedCharger) -> None:
    """Reads the configuration of a charger that has started."""
    await _started(charger, ask_16)


async def started_2x(charger: ConnectedCharger) -> None:
    """Reads the configuration of a charger that has started."""
    await _started(charger, ask_2x)


async def _started(charger: ConnectedCharger, ask: Callable[[ConnectedCharger], Awaitable[Said]]) -> None:
    """Reads it now if it may be new, else once, some minutes after it was last read."""
    now, read_at = asyncio.get_running_loop().time(), charger.read_at
    if read_at is not None and charger.read_build == charger.build and now < read_at + READ_AGAIN_SECONDS:
        if charger.read_later is charger.connection:
            return
        charger.read_later = charger.connection
        await asyncio.sleep(read_at + READ_AGAIN_SECONDS - now)
        charger.read_later = None
        if charger.read_at != read_at:
            return
    charger.read_at, charger.read_build = asyncio.get_running_loop().time(), charger.build
    try:
        await ask(charger)
    except NotConnected:
        charger.read_at = None
        raise


async def ask_16(charger: ConnectedCharger, names: Sequence[str] = (), operator: CallProgress | None = None) -> Said:
    """All keys, which are kept, or those."""
    result = await _call(charger, "GetConfiguration", {"key": [*names]} if names else {}, operator)
    found = of_16(result)
    if not names:
        charger.says_of_itself(configurations=found)
    return Said("Accepted", found)


async def ask_2x(charger: ConnectedCharger, names: Sequence[str] = (), operator: CallProgress | None = None) -> Said:
    """All variables, in a report whose parts come as NotifyReport, maybe before this call is answered; it is kept when
    it is whole. Or those of these names. Raises NoAnswer."""
    if names:
        found = [await _variable(charger, name, operator) for name in names]
        return Said("Accepted", tuple(each for each in found if each is not None))
    request_id = charger.next_request()
    whole = charger.awaited_reports[request_id] = asyncio.get_running_loop().create_future()
    try:
        asked = {"requestId": request_id, "reportBase": "FullInventory"}
        answer = await _call(charger, "GetBaseReport", asked, operator)
        if answer["status"] != "Accepted":
            return Said(answer["status"])
        async with asyncio.timeout(ANSWER_SECONDS):
            return Said("Accepted", await whole)
    except TimeoutError:
        raise NoAnswer(f"{charger.charger_id} has not sent all parts of its report") from None
    finally:
        del charger.awaited_reports[request_id]


async def change_16(charger: ConnectedCharger, name: str, value: str, operator: CallProgress | None) -> Said:
    """Sets a key."""
    result = await _call(charger, "ChangeConfiguration", {"key": name, "value": value}, operator)
    return _changed(charger, name, value, result["status"])


async def change_2x(charger: ConnectedCharger, name: str, value: str, operator: CallProgress | None) -> Said:
    """Sets a variable."""
    found: dict[str, Any] = {}
    for where in _places(name):
        asked = {"setVariableData": [{**where, "attributeValue": value}]}
        result = await _call(charger, "SetVariables", asked, operator)
        found = result["setVariableResult"][0]
        if found["attributeStatus"] not in _NOT_THERE:
            break
    return _changed(charger, name, value, found["attributeStatus"])


def is_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def is_password(name: str) -> bool:
    """Whether it is what the charger shows when it connects, of which this server keeps a hash."""
    return _PASSWORD.search(name) is not None


def part_came(charger: ConnectedCharger, payload: dict[str, Any]) -> None:
    """Keeps the report when its last part is there. Parts come in any order; another report may come between."""
    request_id = payload["requestId"]
    if request_id is None:
        request_id = next(reversed(charger.awaited_reports), 0)
    if request_id not in charger.report and len(charger.report) >= MAX_REPORTS:
        del charger.report[next(iter(charger.report))]
    report = charger.report.setdefault(request_id, ConfigurationReport())
    part = report.parts if payload["seqNo"] is None else payload["seqNo"]
    report.add(part, payload.get("tbc", False), of_report(payload.get("reportData") or []))
    if report.is_whole:
        del charger.report[request_id]
        charger.says_of_itself(
            configurations=report.configurations, sockets=reported_connectors.reported(report.configurations) or None
        )
        awaited = charger.awaited_reports.get(request_id)
        if awaited is not None and not awaited.done():
            awaited.set_result(report.configurations)


async def _variable(charger: ConnectedCharger, name: str, operator: CallProgress | None) -> ChargerConfiguration | None:
    for where in _places(name):
        result = await _call(charger, "GetVariables", {"getVariableData": [where]}, operator)
        found = result["getVariableResult"][0]
        if found["attributeStatus"] == "Accepted":
            can = {each.name: each.can_be_changed for each in charger.reported.configurations}
            return ChargerConfiguration(
                name, lenient_parsing.text(found.get("attributeValue")) or "", can.get(name, True)
            )
        if found["attributeStatus"] not in _NOT_THERE:
            return None
    return None


def _places(name: str) -> list[dict[str, Any]]:
    """Where a variable of that name (see `of_report`) may be. Without an EVSE, which parts them, the second of three
    words is the variable's name or, less often, the component's instance."""
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


async def _call(
    charger: ConnectedCharger, action: str, payload: dict[str, Any], operator: CallProgress | None
) -> dict[str, Any]:
    if charger.connection is None:
        raise NotConnected(f"{charger.charger_id} is not connected")
    if operator is None:
        return await charger.connection.call(action, payload, ANSWER_SECONDS)
    sendable.require(charger.connection.version, action, payload)
    return await charger.connection.call(action, payload, operator=operator)


def _changed(charger: ConnectedCharger, name: str, value: str, status: str) -> Said:
    """What is kept of the charger's configuration says so too."""
    known = charger.reported.configurations
    if status == "Accepted" and any(each.name == name for each in known):
        news = tuple(replace(each, value=value) if each.name == name else each for each in known)
        charger.says_of_itself(configurations=news)
    return Said(status)


class ConfigurationReport:
    """A report whose parts are coming."""

    def __init__(self) -> None:
        self._found: dict[str, ChargerConfiguration] = {}
        self._parts: set[int] = set()
        self._last: int | None = None

    def add(self, part: int, more: bool, found: dict[str, ChargerConfiguration]) -> None:
        self._parts.add(part)
        if len(self._found) < MAX_CONFIGURATIONS:
            self._found |= found
        if not more:
            self._last = part

    @property
    def parts(self) -> int:
        return len(self._parts)

    @property
    def is_whole(self) -> bool:
        return self._last is not None and len(self._parts) > self._last

    @property
    def configurations(self) -> tuple[ChargerConfiguration, ...]:
        return tuple(self._found[name] for name in sorted(self._found))
