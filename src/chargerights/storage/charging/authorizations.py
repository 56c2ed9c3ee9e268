"""Authorization decisions at chargers, kept with their reason and path."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, update

from ...rights.decide import Reason
from ...rights.identifiers import tag_key
from ..fast_insert import insert_rows
from ..personal_tables import forget_late
from ..schema import authorisations, live_versions

DECISIONS_LOOKED_AT = 5_000


class Authorization(NamedTuple):
    """One decision.

    `id_tag` is as it was presented. `cause` is the sentence of the rule that decided. The right and its place are those
    of the first path that allows charging.
    """

    at: datetime
    charger_id: str
    evse_id: int | None
    connector_id: int | None
    id_tag: str
    tag_key: str
    message: str
    reason: str
    cause: str
    driver_id: int | None
    right_id: int | None
    place_kind: str | None
    place_id: str | None


_COLUMNS = [authorisations.c[name] for name in Authorization._fields]


@dataclass(frozen=True, slots=True)
class AuthorizationFilter:
    """A filter of decisions. Members that are None match everything."""

    charger_id: str | None = None
    charger_ids: Collection[str] | None = None
    """None stands for all chargers."""
    id_tag: str | None = None
    driver_id: int | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def clauses(self, customer_id: int) -> list[ColumnElement[bool]]:
        columns = authorisations.c
        asked = {
            columns.charger_id: self.charger_id,
            columns.tag_key: None if self.id_tag is None else tag_key(self.id_tag),
            columns.driver_id: self.driver_id,
            columns.reason: self.reason,
        }
        found: list[ColumnElement[bool]] = [columns.customer_id == customer_id]
        found += [column == value for column, value in asked.items() if value is not None]
        if self.charger_ids is not None:
            found.append(columns.charger_id.in_(self.charger_ids))
        if self.since is not None:
            found.append(columns.at >= self.since)
        if self.until is not None:
            found.append(columns.at < self.until)
        return found


def add(connection: Connection, customer_id: int, them: Sequence[Authorization]) -> None:
    """Adds the decisions, with ids in their order."""
    if not them:
        return
    after = connection.scalar(
        update(live_versions)
        .where(live_versions.c.customer_id == customer_id)
        .values(next_authorisation=live_versions.c.next_authorisation + len(them))
        .returning(live_versions.c.next_authorisation)
    )
    first = (after or 0) - len(them)
    insert_rows(connection, authorisations, [(customer_id, number, *each) for number, each in enumerate(them, first)])
    forget_late(connection, customer_id, authorisations, [each.driver_id for each in them])


def find(
    connection: Connection,
    customer_id: int,
    wanted: AuthorizationFilter,
    limit: int,
    offset: int = 0,
    before: int | None = None,
) -> list[tuple[int, Authorization]]:
    """Returns ids and decisions, newest first. `before` selects those with lower ids."""
    older = () if before is None else (authorisations.c.id < before,)
    query = (
        select(authorisations.c.id, *_COLUMNS)
        .where(*wanted.clauses(customer_id), *older)
        .order_by(authorisations.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [(number, Authorization(*row)) for number, *row in connection.execute(query)]


def recent_tags(connection: Connection, customer_id: int, charger_id: str) -> list[str]:
    """Returns the keys of the tags last accepted at the charger, the latest first."""
    mine = (authorisations.c.customer_id == customer_id) & (authorisations.c.charger_id == charger_id)
    query = (
        select(authorisations.c.tag_key, authorisations.c.reason)
        .where(mine)
        .order_by(authorisations.c.id.desc())
        .limit(DECISIONS_LOOKED_AT)
    )
    return [*dict.fromkeys(key for key, reason in connection.execute(query) if reason == Reason.ACCEPTED)]


def get(connection: Connection, customer_id: int, number: int) -> Authorization | None:
    """Returns the decision with that id."""
    mine = (authorisations.c.customer_id == customer_id) & (authorisations.c.id == number)
    row = connection.execute(select(*_COLUMNS).where(mine)).one_or_none()
    return None if row is None else Authorization(*row)


def count(connection: Connection, customer_id: int, wanted: AuthorizationFilter) -> int:
    return connection.scalar(select(func.count()).where(*wanted.clauses(customer_id))) or 0
