"""The tables outside the facts and the journal that name drivers and tags: what chargers asked, sessions, and the like.

Their rows outlive the drivers they are about, and say who it was by columns `driver_id` and `tag_key`. A new table of
that kind belongs here: then erasing a driver blanks it, and an export of what is known about him has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select, update

from ..rights.identifiers import NO_TAG
from .journal import ERASURE
from .schema import authorisations, drivers, journal, journal_changes, sessions

ERASED = "erased"
"""Stands where a text that named him must be; as no tag's key has small letters, it is none's."""


class Holder(NamedTuple):
    """A table, and what is put where a row of it names an erased driver."""

    table: Table
    blanks: Mapping[str, str | None]


HOLDERS: tuple[Holder, ...] = (
    Holder(authorisations, {"id_tag": ERASED, "tag_key": ERASED}),
    Holder(sessions, {"id_tag": ERASED, "tag_key": ERASED, "stop_id_tag": None}),
)


def about(table: Table, customer_id: int, driver_id: int, tag_keys: Iterable[str]) -> ColumnElement[bool]:
    """The rows about the driver: those that say so, and those that know no driver but one of these tags."""
    columns = table.c
    keys = [key for tag in sorted(tag_keys) for key in (tag, NO_TAG + tag)]  # a number may have been the tag's
    by_tag = and_(columns.driver_id.is_(None), columns.tag_key.in_(keys))
    return and_(columns.customer_id == customer_id, or_(columns.driver_id == driver_id, by_tag))


def forget_late(connection: Connection, customer_id: int, table: Table, driver_ids: Iterable[int | None]) -> None:
    """Blanks what was written just now of drivers who have been erased meanwhile: records come a little after what they
    tell of."""
    named = {each for each in driver_ids if each is not None}
    there = drivers.c.id.in_(named) & (drivers.c.customer_id == customer_id)
    gone = named - {*connection.scalars(select(drivers.c.id).where(there))} if named else named
    if not gone:
        return
    change = journal_changes.c
    erasures = (
        select(change.entity_id)
        .join(journal, (journal.c.customer_id == change.customer_id) & (journal.c.revision == change.revision))
        .where(change.customer_id == customer_id, change.kind == "driver", change.entity_id.in_(map(str, gone)))
        .where(journal.c.action == ERASURE)
    )
    blanks = next(holder.blanks for holder in HOLDERS if holder.table is table)
    for driver_id in {*map(int, connection.scalars(erasures))}:
        connection.execute(update(table).where(about(table, customer_id, driver_id, ())).values(dict(blanks)))


def used_tags(connection: Connection, customer_id: int) -> frozenset[str]:
    """The keys of the tags that were ever shown, as far as rows of that are kept."""
    return frozenset(
        key
        for holder in HOLDERS
        for key in connection.scalars(
            select(holder.table.c.tag_key).where(holder.table.c.customer_id == customer_id).distinct()
        )
        if key is not None
    )
