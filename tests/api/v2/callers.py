"""Callers of v2: the administrator, and operators with fewer permissions, each with their own key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from chargerights.rights.permissions import Permission
from chargerights.storage import callers, revisions
from chargerights.storage.changes import operators
from chargerights.storage.journal import Actor, ChangeContext
from tests.api.client import Api
from tests.support.world import DEPOT, NOW

ALL_BUT_ADMIN = frozenset(Permission) - {Permission.GLOBAL_ADMIN}


async def new_operator(
    api: Api, permissions: Iterable[Permission], site_ids: Iterable[int] | None = None, **key: Any
) -> str:
    """The key of a new operator of ours."""

    def make(connection: Connection) -> str:
        occasion = ChangeContext(NOW, Actor("test"), "operator.add")
        reach = None if site_ids is None else tuple(site_ids)
        made = revisions.make(connection, api.us.id, occasion, operators.add, "Someone", frozenset(permissions), reach)
        _, secret = callers.add_key(connection, api.us.id, at=NOW, operator_id=made.id, **key)
        return secret

    return str(await api.change(make))


@dataclass(frozen=True, slots=True)
class Callers:
    """Keys: of who may do everything, of who looks after the Depot, of who may only read, of who may do something else,
    and of another customer."""

    admin: str
    manager: str
    reader: str
    idle: str
    rival: str


async def callers_of(api: Api) -> Callers:
    return Callers(
        admin=api.us.key,
        manager=await new_operator(api, ALL_BUT_ADMIN, [DEPOT.id]),
        reader=await new_operator(api, ALL_BUT_ADMIN, read_only=True),
        idle=await new_operator(api, {Permission.OPERATE_CHARGERS}),
        rival=api.rival.key,
    )
