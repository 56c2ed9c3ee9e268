"""Events for changes of the status of chargers and connectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from ...rights.events import EventType, NewEvent
from ...rights.live import word_of
from .. import events
from ..schema import live_chargers


class Status(NamedTuple):
    """A charger's connection, its status, and its connectors' statuses by number."""

    connected: bool
    word: str
    connectors: tuple[tuple[int, str], ...]


UNKNOWN = Status(False, word_of(False, None, ()), ())


@contextmanager
def telling(connection: Connection, customer_id: int, them: ColumnElement[bool], at: datetime) -> Iterator[None]:
    """Writes events for the changes of those chargers' statuses in the context.

    Enter it when the customer's live version is taken.
    """
    before = _statuses(connection, customer_id, them)
    yield
    after = _statuses(connection, customer_id, them)
    changed = {id_: status for id_, status in after.items() if status != before.get(id_, UNKNOWN)}
    events.append(connection, customer_id, [event(id_, status) for id_, status in changed.items()], at)


def event(charger_id: str, status: Status) -> NewEvent:
    data = {"chargerId": charger_id, "status": status.word, "connected": status.connected}
    connectors = [{"id": id_, "status": word} for id_, word in status.connectors]
    return NewEvent(EventType.CHARGER_STATUS, {**data, "connectors": connectors})


def _statuses(connection: Connection, customer_id: int, them: ColumnElement[bool]) -> dict[str, Status]:
    columns = live_chargers.c
    query = select(columns.charger_id, columns.connected, columns.status, columns.connectors)
    found = {}
    rows = connection.execute(query.where(columns.customer_id == customer_id, them).order_by(columns.charger_id))
    for charger_id, connected, own, connectors in rows:
        words = tuple(sorted((each["id"], each["status"]) for each in connectors))
        found[charger_id] = Status(connected, word_of(connected, own, [word for _, word in words]), words)
    return found
