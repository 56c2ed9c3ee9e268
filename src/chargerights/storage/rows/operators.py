"""Rows of operators."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from ...rights.errors import NotFound
from ...rights.permissions import Operator, Permission
from ..schema import operators

_MEMBERS = tuple(Operator.__dataclass_fields__)
_COLUMNS = [operators.c[name] for name in _MEMBERS]


class UnknownOperator(NotFound):
    what = "operator"


def load(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[Operator]:
    """Returns the customer's operators, sorted by id: all, or those of these ids."""
    query = select(*_COLUMNS).where(operators.c.customer_id == customer_id).order_by(operators.c.id)
    if ids is not None:
        query = query.where(operators.c.id.in_(ids))
    return [_operator(row) for row in connection.execute(query)]


def add(connection: Connection, customer_id: int, them: Iterable[Operator]) -> None:
    rows = [{"customer_id": customer_id, **_row(each)} for each in them]
    if rows:
        connection.execute(insert(operators), rows)


def replace(connection: Connection, customer_id: int, before: Operator, operator: Operator) -> None:
    key = (operators.c.customer_id == customer_id) & (operators.c.id == operator.id)
    connection.execute(operators.update().where(key).values(_row(operator)))


def remove(connection: Connection, customer_id: int, operator_id: int) -> None:
    connection.execute(delete(operators).where(operators.c.customer_id == customer_id, operators.c.id == operator_id))


@lru_cache(maxsize=1024)
def permissions_of(words: tuple[str, ...]) -> frozenset[Permission]:
    """Returns the permissions of a row. Ignores those that this version does not know."""
    return frozenset(Permission(each) for each in words if each in Permission._value2member_map_)


def _row(operator: Operator) -> dict[str, Any]:
    members = {name: getattr(operator, name) for name in _MEMBERS}
    site_ids = None if operator.site_ids is None else list(operator.site_ids)
    return members | {"permissions": sorted(operator.permissions), "site_ids": site_ids}


def _operator(row: Sequence[Any]) -> Operator:
    members = dict(zip(_MEMBERS, row, strict=True))
    members["permissions"] = permissions_of(tuple(members["permissions"]))
    members["site_ids"] = None if members["site_ids"] is None else tuple(members["site_ids"])
    return Operator(**members)
