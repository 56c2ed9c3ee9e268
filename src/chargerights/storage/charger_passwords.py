"""The passwords that chargers show (OCPP security profiles 1 and 2), and whose charger shows it.

A password is 160 random bits in hexadecimal: 40 characters are the most that OCPP 1.6's AuthorizationKey and 2.x's
BasicAuthPassword both take. Only its SHA-256 is stored; random bits need no salt and no slow hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from ..rights.errors import UnknownCharger
from .chargers import owner
from .schema import charger_owners, charger_passwords, chargers

PASSWORD_BYTES = 20


class Known(NamedTuple):
    """A charger that some customer has; `hash` is None when it has no password."""

    customer_id: int
    hash: str | None
    serial_number: str | None

    def shows(self, password: bytes) -> bool:
        """Whether that is its password, as text or as the bytes that the text writes in hexadecimal: chargers of 1.6
        send those (OCPP-J 1.6 section 6.2.2)."""
        hashes = (_hash(password), _hash(password.hex().encode()))
        return self.hash is not None and any(hmac.compare_digest(self.hash, each) for each in hashes)


_KNOW = (
    select(charger_owners.c.customer_id, charger_passwords.c.hash, chargers.c.serial_number)
    .select_from(
        charger_owners.join(
            chargers,
            and_(
                chargers.c.customer_id == charger_owners.c.customer_id,
                chargers.c.charger_id == charger_owners.c.charger_id,
            ),
        ).outerjoin(
            charger_passwords,
            and_(
                charger_passwords.c.customer_id == charger_owners.c.customer_id,
                charger_passwords.c.charger_id == charger_owners.c.charger_id,
            ),
        )
    )
    .where(charger_owners.c.charger_id == bindparam("charger"))
)


def know(connection: Connection, charger_id: str) -> Known | None:
    """Whose charger it is and how it proves it; None for one that no customer has."""
    row = connection.execute(_KNOW, {"charger": charger_id}).one_or_none()
    return None if row is None else Known(*row)


def renew(connection: Connection, charger_id: str, at: datetime) -> str:
    """A new password for the charger, to be shown this once; the old one stops working with its next connection.
    Raises UnknownCharger."""
    customer_id = owner(connection, charger_id)
    if customer_id is None:
        raise UnknownCharger((charger_id,))
    password = secrets.token_hex(PASSWORD_BYTES)
    columns = charger_passwords.c
    mine = (columns.customer_id == customer_id) & (columns.charger_id == charger_id)
    connection.execute(delete(charger_passwords).where(mine))
    row = {"customer_id": customer_id, "charger_id": charger_id, "hash": _hash(password.encode()), "set_at": at}
    connection.execute(insert(charger_passwords).values(row))
    return password


def _hash(password: bytes) -> str:
    return hashlib.sha256(password).hexdigest()
