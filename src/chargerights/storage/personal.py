"""Personal data of a driver, and its erasure.

Personal data is in three places: the driver's own rows (name, tags, ids in other systems), `journal_personal`, and the
tables of `personal_tables`, whose rows outlive the driver. Erasing removes the driver's own rows as one revision,
deletes their rows of `journal_personal`, and replaces personal data in the rest. The driver's number stays everywhere,
so that the past can still be counted and followed. It leads to no person any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, select, update

from ..rights.errors import UnknownDriver
from ..rights.identifiers import is_int64, tag_key
from ..rights.model import Driver
from . import imports, personal_tables
from .charging import charger_reports, commands, local_lists, sessions, set_aside
from .entity_types import DRIVER
from .journal import AFTER, BEFORE, NAMED, OF_CHANGE, OF_ENTRY
from .personal_tables import about
from .revisions import JournalChange, Revision
from .rows import drivers
from .rows.pseudonyms import pseudonymous
from .schema import journal, journal_changes, journal_personal


class PersonalEvent(NamedTuple):
    """One change of a driver from the journal.

    `named` tells whether it still has personal data.
    """

    revision: int
    at: datetime
    actor: str
    operator_id: int | None
    action: str
    named: bool
    before: Driver | None
    after: Driver | None


@dataclass(frozen=True, slots=True)
class PersonalRecord:
    """All data about one driver.

    `driver` is None if the driver was removed. `rows` are by table.
    """

    driver: Driver | None
    history: list[PersonalEvent]
    rows: dict[str, list[dict[str, Any]]]


def known_about(connection: Connection, customer_id: int, driver_id: int) -> PersonalRecord:
    """Returns all data about the driver, who may have been removed.

    Raises UnknownDriver.
    """
    if not is_int64(driver_id):
        raise UnknownDriver((driver_id,))
    driver, history = _driver(connection, customer_id, driver_id), _history(connection, customer_id, driver_id)
    if driver is None and not history:
        raise UnknownDriver((driver_id,))
    keys = _tag_keys(driver, history)
    rows = {
        holder.table.name: _rows(connection, holder.table, about(holder.table, customer_id, driver_id, keys))
        for holder in personal_tables.HOLDERS
    }
    rows["set_aside"] = set_aside.about(connection, customer_id, driver_id, keys)
    rows["stopped_sessions"] = sessions.stopped_with(connection, customer_id, keys)
    return PersonalRecord(driver, history, rows)


def erase(revision: Revision, driver_id: int) -> None:
    """Erases the driver, tags and rights included.

    A driver that was removed before can be erased, too. Erasing again changes nothing. The revision's action must be
    `journal.ERASURE`. Raises UnknownDriver.
    """
    connection, customer_id = revision.connection, revision.customer_id
    known = known_about(connection, customer_id, driver_id)
    if known.driver is not None:
        drivers.remove(connection, customer_id, driver_id)
        revision.changes.append(JournalChange(DRIVER, driver_id, pseudonymous(known.driver), None))
    elif any(event.named for event in known.history):
        revision.changes.append(JournalChange(DRIVER, driver_id, None, None))
    columns = journal_personal.c
    mine = and_(columns.customer_id == customer_id, columns.driver_id == driver_id)
    connection.execute(delete(journal_personal).where(mine))
    keys = _tag_keys(known.driver, known.history)
    for holder in personal_tables.HOLDERS:
        of_driver = about(holder.table, customer_id, driver_id, keys)
        connection.execute(update(holder.table).where(of_driver).values(dict(holder.blanks)))
    sessions.forget_stops(connection, customer_id, [each["id"] for each in known.rows["stopped_sessions"]])
    set_aside.forget(connection, customer_id, driver_id, keys)
    imports.forget_reports(connection, customer_id)
    local_lists.forget_tags(connection, customer_id, keys)
    commands.forget_tags(connection, customer_id, keys)
    charger_reports.forget_tags(connection, customer_id, keys)


def _driver(connection: Connection, customer_id: int, driver_id: int) -> Driver | None:
    found = drivers.load(connection, customer_id, [driver_id])
    return found[0] if found else None


def _history(connection: Connection, customer_id: int, driver_id: int) -> list[PersonalEvent]:
    """Returns the driver's changes, oldest first."""
    change = journal_changes.c
    entry = [journal.c[name] for name in ("revision", "at", "actor", "operator_id", "action")]
    query = (
        select(*entry, NAMED, BEFORE, AFTER)
        .join(journal_changes, OF_ENTRY)
        .outerjoin(journal_personal, OF_CHANGE)
        .where(change.customer_id == customer_id, change.kind == DRIVER.name, change.entity_id == str(driver_id))
        .order_by(change.revision, change.position)
    )
    return [PersonalEvent(*row, *map(_image, (before, after))) for *row, before, after in connection.execute(query)]


def _image(dumped: Any) -> Driver | None:
    return None if dumped is None else DRIVER.shape.validate_python(dumped)


def _tag_keys(driver: Driver | None, history: Sequence[PersonalEvent]) -> set[str]:
    """Returns the keys of the driver's present and former tags."""
    images = [driver, *(image for event in history if event.named for image in (event.before, event.after))]
    return {tag_key(tag.id_tag) for image in images if image is not None for tag in image.tags}


def _rows(connection: Connection, table: Table, of_driver: ColumnElement[bool]) -> list[dict[str, Any]]:
    rows = connection.execute(select(table).where(of_driver).order_by(*table.primary_key)).mappings()
    return [{str(name): value for name, value in row.items()} for row in rows]
