"""What one node's chargers did since the last time, written in one transaction of their customer.

A batch is written once: its number is kept with it, so that one whose COMMIT was done but not answered is seen to be
there when it is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from . import authorisations, charger_reports, commands, live, sessions
from .authorisations import Authorisation
from .charger_reports import ChargerReport
from .journal import Mark
from .live import LiveCharger
from .schema import charging_settings, customers, live_versions
from .sessions import Notice


@dataclass(frozen=True, slots=True)
class Batch:
    """`whole`: ids of the chargers that said something new of themselves, beside what they do."""

    number: int
    at: datetime
    states: tuple[LiveCharger, ...] = ()
    whole: frozenset[str] = frozenset()
    authorisations: tuple[Authorisation, ...] = ()
    notices: tuple[Notice, ...] = ()
    reports: tuple[ChargerReport, ...] = ()


class Written(NamedTuple):
    """`elsewhere`: chargers that have connected to another node since. `was_gone`: others have taken this node for dead
    and said that its chargers are not connected."""

    version: int
    elsewhere: tuple[str, ...] = ()
    was_gone: bool = False


class Standing(NamedTuple):
    """A customer as their chargers' node must know them. `has_commands`: some wait for that node."""

    mark: Mark
    live_version: int
    one_session_per_tag: bool
    has_commands: bool
    lists_hours_too: bool


def write(connection: Connection, customer_id: int, node: str, batch: Batch) -> Written:
    """Writes the batch unless it is written. Raises UnknownCustomer."""
    version = live.next_version(connection, customer_id)
    was_written, was_gone = live.note_node(connection, customer_id, node, batch.number, batch.at)
    if was_written:
        return Written(version, was_gone=was_gone)
    elsewhere = live.put(connection, customer_id, version, batch.states, batch.whole, batch.at)
    authorisations.add(connection, customer_id, batch.authorisations)
    sessions.keep(connection, customer_id, version, batch.notices)
    charger_reports.add(connection, customer_id, batch.reports, batch.at)
    return Written(version, tuple(elsewhere), was_gone)


_STANDING = (
    select(
        customers.c.revision,
        customers.c.token,
        live_versions.c.version,
        charging_settings.c.one_session_per_tag,
        commands.WAITS.label("has"),
        charging_settings.c.lists_hours_too,
    )
    .join(live_versions, live_versions.c.customer_id == customers.c.id)
    .outerjoin(charging_settings, charging_settings.c.customer_id == customers.c.id)
    .where(customers.c.id == bindparam("customer"))
)


def standing(connection: Connection, customer_id: int, node: str, at: datetime) -> Standing | None:
    """How new the customer's facts are, his settings, and what there is to do for the node."""
    row = connection.execute(_STANDING, {"customer": customer_id, "node": node, "at": at}).one_or_none()
    return None if row is None else Standing(Mark(*row[:2]), row[2], *map(bool, row[3:]))
