"""Sites in rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select

from ..rights.model import NOWHERE, Location, Site, SiteType
from .schema import sites

LOCATION_MEMBERS = tuple(Location.__dataclass_fields__)
_MEMBERS = tuple(name for name in Site.__dataclass_fields__ if name != "location")


def load(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[Site]:
    """The customer's sites; of the ids given, those there are."""
    query = select(sites).where(sites.c.customer_id == customer_id)
    if ids is not None:
        query = query.where(sites.c.id.in_(ids))
    return [_site(row) for row in connection.execute(query).mappings()]


def add(connection: Connection, customer_id: int, them: Iterable[Site]) -> None:
    """Adds sites, parents before the sites below them."""
    rows = [
        {"customer_id": customer_id, **{name: getattr(site, name) for name in _MEMBERS}, **location_row(site.location)}
        for site in them
    ]
    if rows:
        connection.execute(insert(sites), rows)


def replace(connection: Connection, customer_id: int, site: Site) -> None:
    """Keeps the site's row, which others refer to, and gives it all its values anew."""
    values = {name: getattr(site, name) for name in _MEMBERS if name != "id"} | location_row(site.location)
    key = (sites.c.customer_id == customer_id) & (sites.c.id == site.id)
    connection.execute(sites.update().where(key).values(values))


def remove(connection: Connection, customer_id: int, site_id: int) -> None:
    connection.execute(delete(sites).where(sites.c.customer_id == customer_id, sites.c.id == site_id))


def location_row(location: Location) -> dict[str, Any]:
    return {name: getattr(location, name) for name in LOCATION_MEMBERS}


def location_of(row: RowMapping) -> Location:
    found = Location(*[row[name] for name in LOCATION_MEMBERS])
    return NOWHERE if found == NOWHERE else found


def _site(row: RowMapping) -> Site:
    members = {name: row[name] for name in _MEMBERS} | {"type": SiteType(row["type"])}
    return Site(**members, location=location_of(row))
