"""The device model of a 2.x charger, as NotifyReport carries it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import configuration
from .configuration import Kind, Mutability
from .device import Device
from .model import SimulatedConnector, State

CONNECTOR_TYPE = "cType2"
PHASES = 3


def availability(state: State) -> str:
    """Returns the word of 2.x for a connector's state."""
    return state if state in (State.AVAILABLE, State.UNAVAILABLE) else "Occupied"


def configuration_inventory(charger: Device) -> Iterator[dict[str, Any]]:
    """Yields the settings, and the limits that a central system must keep."""
    for setting, variable in configuration.variables():
        component = {"name": variable.component}
        named = {"name": variable.name, **({"instance": variable.instance} if variable.instance else {})}
        attribute: dict[str, Any] = {"mutability": setting.mutability}
        if setting.mutability is not Mutability.WRITE_ONLY:
            attribute["value"] = charger.configuration.text(setting.name)
        limits: dict[str, Any] = {"valuesList": setting.default} if setting.kind is Kind.LIST else {}
        if setting.name == "LocalAuthListCtrlr.Entries":
            limits["maxLimit"] = charger.model.local_list.capacity
        yield _report(component, named, attribute, setting.kind, limits)


def full_inventory(charger: Device) -> Iterator[dict[str, Any]]:
    """Yields everything: settings, charging station, EVSEs and connectors."""
    yield from configuration_inventory(charger)
    about = charger.about
    yield from summary_inventory(charger)
    for name, value in (("Model", about.model), ("VendorName", about.vendor), ("SerialNumber", about.serial_number)):
        if value is not None:
            yield _fact({"name": "ChargingStation"}, name, value)
    for connector in charger.model.connectors.values():
        evse = {"name": "EVSE", "evse": {"id": connector.number}}
        yield _fact(evse, "EvseId", f"{charger.id}*{connector.number}"[:48])
        yield _fact(evse, "Power", "0", Kind.INTEGER, {"unit": "W", "maxLimit": connector.power_w})
        yield _fact(evse, "SupplyPhases", str(PHASES), Kind.INTEGER)
        yield _fact(_connector(connector), "ConnectorType", CONNECTOR_TYPE)
        yield _fact(_connector(connector), "SupplyPhases", str(PHASES), Kind.INTEGER)


def summary_inventory(charger: Device) -> Iterator[dict[str, Any]]:
    """Yields what can be used and what cannot."""
    values = {"valuesList": "Available,Occupied,Reserved,Unavailable,Faulted"}
    station = availability(charger.state(0))
    yield _fact({"name": "ChargingStation"}, "AvailabilityState", station, Kind.OPTION, values)
    for connector in charger.model.connectors.values():
        state = availability(connector.state)
        yield _fact({"name": "EVSE", "evse": {"id": connector.number}}, "AvailabilityState", state, Kind.OPTION, values)
        yield _fact(_connector(connector), "AvailabilityState", state, Kind.OPTION, values)


REPORTS = {
    "ConfigurationInventory": configuration_inventory,
    "FullInventory": full_inventory,
    "SummaryInventory": summary_inventory,
}


def _connector(connector: SimulatedConnector) -> dict[str, Any]:
    return {"name": "Connector", "evse": {"id": connector.number, "connectorId": 1}}


def _fact(
    component: dict[str, Any],
    name: str,
    value: str,
    kind: Kind = Kind.STRING,
    limits: dict[str, Any] | None = None,
) -> dict[str, Any]:
    attribute = {"value": value, "mutability": Mutability.READ_ONLY}
    return _report(component, {"name": name}, attribute, kind, limits or {})


def _report(
    component: dict[str, Any], variable: dict[str, Any], attribute: dict[str, Any], kind: Kind, limits: dict[str, Any]
) -> dict[str, Any]:
    return {
        "component": component,
        "variable": variable,
        "variableAttribute": [attribute],
        "variableCharacteristics": {"dataType": kind, "supportsMonitoring": False, **limits},
    }
