"""Changes of API keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ...rights.errors import Conflict, InvalidInput
from ...rights.identifiers import name as checked_name
from ...rights.permissions import Operator
from ..entity_types import API_KEY
from ..revisions import JournalChange, Revision
from ..rows import keys, operators
from ..rows.keys import ApiKey, UnknownKey
from ..rows.operators import UnknownOperator

UNNAMED = "key"
MOST_KEYS = 50
"""Usable keys of one operator. More are probably forgotten ones."""


class InvalidExpiry(InvalidInput):
    """An expiry in the past."""


class TooManyKeys(Conflict):
    """An operator that has the largest number of keys already."""


class OperatorDisabled(Conflict):
    """A key for a disabled operator, whose keys are refused."""


def add(
    revision: Revision,
    operator_id: int,
    name: str = "",
    *,
    read_only: bool = False,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Adds a key of the operator. Returns it with its secret, to be shown only now.

    Raises UnknownOperator, OperatorDisabled, TooManyKeys, InvalidExpiry, InvalidIdentifier.
    """
    if expires_at is not None and expires_at <= revision.at:
        raise InvalidExpiry(f"the key would expire at {expires_at.isoformat()}, which is past")
    shown = checked_name(name.strip() or UNNAMED, "the key's name")
    found = operators.load(revision.connection, revision.customer_id, [operator_id])
    if not found:
        raise UnknownOperator((operator_id,))
    if not found[0].enabled:
        raise OperatorDisabled(
            f"operator {operator_id} is disabled, and their keys are refused: enable the operator first"
        )
    if keys.count_usable(revision.connection, revision.customer_id, operator_id, revision.at) >= MOST_KEYS:
        raise TooManyKeys(
            f"operator {operator_id} has {MOST_KEYS} API keys, the most that an operator can have: revoke one that is"
            " not needed first"
        )
    secret = keys.new_secret(revision.customer_id)
    key = ApiKey(revision.next_id(), operator_id, shown, secret[-4:], read_only, revision.at, expires_at)
    keys.add(revision.connection, revision.customer_id, key, secret)
    revision.changes.append(JournalChange(API_KEY, key.id, None, key))
    return key, secret


def revoke(revision: Revision, key_id: int) -> None:
    """Revokes the key from the next request on. Revoking it again changes nothing.

    Raises UnknownKey.
    """
    found = keys.load(revision.connection, revision.customer_id, [key_id])
    if not found:
        raise UnknownKey((key_id,))
    _revoke(revision, found)


def revoke_all_of(revision: Revision, operator_id: int) -> None:
    """Revokes all keys of the operator."""
    them = keys.load(revision.connection, revision.customer_id)
    _revoke(revision, [each for each in them if each.operator_id == operator_id])


def administrator(revision: Revision) -> Operator:
    """Returns the customer's first operator with all permissions everywhere.

    `changes.operators` ensures that there is one.
    """
    them = operators.load(revision.connection, revision.customer_id)
    return next(each for each in them if each.administers)


def _revoke(revision: Revision, them: Iterable[ApiKey]) -> None:
    for key in them:
        if key.revoked_at is None:
            revision.put(replace(key, revoked_at=revision.at))
