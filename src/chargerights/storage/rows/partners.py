"""Rows of the partners that are asked about unknown tags.

The secret is only there, not in the journal.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ...rights.errors import NotFound
from ..schema import partner_authorisations

ONLY = 1
"""A customer has at most one partner."""


class NoPartner(NotFound):
    what = "partner"

    def __init__(self) -> None:
        super().__init__(())
        self.args = ("no partner is set: unknown tags are refused",)


class Fallback(StrEnum):
    """The answer when the partner does not answer."""

    DENY = "deny"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner, its timeout, and how long its answers are cached, in seconds."""

    url: str
    timeout_seconds: float
    fallback: Fallback
    cache_seconds: float
    signed: bool
    updated_at: datetime
    id: int = ONLY


_TABLE = partner_authorisations
_MEMBERS = [each.name for each in fields(Partner) if each.name != "id"]


def load(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[Partner]:
    found = asked(connection, customer_id)
    return [] if found is None or (ids is not None and ONLY not in ids) else [found[0]]


def asked(connection: Connection, customer_id: int) -> tuple[Partner, str | None] | None:
    """Returns the customer's partner and the secret that signs requests, or None."""
    query = select(*(_TABLE.c[name] for name in _MEMBERS), _TABLE.c.secret).where(_TABLE.c.customer_id == customer_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    members = {name: getattr(row, name) for name in _MEMBERS} | {"fallback": Fallback(row.fallback)}
    return Partner(**members), row.secret


def add(connection: Connection, customer_id: int, them: Collection[Partner]) -> None:
    connection.execute(insert(_TABLE), [{"customer_id": customer_id, **_row(each)} for each in them])


def replace(connection: Connection, customer_id: int, _before: Partner, after: Partner) -> None:
    connection.execute(update(_TABLE).where(_TABLE.c.customer_id == customer_id).values(_row(after)))


def remove(connection: Connection, customer_id: int, _id: int) -> None:
    connection.execute(delete(_TABLE).where(_TABLE.c.customer_id == customer_id))


def set_secret(connection: Connection, customer_id: int, secret: str | None) -> None:
    connection.execute(update(_TABLE).where(_TABLE.c.customer_id == customer_id).values(secret=secret))


def _row(partner: Partner) -> dict[str, Any]:
    return {name: getattr(partner, name) for name in _MEMBERS}
