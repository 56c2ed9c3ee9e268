"""Rows of sites."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from ...rights.model import NOWHERE, Location, Site, SiteType
from ..schema import sites

LOCATION_MEMBERS = tuple(Location.__dataclass_fields__)
_MEMBERS = tuple(name for name in Site.__dataclass_fields__ if name != "location")
_COLUMNS = [sites.c[name] for name in (*_MEMBERS, *LOCATION_MEMBERS)]


def load(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[Site]:
    """Returns the customer's sites: all, or those of these ids."""
    query = select(*_COLUMNS).where(sites.c.customer_id == customer_id)
    if ids is not None:
        query = query.where(sites.c.id.in_(ids))
    count = len(_MEMBERS)
    return [_site(row[:count], location_of(row[count:])) for row in connection.execute(query).all()]


def parents(connection: Connection, customer_id: int) -> dict[int, int | None]:
    """Returns the parent of each of the customer's sites."""
    rows = connection.execute(select(sites.c.id, sites.c.parent_id).where(sites.c.customer_id == customer_id))
    return {row.id: row.parent_id for row in rows}


def add(connection: Connection, customer_id: int, them: Iterable[Site]) -> None:
    """Adds sites. Parents must come before their subsites."""
    rows = [
        {"customer_id": customer_id, **{name: getattr(site, name) for name in _MEMBERS}, **location_row(site.location)}
        for site in them
    ]
    if rows:
        connection.execute(insert(sites), rows)


def replace(connection: Connection, customer_id: int, before: Site, site: Site) -> None:
    """Updates all values of the site's row. Other rows refer to it."""
    values = {name: getattr(site, name) for name in _MEMBERS if name != "id"} | location_row(site.location)
    key = (sites.c.customer_id == customer_id) & (sites.c.id == site.id)
    connection.execute(sites.update().where(key).values(values))


def remove(connection: Connection, customer_id: int, site_id: int) -> None:
    connection.execute(delete(sites).where(sites.c.customer_id == customer_id, sites.c.id == site_id))


def location_row(location: Location) -> dict[str, Any]:
    return {name: getattr(location, name) for name in LOCATION_MEMBERS}


def location_of(values: Sequence[Any]) -> Location:
    """Returns the location of a row's values, in the order of LOCATION_MEMBERS."""
    return NOWHERE if values.count(None) == len(values) else Location(*values)


def _site(values: Sequence[Any], location: Location) -> Site:
    members: dict[str, Any] = dict(zip(_MEMBERS, values, strict=True))
    members["type"] = SiteType(members["type"])
    return Site(**members, location=location)
