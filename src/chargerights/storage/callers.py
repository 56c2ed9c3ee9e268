"""Customers and their callers: API keys, and the operators that own them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from ..rights.identifiers import name as checked_name
from ..rights.permissions import Operator, Permission
from . import events
from .changes import api_keys
from .journal import Actor, Mark, UnknownCustomer
from .revisions import revise
from .rows import keys, operators
from .rows.keys import ApiKey
from .rows.operators import permissions_of
from .schema import api_keys as key_rows
from .schema import customers, live_versions
from .schema import operators as operator_rows

LAST_USE_KEPT_EVERY = timedelta(minutes=1)
ADMINISTRATOR = "Administrator"
HOST = Actor("cli")
"""The user of the command line."""

_AUTHENTICATE = (
    select(
        key_rows.c.customer_id,
        key_rows.c.id,
        key_rows.c.operator_id,
        operator_rows.c.permissions,
        operator_rows.c.site_ids,
        operator_rows.c.enabled,
        key_rows.c.read_only,
        key_rows.c.expires_at,
        key_rows.c.revoked_at,
        key_rows.c.last_used_at,
        customers.c.revision,
        customers.c.token,
        live_versions.c.version,
    )
    .join(customers, customers.c.id == key_rows.c.customer_id)
    .join(live_versions, live_versions.c.customer_id == key_rows.c.customer_id)
    .join(
        operator_rows,
        (operator_rows.c.customer_id == key_rows.c.customer_id) & (operator_rows.c.id == key_rows.c.operator_id),
    )
    .where(key_rows.c.customer_id == bindparam("customer"), key_rows.c.hash == bindparam("digest"))
)


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    name: str
    created_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: their permissions, and how new an answer must be.

    `mark` and `live_version` are the customer's at the time of the request. `site_ids` is None for a caller that sees
    all sites.
    """

    customer_id: int
    key_id: int
    operator_id: int
    permissions: frozenset[Permission]
    site_ids: tuple[int, ...] | None
    read_only: bool
    mark: Mark
    live_version: int
    last_used_at: datetime | None

    @property
    def actor(self) -> Actor:
        """Returns the caller as the journal names them."""
        return Actor(f"key {self.key_id}", self.operator_id)

    def may(self, permission: Permission) -> bool:
        if self.read_only and not permission.reads:
            return False
        return permission in self.permissions or Permission.GLOBAL_ADMIN in self.permissions


def add_customer(connection: Connection, name: str, at: datetime) -> Customer:
    """Adds a customer with an operator that has all permissions."""
    name = checked_name(name, "the customer's name")
    query = insert(customers).values(name=name, created_at=at, next_id=2).returning(customers.c.id)
    customer_id = connection.execute(query).scalar_one()
    connection.execute(insert(live_versions).values(customer_id=customer_id, version=0))
    events.begin(connection, customer_id, at)
    permissions = frozenset({Permission.GLOBAL_ADMIN})
    operators.add(connection, customer_id, [Operator(1, ADMINISTRATOR, permissions, created_at=at, updated_at=at)])
    return Customer(customer_id, name, at, 0)


def list_customers(connection: Connection, ids: Collection[int] | None = None) -> list[Customer]:
    """Returns the customers in the order of their ids: all, or those of these ids."""
    query = select(customers.c.id, customers.c.name, customers.c.created_at, customers.c.revision)
    if ids is not None:
        query = query.where(customers.c.id.in_(ids))
    return [Customer(*row) for row in connection.execute(query.order_by(customers.c.id))]


def identity(connection: Connection, caller: Caller) -> tuple[Customer, Operator, ApiKey]:
    """Returns the caller's customer, key and operator."""
    customer_id = caller.customer_id
    (customer,) = list_customers(connection, [customer_id])
    (operator,) = operators.load(connection, customer_id, [caller.operator_id])
    (key,) = keys.load(connection, customer_id, [caller.key_id])
    return customer, operator, key


def require_customer(connection: Connection, customer_id: int) -> None:
    if connection.scalar(select(customers.c.id).where(customers.c.id == customer_id)) is None:
        raise UnknownCustomer((customer_id,))


def add_key(
    connection: Connection,
    customer_id: int,
    *,
    at: datetime,
    name: str = "",
    read_only: bool = False,
    expires_at: datetime | None = None,
    operator_id: int | None = None,
    actor: Actor = HOST,
) -> tuple[ApiKey, str]:
    """Adds a key and returns it with its secret.

    It belongs to that operator, by default to the first one with all permissions.

    Raises UnknownCustomer and what `api_keys.add` raises.
    """
    with revise(connection, customer_id, at=at, actor=actor, action="key.add") as revision:
        owner = api_keys.administrator(revision).id if operator_id is None else operator_id
        return api_keys.add(revision, owner, name, read_only=read_only, expires_at=expires_at)


def revoke_key(connection: Connection, customer_id: int, key_id: int, at: datetime, actor: Actor = HOST) -> None:
    """Revokes the key from the next request on. Revoking it again changes nothing.

    Raises UnknownKey.
    """
    with revise(connection, customer_id, at=at, actor=actor, action="key.revoke") as revision:
        api_keys.revoke(revision, key_id)


def authenticate(connection: Connection, secret: str, at: datetime) -> Caller | None:
    """Returns the caller whose key it is.

    Returns None for a key that is unknown, revoked, expired or of a disabled operator.
    """
    customer_id = keys.customer_of(secret)
    if customer_id is None:
        return None
    asked = {"customer": customer_id, "digest": keys.hash_of(secret)}
    row = connection.execute(_AUTHENTICATE, asked).one_or_none()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
        return None
    if not row.enabled:
        return None
    return Caller(
        row.customer_id,
        row.id,
        row.operator_id,
        permissions_of(tuple(row.permissions)),
        None if row.site_ids is None else tuple(row.site_ids),
        row.read_only,
        Mark(row.revision, row.token),
        row.version,
        row.last_used_at,
    )


def note_use(connection: Connection, caller: Caller, at: datetime) -> None:
    """Records the last use of the key, to about a minute."""
    columns = key_rows.c
    connection.execute(
        update(key_rows)
        .where(columns.customer_id == caller.customer_id, columns.id == caller.key_id)
        .where(or_(columns.last_used_at.is_(None), columns.last_used_at < at))
        .values(last_used_at=at)
    )
