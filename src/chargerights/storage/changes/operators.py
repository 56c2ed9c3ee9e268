"""Changes of operators."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ...rights.errors import Conflict
from ...rights.model import Place, PlaceKind
from ...rights.permissions import Operator, Permission
from ..entity_types import OPERATOR
from ..revisions import Revision
from ..rows import operators
from ..rows.operators import UnknownOperator
from . import api_keys, facts


class NobodyLeft(Conflict):
    """A change after which no operator would have all permissions."""


def add(
    revision: Revision, name: str, permissions: Collection[Permission], site_ids: Collection[int] | None = None
) -> Operator:
    """Adds an operator. Raises UnknownSite."""
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
    """Changes members of the operator.

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
    """Disables the operator for good and revokes all of their keys.

    The journal still refers to them, so their row stays.

    Raises UnknownOperator, NobodyLeft.
    """
    api_keys.revoke_all_of(revision, operator_id)
    change(revision, operator_id, enabled=False)


def one(revision: Revision, operator_id: int) -> Operator:
    return facts.one(revision, OPERATOR, operator_id, UnknownOperator)


def _require_administrator(revision: Revision) -> None:
    if not any(operator.administers for operator in operators.load(revision.connection, revision.customer_id)):
        raise NobodyLeft(
            "no operator with all permissions would be left: give another operator GlobalAdmin for all sites first"
        )


def _require_sites(revision: Revision, site_ids: Collection[int] | None) -> None:
    facts.require_places(revision, [Place(PlaceKind.SITE, each) for each in site_ids or ()])
