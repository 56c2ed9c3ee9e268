"""Customers and the API keys of their callers.

A key is `crk_<customer id>_<256 random bits in hex>`: the prefix makes a leaked key recognisable, the customer
id finds its row without a look-up across customers. Only its SHA-256 is stored; 256 random bits need no salt
and no slow hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from ..rights.errors import InvalidInput, NotFound
from ..rights.identifiers import is_int64
from ..rights.identifiers import name as checked_name
from . import events
from .journal import UnknownCustomer
from .schema import api_keys, customers, live_versions

KEY_BYTES = 32
LAST_USE_KEPT_EVERY = timedelta(minutes=1)
_KEY = re.compile(r"crk_([1-9][0-9]{0,18})_([0-9a-f]{64})")

_AUTHENTICATE = (
    select(
        api_keys.c.customer_id,
        api_keys.c.id,
        api_keys.c.read_only,
        api_keys.c.expires_at,
        api_keys.c.revoked_at,
        api_keys.c.last_used_at,
        customers.c.revision,
        live_versions.c.version,
    )
    .join(customers, customers.c.id == api_keys.c.customer_id)
    .join(live_versions, live_versions.c.customer_id == api_keys.c.customer_id)
    .where(api_keys.c.customer_id == bindparam("customer"), api_keys.c.hash == bindparam("digest"))
)


class UnknownKey(NotFound):
    what = "API key"


class InvalidExpiry(InvalidInput):
    """A key that would have expired before it is made."""


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    name: str
    created_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as lists show it: everything but the key."""

    id: int
    name: str
    last_characters: str
    read_only: bool
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and how new an answer must be: the customer's revision and live version at the asking."""

    customer_id: int
    key_id: int
    read_only: bool
    revision: int
    live_version: int
    last_used_at: datetime | None

    @property
    def actor(self) -> str:
        """As the journal names him."""
        return f"key {self.key_id}"


def add_customer(connection: Connection, name: str, at: datetime) -> Customer:
    name = checked_name(name, "the customer's name")
    query = insert(customers).values(name=name, created_at=at).returning(customers.c.id)
    customer_id = connection.execute(query).scalar_one()
    connection.execute(insert(live_versions).values(customer_id=customer_id, version=0))
    events.begin(connection, customer_id, at)
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
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is to be shown this once. Raises UnknownCustomer, InvalidExpiry."""
    if expires_at is not None and expires_at <= at:
        raise InvalidExpiry(f"the key would expire at {expires_at.isoformat()}, which is past")
    counter = connection.execute(
        update(customers)
        .where(customers.c.id == customer_id)
        .values(next_id=customers.c.next_id + 1)
        .returning(customers.c.next_id)
    ).scalar_one_or_none()
    if counter is None:
        raise UnknownCustomer((customer_id,))
    secret = f"crk_{customer_id}_{secrets.token_hex(KEY_BYTES)}"
    key = ApiKey(counter - 1, name.strip() or "key", secret[-4:], read_only, at, expires_at, None, None)
    connection.execute(
        insert(api_keys).values(
            customer_id=customer_id,
            id=key.id,
            name=checked_name(key.name, "the key's name"),
            hash=_hash(secret),
            last_characters=key.last_characters,
            read_only=read_only,
            created_at=at,
            expires_at=expires_at,
        )
    )
    return key, secret


def list_keys(connection: Connection, customer_id: int | None = None) -> list[tuple[int, ApiKey]]:
    """Customer ids and keys, of one customer or of all."""
    columns = api_keys.c
    query = select(
        columns.customer_id,
        columns.id,
        columns.name,
        columns.last_characters,
        columns.read_only,
        columns.created_at,
        columns.expires_at,
        columns.revoked_at,
        columns.last_used_at,
    )
    if customer_id is not None:
        query = query.where(columns.customer_id == customer_id)
    rows = connection.execute(query.order_by(columns.customer_id, columns.id))
    return [(row[0], ApiKey(*row[1:])) for row in rows]


def revoke_key(connection: Connection, customer_id: int, key_id: int, at: datetime) -> None:
    """The key stops working with the next request; revoking it again changes nothing. Raises UnknownKey."""
    columns = api_keys.c
    mine = (columns.customer_id == customer_id) & (columns.id == key_id)
    if connection.scalar(select(columns.id).where(mine)) is None:
        raise UnknownKey((key_id,))
    connection.execute(update(api_keys).where(mine, columns.revoked_at.is_(None)).values(revoked_at=at))


def authenticate(connection: Connection, secret: str, at: datetime) -> Caller | None:
    """The caller that the key names, or None for a key that is unknown, revoked or expired."""
    match = _KEY.fullmatch(secret)
    if match is None or not is_int64(customer_id := int(match[1])):
        return None
    row = connection.execute(_AUTHENTICATE, {"customer": customer_id, "digest": _hash(secret)}).one_or_none()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
        return None
    return Caller(row.customer_id, row.id, row.read_only, row.revision, row.version, row.last_used_at)


def note_use(connection: Connection, caller: Caller, at: datetime) -> None:
    """Keeps when the key was last used, to about a minute."""
    columns = api_keys.c
    connection.execute(
        update(api_keys)
        .where(columns.customer_id == caller.customer_id, columns.id == caller.key_id)
        .where(or_(columns.last_used_at.is_(None), columns.last_used_at < at))
        .values(last_used_at=at)
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
