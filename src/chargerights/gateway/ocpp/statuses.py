"""Statuses of decisions and connectors in each version, as complete tables.

OCPP 2.x has a word for every reason. OCPP 1.6 has five. Reasons that it cannot express are Invalid, never Accepted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ...rights.decide import Reason

STATUS_16 = {
    Reason.ACCEPTED: "Accepted",
    Reason.BLOCKED: "Blocked",
    Reason.CONCURRENT_TX: "ConcurrentTx",
    Reason.EXPIRED: "Expired",
    Reason.INVALID: "Invalid",
    Reason.NO_CREDIT: "Invalid",
    Reason.NOT_ALLOWED_TYPE_EVSE: "Invalid",
    Reason.NOT_AT_THIS_LOCATION: "Invalid",
    Reason.NOT_AT_THIS_TIME: "Invalid",
    Reason.UNKNOWN: "Invalid",
}
"""The AuthorizationStatus of 1.6, by reason."""

STATUS_2X = {reason: reason.value for reason in Reason}
"""The AuthorizationStatusEnumType of 2.x, by reason: a Reason is that word."""


def info_16(status: str, group: str | None, until: datetime | None) -> dict[str, Any]:
    """Returns an idTagInfo. It has an expiry date only where someone has set one.

    See steve #453.
    """
    info: dict[str, Any] = {"status": status}
    if group is not None:
        info["parentIdTag"] = group
    if until is not None:
        info["expiryDate"] = until
    return info


def info_2x(status: str, group: str | None, until: datetime | None) -> dict[str, Any]:
    """Returns an idTokenInfo. It has an expiry only where someone has set one."""
    info: dict[str, Any] = {"status": status}
    if group is not None:
        info["groupIdToken"] = {"idToken": group, "type": "Central"}
    if until is not None:
        info["cacheExpiryDateTime"] = until
    return info


AVAILABLE, PREPARING, CHARGING, FAULT = "Available", "Preparing", "Charging", "Error"
SUSPENDED_CAR, SUSPENDED_CHARGER = "SuspendedCAR", "SuspendedCHARGER"

STATES_16 = {
    "Available": AVAILABLE,
    "Preparing": PREPARING,
    "Charging": CHARGING,
    "SuspendedEVSE": SUSPENDED_CHARGER,
    "SuspendedEV": SUSPENDED_CAR,
    "Finishing": "Finishing",
    "Reserved": "Reserved",
    "Unavailable": "Unavailable",
    "Faulted": FAULT,
    "Occupied": CHARGING,  # OCPP 1.5's word, which some chargers still say
}
"""The status in v1, by 1.6's ChargePointStatus."""

STATES_2X = {
    "Available": AVAILABLE,
    "Occupied": PREPARING,  # while no transaction runs there; see OCCUPIED_BY
    "Reserved": "Reserved",
    "Unavailable": "Unavailable",
    "Faulted": FAULT,
}
"""The status in v1, by 2.x's ConnectorStatusEnumType."""

OCCUPIED_BY = {"SuspendedEV": SUSPENDED_CAR, "SuspendedEVSE": SUSPENDED_CHARGER}
"""The status in v1 for Occupied while a transaction runs, by 2.x's chargingState. For others it is Charging."""
