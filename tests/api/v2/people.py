"""Operators of our customer, made for one test each, and how v2 refuses them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import httpx
from sqlalchemy import Connection

from chargerights.rights.permissions import Permission
from chargerights.storage import callers
from chargerights.storage.changes import operators
from chargerights.storage.revisions import revise
from tests.api.client import Api
from tests.support.servers import TEST
from tests.support.world import NOW

EVERYTHING = frozenset(Permission) - {Permission.GLOBAL_ADMIN}


class Person(NamedTuple):
    """An operator and an API key of theirs."""

    id: int
    key: str
    key_id: int


def add_person(
    connection: Connection,
    customer_id: int,
    permissions: Collection[Permission],
    site_ids: Collection[int] | None = None,
    read_only: bool = False,
) -> Person:
    with revise(connection, customer_id, at=NOW, actor=TEST, action="operator.add") as revision:
        operator = operators.add(revision, "Person", permissions, site_ids)
    key, secret = callers.add_key(connection, customer_id, at=NOW, operator_id=operator.id, read_only=read_only)
    return Person(operator.id, secret, key.id)


async def person(
    api: Api,
    *permissions: Permission,
    site_ids: Collection[int] | None = None,
    read_only: bool = False,
    customer_id: int | None = None,
) -> Person:
    """A new operator of ours (or of that customer) with a key."""
    made = await api.change(add_person, customer_id or api.us.id, permissions, site_ids, read_only)
    assert isinstance(made, Person)
    return made


def refused(response: httpx.Response) -> tuple[int, str]:
    """Status and detail of a v2 error; fails unless it is in the form of RFC 9457."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body.keys() - {"errors"} == {"type", "title", "status", "detail", "instance"}
    assert body["status"] == response.status_code
    return response.status_code, body["detail"]


def blamed(response: httpx.Response) -> list[str]:
    """The members or parameters that a refusal names."""
    assert response.status_code in (400, 403, 409), response.text
    return sorted(response.json()["errors"])


def items(response: httpx.Response) -> list[Any]:
    """Of a page: its items."""
    assert response.status_code == 200, response.text
    page = response.json()
    members = {"page", "limit", "totalRecords", "hasNextPage", "hasPreviousPage", "items"}
    assert page.keys() - {"nextCursor"} == members
    return list(page["items"])
