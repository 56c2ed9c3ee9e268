"""Customers, and who calls for them: an API key and the operator it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from ..rights.errors import InvalidInput
from ..rights.identifiers import name as checked_name
from ..rights.operators import Operator, Permission
from . import events, keys, operators
from .entities import API_KEY
from .journal import Actor, Change, Revision, UnknownCustomer, revise
from .keys import ApiKey, UnknownKey
from .operators import UnknownOperator, permissions_of
from .schema import api_keys, customers, live_versions
from .schema import operators as operator_rows

LAST_USE_KEPT_EVERY = timedelta(minutes=1)
ADMINISTRATOR = "Administrator"
HOST = Actor("cli")
"""Whoever runs the server's own commands."""

_AUTHENTICATE = (
    select(
        api_keys.c.customer_id,
        api_keys.c.id,
        api_keys.c.operator_id,
        operator_rows.c.permissions,
        operator_rows.c.site_ids,
        operator_rows.c.enabled,
        api_keys.c.read_only,
        api_keys.c.expires_at,
        api_keys.c.revoked_at,
        api_keys.c.last_used_at,
        customers.c.revision,
        live_versions.c.version,
    )
    .join(customers, customers.c.id == api_keys.c.customer_id)
    .join(live_versions, live_versions.c.customer_id == api_keys.c.customer_id)
    .join(
        operator_rows,
        (operator_rows.c.customer_id == api_keys.c.customer_id) & (operator_rows.c.id == api_keys.c.operator_id),
    )
    .where(api_keys.c.customer_id == bindparam("customer"), api_keys.c.hash == bindparam("digest"))
)


class InvalidExpiry(InvalidInput):
    """A key that would have expired before it is made."""


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    name: str
    created_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, what he may do, and how new an answer must be: the customer's revision and live version at the
    asking. `site_ids` None: he sees all sites."""

    customer_id: int
    key_id: int
    operator_id: int
    permissions: frozenset[Permission]
    site_ids: tuple[int, ...] | None
    read_only: bool
    revision: int
    live_version: int
    last_used_at: datetime | None

    @property
    def actor(self) -> Actor:
        """As the journal names him."""
        return Actor(f"key {self.key_id}", self.operator_id)

    def may(self, permission: Permission) -> bool:
        if self.read_only and not permission.reads:
            return False
        return permission in self.permissions or Permission.GLOBAL_ADMIN in self.permissions


def add_customer(connection: Connection, name: str, at: datetime) -> Customer:
    """A new customer with an operator who may do everything, so that somebody can."""
    name = checked_name(name, "the customer's name")
    query = insert(customers).values(name=name, created_at=at, next_id=2).returning(customers.c.id)
    customer_id = connection.execute(query).scalar_one()
    connection.execute(insert(live_versions).values(customer_id=customer_id, version=0))
    events.begin(connection, customer_id, at)
    permissions = frozenset({Permission.GLOBAL_ADMIN})
    operators.add(connection, customer_id, [Operator(1, ADMINISTRATOR, permissions, created_at=at, updated_at=at)])
    return Customer(customer_id, name, at, 0)


def list_customers(connection: Connection) -> list[Customer]:
    query = select(customers.c.id, customers.c.name, customers.c.created_at, customers.c.revision)
    return [Customer(*row) for row in connection.execute(query.order_by(customers.c.id))]


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
    """A new key of that operator, else of the customer's first, and its secret, which is to be shown this once.

    Raises UnknownCustomer, UnknownOperator, InvalidExpiry.
    """
    if expires_at is not None and expires_at <= at:
        raise InvalidExpiry(f"the key would expire at {expires_at.isoformat()}, which is past")
    shown = checked_name(name.strip() or "key", "the key's name")
    with revise(connection, customer_id, at=at, actor=actor, action="key.add") as revision:
        found = operators.load(connection, customer_id, None if operator_id is None else [operator_id])
        if not found:
            raise UnknownOperator((operator_id or 1,))
        secret = keys.new_secret(customer_id)
        key = ApiKey(revision.next_id(), found[0].id, shown, secret[-4:], read_only, at, expires_at)
        keys.add(connection, customer_id, key, secret)
        revision.changes.append(Change(API_KEY, key.id, None, key))
        return key, secret


def revoke_key(connection: Connection, customer_id: int, key_id: int, at: datetime, actor: Actor = HOST) -> None:
    """The key stops working with the next request; revoking it again changes nothing. Raises UnknownKey."""
    with revise(connection, customer_id, at=at, actor=actor, action="key.revoke") as revision:
        found = keys.load(connection, customer_id, [key_id])
        if not found:
            raise UnknownKey((key_id,))
        _revoke(revision, found)


def revoke_keys_of(revision: Revision, operator_id: int) -> None:
    """All keys of the operator stop working."""
    them = keys.load(revision.connection, revision.customer_id)
    _revoke(revision, [each for each in them if each.operator_id == operator_id])


def _revoke(revision: Revision, them: Iterable[ApiKey]) -> None:
    for key in them:
        if key.revoked_at is None:
            revision.put(replace(key, revoked_at=revision.at))


def authenticate(connection: Connection, secret: str, at: datetime) -> Caller | None:
    """The caller that the key names, or None for a key that is unknown, revoked, expired or of a disabled operator."""
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
        row.revision,
        row.version,
        row.last_used_at,
    )


def note_use(connection: Connection, caller: Caller, at: datetime) -> None:
    """Keeps when the key was last used, to about a minute."""
    columns = api_keys.c
    connection.execute(
        update(api_keys)
        .where(columns.customer_id == caller.customer_id, columns.id == caller.key_id)
        .where(or_(columns.last_used_at.is_(None), columns.last_used_at < at))
        .values(last_used_at=at)
    )
