"""Revisions being written: each is one transaction and one entry of the journal.

The revision is taken under the customer's row lock, which the write holds until it commits. So revisions have no gaps
and commit in order, on both databases.

An entry's instant is the later of now and the last entry's, so entries are in order also after the machine's clock was
wrong. If the clock was earlier, its instant is kept beside it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import structlog
from sqlalchemy import Connection, bindparam, func, insert, select, update

from ..rights.model import Driver
from . import events
from .database import notify
from .entity_types import DRIVER, AnyEntityType, Entity, key_of, kind_of
from .journal import CHANNEL, Actor, ChangeContext, JournalEntry, Mark, UnknownCustomer
from .rows import drivers
from .rows.pseudonyms import pseudonymous
from .schema import customers, journal, journal_changes, journal_personal

T = TypeVar("T")

log = structlog.get_logger()

LARGEST_FOLLOWED = 2**52
"""Larger ids in files do not push up the ids that the server assigns later: those stay exact in programs that use
doubles."""
TOKEN_BITS = 62
JUMP = timedelta(minutes=1)
"""Synchronised clocks differ by less."""
ENTITIES_PER_STEP = 1_000
FEW = 20
"""Up to this many drivers it is faster to write only the rows that differ. Entries with at most this many changes are
passed on to followers."""


class Revised(NamedTuple):
    """A committed revision, and its entry if it has few changes."""

    customer_id: int
    mark: Mark
    entry: JournalEntry | None


class JournalChange(NamedTuple):
    """The change of one entity.

    `before` is None when it was added, `after` when it was removed.
    """

    kind: AnyEntityType
    id: int | str
    before: Entity | None
    after: Entity | None


@dataclass(slots=True)
class Revision:
    """A revision being written.

    It holds the customer's row lock until its transaction ends.
    """

    connection: Connection
    customer_id: int
    number: int
    at: datetime
    _next_id: int
    follows: int | None
    """The token of the revision before this one."""
    token: int = field(default_factory=lambda: secrets.randbits(TOKEN_BITS))
    changes: list[JournalChange] = field(default_factory=list)
    bulk: bool = False
    entry: JournalEntry | None = None
    """Set once it is journaled, if it has few changes."""

    @property
    def latest(self) -> int:
        """Returns the customer's revision after this work.

        It is the one before if nothing changed.
        """
        return self.number if self.bulk or self.changes else self.number - 1

    def next_id(self) -> int:
        """Returns an id that the customer has never assigned."""
        self._next_id += 1
        return self._next_id - 1

    def free_id(self, kind: AnyEntityType) -> int:
        """Returns an id that no entity of the type has, as one from a file may."""
        id_ = self.next_id()
        while kind.load(self.connection, self.customer_id, [id_]):
            id_ = self.next_id()
        return id_

    def reserve(self, highest: int) -> None:
        """Assigns only ids above that one from now on."""
        if self._next_id <= highest < LARGEST_FOLLOWED:
            self._next_id = highest + 1

    def put(self, entity: Entity) -> None:
        """Adds or replaces the entity in rows and journal.

        Does nothing if nothing differs.
        """
        kind = kind_of(entity)
        before = kind.load(self.connection, self.customer_id, [key_of(entity)])
        if not before:
            kind.add(self.connection, self.customer_id, [entity])
            self._note(kind, None, entity)
        elif before[0] != entity:
            self._replace(kind, before[0], entity)

    def put_drivers(
        self,
        new: Sequence[Driver],
        progress: Callable[[int], None] = lambda done: None,
        before: Mapping[int, Driver] | None = None,
    ) -> None:
        """Puts many drivers, with a change for each. A tag may move from one to another.

        `progress` is called with the number of drivers done since its last call. `before` has the drivers that this
        revision's transaction has read already.
        """
        if before is None:
            loaded = drivers.load(self.connection, self.customer_id, [driver.id for driver in new])
            before = {driver.id: driver for driver in loaded}
        changed = [driver for driver in new if before.get(driver.id) != driver]
        if len(changed) <= FEW and all(
            driver.id in before and before[driver.id].tags == driver.tags for driver in changed
        ):
            for driver in changed:
                self._replace(DRIVER, before[driver.id], driver)
            progress(len(new))
            return
        for step in _steps([driver for driver in changed if driver.id in before]):
            drivers.remove_all(self.connection, self.customer_id, [driver.id for driver in step])
        progress(len(new) - len(changed))
        for step in _steps(changed):
            drivers.add(self.connection, self.customer_id, step)
            self.changes += [
                JournalChange(DRIVER, driver.id, before.get(driver.id), drivers.as_loaded(driver)) for driver in step
            ]
            progress(len(step))

    def remove_drivers(self, removed: Sequence[Driver]) -> None:
        """Removes many drivers, with a change for each."""
        for step in _steps(removed):
            drivers.remove_all(self.connection, self.customer_id, [driver.id for driver in step])
            self.changes += [JournalChange(DRIVER, driver.id, driver, None) for driver in step]

    def _replace(self, kind: AnyEntityType, before: Entity, entity: Entity) -> None:
        kind.replace(self.connection, self.customer_id, before, entity)
        self._note(kind, before, entity)

    def _note(self, kind: AnyEntityType, before: Entity | None, entity: Entity) -> None:
        """Notes the change as a load would return it, in the order of its parts, too.

        So a snapshot that follows equals one that is loaded.
        """
        key = key_of(entity)
        if isinstance(entity, Driver):
            after: Entity = drivers.as_loaded(entity)
        else:
            (after,) = kind.load(self.connection, self.customer_id, [key])
        self.changes.append(JournalChange(kind, key, before, after))

    def remove(self, entity: Entity) -> None:
        kind, key = kind_of(entity), key_of(entity)
        kind.remove(self.connection, self.customer_id, key)
        self.changes.append(JournalChange(kind, key, entity, None))


@contextmanager
def revise(connection: Connection, customer_id: int, *, at: datetime, actor: Actor, action: str) -> Iterator[Revision]:
    """Takes the customer's next revision and journals its changes.

    Without changes there is no revision.

    Raises UnknownCustomer.
    """
    row = connection.execute(_LATEST, {"customer": customer_id}).one_or_none()
    if row is None:
        raise UnknownCustomer((customer_id,))
    revision = Revision(connection, customer_id, row.revision + 1, at, row.next_id, row.token)
    yield revision
    after: dict[str, Any] = {"next_id": revision._next_id}
    if revision.latest == revision.number:
        entered_at = _in_order(customer_id, at, row.revised_at)
        entry = {"customer_id": customer_id, "revision": revision.number, "at": entered_at, "actor": actor.name}
        entry |= {"operator_id": actor.operator_id, "action": action, "bulk": revision.bulk}
        entry |= {"token": revision.token, "follows": revision.follows, "clock_at": None if entered_at == at else at}
        connection.execute(insert(journal), [entry])
        _note(revision)
        if revision.bulk:
            events.loaded(connection, customer_id, at, revision.number)
        else:
            events.append(connection, customer_id, events.of_changes(revision.changes), at, revision.number)
        mark = Mark(revision.number, revision.token)
        statement = (
            update(customers)
            .where(customers.c.id == customer_id)
            .values(after | mark._asdict() | {"revised_at": entered_at})
        )
        if connection.dialect.name == "postgresql":
            payload = f"{customer_id} {mark.revision} {mark.token}"
            statement = statement.returning(func.pg_notify(CHANNEL, payload))
        connection.execute(statement)
        notify(connection, Revised(customer_id, mark, revision.entry))
    elif revision._next_id != row.next_id:
        connection.execute(update(customers).where(customers.c.id == customer_id).values(after))


_LATEST = (
    select(customers.c.revision, customers.c.next_id, customers.c.token, customers.c.revised_at)
    .where(customers.c.id == bindparam("customer"))
    .with_for_update(key_share=True)
)
"""Locks the row, so that others can still add rows that refer to the customer."""


_warned: dict[int, datetime] = {}
"""By customer, when a clock that is behind was last logged."""


def _in_order(customer_id: int, at: datetime, last: datetime | None) -> datetime:
    """Returns the later of now and the last entry's instant.

    Logs from time to time that the clock is far behind.
    """
    if last is None or at >= last:
        return at
    if last - at > JUMP and not at - JUMP < _warned.get(customer_id, last) < at + JUMP:
        _warned[customer_id] = at
        log.warning(
            "the clock is behind the last change, whose instant this change gets, too: check the system clock",
            customer=customer_id,
            clock=at.isoformat(),
            last=last.isoformat(),
        )
    return last


def make(
    connection: Connection,
    customer_id: int,
    occasion: ChangeContext,
    work: Callable[..., T],
    /,
    *args: Any,
    **kwargs: Any,
) -> T:
    """Runs the work as the customer's next revision, and returns its result.

    Raises UnknownCustomer.
    """
    with revise(connection, customer_id, **occasion._asdict()) as revision:
        return work(revision, *args, **kwargs)


def _note(revision: Revision) -> None:
    """Writes the revision's changes."""
    position = 0
    noted: list[dict[str, Any]] = []
    if not revision.bulk and len(revision.changes) <= FEW:
        revision.entry = JournalEntry(revision.number, noted, revision.token, revision.follows)
    for step in _steps(revision.changes):
        rows, personal = [], []
        for change in step:
            key = {"customer_id": revision.customer_id, "revision": revision.number, "position": position}
            position += 1
            kind, images = change.kind, _images(change.kind, change.before, change.after)
            if revision.entry is not None:
                noted.append({"kind": kind.name, "id": change.id, **images})
            if kind is DRIVER:
                nameless = _without_person(change.before), _without_person(change.after)
                if nameless != (change.before, change.after):
                    personal.append({**key, "driver_id": change.id, **images})
                    images = _images(kind, *nameless)
            rows.append({**key, "kind": kind.name, "entity_id": str(change.id), **images})
        revision.connection.execute(insert(journal_changes), rows)
        if personal:
            revision.connection.execute(insert(journal_personal), personal)


def _images(kind: AnyEntityType, before: Entity | None, after: Entity | None) -> dict[str, Any]:
    def dump(entity: Entity | None) -> Any:
        return None if entity is None else kind.shape.dump_python(entity, mode="json", exclude_defaults=True)

    return {"before": dump(before), "after": dump(after)}


def _without_person(entity: Entity | None) -> Entity | None:
    return pseudonymous(entity) if isinstance(entity, Driver) else None


def _steps(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), ENTITIES_PER_STEP):
        yield items[start : start + ENTITIES_PER_STEP]
