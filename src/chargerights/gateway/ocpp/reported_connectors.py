"""The sockets that a charger of OCPP 2.x reports, in OCPI's words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from ...rights.live import ChargerConfiguration, ReportedSocket

_FACT = re.compile(r"(EVSE|Connector)@(\d{1,9})(?:\.(\d{1,9}))?\.(ConnectorType|Power\.maxLimit|SupplyPhases)")
CABLE, SOCKET = "CABLE", "SOCKET"
TYPES = {
    "cCCS1": ("IEC_62196_T1_COMBO", CABLE),
    "cCCS2": ("IEC_62196_T2_COMBO", CABLE),
    "cG105": ("CHADEMO", CABLE),
    "cTesla": ("TESLA_S", CABLE),
    "cType1": ("IEC_62196_T1", CABLE),
    "cType2": ("IEC_62196_T2", CABLE),
    "s309-1P-16A": ("IEC_60309_2_single_16", SOCKET),
    "s309-3P-16A": ("IEC_60309_2_three_16", SOCKET),
    "s309-3P-32A": ("IEC_60309_2_three_32", SOCKET),
    "sBS1361": ("DOMESTIC_G", SOCKET),
    "sCEE-7-7": ("DOMESTIC_F", SOCKET),
    "sType2": ("IEC_62196_T2", SOCKET),
    "sType3": ("IEC_62196_T3C", SOCKET),
}
"""OCPI's word for connector types of OCPP, and whether they have a cable."""
DIRECT = {"IEC_62196_T1_COMBO", "IEC_62196_T2_COMBO", "CHADEMO"}
PHASES = {"1": "AC_1_PHASE", "2": "AC_2_PHASE", "3": "AC_3_PHASE"}


def reported(inventory: Iterable[ChargerConfiguration]) -> tuple[ReportedSocket, ...]:
    """Returns the sockets in a whole report, by EVSE and connector.

    An EVSE without reported connectors has one socket without a connector. Words that OCPI does not have are left out.
    """
    facts_by_place: dict[tuple[int, int | None], dict[str, str]] = {}
    for variable in inventory:
        fact = _FACT.fullmatch(variable.name)
        if fact is not None and (fact[1] == "Connector") == (fact[3] is not None):
            place = int(fact[2]), None if fact[3] is None else int(fact[3])
            facts_by_place.setdefault(place, {})[fact[4]] = variable.value
    with_connectors = {evse for evse, connector in facts_by_place if connector is not None}
    return tuple(
        _socket(*place, {**facts_by_place.get((place[0], None), {}), **facts})
        for place, facts in sorted(facts_by_place.items(), key=lambda item: (item[0][0], item[0][1] or 0))
        if place[1] is not None or place[0] not in with_connectors
    )


def _socket(evse_id: int, connector_id: int | None, facts: dict[str, str]) -> ReportedSocket:
    type_, format_ = TYPES.get(facts.get("ConnectorType", ""), (None, None))
    power_type = "DC" if type_ in DIRECT else PHASES.get(facts.get("SupplyPhases", ""))
    watts = None
    with suppress(ValueError, OverflowError):
        watts = int(float(facts.get("Power.maxLimit", "")))
    if watts is not None and not 0 < watts < 2**31:
        watts = None
    return ReportedSocket(evse_id, connector_id, type_, format_, power_type, watts)
