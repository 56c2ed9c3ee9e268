"""Operators and their API keys.

A caller sees themselves and, with GlobalAdmin, operators whose site access is within their own.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..replica.preview import Preview
from ..rights.errors import UnknownSite
from ..rights.permissions import Operator, Permission
from ..storage.changes import api_keys, operators
from ..storage.changes.api_keys import InvalidExpiry, OperatorDisabled, TooManyKeys
from ..storage.revisions import Revision
from ..storage.rows import keys
from ..storage.rows import operators as rows
from ..storage.rows.keys import ApiKey, UnknownKey
from ..storage.rows.operators import UnknownOperator
from .errors import Forbidden, InMember, Members
from .mutation import Applied, Mutation
from .view import View
from .visibility import require_operator, sees_operator

SITES = "siteIds"
IN_BODY: Members = {UnknownSite: SITES}
IN_KEY_BODY: Members = {
    UnknownOperator: "operatorId",
    OperatorDisabled: "operatorId",
    TooManyKeys: "operatorId",
    InvalidExpiry: "expiresAt",
}


async def find(view: View, search: str | None, enabled: bool | None) -> list[Operator]:
    """The operators that the caller sees and that match."""
    text = "" if search is None else search.strip().casefold()
    return [
        operator
        for operator in await view.services.database.read(rows.load, view.caller.customer_id)
        if sees_operator(view, operator) and text in operator.name.casefold() and enabled in (None, operator.enabled)
    ]


async def one(view: View, operator_id: int) -> Operator:
    """The operator. Raises UnknownOperator also for one that the caller does not see."""
    found = await view.services.database.glance(rows.load, view.caller.customer_id, [operator_id])
    if not found:
        raise UnknownOperator((operator_id,))
    require_operator(view, found[0])
    return found[0]


async def add(
    mutation: Mutation, name: str, permissions: Collection[Permission], site_ids: Collection[int] | None
) -> Operator:
    """Adds an operator without a key."""
    _require_within(mutation.view, site_ids)
    added = await mutation.make(
        "operator.add",
        lambda revision: operators.add(revision, name, permissions, site_ids).id,
        members=IN_BODY,
    )
    return await one(mutation.view, added.result)


async def change(mutation: Mutation, operator_id: int, members: dict[str, Any]) -> Operator:
    """Changes an operator."""
    if "site_ids" in members:
        _require_within(mutation.view, members["site_ids"])

    def work(revision: Revision) -> Operator:
        _expect(mutation, revision, operator_id)
        return operators.change(revision, operator_id, **members)

    return (await mutation.make("operator.change", work, members=IN_BODY)).result


async def remove(mutation: Mutation, operator_id: int) -> Applied[None] | Preview[None]:
    """Disables an operator and revokes their keys."""

    def work(revision: Revision) -> None:
        _expect(mutation, revision, operator_id)
        operators.remove(revision, operator_id)

    return await mutation.apply("operator.remove", work)


async def find_keys(view: View, search: str | None, operator_id: int | None) -> list[ApiKey]:
    """The keys of operators that the caller sees, revoked ones too."""
    customer_id, database = view.caller.customer_id, view.services.database
    known = await database.read(keys.load, customer_id)
    seen = {operator.id for operator in await find(view, None, None)}
    text = "" if search is None else search.strip().casefold()
    return [
        key
        for key in known
        if key.operator_id in seen and text in key.name.casefold() and operator_id in (None, key.operator_id)
    ]


async def one_key(view: View, key_id: int) -> ApiKey:
    """The key's record.

    Raises UnknownKey also for a key of an operator that the caller does not see.
    """
    customer_id, database = view.caller.customer_id, view.services.database
    found = await database.glance(keys.load, customer_id, [key_id])
    owners = await database.glance(rows.load, customer_id, [key.operator_id for key in found])
    if not any(sees_operator(view, owner) for owner in owners):
        raise UnknownKey((key_id,))
    return found[0]


async def add_key(
    mutation: Mutation, operator_id: int | None, name: str, read_only: bool, expires_at: datetime | None
) -> tuple[ApiKey, str | None]:
    """Adds a key for an operator, by default the caller.

    Returns its record and the key itself, which is None if the request was made before.
    """
    view = mutation.view
    owner_id = view.caller.operator_id if operator_id is None else operator_id
    secret: str | None = None

    def work(revision: Revision) -> int:
        nonlocal secret
        require_operator(view, operators.one(revision, owner_id))
        key, secret = api_keys.add(revision, owner_id, name, read_only=read_only, expires_at=expires_at)
        return key.id

    added = await mutation.make("key.add", work, members=IN_KEY_BODY)
    (key,) = await view.services.database.glance(keys.load, view.caller.customer_id, [added.result])
    return key, secret


async def revoke_key(mutation: Mutation, key_id: int) -> Applied[None] | Preview[None]:
    """Revokes a key.

    Revoking it again changes nothing.
    """

    def work(revision: Revision) -> None:
        found = keys.load(revision.connection, revision.customer_id, [key_id])
        if not found or not sees_operator(mutation.view, operators.one(revision, found[0].operator_id)):
            raise UnknownKey((key_id,))
        mutation.expect(lasting(found[0]))
        api_keys.revoke(revision, key_id)

    return await mutation.apply("key.revoke", work)


def lasting(key: ApiKey) -> ApiKey:
    """The key without its last use, which does not count as a change."""
    return replace(key, last_used_at=None)


def _expect(mutation: Mutation, revision: Revision, operator_id: int) -> None:
    """Raises UnknownOperator and PreconditionFailed."""
    operator = operators.one(revision, operator_id)
    require_operator(mutation.view, operator)
    mutation.expect(operator)


def _require_within(view: View, site_ids: Collection[int] | None) -> None:
    """Raises InMember for site access beyond the caller's own."""
    if site_ids is None and not view.scope.unlimited:
        raise InMember(SITES, Forbidden("you see only some sites: name those that the operator may see"))
    view.in_body(SITES, view.site, *(site_ids or ()))
