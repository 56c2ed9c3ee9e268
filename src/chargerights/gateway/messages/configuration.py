"""Reads and changes the configuration of chargers.

It is read when a charger has started, and stored without its secrets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ...rights.live import ChargerConfiguration
from ..charger.connected_charger import ConnectedCharger
from ..ocpp import lenient_parsing, reported_connectors, sendable
from ..ocpp.call_errors import NoAnswer, NotConnected
from ..ocpp.variables import keys_of_16, variable_places
from ..ports import CallProgress

_NOT_THERE = ("UnknownComponent", "UnknownVariable")
ANSWER_SECONDS = 60.0
READ_AGAIN_SECONDS = 300.0
"""The least time between two readings after starts of the charger."""


class ConfigurationReply(NamedTuple):
    """A charger's answer to a question or a change: its status, and reported values."""

    status: str
    configurations: tuple[ChargerConfiguration, ...] = ()


async def started_16(charger: ConnectedCharger) -> None:
    """Reads the configuration of a charger that has started."""
    await _started(charger, ask_16)


async def started_2x(charger: ConnectedCharger) -> None:
    """Reads the configuration of a charger that has started."""
    await _started(charger, ask_2x)


async def _started(charger: ConnectedCharger, ask: Callable[[ConnectedCharger], Awaitable[ConfigurationReply]]) -> None:
    """Reads the configuration now, or once some minutes after the last reading.

    It is read now when it may have changed.
    """
    last, loop = charger.last_reading, asyncio.get_running_loop()
    read_at = last.at
    if read_at is not None and last.build == charger.build and loop.time() < read_at + READ_AGAIN_SECONDS:
        if last.scheduled_on is charger.connection:
            return
        last.scheduled_on = charger.connection
        await asyncio.sleep(read_at + READ_AGAIN_SECONDS - loop.time())
        last.scheduled_on = None
        if last.at != read_at:
            return
    last.at, last.build = loop.time(), charger.build
    try:
        await ask(charger)
    except NotConnected:
        last.at = None
        raise


async def ask_16(
    charger: ConnectedCharger, names: Sequence[str] = (), operator: CallProgress | None = None
) -> ConfigurationReply:
    """Asks for the keys of these names, or for all, which are then stored."""
    result = await _call(charger, "GetConfiguration", {"key": [*names]} if names else {}, operator)
    configurations = keys_of_16(result)
    if not names:
        charger.update_reported(configurations=configurations)
    return ConfigurationReply("Accepted", configurations)


async def ask_2x(
    charger: ConnectedCharger, names: Sequence[str] = (), operator: CallProgress | None = None
) -> ConfigurationReply:
    """Asks for the variables of these names, or for all. Raises NoAnswer.

    All variables come in a report, as NotifyReport messages that may be sent before this call is answered. It is stored
    when its last part has come.
    """
    if names:
        values = [await _variable(charger, name, operator) for name in names]
        return ConfigurationReply("Accepted", tuple(value for value in values if value is not None))
    with charger.reports_2x.awaited() as (request_id, report):
        try:
            payload = {"requestId": request_id, "reportBase": "FullInventory"}
            answer = await _call(charger, "GetBaseReport", payload, operator)
            if answer["status"] != "Accepted":
                return ConfigurationReply(answer["status"])
            async with asyncio.timeout(ANSWER_SECONDS):
                return ConfigurationReply("Accepted", await report)
        except TimeoutError:
            raise NoAnswer(f"{charger.charger_id} has not sent all parts of its report") from None


async def change_16(
    charger: ConnectedCharger, name: str, value: str, operator: CallProgress | None
) -> ConfigurationReply:
    """Sets a key."""
    result = await _call(charger, "ChangeConfiguration", {"key": name, "value": value}, operator)
    return _changed(charger, name, value, result["status"])


async def change_2x(
    charger: ConnectedCharger, name: str, value: str, operator: CallProgress | None
) -> ConfigurationReply:
    """Sets a variable."""
    result: dict[str, Any] = {}
    for place in variable_places(name):
        payload = {"setVariableData": [{**place, "attributeValue": value}]}
        answer = await _call(charger, "SetVariables", payload, operator)
        result = answer["setVariableResult"][0]
        if result["attributeStatus"] not in _NOT_THERE:
            break
    return _changed(charger, name, value, result["attributeStatus"])


def notify_report(charger: ConnectedCharger, payload: dict[str, Any]) -> dict[str, Any]:
    """Stores a report when its last part has come."""
    configurations = charger.reports_2x.add(payload)
    if configurations is not None:
        sockets = reported_connectors.reported(configurations) or None
        charger.update_reported(configurations=configurations, sockets=sockets)
    return {}


async def _variable(charger: ConnectedCharger, name: str, operator: CallProgress | None) -> ChargerConfiguration | None:
    for place in variable_places(name):
        answer = await _call(charger, "GetVariables", {"getVariableData": [place]}, operator)
        result = answer["getVariableResult"][0]
        if result["attributeStatus"] == "Accepted":
            known = charger.reported.configurations
            can_be_changed = next((variable.can_be_changed for variable in known if variable.name == name), True)
            value = lenient_parsing.text(result.get("attributeValue")) or ""
            return ChargerConfiguration(name, value, can_be_changed)
        if result["attributeStatus"] not in _NOT_THERE:
            return None
    return None


async def _call(
    charger: ConnectedCharger, action: str, payload: dict[str, Any], operator: CallProgress | None
) -> dict[str, Any]:
    if charger.connection is None:
        raise NotConnected(f"{charger.charger_id} is not connected")
    if operator is None:
        return await charger.connection.call(action, payload, ANSWER_SECONDS)
    sendable.require(charger.connection.version, action, payload)
    return await charger.connection.call(action, payload, operator=operator)


def _changed(charger: ConnectedCharger, name: str, value: str, status: str) -> ConfigurationReply:
    """Updates the stored configuration if the charger has accepted the change."""
    known = charger.reported.configurations
    if status == "Accepted" and any(variable.name == name for variable in known):
        changed = tuple(replace(variable, value=value) if variable.name == name else variable for variable in known)
        charger.update_reported(configurations=changed)
    return ConfigurationReply(status)
