"""Passwords of chargers (OCPP security profiles 1 and 2), and chargers' owners.

A password is 160 random bits in hexadecimal: 40 characters are the most that OCPP 1.6's AuthorizationKey and 2.x's
BasicAuthPassword both accept. Only its SHA-256 is stored: random bits need no salt and no slow hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from ...rights.errors import UnknownCharger
from ..callers import HOST
from ..entity_types import CHARGER_PASSWORD, PasswordSet
from ..journal import Actor
from ..revisions import JournalChange, Revision, revise
from ..rows.chargers import owner
from ..schema import charger_owners, charger_passwords, chargers

PASSWORD_BYTES = 20
IDS_PER_QUERY = 500


class KnownCredentials(NamedTuple):
    """The owner and credentials of a charger. `hash` is None if it has no password."""

    customer_id: int
    hash: str | None
    serial_number: str | None

    def shows(self, password: bytes) -> bool:
        """Tells whether that is its password.

        It may be the text, or the bytes that the text writes in hexadecimal, as chargers of 1.6 send it (OCPP-J 1.6
        section 6.2.2).
        """
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


def know(connection: Connection, charger_id: str) -> KnownCredentials | None:
    """Returns the charger's owner and credentials, or None for an unknown charger."""
    row = connection.execute(_KNOW, {"charger": charger_id}).one_or_none()
    return None if row is None else KnownCredentials(*row)


def hashes(connection: Connection, customer_id: int, charger_ids: Collection[str]) -> dict[str, str | None]:
    """Returns the password hashes of the chargers that the customer still has."""
    found: dict[str, str | None] = {}
    ids = [*charger_ids]
    for start in range(0, len(ids), IDS_PER_QUERY):
        asked = {"customer": customer_id, "ids": ids[start : start + IDS_PER_QUERY]}
        found.update((charger_id, hash_) for charger_id, hash_ in connection.execute(_HASHES, asked))
    return found


_HASHES = (
    select(chargers.c.charger_id, charger_passwords.c.hash)
    .outerjoin(
        charger_passwords,
        and_(
            charger_passwords.c.customer_id == chargers.c.customer_id,
            charger_passwords.c.charger_id == chargers.c.charger_id,
        ),
    )
    .where(chargers.c.customer_id == bindparam("customer"), chargers.c.charger_id.in_(bindparam("ids", expanding=True)))
)


def renew(connection: Connection, charger_id: str, at: datetime, actor: Actor = HOST) -> str:
    """Returns a new password for the charger, to be shown only now.

    The old one stops working, and a connection that was opened with it is closed. Raises UnknownCharger.
    """
    customer_id = owner(connection, charger_id)
    if customer_id is None:
        raise UnknownCharger((charger_id,))
    with revise(connection, customer_id, at=at, actor=actor, action="charger.password") as revision:
        return renew_in(revision, charger_id)


def renew_in(revision: Revision, charger_id: str) -> str:
    """Does the same as a part of that revision."""
    connection, customer_id = revision.connection, revision.customer_id
    password = secrets.token_hex(PASSWORD_BYTES)
    columns = charger_passwords.c
    mine = (columns.customer_id == customer_id) & (columns.charger_id == charger_id)
    before = connection.scalar(select(columns.set_at).where(mine))
    connection.execute(delete(charger_passwords).where(mine))
    row = {"customer_id": customer_id, "charger_id": charger_id, "hash": _hash(password.encode())}
    connection.execute(insert(charger_passwords).values(row | {"set_at": revision.at}))
    was = None if before is None else PasswordSet(charger_id, before)
    revision.changes.append(JournalChange(CHARGER_PASSWORD, charger_id, was, PasswordSet(charger_id, revision.at)))
    return password


def _hash(password: bytes) -> str:
    return hashlib.sha256(password).hexdigest()
