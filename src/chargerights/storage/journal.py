"""Revisions of a customer's facts: one write, one transaction, one revision, one journal entry.

The revision is taken under the customer's row lock, which the write holds until it commits; so revisions have
no gaps and commit in order, on both databases. An entry holds the changed entities before and after, whole; a
bulk write journals as one entry without them, which makes images load anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..rights.errors import NotFound
from ..rights.network import Network
from . import events
from .entities import CHARGER, DRIVER, KINDS, SITE, Entity, Kind, key_of, kind_of
from .schema import customers, journal

LARGEST_FOLLOWED = 2**52
"""Ids given in files beyond this do not push the ids that the server assigns after them: those stay whole numbers in
programs that count in doubles."""


class UnknownCustomer(NotFound):
    what = "customer"


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision: `changes` is None for a bulk write."""

    revision: int
    changes: list[dict[str, Any]] | None

    def apply(self, network: Network) -> None:
        """Brings a network of the revision before to this one. Only of an entry with changes."""
        for change in self.changes or ():
            kind = KINDS[change["kind"]]
            if change["after"] is None:
                kind.drop(network, change["id"])
            else:
                kind.put(network, kind.shape.validate_python(change["after"]))

    def renames(self) -> bool:
        """Whether a name that lists of drivers show may have changed, or may come to be another's."""
        return any(_renames(change["kind"], change["before"], change["after"]) for change in self.changes or ())

    def removed_chargers(self) -> list[str]:
        removed = (change for change in self.changes or () if change["after"] is None)
        return [change["id"] for change in removed if change["kind"] == CHARGER.name]


@dataclass(slots=True)
class Revision:
    """A revision being written; holds the customer's row lock until its transaction ends."""

    connection: Connection
    customer_id: int
    number: int
    at: datetime
    _next_id: int
    _changes: list[dict[str, Any]] = field(default_factory=list)
    _told: list[tuple[Kind, int | str, Entity | None, Entity | None]] = field(default_factory=list)
    bulk: bool = False

    def next_id(self) -> int:
        """An id that the customer has given to nothing yet."""
        self._next_id += 1
        return self._next_id - 1

    def reserve(self, highest: int) -> None:
        """Assigns only ids above that one from now on."""
        if self._next_id <= highest < LARGEST_FOLLOWED:
            self._next_id = highest + 1

    def put(self, entity: Entity) -> None:
        """Adds or replaces the entity, rows and journal; nothing happens when nothing differs."""
        kind, key = kind_of(entity), key_of(entity)
        before = kind.load(self.connection, self.customer_id, [key])
        if not before:
            kind.add(self.connection, self.customer_id, [entity])
        elif before[0] != entity:
            kind.replace(self.connection, self.customer_id, before[0], entity)
        else:
            return
        # As it is loaded: in the order of its parts too, an image that follows is the image that is loaded.
        (after,) = kind.load(self.connection, self.customer_id, [key])
        self._note(kind, key, before[0] if before else None, after)

    def remove(self, entity: Entity) -> None:
        kind, key = kind_of(entity), key_of(entity)
        kind.remove(self.connection, self.customer_id, key)
        self._note(kind, key, entity, None)

    def _note(self, kind: Kind, key: int | str, before: Entity | None, after: Entity | None) -> None:
        def image(entity: Entity | None) -> Any:
            return None if entity is None else kind.shape.dump_python(entity, mode="json", exclude_defaults=True)

        self._told.append((kind, key, before, after))
        self._changes.append({"kind": kind.name, "id": key, "before": image(before), "after": image(after)})


@contextmanager
def revise(connection: Connection, customer_id: int, *, at: datetime, actor: str, action: str) -> Iterator[Revision]:
    """Takes the customer's next revision and journals what is put into it; of nothing put, neither remains.

    Raises UnknownCustomer.
    """
    row = connection.execute(
        update(customers)
        .where(customers.c.id == customer_id)
        .values(revision=customers.c.revision + 1)
        .returning(customers.c.revision, customers.c.next_id)
    ).one_or_none()
    if row is None:
        raise UnknownCustomer((customer_id,))
    revision = Revision(connection, customer_id, row.revision, at, row.next_id)
    yield revision
    written = revision.bulk or revision._changes
    if written:
        changes = None if revision.bulk else revision._changes
        entry = {"customer_id": customer_id, "revision": revision.number, "at": at, "actor": actor}
        connection.execute(insert(journal).values(**entry, action=action, changes=changes))
    after = {"revision": revision.number if written else revision.number - 1, "next_id": revision._next_id}
    if revision.bulk:
        events.loaded(connection, customer_id, at, revision.number)
    else:
        events.append(connection, customer_id, events.of_changes(revision._told), at, revision.number)
    if after != {"revision": row.revision, "next_id": row.next_id}:
        connection.execute(update(customers).where(customers.c.id == customer_id).values(after))


def _renames(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    if kind not in (SITE.name, DRIVER.name) or before is None:
        return False
    shown = ("name", "home_site_id")
    return after is None or any(before.get(name) != after.get(name) for name in shown)


def since(connection: Connection, customer_id: int, revision: int, limit: int) -> list[Entry]:
    """The entries after that revision, in order."""
    query = (
        select(journal.c.revision, journal.c.changes)
        .where(journal.c.customer_id == customer_id, journal.c.revision > revision)
        .order_by(journal.c.revision)
        .limit(limit)
    )
    return [Entry(number, entries) for number, entries in connection.execute(query)]
