"""Undoes a customer's journal: from a network of one revision back to one of an earlier revision.

What was before a change is kept for every change but bulk loads and what came before the journal begins: there the
past ends. Drivers who were erased since appear as the journal keeps them, by number and without their tags.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, case, func, select

from ..rights.driver_sets import END
from ..rights.errors import DomainError, InvalidInput
from ..rights.identifiers import INT64_MAX
from ..rights.model import Driver
from ..rights.network import Network
from .database import DatabaseFault
from .entity_types import ACCESS_GROUP, CHARGER, DRIVER, KINDS, SITE, EntityType
from .journal import BEFORE, NAMED, OF_CHANGE, OF_ENTRY
from .schema import journal, journal_changes, journal_personal
from .schema.columns import Instant

ONE_BY_ONE = 5_000
"""Changes of a network; beyond them it is faster to build it of all its facts afresh."""
LOADED = "much was loaded at once then, and what stood before it is not kept"
BEGINS = "the journal begins then"


class BeforeHistory(InvalidInput):
    """An instant that the journal does not reach back to."""


class EntityState(NamedTuple):
    """One entity as the journal has it before or after a change; None: there is none."""

    kind: EntityType
    id: int | str
    image: Any

    def entity(self) -> Any:
        return None if self.image is None else self.kind.shape.validate_python(self.image)


class JournalRewind:
    """Walks from the latest of the known networks, which are only looked at, back to earlier ones."""

    def __init__(self, connection: Connection, customer_id: int, known: dict[int, Network]) -> None:
        self._connection = connection
        self._customer_id = customer_id
        self._known = known
        self.ended_at = max(known)
        self.network = known[self.ended_at]

    def revision_at(self, at: datetime, now: datetime = END) -> int:
        """The revision, of those up to here, that stood at the instant; 0 before the customer's first. An entry from
        after `now` was made while a clock was ahead: what the clock said of those after it counts then."""
        asked = {**self._span(0), "at": at, "now": now}
        return max(self._connection.scalar(_STOOD, asked) or 0, self._connection.scalar(_BY_THEN, asked) or 0)

    def to(self, revision: int) -> Network:
        """The network of that revision, until the next step; ask for later revisions first. Raises BeforeHistory."""
        nearest = min(each for each in self._known if each >= revision)
        if nearest <= self.ended_at:
            self.ended_at, self.network = nearest, self._known[nearest]
        if revision < self.ended_at:
            try:
                self.network = self._undone(revision)
            except DomainError as error:  # facts that contradict each other, or words of a newer version
                if isinstance(error, BeforeHistory):
                    raise
                raise DatabaseFault(f"the journal of customer {self._customer_id} cannot be undone: {error}") from error
            self.ended_at = revision
        return self.network

    def _undone(self, revision: int) -> Network:
        span = self._span(revision)
        rows = self._connection.execute(_NEWEST_FIRST, {**span, "most": ONE_BY_ONE + 1}).all()
        if len(rows) > ONE_BY_ONE:
            self._require_entries(revision)
            return rebuilt(self.network, [_before(*row) for row in self._connection.execute(_EARLIEST, span)])
        numbers = list(dict.fromkeys(row.revision for row in rows))
        if any(row.bulk for row in rows) or numbers != list(range(self.ended_at, revision, -1)):
            self._require_entries(revision)
        network = self.network.fork() if self.ended_at in self._known else self.network
        apply_states(network, [_before(*row[2:]) for row in rows if row.kind is not None])
        return network

    def _require_entries(self, revision: int) -> None:
        """Every revision after that one is journaled with what was before it. Raises BeforeHistory."""
        count, first, loaded = self._connection.execute(_KEPT, self._span(revision)).one()
        if loaded is None and count == self.ended_at - revision:
            return
        wall, why = loaded or first or self.ended_at, LOADED if loaded else BEGINS
        mine = (journal.c.customer_id == self._customer_id) & (journal.c.revision == wall)
        at = self._connection.scalar(select(journal.c.at).where(mine))
        when = "of the past" if at is None else f"before {at.isoformat(timespec='seconds').replace('+00:00', 'Z')}"
        raise BeforeHistory(f"there is no answer {when}: {why}")

    def _span(self, revision: int) -> dict[str, int]:
        """The revisions to undo."""
        return {"customer": self._customer_id, "after": revision, "latest": self.ended_at}


def apply_states(network: Network, states: Iterable[EntityState]) -> None:
    """Brings the entities to these states, one after the other.

    Drivers go first and come to their last states when all else is done: nothing refers to them, but they refer to
    places, and of two who change in one revision one may get the other's tag. Who only has other rights need not go.
    """
    last: dict[int | str, EntityState] = {}
    others: list[EntityState] = []
    for state in states:
        if state.kind is DRIVER:
            last[state.id] = state
        else:
            others.append(state)
    drivers: list[Driver] = []
    for id_, state in last.items():
        known, driver = network.drivers.get(int(id_)), state.entity()
        if known is not None and (others or driver is None or driver.tags != known.tags):
            DRIVER.drop(network, id_)
        if driver is not None:
            drivers.append(driver)
    for state in others:
        if state.image is None:
            state.kind.drop(network, state.id)
        else:
            state.kind.put(network, state.entity())
    for driver in drivers:
        DRIVER.put(network, driver)


def rebuilt(network: Network, states: Iterable[EntityState]) -> Network:
    """The network with these entities in these states; of several of one the last counts."""
    facts: dict[str, dict[Any, Any]] = {
        SITE.name: dict(network.sites),
        CHARGER.name: dict(network.chargers),
        ACCESS_GROUP.name: dict(network.access_groups),
        DRIVER.name: dict(network.drivers),
    }
    for state in states:
        known = facts.get(state.kind.name, {})
        if state.image is None:
            known.pop(state.id, None)
        else:
            known[state.id] = state.entity()
    return Network.build(*(them.values() for them in facts.values()))


def _spanned(table: Table) -> ColumnElement[bool]:
    columns = table.c
    mine = columns.customer_id == bindparam("customer")
    return and_(mine, columns.revision > bindparam("after"), columns.revision <= bindparam("latest"))


_LATER = select(func.min(journal.c.revision)).where(_spanned(journal), journal.c.at > bindparam("at", type_=Instant))
_STOOD = select(func.max(journal.c.revision)).where(
    _spanned(journal), journal.c.revision < func.coalesce(_LATER.scalar_subquery(), INT64_MAX)
)
"""Of entries from before they were kept in order, one may be earlier than the one before it. What stood then is what
all changes up to one made that were asked for by then."""
_BY_THEN = select(func.max(journal.c.revision)).where(
    _spanned(journal),
    journal.c.at > bindparam("now", type_=Instant),
    journal.c.clock_at <= bindparam("at", type_=Instant),
)
_KEPT = select(func.count(), func.min(journal.c.revision), func.max(case((journal.c.bulk, journal.c.revision)))).where(
    _spanned(journal)
)

_BEFORE = (journal_changes.c.kind, journal_changes.c.entity_id, BEFORE, NAMED)
_NEWEST_FIRST = (
    select(journal.c.revision, journal.c.bulk, *_BEFORE)
    .outerjoin(journal_changes, OF_ENTRY)
    .outerjoin(journal_personal, OF_CHANGE)
    .where(_spanned(journal))
    .order_by(journal.c.revision.desc(), journal_changes.c.position.desc())
    .limit(bindparam("most"))
)

_FIRST = (
    select(journal_changes.c.kind, journal_changes.c.entity_id, func.min(journal_changes.c.revision).label("revision"))
    .where(_spanned(journal_changes))
    .group_by(journal_changes.c.kind, journal_changes.c.entity_id)
    .subquery()
)
_EARLIEST = (
    select(*_BEFORE)
    .join(_FIRST, and_(*(journal_changes.c[name] == _FIRST.c[name] for name in ("kind", "entity_id", "revision"))))
    .outerjoin(journal_personal, OF_CHANGE)
    .where(journal_changes.c.customer_id == bindparam("customer"))
    .order_by(journal_changes.c.revision.desc(), journal_changes.c.position.desc())
)
"""Of every entity what it was before its first change; of several in one revision the first comes last."""


def _before(kind_name: str, entity_id: str, before: Any, named: bool) -> EntityState:
    kind = KINDS[kind_name]
    if kind is DRIVER and before is not None and not named:  # the words for his tags may be another's tag
        before = {**before, "tags": []}
    return EntityState(kind, kind.key(entity_id), before)
