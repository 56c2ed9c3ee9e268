"""Callers who may less than everything."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from chargerights.rights.operators import Permission
from chargerights.storage import callers, journal
from chargerights.storage.callers import HOST
from chargerights.storage.changes import operators
from chargerights.storage.journal import Occasion
from tests.api.client import Api
from tests.world import NOW


async def key_of(api: Api, *permissions: Permission, sites: Collection[int] | None = None) -> str:
    """The key of a new operator with those permissions, at those sites only when some are named."""

    def add(connection: Connection) -> str:
        occasion = Occasion(NOW, HOST, "operator.add")
        made = journal.make(connection, api.us.id, occasion, operators.add, "Limited", permissions, sites)
        return callers.add_key(connection, api.us.id, at=NOW, operator_id=made.id)[1]

    return str(await api.change(add))
