"""The journal read as an audit log: who did what, newest first, in pages.

A log of a million entries is answered from indexes: by time, and by time within a command or an operator. The changes
of one entity, or of a few, are looked up. A type of entity with many changes is found by walking the log, newest first.
The total is counted up to `COUNTED`. Without a filter it is the customer's revision.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, not_, select, tuple_

from . import journal
from .journal import AFTER, BEFORE, OF_CHANGE, OF_ENTRY
from .schema import journal as entries
from .schema import journal_changes, journal_personal
from .schema.columns import Instant

COUNTED = 10_000
FEW = 5_000
"""Up to this many changes of entities, their entries are looked up one by one."""
CHANGES_SHOWN = 20
"""Shown of one entry. A bulk grant has a change for each driver."""
BY_API = "key %"
"""The actors of API calls (see `callers.Caller.actor`)."""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """A filter of entries. They match all members that are not None.

    `entity_id` requires a `kind`. start ≤ at < end. `before` selects the entries that follow the one of that instant
    and revision in the list, so older ones.
    """

    action: str | None = None
    operator_id: int | None = None
    by_api: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    kind: str | None = None
    entity_id: str | None = None
    before: tuple[datetime, int] | None = None


class Changed(NamedTuple):
    """One entity that an entry changed, as the journal has it.

    `before` is None when it was added, and `after` when it was removed.
    """

    kind: str
    id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Record:
    """An entry of the audit log.

    `changes` has those that the filter matches, at most CHANGES_SHOWN unless it names an entity. `count` is the number
    of all.
    """

    revision: int
    at: datetime
    actor: str
    operator_id: int | None
    action: str
    bulk: bool
    count: int
    changes: list[Changed] = field(default_factory=list)

    @property
    def by_api(self) -> bool:
        return self.actor.startswith(BY_API.rstrip("%"))


class AuditPage(NamedTuple):
    """A page of the audit log.

    `total` is the number of matching entries, counted up to COUNTED when there is a filter, and 0 when it was not asked
    for.
    """

    records: list[Record]
    total: int
    more: bool


def page(
    connection: Connection, customer_id: int, wanted: AuditQuery, start: int, count: int, counted: bool = True
) -> AuditPage:
    """Returns at most that many entries from number `start` of the list, newest first."""
    numbers, total = _numbers(connection, customer_id, wanted, start, count + 1, counted)
    records = _records(connection, customer_id, numbers[:count])
    shown = {each.revision: each for each in records}
    for revision, change in _changes(connection, customer_id, wanted, shown):
        shown[revision].changes.append(change)
    if counted and numbers:
        total = max(total, start + len(numbers))
    return AuditPage(records, total, len(numbers) > count)


_CHANGES = journal_changes.c
_COUNT = func.coalesce(select(func.max(_CHANGES.position)).where(OF_ENTRY).scalar_subquery(), -1) + 1
_SHOWN = [*(entries.c[name] for name in ("revision", "at", "actor", "operator_id", "action", "bulk")), _COUNT]


def _numbers(
    connection: Connection, customer_id: int, wanted: AuditQuery, start: int, count: int, counted: bool
) -> tuple[list[int], int]:
    """Returns the numbers of entries, newest first, and their total as in `AuditPage`."""
    columns, matching = entries.c, _matching(customer_id, wanted)
    if wanted.kind is not None:
        of_things = and_(_CHANGES.customer_id == customer_id, *_things(wanted))
        revisions = connection.scalars(select(_CHANGES.revision).where(of_things).limit(FEW)).all()
        if len(revisions) < FEW:
            found = _in_order(connection, matching & columns.revision.in_(set(revisions)))
            return found[start : start + count], len(found)
        matching &= exists().where(of_things, OF_ENTRY)
    walk = select(columns.revision).where(matching).order_by(columns.at.desc(), columns.revision.desc())
    numbers = list(connection.scalars(walk.offset(start).limit(count)))
    if not counted:
        return numbers, 0
    if not any(each is not None for each in astuple(wanted)):
        return numbers, journal.number_of(connection, customer_id)
    some = select(columns.revision).where(matching).limit(COUNTED).subquery()
    return numbers, connection.scalar(select(func.count()).select_from(some)) or 0


def _in_order(connection: Connection, these: ColumnElement[bool]) -> list[int]:
    """Returns the numbers of a few entries, newest first.

    They are sorted here, and read with a column of no index. Otherwise SQLite walks all entries in an index's order
    instead of looking these up.
    """
    columns = entries.c
    few = connection.execute(select(columns.at, columns.revision, columns.actor).where(these))
    return [row.revision for row in sorted(few, reverse=True)]


def _matching(customer_id: int, wanted: AuditQuery) -> ColumnElement[bool]:
    """Returns the conditions on the entry itself."""
    columns = entries.c
    found = [columns.customer_id == customer_id]
    if wanted.action is not None:
        found.append(columns.action == wanted.action)
    if wanted.operator_id is not None:
        found.append(columns.operator_id == wanted.operator_id)
    if wanted.by_api is not None:
        by_api = columns.actor.like(BY_API)
        found.append(by_api if wanted.by_api else not_(by_api))
    if wanted.start is not None:
        found.append(columns.at >= wanted.start)
    if wanted.end is not None:
        found.append(columns.at < wanted.end)
    if wanted.before is not None:
        at, revision = wanted.before
        found.append(tuple_(columns.at, columns.revision) < tuple_(literal(at, Instant), revision))
    return and_(*found)


def _records(connection: Connection, customer_id: int, numbers: Sequence[int]) -> list[Record]:
    """Returns the entries of those numbers, in their order."""
    mine = and_(entries.c.customer_id == customer_id, entries.c.revision.in_(numbers))
    found = {row.revision: Record(*tuple(row)) for row in connection.execute(select(*_SHOWN).where(mine))}
    return [found[each] for each in numbers]


def _things(wanted: AuditQuery) -> list[ColumnElement[bool]]:
    """Returns the conditions on changes."""
    found = []
    if wanted.kind is not None:
        found.append(_CHANGES.kind == wanted.kind)
    if wanted.entity_id is not None:
        found.append(_CHANGES.entity_id == wanted.entity_id)
    return found


def _changes(
    connection: Connection, customer_id: int, wanted: AuditQuery, revisions: Collection[int]
) -> Sequence[tuple[int, Changed]]:
    """Returns the changes to show of those entries, in order.

    They name people that are not erased.
    """
    query = (
        select(_CHANGES.revision, _CHANGES.kind, _CHANGES.entity_id, BEFORE, AFTER)
        .outerjoin(journal_personal, OF_CHANGE)
        .where(_CHANGES.customer_id == customer_id, _CHANGES.revision.in_(revisions), *_things(wanted))
        .order_by(_CHANGES.revision, _CHANGES.position)
    )
    if wanted.entity_id is None:
        shown = _CHANGES.position < CHANGES_SHOWN
        if wanted.kind is not None:  # at least the first one of that type, wherever it is
            them = journal_changes.alias()
            first = select(func.min(them.c.position)).where(
                them.c.customer_id == customer_id, them.c.revision == _CHANGES.revision, them.c.kind == wanted.kind
            )
            shown |= _CHANGES.position == first.scalar_subquery()
        query = query.where(shown)
    return [(row[0], Changed(*row[1:])) for row in connection.execute(query)]
