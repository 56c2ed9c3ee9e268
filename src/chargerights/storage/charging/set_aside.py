"""Chargers' messages that the database refused for their data."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, delete, insert, select

from ...rights.errors import NotFound
from ...rights.identifiers import tag_key
from ..schema import set_aside
from . import authorizations, charger_reports, live, messages, session_keeping
from .authorizations import Authorization
from .charger_reports import ChargerReport
from .messages import Message
from .session_notices import SessionNotice

MAX_ERROR = 1000
SHOWN_AT_ONCE = 1000
_TAGS = ("id_tag", "stop_id_tag")


class UnknownMessage(NotFound):
    """An id that no message that was set aside has."""

    what = "message"


class SetAside(NamedTuple):
    """A message as it was received, and why the database refused it."""

    id: int
    at: datetime
    charger_id: str
    message: Any
    error: str


_COLUMNS = [set_aside.c[name] for name in SetAside._fields]


def add(connection: Connection, customer_id: int, version: int, at: datetime, message: Message, error: str) -> None:
    """Adds the message under the live version just taken, which becomes its id."""
    row = {"customer_id": customer_id, "id": version, "at": at, "error": ascii(error)[1:-1][:MAX_ERROR]}
    said = {"charger_id": messages.charger_of(message), "message": messages.shown(message)}
    connection.execute(insert(set_aside).values(row | said))


def find(connection: Connection, customer_id: int) -> list[SetAside]:
    """Returns the customer's messages, newest first."""
    query = select(*_COLUMNS).where(set_aside.c.customer_id == customer_id).order_by(set_aside.c.id.desc())
    return [SetAside(*row) for row in connection.execute(query.limit(SHOWN_AT_ONCE))]


def retry(connection: Connection, customer_id: int, message_id: int, at: datetime) -> None:
    """Writes the message as usual.

    Raises UnknownMessage, and the database's errors.
    """
    mine = (set_aside.c.customer_id == customer_id) & (set_aside.c.id == message_id)
    row = connection.execute(select(set_aside.c.message).where(mine)).one_or_none()
    if row is None:
        raise UnknownMessage((message_id,))
    message = messages.load(orjson.dumps(row[0]))
    keep(connection, customer_id, live.next_version(connection, customer_id), (message,), at)
    connection.execute(delete(set_aside).where(mine))


def keep(connection: Connection, customer_id: int, version: int, given: Collection[Message], at: datetime) -> None:
    """Writes messages as usual, under a live version just taken.

    Raises:
        ValueError: a message cannot be parsed.
    """
    decisions = [each for each in given if isinstance(each, Authorization)]
    notices = [each for each in given if isinstance(each, SessionNotice)]
    reports = [each for each in given if isinstance(each, ChargerReport)]
    ended = [each for each in given if isinstance(each, live.NodeEnded)]
    if len(decisions) + len(notices) + len(reports) + len(ended) != len(given):
        raise ValueError("the message cannot be read")
    authorizations.add(connection, customer_id, decisions)
    session_keeping.keep(connection, customer_id, version, notices)
    charger_reports.add(connection, customer_id, reports, at)
    for node in ended:
        live.end_node(connection, customer_id, version, node, at)


def about(connection: Connection, customer_id: int, driver_id: int, tag_keys: Collection[str]) -> list[dict[str, Any]]:
    """Returns the messages that name the driver or one of these tags."""
    query = select(*_COLUMNS).where(set_aside.c.customer_id == customer_id).order_by(set_aside.c.id)
    found = (SetAside(*row) for row in connection.execute(query))
    return [each._asdict() for each in found if _names(each.message, driver_id, tag_keys)]


def forget(connection: Connection, customer_id: int, driver_id: int, tag_keys: Collection[str]) -> None:
    """Deletes the messages that name the driver or one of these tags."""
    for each in about(connection, customer_id, driver_id, tag_keys):
        mine = (set_aside.c.customer_id == customer_id) & (set_aside.c.id == each["id"])
        connection.execute(delete(set_aside).where(mine))


def _names(message: Any, driver_id: int, tag_keys: Collection[str]) -> bool:
    match message:
        case {"notice": {"says": dict(said)}} | {"decision": dict(said)}:
            tags = (said.get(name) for name in _TAGS)
            shown = any(isinstance(tag, str) and tag_key(tag) in tag_keys for tag in tags)
            return shown or said.get("driver_id") == driver_id
        case {"unreadable": str(text)}:
            return any(key in text.upper() for key in tag_keys)
    return False
