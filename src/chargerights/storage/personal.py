"""Personal data: what is known about one driver, and forgetting it for good.

Three things hold what names a person: the facts (his name, tags and ids in other systems), `journal_personal`, and the
tables of `HOLDERS`, whose rows outlive him. Erasing removes the facts as one revision, deletes his rows of
`journal_personal`, and blanks what names him in the rest. His number stays in all of it, so that what was done
can still be counted and followed; it names nobody any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, case, delete, or_, select, update

from ..rights.errors import UnknownDriver
from ..rights.identifiers import tag_key
from ..rights.model import Driver
from . import drivers
from .entities import DRIVER
from .journal import Change, Occasion, revise
from .schema import journal, journal_changes, journal_personal

ERASED = "erased"
"""Stands where a text that named him must be; as no tag's key has small letters, it is none's."""


class Holder(NamedTuple):
    """A table with rows about drivers, by columns `driver_id` and `tag_key`, that stay when he is erased; `blanks`
    says what is put where he is named."""

    table: Table
    blanks: Mapping[str, str | None]


HOLDERS: tuple[Holder, ...] = ()
"""Every table outside the facts and the journal that names drivers."""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is kept about one driver. `driver` is None when he was removed; `rows` are by table."""

    driver: Driver | None
    history: list[dict[str, Any]]
    rows: dict[str, list[dict[str, Any]]]


def known_about(connection: Connection, customer_id: int, driver_id: int) -> Known:
    """What is kept about the driver, also of one who was removed. Raises UnknownDriver."""
    driver, history = _driver(connection, customer_id, driver_id), _history(connection, customer_id, driver_id)
    if driver is None and not history:
        raise UnknownDriver((driver_id,))
    keys = _tag_keys(driver, history)
    rows = {
        holder.table.name: _rows(connection, holder.table, _about(holder.table, customer_id, driver_id, keys))
        for holder in HOLDERS
    }
    return Known(driver, history, rows)


def erase(connection: Connection, customer_id: int, occasion: Occasion, driver_id: int) -> None:
    """Forgets who the driver is, tags and rights included; one who was removed before too. Erasing him again changes
    nothing. Raises UnknownDriver."""
    with revise(connection, customer_id, **occasion._asdict()) as revision:  # first: it locks the customer
        known = known_about(connection, customer_id, driver_id)
        named = any(each["named"] for each in known.history)
        if known.driver is not None:
            revision.remove(known.driver)
        elif named:
            revision.changes.append(Change(DRIVER, driver_id, None, None))
    columns = journal_personal.c
    connection.execute(
        delete(journal_personal).where(columns.customer_id == customer_id, columns.driver_id == driver_id)
    )
    keys = _tag_keys(known.driver, known.history)
    for holder in HOLDERS:
        about = _about(holder.table, customer_id, driver_id, keys)
        connection.execute(update(holder.table).where(about).values(dict(holder.blanks)))


def _driver(connection: Connection, customer_id: int, driver_id: int) -> Driver | None:
    found = drivers.load(connection, customer_id, [driver_id])
    return found[0] if found else None


def _history(connection: Connection, customer_id: int, driver_id: int) -> list[dict[str, Any]]:
    """His changes, the oldest first: `named` tells those that still name him."""
    change, personal = journal_changes.c, journal_personal.c
    named = personal.driver_id.is_not(None)
    query = (
        select(
            journal.c.revision,
            journal.c.at,
            journal.c.actor,
            journal.c.operator_id,
            journal.c.action,
            case((named, personal.before), else_=change.before).label("before"),
            case((named, personal.after), else_=change.after).label("after"),
            named.label("named"),
        )
        .join(journal_changes, and_(change.customer_id == journal.c.customer_id, change.revision == journal.c.revision))
        .outerjoin(
            journal_personal,
            and_(
                personal.customer_id == change.customer_id,
                personal.revision == change.revision,
                personal.position == change.position,
            ),
        )
        .where(change.customer_id == customer_id, change.kind == DRIVER.name, change.entity_id == str(driver_id))
        .order_by(change.revision, change.position)
    )
    return _dicts(connection.execute(query).mappings())


def _tag_keys(driver: Driver | None, history: Sequence[dict[str, Any]]) -> set[str]:
    """By which rows that know no driver are his: of the tags that he has or had."""
    texts = {tag.id_tag for tag in driver.tags} if driver is not None else set()
    for each in history:
        for image in (each["before"], each["after"]):
            if each["named"] and image is not None:
                texts |= {tag["id_tag"] for tag in image.get("tags", ())}
    return {tag_key(text) for text in texts}


def _about(table: Table, customer_id: int, driver_id: int, keys: Iterable[str]) -> ColumnElement[bool]:
    columns = table.c
    by_tag = and_(columns.driver_id.is_(None), columns.tag_key.in_(sorted(keys)))
    return and_(columns.customer_id == customer_id, or_(columns.driver_id == driver_id, by_tag))


def _rows(connection: Connection, table: Table, about: ColumnElement[bool]) -> list[dict[str, Any]]:
    return _dicts(connection.execute(select(table).where(about).order_by(*table.primary_key)).mappings())


def _dicts(rows: Iterable[RowMapping]) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows]
