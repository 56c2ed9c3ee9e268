"""Undoes a customer's journal: from a network of one revision back to one of an earlier revision.

What was before a change is kept for every change but bulk loads and what came before the journal begins: there the
past ends. Drivers who were erased since appear as the journal keeps them, by number and without their tags.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from ..rights.errors import DomainError, InvalidInput
from ..rights.network import Network
from .database import DatabaseFault
from .entities import ACCESS_GROUP, CHARGER, DRIVER, KINDS, SITE, Kind
from .schema import journal, journal_changes, journal_personal

WORTH_UNDOING = 5_000
"""Changes; beyond them it is faster to build the network of all its facts afresh."""


LOADED = "much was loaded at once then, and what stood before it is not kept"
BEGINS = "the journal begins then"


class BeforeHistory(InvalidInput):
    """An instant that the journal does not reach back to."""


class State(NamedTuple):
    """One entity as the journal has it before or after a change; None: there is none."""

    kind: Kind
    id: int | str
    image: Any


class WayBack:
    """Walks from the latest of the known networks, which are only looked at, back to earlier ones."""

    def __init__(self, connection: Connection, customer_id: int, known: dict[int, Network]) -> None:
        self._connection = connection
        self._customer_id = customer_id
        self._known = known
        self._latest = self.ended_at = max(known)
        self.network = known[self._latest]
        self._wall, self._why = 0, ""

    def revision_at(self, at: datetime) -> int:
        """The revision that stood at the instant; 0 before the customer's first."""
        query = (
            select(journal.c.revision)
            .where(journal.c.customer_id == self._customer_id, journal.c.at <= at, journal.c.revision <= self._latest)
            .order_by(journal.c.at.desc(), journal.c.revision.desc())
            .limit(1)
        )
        return self._connection.scalar(query) or 0

    def to(self, revision: int) -> Network:
        """The network of that revision, until the next step; ask for later revisions first. Raises BeforeHistory."""
        nearest = min(each for each in self._known if each >= revision)
        if nearest <= self.ended_at:
            self.ended_at, self.network = nearest, self._known[nearest]
        if revision < self.ended_at:
            self._require_entries(revision)
            self.network = self._undone(revision)
            self.ended_at = revision
        return self.network

    def _require_entries(self, revision: int) -> None:
        """Every revision after that one is journaled with what was before it."""
        if revision >= self._wall:
            bulk = func.max(case((journal.c.bulk, journal.c.revision)))
            query = select(func.count(), func.min(journal.c.revision), bulk).where(*self._after(journal, revision))
            count, first, loaded = self._connection.execute(query).one()
            if loaded is None and count == self.ended_at - revision:
                return
            self._wall, self._why = loaded or first or self.ended_at, LOADED if loaded else BEGINS
        mine = journal.c.customer_id == self._customer_id
        at = self._connection.scalar(select(journal.c.at).where(mine, journal.c.revision == self._wall))
        when = "of the past" if at is None else f"before {at.isoformat(timespec='seconds').replace('+00:00', 'Z')}"
        raise BeforeHistory(f"there is no answer {when}: {self._why}")

    def _undone(self, revision: int) -> Network:
        number = self._connection.scalar(select(func.count()).where(*self._after(journal_changes, revision))) or 0
        try:
            if number > WORTH_UNDOING:
                return rebuilt(self.network, self._earliest(revision))
            network = self.network.fork() if self.ended_at in self._known else self.network
            bring(network, self._newest_first(revision))
        except DomainError as error:  # facts that contradict each other, or words of a newer version
            raise DatabaseFault(f"the journal of customer {self._customer_id} cannot be undone: {error}") from error
        return network

    def _newest_first(self, revision: int) -> list[State]:
        query = _CHANGES.where(*self._after(journal_changes, revision))
        rows = self._connection.execute(
            query.order_by(journal_changes.c.revision.desc(), journal_changes.c.position.desc())
        )
        return [_before(*row) for row in rows]

    def _earliest(self, revision: int) -> list[State]:
        """Of every entity only what it was before its first change."""
        columns = journal_changes.c
        first = (
            select(columns.kind, columns.entity_id, func.min(columns.revision).label("revision"))
            .where(*self._after(journal_changes, revision))
            .group_by(columns.kind, columns.entity_id)
            .subquery()
        )
        same = and_(
            columns.kind == first.c.kind, columns.entity_id == first.c.entity_id, columns.revision == first.c.revision
        )
        query = _CHANGES.join(first, same).where(columns.customer_id == self._customer_id)
        rows = self._connection.execute(query.order_by(columns.revision.desc(), columns.position.desc()))
        return [_before(*row) for row in rows]

    def _after(self, table: Any, revision: int) -> list[Any]:
        columns = table.c
        return [
            columns.customer_id == self._customer_id,
            columns.revision > revision,
            columns.revision <= self.ended_at,
        ]


def bring(network: Network, states: Iterable[State]) -> None:
    """Brings the entities to these states, one after the other.

    Drivers come to their last states when all else is done: nothing refers to them, and of two who change in one
    revision one may get the other's tag.
    """
    drivers: dict[int | str, Any] = {}
    for kind, id_, image in states:
        if kind is DRIVER:
            if id_ in network.drivers:
                DRIVER.drop(network, id_)
            drivers[id_] = image
        elif image is None:
            kind.drop(network, id_)
        else:
            kind.put(network, kind.shape.validate_python(image))
    for image in drivers.values():
        if image is not None:
            DRIVER.put(network, DRIVER.shape.validate_python(image))


def rebuilt(network: Network, states: Iterable[State]) -> Network:
    """The network with these entities in these states; of several of one the last counts."""
    facts: dict[str, dict[Any, Any]] = {
        SITE.name: dict(network.sites),
        CHARGER.name: dict(network.chargers),
        ACCESS_GROUP.name: dict(network.access_groups),
        DRIVER.name: dict(network.drivers),
    }
    for kind, id_, image in states:
        if kind.name not in facts:
            continue
        if image is None:
            facts[kind.name].pop(id_, None)
        else:
            facts[kind.name][id_] = kind.shape.validate_python(image)
    return Network.build(*(them.values() for them in facts.values()))


_OF_A_PERSON = journal_personal.c.driver_id.is_not(None)
_CHANGES = select(
    journal_changes.c.kind,
    journal_changes.c.entity_id,
    case((_OF_A_PERSON, journal_personal.c.before), else_=journal_changes.c.before),
    _OF_A_PERSON,
).outerjoin(
    journal_personal,
    and_(
        journal_personal.c.customer_id == journal_changes.c.customer_id,
        journal_personal.c.revision == journal_changes.c.revision,
        journal_personal.c.position == journal_changes.c.position,
    ),
)


def _before(kind_name: str, entity_id: str, before: Any, of_a_person: bool) -> State:
    kind = KINDS[kind_name]
    if kind is DRIVER and before is not None and not of_a_person:  # the words for his tags may be another's tag
        before = {**before, "tags": []}
    return State(kind, entity_id if kind is CHARGER else int(entity_id), before)
