"""Revisions of a customer's facts: one write, one transaction, one revision, one journal entry.

The revision is taken under the customer's row lock, which the write holds until it commits; so revisions have
no gaps and commit in order, on both databases. An entry has a change for every entity, with what it was before and
after, whole; a bulk write journals as one entry without changes, which makes images load anew.

An entry's instant is the later of now and the last entry's, so entries are in order also after the machine's clock was
wrong. What the clock said is kept beside it where it said something earlier.

Each revision has a random token beside its number, and knows the token of the one before it. A database that was
restored, or lost what it had committed, has the same numbers again and other tokens.

A driver's change is kept twice: without what names him, for good, and in full, until he is erased (see `pseudonyms`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import structlog
from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, func, insert, select, update

from ..rights.entity_states import apply_state
from ..rights.errors import NotFound
from ..rights.model import Driver
from ..rights.network import Network
from . import events
from .database import notify
from .entity_types import (
    CHARGER,
    CHARGER_PASSWORD,
    CHARGING_SETTINGS,
    DRIVER,
    KINDS,
    PARTNER,
    SITE,
    AnyEntityType,
    Entity,
    key_of,
    kind_of,
)
from .rows import drivers
from .rows.pseudonyms import pseudonymous
from .schema import customers, journal, journal_changes, journal_personal

T = TypeVar("T")

log = structlog.get_logger()

ERASURE = "driver.erase"
"""The action of revisions that erase a driver; see `personal`."""
LARGEST_FOLLOWED = 2**52
"""Ids given in files beyond this do not push the ids that the server assigns after them: those stay whole numbers in
programs that count in doubles."""
TOKEN_BITS = 62
CHANNEL = "chargerights_revised"
"""On which PostgreSQL tells other processes of revisions; see `notices`."""
JUMP = timedelta(minutes=1)
"""By how much clocks that are kept in step do not differ."""
ENTITIES_PER_STEP = 1_000
FEW = 20
"""Drivers up to which it pays to write only the rows that differ; and changes that are handed on to who follows."""


def _same(one: Table, other: Table, *names: str) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in names))


OF_ENTRY = _same(journal_changes, journal, "customer_id", "revision")
"""Joins changes to their entry."""
OF_CHANGE = _same(journal_personal, journal_changes, "customer_id", "revision", "position")
"""Joins to a change what names a person in it, as long as he is not erased."""
NAMED = journal_personal.c.driver_id.is_not(None)
BEFORE = func.coalesce(journal_personal.c.before, journal_changes.c.before)
AFTER = func.coalesce(journal_personal.c.after, journal_changes.c.after)
"""An entity before and after a change, in full where that is still known."""


class UnknownCustomer(NotFound):
    what = "customer"


class Actor(NamedTuple):
    """Who changes something, as the journal names him: `key 5`, `cli`, `import 3`; and the operator he acts for."""

    name: str
    operator_id: int | None = None


class ChangeContext(NamedTuple):
    """When something is changed, by whom, and in what command: `driver.add`, `right.grant`."""

    at: datetime
    actor: Actor
    action: str


class Mark(NamedTuple):
    """Names one state of a customer's facts.

    Of a revision made before there were tokens, the token is None.
    """

    revision: int
    token: int | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One revision: `changes` is None for a bulk write.

    `follows` is the token of the revision before it.
    """

    revision: int
    changes: list[dict[str, Any]] | None
    token: int | None = None
    follows: int | None = None

    @property
    def mark(self) -> Mark:
        return Mark(self.revision, self.token)

    def renames(self) -> bool:
        """Whether a name that lists of drivers show may have changed, or may come to be another's."""
        return any(_renames(change["kind"], change["before"], change["after"]) for change in self.changes or ())

    def alters_proofs(self) -> bool:
        """Whether a charger that is connected may be one no more, or has proved who it is by an old password."""
        return bool(self.removed_chargers()) or any(
            each["kind"] == CHARGER_PASSWORD.name for each in self.changes or ()
        )

    def alters_settings(self) -> bool:
        """Whether chargers may be answered otherwise by what is no part of a network."""
        return any(each["kind"] in (PARTNER.name, CHARGING_SETTINGS.name) for each in self.changes or ())

    def removed_chargers(self) -> list[str]:
        removed = (change for change in self.changes or () if change["after"] is None)
        return [change["id"] for change in removed if change["kind"] == CHARGER.name]


def apply(network: Network, change: dict[str, Any]) -> None:
    """Applies a change of an entry to the network.

    A change without before and after erased the traces of a driver that had been removed before.
    """
    kind = KINDS[change["kind"]]
    if kind.in_network and not (change["before"] is None and change["after"] is None):
        apply_state(network, kind.state(change["id"], change["after"]))


class Revised(NamedTuple):
    """A revision that was committed, and its entry when it has few changes."""

    customer_id: int
    mark: Mark
    entry: JournalEntry | None


class JournalChange(NamedTuple):
    """One entity of a revision: None before it was added, None after it was removed."""

    kind: AnyEntityType
    id: int | str
    before: Entity | None
    after: Entity | None


@dataclass(slots=True)
class Revision:
    """A revision being written; holds the customer's row lock until its transaction ends."""

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
    """What was journaled, once it is, of few changes."""

    @property
    def latest(self) -> int:
        """The customer's revision after this work: of nothing put, the one before."""
        return self.number if self.bulk or self.changes else self.number - 1

    def next_id(self) -> int:
        """An id that the customer has given to nothing yet."""
        self._next_id += 1
        return self._next_id - 1

    def free_id(self, kind: AnyEntityType) -> int:
        """An id that no entity of the kind has, such as a file may have brought."""
        id_ = self.next_id()
        while kind.load(self.connection, self.customer_id, [id_]):
            id_ = self.next_id()
        return id_

    def reserve(self, highest: int) -> None:
        """Assigns only ids above that one from now on."""
        if self._next_id <= highest < LARGEST_FOLLOWED:
            self._next_id = highest + 1

    def put(self, entity: Entity) -> None:
        """Adds or replaces the entity, rows and journal; nothing happens when nothing differs."""
        kind = kind_of(entity)
        before = kind.load(self.connection, self.customer_id, [key_of(entity)])
        if not before:
            kind.add(self.connection, self.customer_id, [entity])
            self._note(kind, None, entity)
        elif before[0] != entity:
            self._replace(kind, before[0], entity)

    def put_drivers(
        self,
        them: Sequence[Driver],
        progress: Callable[[int], None] = lambda done: None,
        before: Mapping[int, Driver] | None = None,
    ) -> None:
        """Puts many drivers, each with a change of his own; a tag may go from one of them to another. `progress` is
        told how many of them more are done. `before`: what this revision's transaction has read of them already."""
        if before is None:
            loaded = drivers.load(self.connection, self.customer_id, [each.id for each in them])
            before = {each.id: each for each in loaded}
        changed = [each for each in them if before.get(each.id) != each]
        if len(changed) <= FEW and all(each.id in before and before[each.id].tags == each.tags for each in changed):
            for driver in changed:
                self._replace(DRIVER, before[driver.id], driver)
            progress(len(them))
            return
        for step in _steps([each for each in changed if each.id in before]):
            drivers.remove_all(self.connection, self.customer_id, [each.id for each in step])
        progress(len(them) - len(changed))
        for step in _steps(changed):
            drivers.add(self.connection, self.customer_id, step)
            self.changes += [
                JournalChange(DRIVER, each.id, before.get(each.id), drivers.as_loaded(each)) for each in step
            ]
            progress(len(step))

    def remove_drivers(self, them: Sequence[Driver]) -> None:
        """Removes many drivers, each with a change of his own."""
        for step in _steps(them):
            drivers.remove_all(self.connection, self.customer_id, [each.id for each in step])
            self.changes += [JournalChange(DRIVER, each.id, each, None) for each in step]

    def _replace(self, kind: AnyEntityType, before: Entity, entity: Entity) -> None:
        kind.replace(self.connection, self.customer_id, before, entity)
        self._note(kind, before, entity)

    def _note(self, kind: AnyEntityType, before: Entity | None, entity: Entity) -> None:
        """Notes it as it is loaded: in the order of its parts too, an image that follows is one that is loaded."""
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
    """Takes the customer's next revision and journals what is put into it; of nothing put, neither remains.

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
"""Locks the row. Rows that refer to the customer may be added meanwhile."""


_warned: dict[int, datetime] = {}
"""By customer, when it was last said that the clock is behind."""


def _in_order(customer_id: int, at: datetime, last: datetime | None) -> datetime:
    """The later of now and the last entry's instant.

    That the clock is far behind is said once in a while.
    """
    if last is None or at >= last:
        return at
    if last - at > JUMP and not at - JUMP < _warned.get(customer_id, last) < at + JUMP:
        _warned[customer_id] = at
        log.warning(
            "the clock has jumped: it is behind the last change, whose instant this one gets as well",
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
    """What the work makes of the customer's next revision; see `changes`.

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


def _steps(them: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(them), ENTITIES_PER_STEP):
        yield them[start : start + ENTITIES_PER_STEP]


def _renames(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    if kind not in (SITE.name, DRIVER.name) or before is None:
        return False
    shown = ("name", "home_site_id")
    return after is None or any(before.get(name) != after.get(name) for name in shown)


def mark_of(connection: Connection, customer_id: int) -> Mark:
    """The customer's latest revision as this transaction sees it.

    Raises UnknownCustomer.
    """
    row = connection.execute(_MARK, {"customer": customer_id}).one_or_none()
    if row is None:
        raise UnknownCustomer((customer_id,))
    return Mark(row.revision, row.token)


_MARK = select(customers.c.revision, customers.c.token).where(customers.c.id == bindparam("customer"))


def number_of(connection: Connection, customer_id: int) -> int:
    """The customer's revision as this transaction sees it. Raises UnknownCustomer."""
    return mark_of(connection, customer_id).revision


def since(connection: Connection, customer_id: int, revision: int, limit: int) -> list[JournalEntry]:
    """The entries after that revision, in order: as many whole ones as have `limit` changes together."""
    rows = connection.execute(_SINCE, {"customer": customer_id, "revision": revision, "most": limit + 1}).all()
    entries: list[JournalEntry] = []
    for number, token, follows, bulk, kind, id_, before, after in rows:
        if not entries or entries[-1].revision != number:
            entries.append(JournalEntry(number, None if bulk else [], token, follows))
        changes = entries[-1].changes
        if changes is not None:
            key = KINDS[kind].key(id_) if kind in KINDS else id_  # a newer version's kind is for who follows to refuse
            changes.append({"kind": kind, "id": key, "before": before, "after": after})
    return entries[:-1] if len(rows) > limit else entries


_SINCE = (
    select(
        journal.c.revision,
        journal.c.token,
        journal.c.follows,
        journal.c.bulk,
        journal_changes.c.kind,
        journal_changes.c.entity_id,
        BEFORE,
        AFTER,
    )
    .outerjoin(journal_changes, OF_ENTRY)
    .outerjoin(journal_personal, OF_CHANGE)
    .where(journal.c.customer_id == bindparam("customer"), journal.c.revision > bindparam("revision"))
    .order_by(journal.c.revision, journal_changes.c.position)
    .limit(bindparam("most"))
)
