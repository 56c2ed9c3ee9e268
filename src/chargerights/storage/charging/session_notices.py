"""Chargers' messages about sessions and meters, in the form that is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

CLOCK_BEHIND, CLOCK_AHEAD = timedelta(days=30), timedelta(days=1)
"""How late a message can come, and how far ahead a charger's clock can be, before the clock counts as wrong."""
OCPP_16, OCPP_2X = "1.6", "2.x"


class Sign(StrEnum):
    """Messages that show that sessions have ended without naming them."""

    BOOT = "boot"
    AVAILABLE = "available"


class MeterReading(NamedTuple):
    """One meter value, with its samples as the charger sent them."""

    at: datetime
    samples: Any
    evse_id: int | None = None
    connector_id: int | None = None


@dataclass(frozen=True, slots=True)
class SessionNotice:
    """A message about a session: columns of `sessions` in `says`, and `stop_tag_key`.

    Without a transaction id it has readings only. `key` names a start of OCPP 1.6, the same in every copy of it. `at`
    is the charger's own instant of the message. `is_live` says that it was not queued while the charger was offline. A
    notice with a sign is about all sessions of the charger, or those at the connector in `says`.
    """

    charger_id: str
    received_at: datetime
    transaction_id: str | None = None
    key: str | None = None
    session_id: int | None = None
    says: dict[str, Any] = field(default_factory=dict)
    readings: tuple[MeterReading, ...] = ()
    at: datetime | None = None
    ocpp: str | None = None
    is_live: bool = False
    sign: Sign | None = None

    @property
    def begins(self) -> bool:
        return self.says.get("started_at") is not None

    @property
    def ends(self) -> bool:
        return self.says.get("stopped_at") is not None

    @property
    def occurred_at(self) -> datetime:
        """Returns when it was made, by the charger's clock unless that is wrong."""
        said = self.at or self.says.get("started_at") or self.says.get("stopped_at") or self.received_at
        return plausible(said, self.received_at)


def plausible(said: datetime, received_at: datetime) -> datetime:
    """Returns the charger's instant, or that of receipt if its clock is wrong."""
    return said if -CLOCK_BEHIND <= said - received_at <= CLOCK_AHEAD else received_at
