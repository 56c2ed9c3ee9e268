"""The journal of a customer's revisions, for reading. `revisions` writes it.

An entry has a change for every entity, with its whole state before and after. A bulk write is one entry without
changes, which makes snapshots load again.

Each revision has a random token beside its number, and knows the token of the one before it. A database that was
restored, or that lost revisions, has the same numbers again, and other tokens.

A driver's change is kept twice: for good without personal data, and in full until the driver is erased (see
`pseudonyms`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import structlog
from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, func, select

from ..rights.entity_states import apply_state
from ..rights.errors import NotFound
from ..rights.network import Network
from .entity_types import (
    CHARGER,
    CHARGER_PASSWORD,
    CHARGING_SETTINGS,
    DRIVER,
    KINDS,
    PARTNER,
    SITE,
)
from .schema import customers, journal, journal_changes, journal_personal

T = TypeVar("T")

log = structlog.get_logger()

ERASURE = "driver.erase"
"""The action of revisions that erase a driver (see `personal`)."""
CHANNEL = "chargerights_revised"
"""PostgreSQL's channel of notifications about revisions (see `notices`)."""


def _same(one: Table, other: Table, *names: str) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in names))


OF_ENTRY = _same(journal_changes, journal, "customer_id", "revision")
"""Joins changes to their entry."""
OF_CHANGE = _same(journal_personal, journal_changes, "customer_id", "revision", "position")
"""Joins the personal data of a change, which is there until the driver is erased."""
NAMED = journal_personal.c.driver_id.is_not(None)
BEFORE = func.coalesce(journal_personal.c.before, journal_changes.c.before)
AFTER = func.coalesce(journal_personal.c.after, journal_changes.c.after)
"""An entity before and after a change, in full if the driver is not erased."""


class UnknownCustomer(NotFound):
    what = "customer"


class Actor(NamedTuple):
    """The author of a change, as the journal names it: `key 5`, `cli`, `import 3`.

    `operator_id` is the operator that it acts for.
    """

    name: str
    operator_id: int | None = None


class ChangeContext(NamedTuple):
    """The instant, author and command of a change.

    Commands are `driver.add`, `right.grant` …
    """

    at: datetime
    actor: Actor
    action: str


class Mark(NamedTuple):
    """Names one state of a customer's network.

    The token is None before the first revision.
    """

    revision: int
    token: int | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One revision.

    `changes` is None for a bulk write. `follows` is the token of the revision before it.
    """

    revision: int
    changes: list[dict[str, Any]] | None
    token: int | None = None
    follows: int | None = None

    @property
    def mark(self) -> Mark:
        return Mark(self.revision, self.token)

    def renames(self) -> bool:
        """Tells whether names that lists of drivers show may have changed."""
        return any(_renames(change["kind"], change["before"], change["after"]) for change in self.changes or ())

    def alters_proofs(self) -> bool:
        """Tells whether connected chargers may have been removed or use an old password."""
        return bool(self.removed_chargers()) or any(
            change["kind"] == CHARGER_PASSWORD.name for change in self.changes or ()
        )

    def alters_settings(self) -> bool:
        """Tells whether settings that answers to chargers depend on have changed."""
        return any(change["kind"] in (PARTNER.name, CHARGING_SETTINGS.name) for change in self.changes or ())

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


def _renames(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    if kind not in (SITE.name, DRIVER.name) or before is None:
        return False
    shown = ("name", "home_site_id")
    return after is None or any(before.get(name) != after.get(name) for name in shown)


def mark_of(connection: Connection, customer_id: int) -> Mark:
    """Returns the customer's latest mark as this transaction sees it.

    Raises UnknownCustomer.
    """
    row = connection.execute(_MARK, {"customer": customer_id}).one_or_none()
    if row is None:
        raise UnknownCustomer((customer_id,))
    return Mark(row.revision, row.token)


_MARK = select(customers.c.revision, customers.c.token).where(customers.c.id == bindparam("customer"))


def number_of(connection: Connection, customer_id: int) -> int:
    """Returns the customer's revision as this transaction sees it.

    Raises UnknownCustomer.
    """
    return mark_of(connection, customer_id).revision


def since(connection: Connection, customer_id: int, revision: int, limit: int) -> list[JournalEntry]:
    """Returns the entries after that revision, in order.

    Returns as many whole entries as have `limit` changes together.
    """
    rows = connection.execute(_SINCE, {"customer": customer_id, "revision": revision, "most": limit + 1}).all()
    entries: list[JournalEntry] = []
    for number, token, follows, bulk, kind, id_, before, after in rows:
        if not entries or entries[-1].revision != number:
            entries.append(JournalEntry(number, None if bulk else [], token, follows))
        changes = entries[-1].changes
        if changes is not None:
            key = KINDS[kind].key(id_) if kind in KINDS else id_  # callers refuse a newer version's type
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
