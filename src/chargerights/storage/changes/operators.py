"""Operators are added, changed and removed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ...rights.errors import Conflict
from ...rights.model import Place, PlaceKind
from ...rights.permissions import Operator, Permission
from ..revisions import Revision
from ..rows import operators
from ..rows.operators import UnknownOperator
from . import api_keys, facts


class NobodyLeft(Conflict):
    """The last operator who may do everything would be gone."""


def add(
    revision: Revision, name: str, permissions: Collection[Permission], site_ids: Collection[int] | None = None
) -> Operator:
    """A new operator. Raises UnknownSite."""
    _require_sites(revision, site_ids)
    operator = Operator(
        revision.next_id(),
        name,
        frozenset(permissions),
        None if site_ids is None else tuple(sorted(set(site_ids))),
        created_at=revision.at,
        updated_at=revision.at,
    )
    revision.put(operator)
    return operator


def change(revision: Revision, operator_id: int, **members: Any) -> Operator:
    """The operator with those members changed.

    Raises UnknownOperator, UnknownSite, NobodyLeft.
    """
    before = one(revision, operator_id)
    after = replace(before, **members)
    _require_sites(revision, members.get("site_ids"))
    if after != before:
        after = replace(after, updated_at=revision.at)
        revision.put(after)
        _require_administrator(revision)
    return after


def remove(revision: Revision, operator_id: int) -> None:
    """Disables the operator for good: his keys are revoked.

    He stays in the journal's records, so his row stays too.

    Raises UnknownOperator, NobodyLeft.
    """
    api_keys.revoke_all_of(revision, operator_id)
    change(revision, operator_id, enabled=False)


def one(revision: Revision, operator_id: int) -> Operator:
    found = operators.load(revision.connection, revision.customer_id, [operator_id])
    if not found:
        raise UnknownOperator((operator_id,))
    return found[0]


def _require_administrator(revision: Revision) -> None:
    if not any(each.administers for each in operators.load(revision.connection, revision.customer_id)):
        raise NobodyLeft(
            "nobody would be left who may do everything: give another operator GlobalAdmin for all sites first"
        )


def _require_sites(revision: Revision, site_ids: Collection[int] | None) -> None:
    facts.require_places(revision, [Place(PlaceKind.SITE, each) for each in site_ids or ()])
