"""Tables with personal data outside the network and the journal.

They are authorization decisions, sessions and the like. …

Their rows outlive their drivers, and refer to them by columns `driver_id` and `tag_key`. List a new table of that kind
here, so that erasing a driver erases it there, and the export of personal data has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select, update

from ..rights.identifiers import NO_TAG
from .journal import ERASURE
from .schema import authorisations, drivers, journal, journal_changes, sessions

ERASED = "erased"
"""Replaces a required text. It is no tag's key, as keys have no small letters."""


class Holder(NamedTuple):
    """A table, and the values that replace personal data in its rows."""

    table: Table
    blanks: Mapping[str, str | None]


HOLDERS: tuple[Holder, ...] = (
    Holder(authorisations, {"id_tag": ERASED, "tag_key": ERASED}),
    Holder(sessions, {"id_tag": ERASED, "tag_key": ERASED, "stop_id_tag": None}),
)


def about(table: Table, customer_id: int, driver_id: int, tag_keys: Iterable[str]) -> ColumnElement[bool]:
    """Returns the condition for rows of the driver.

    They name the driver, or no driver but one of these tags.
    """
    columns = table.c
    keys = [key for tag in sorted(tag_keys) for key in (tag, NO_TAG + tag)]  # the number may have been the tag's, too
    by_tag = and_(columns.driver_id.is_(None), columns.tag_key.in_(keys))
    return and_(columns.customer_id == customer_id, or_(columns.driver_id == driver_id, by_tag))


def forget_late(connection: Connection, customer_id: int, table: Table, driver_ids: Iterable[int | None]) -> None:
    """Erases personal data in new rows of drivers that were erased in between.

    Records are written a little after the fact.
    """
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
    """Returns the keys of all tags that were ever presented, as far as rows are kept."""
    return frozenset(
        key
        for holder in HOLDERS
        for key in connection.scalars(
            select(holder.table.c.tag_key).where(holder.table.c.customer_id == customer_id).distinct()
        )
        if key is not None
    )
