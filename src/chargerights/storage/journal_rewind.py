"""Rewinding of the journal, from a network to one of an earlier revision.

The journal has the state before every change, except for bulk loads and for changes from before the journal begins:
the past ends there. Drivers that were erased since appear as the journal keeps them, by number and without tags.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, case, func, select

from ..rights.driver_sets import END
from ..rights.entity_states import EntityState, apply_states, rebuild
from ..rights.errors import DomainError, InvalidInput
from ..rights.identifiers import INT64_MAX
from ..rights.network import Network
from .database import DatabaseFault
from .entity_types import DRIVER, KINDS
from .journal import BEFORE, NAMED, OF_CHANGE, OF_ENTRY
from .schema import journal, journal_changes, journal_personal
from .schema.columns import Instant

ONE_BY_ONE = 5_000
"""For more changes than this it is faster to rebuild the network."""
LOADED = "much was loaded at once then, and what stood before it is not kept"
BEGINS = "the journal begins then"


class BeforeHistory(InvalidInput):
    """An instant from before the part of the journal that can be rewound."""


class JournalRewind:
    """A walk from the latest of the known networks to earlier ones.

    Known ones are never changed.
    """

    def __init__(self, connection: Connection, customer_id: int, known: dict[int, Network]) -> None:
        self._connection = connection
        self._customer_id = customer_id
        self._known = known
        self.ended_at = max(known)
        self.network = known[self.ended_at]

    def revision_at(self, at: datetime, now: datetime = END) -> int:
        """Returns the latest revision at the instant, or 0 before the first one.

        Considers revisions up to the current one. An entry from after `now` was made while a clock was ahead: for those
        that follow, the clock's own instant counts.
        """
        asked = {**self._span(0), "at": at, "now": now}
        return max(self._connection.scalar(_STOOD, asked) or 0, self._connection.scalar(_BY_THEN, asked) or 0)

    def to(self, revision: int) -> Network:
        """Returns the network of that revision, valid until the next step.

        Ask for later revisions first. Raises BeforeHistory.
        """
        nearest = min(known for known in self._known if known >= revision)
        if nearest <= self.ended_at:
            self.ended_at, self.network = nearest, self._known[nearest]
        if revision < self.ended_at:
            try:
                self.network = self._undone(revision)
            except DomainError as error:  # entities that contradict each other, or of a newer version
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
            rows = self._connection.execute(_EARLIEST, span).all()
            return rebuild(self.network, _states_before(rows))
        numbers = list(dict.fromkeys(row.revision for row in rows))
        if any(row.bulk for row in rows) or numbers != list(range(self.ended_at, revision, -1)):
            self._require_entries(revision)
        network = self.network.fork() if self.ended_at in self._known else self.network
        apply_states(network, _states_before(row[2:] for row in rows if row.kind is not None))
        return network

    def _require_entries(self, revision: int) -> None:
        """Checks that the journal has every revision after that one, with prior states.

        Raises BeforeHistory.
        """
        count, first, loaded = self._connection.execute(_KEPT, self._span(revision)).one()
        if loaded is None and count == self.ended_at - revision:
            return
        wall, why = loaded or first or self.ended_at, LOADED if loaded else BEGINS
        entry = (journal.c.customer_id == self._customer_id) & (journal.c.revision == wall)
        at = self._connection.scalar(select(journal.c.at).where(entry))
        when = "of the past" if at is None else f"before {at.isoformat(timespec='seconds').replace('+00:00', 'Z')}"
        raise BeforeHistory(f"there is no answer {when}: {why}")

    def _span(self, revision: int) -> dict[str, int]:
        """Returns the parameters that select the revisions to undo."""
        return {"customer": self._customer_id, "after": revision, "latest": self.ended_at}


def _spanned(table: Table) -> ColumnElement[bool]:
    columns = table.c
    of_customer = columns.customer_id == bindparam("customer")
    return and_(of_customer, columns.revision > bindparam("after"), columns.revision <= bindparam("latest"))


_LATER = select(func.min(journal.c.revision)).where(_spanned(journal), journal.c.at > bindparam("at", type_=Instant))
_STOOD = select(func.max(journal.c.revision)).where(
    _spanned(journal), journal.c.revision < func.coalesce(_LATER.scalar_subquery(), INT64_MAX)
)
"""The latest revision at an instant. An old entry may be earlier than the one before it: then all revisions up to
one that was requested by that instant count."""
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
"""The state of every entity before its first change. Of several changes in one revision the first comes last."""


def _states_before(rows: Iterable[Any]) -> list[EntityState]:
    """Returns the states of a network's entities before the changes of these rows."""
    states = []
    for kind_name, entity_id, before, named in rows:
        kind = KINDS[kind_name]
        if (
            kind is DRIVER and before is not None and not named
        ):  # the placeholders of its tags may be other drivers' tags
            before = {**before, "tags": []}
        if kind.in_network:
            states.append(kind.state(kind.key(entity_id), before))
    return states
