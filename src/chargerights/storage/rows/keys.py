"""Rows of API keys.

A key is `crk_<customer id>_<256 random bits in hex>`: the prefix makes a leaked key recognisable, the customer id finds
its row without a look-up across customers. Only its SHA-256 is stored: 256 random bits need no salt and no slow hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, or_, select, update

from ...rights.errors import NotFound
from ...rights.identifiers import is_int64
from ..schema import api_keys

KEY_BYTES = 32
_KEY = re.compile(r"crk_([1-9][0-9]{0,18})_([0-9a-f]{64})")


class UnknownKey(NotFound):
    what = "API key"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as lists show it, without its secret."""

    id: int
    operator_id: int
    name: str
    last_characters: str
    read_only: bool
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


_MEMBERS = tuple(ApiKey.__dataclass_fields__)
_COLUMNS = [api_keys.c[name] for name in _MEMBERS]


def load(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[ApiKey]:
    """Returns the customer's keys, sorted by id: all, or those of these ids."""
    query = select(*_COLUMNS).where(api_keys.c.customer_id == customer_id).order_by(api_keys.c.id)
    if ids is not None:
        query = query.where(api_keys.c.id.in_(ids))
    return [ApiKey(*row) for row in connection.execute(query)]


def load_with_customers(connection: Connection, customer_id: int | None = None) -> list[tuple[int, ApiKey]]:
    """Returns customer ids and keys, of one customer or of all."""
    query = select(api_keys.c.customer_id, *_COLUMNS).order_by(api_keys.c.customer_id, api_keys.c.id)
    if customer_id is not None:
        query = query.where(api_keys.c.customer_id == customer_id)
    return [(row[0], ApiKey(*row[1:])) for row in connection.execute(query)]


def new_secret(customer_id: int) -> str:
    return f"crk_{customer_id}_{secrets.token_hex(KEY_BYTES)}"


def add(connection: Connection, customer_id: int, key: ApiKey, secret: str) -> None:
    members = {name: getattr(key, name) for name in _MEMBERS}
    connection.execute(insert(api_keys).values(customer_id=customer_id, hash=hash_of(secret), **members))


def replace(connection: Connection, customer_id: int, before: ApiKey, key: ApiKey) -> None:
    mine = (api_keys.c.customer_id == customer_id) & (api_keys.c.id == key.id)
    connection.execute(update(api_keys).where(mine).values({name: getattr(key, name) for name in _MEMBERS}))


def count_usable(connection: Connection, customer_id: int, operator_id: int, at: datetime) -> int:
    """Returns the number of the operator's keys that are neither revoked nor expired."""
    columns = api_keys.c
    query = (
        select(func.count())
        .select_from(api_keys)
        .where(columns.customer_id == customer_id, columns.operator_id == operator_id, columns.revoked_at.is_(None))
        .where(or_(columns.expires_at.is_(None), columns.expires_at > at))
    )
    return connection.scalar(query) or 0


def customer_of(secret: str) -> int | None:
    """Returns the customer id in a key's text, or None if the text is not a key."""
    match = _KEY.fullmatch(secret)
    return int(match[1]) if match is not None and is_int64(int(match[1])) else None


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
