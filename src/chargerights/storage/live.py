"""What chargers report of themselves: connection, status, firmware, configuration. Outside the revision.

It changes far more often than rights, so it has its own version per customer: a batch of changed chargers is
written with the next version, and readers fetch the rows above the version they have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select, update

from ..rights.model import Charger
from . import statuses
from .journal import UnknownCustomer
from .schema import live_chargers, live_versions


@dataclass(frozen=True, slots=True)
class LiveConnector:
    """One connector's last reported status, in the v1 wire's words (OCPP.md section 1)."""

    id: int
    status: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Configuration:
    name: str
    value: str
    can_be_changed: bool


@dataclass(frozen=True, slots=True)
class Reported:
    """What a charger says it is; None where it has not said."""

    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None
    configurations: tuple[Configuration, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveCharger:
    """A charger's state; `status` is its own (connector 0), in the v1 wire's words."""

    charger_id: str
    connected: bool
    last_seen: datetime | None = None
    last_message: str | None = None
    status: str | None = None
    connectors: tuple[LiveConnector, ...] = ()
    reported: Reported = Reported()


def status_of(live: LiveCharger | None) -> str:
    """The charger's status word (see `statuses`)."""
    if live is None:
        return statuses.UNKNOWN.word
    return statuses.word_of(live.connected, live.status, [state.status for state in live.connectors])


def known(charger: Charger, live: LiveCharger | None, member: str) -> str | None:
    """What is known of the charger by that member of both: what it reports of itself goes before what was entered."""
    reported: str | None = None if live is None else getattr(live.reported, member)
    entered: str | None = getattr(charger, member)
    return reported or entered


_CONNECTORS = TypeAdapter(tuple[LiveConnector, ...])
_REPORTED = TypeAdapter(Reported)


def record(connection: Connection, customer_id: int, states: Iterable[LiveCharger], at: datetime) -> int:
    """Writes the chargers' states, whole, as the customer's next live version, and returns it."""
    version: int | None = connection.scalar(
        update(live_versions)
        .where(live_versions.c.customer_id == customer_id)
        .values(version=live_versions.c.version + 1)
        .returning(live_versions.c.version)
    )
    if version is None:
        raise UnknownCustomer((customer_id,))
    rows = [_row(customer_id, version, state) for state in states]
    if rows:
        them = live_chargers.c.charger_id.in_([row["charger_id"] for row in rows])
        with statuses.telling(connection, customer_id, them, at):
            connection.execute(delete(live_chargers).where(live_chargers.c.customer_id == customer_id, them))
            connection.execute(insert(live_chargers), rows)
    return version


def since(connection: Connection, customer_id: int, version: int) -> tuple[int, list[LiveCharger]]:
    """The live version now, and the states written after the given one."""
    now = connection.scalar(select(live_versions.c.version).where(live_versions.c.customer_id == customer_id))
    query = select(live_chargers).where(live_chargers.c.customer_id == customer_id, live_chargers.c.version > version)
    rows = connection.execute(query).all()
    states = [
        LiveCharger(
            row.charger_id,
            row.connected,
            row.last_seen,
            row.last_message,
            row.status,
            _CONNECTORS.validate_python(row.connectors),
            _REPORTED.validate_python(row.reported),
        )
        for row in rows
    ]
    # Rows may be newer than the version read before them: outside a snapshot these are two reads.
    return max([now or 0, *(row.version for row in rows)]), states


def _row(customer_id: int, version: int, state: LiveCharger) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "charger_id": state.charger_id,
        "version": version,
        "connected": state.connected,
        "last_seen": state.last_seen,
        "last_message": state.last_message,
        "status": state.status,
        "connectors": _CONNECTORS.dump_python(state.connectors, mode="json"),
        "reported": _REPORTED.dump_python(state.reported, mode="json", exclude_defaults=True),
    }
