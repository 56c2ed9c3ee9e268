"""Results of requests with an Idempotency-Key, which are done only once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from ..rights.errors import Conflict
from . import journal, revisions
from .journal import ChangeContext
from .revisions import Revision
from .schema import customers, idempotency_keys

KEPT = timedelta(days=1)


class KeyReused(Conflict):
    """An Idempotency-Key that a different request has used."""


class Once(NamedTuple):
    """A request to be done once: its operator, key and fingerprint."""

    operator_id: int
    key: str
    fingerprint: str


class KeptAnswer(NamedTuple):
    result: Any


class Made(NamedTuple):
    """The result of a request, or of its first time, and the revision that shows it."""

    result: Any
    revision: int


def make(
    connection: Connection,
    customer_id: int,
    occasion: ChangeContext,
    once: Once | None,
    work: Callable[[Revision], Any],
) -> Made:
    """Does the work once, as the customer's next revision.

    With a key, the result must be JSON. Raises KeyReused, UnknownCustomer.
    """
    if once is not None:
        kept = find(connection, customer_id, once, occasion.at)
        if kept is not None:
            return Made(kept.result, journal.number_of(connection, customer_id))
    with revisions.revise(connection, customer_id, **occasion._asdict()) as revision:
        result = work(revision)
    if once is not None:
        keep(connection, customer_id, once, result, occasion.at)
    return Made(result, revision.latest)


def find(connection: Connection, customer_id: int, once: Once, at: datetime) -> KeptAnswer | None:
    """Returns the result of the request if it was done before, else None.

    Requests of one customer wait here for each other, so that of two at the same time only one is done. Raises
    KeyReused.
    """
    connection.execute(select(customers.c.id).where(customers.c.id == customer_id).with_for_update()).all()
    columns = idempotency_keys.c
    old = (columns.customer_id == customer_id) & (columns.at <= at - KEPT)
    connection.execute(delete(idempotency_keys).where(old))
    mine = (columns.customer_id == customer_id) & (columns.operator_id == once.operator_id) & (columns.key == once.key)
    row = connection.execute(select(columns.fingerprint, columns.result).where(mine)).one_or_none()
    if row is None:
        return None
    if row.fingerprint != once.fingerprint:
        raise KeyReused(f"the Idempotency-Key {once.key!r} was sent with another request: take a new one")
    return KeptAnswer(*row.result)


def keep(connection: Connection, customer_id: int, once: Once, result: Any, at: datetime) -> None:
    """Keeps the result of the request, in the transaction that did it."""
    boxed = [result]  # SQLite's JSON column would return a bare number as a number, not as JSON
    row = {"customer_id": customer_id, **once._asdict(), "result": boxed, "at": at}
    connection.execute(insert(idempotency_keys).values(row))


def forget(connection: Connection, customer_id: int, once: Once) -> None:
    """Deletes the result, so that the request can be done again."""
    columns = idempotency_keys.c
    mine = (columns.customer_id == customer_id) & (columns.operator_id == once.operator_id) & (columns.key == once.key)
    connection.execute(delete(idempotency_keys).where(mine))
