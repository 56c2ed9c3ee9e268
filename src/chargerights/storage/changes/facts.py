"""The entities that changes are checked against, from the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Column, Table, func, select

from ...rights.errors import NotFound, UnknownAccessGroup, UnknownCharger, UnknownDriver, UnknownSite
from ...rights.model import AccessGroup, Charger, Driver, Place, PlaceKind, Site
from ...rights.network import UNKNOWN_PLACES
from ..revisions import Revision
from ..rows import chargers, drivers, sites

_LOAD: dict[PlaceKind, Callable[..., list[Any]]] = {
    PlaceKind.SITE: sites.load,
    PlaceKind.CHARGER: chargers.load,
    PlaceKind.ACCESS_GROUP: chargers.load_groups,
}


def site(revision: Revision, site_id: int) -> Site:
    found: Site = _one(revision, sites.load, site_id, UnknownSite)
    return found


def charger(revision: Revision, charger_id: str) -> Charger:
    found: Charger = _one(revision, chargers.load, charger_id, UnknownCharger)
    return found


def access_group(revision: Revision, group_id: int) -> AccessGroup:
    found: AccessGroup = _one(revision, chargers.load_groups, group_id, UnknownAccessGroup)
    return found


def driver(revision: Revision, driver_id: int) -> Driver:
    found: Driver = _one(revision, drivers.load, driver_id, UnknownDriver)
    return found


def drivers_of(revision: Revision, driver_ids: Collection[int]) -> list[Driver]:
    """Returns the drivers, by id. Raises UnknownDriver with every unknown id."""
    found = drivers.load(revision.connection, revision.customer_id, driver_ids)
    unknown = sorted(set(driver_ids) - {each.id for each in found})
    if unknown:
        raise UnknownDriver(unknown)
    return found


def require_places(revision: Revision, places: Collection[Place]) -> None:
    """Checks that the places exist.

    Raises UnknownSite, UnknownCharger or UnknownAccessGroup with every unknown place of that kind.
    """
    for kind, load in _LOAD.items():
        ids = {place.id for place in places if place.kind is kind}
        if ids:
            found = load(revision.connection, revision.customer_id, ids)
            known = {each.charger_id if isinstance(each, Charger) else each.id for each in found}
            if ids - known:
                raise UNKNOWN_PLACES[kind](sorted(ids - known, key=str))


def count(revision: Revision, table: Table, column: Column[Any], value: object) -> int:
    """Returns the number of the customer's rows of the table with that value."""
    query = select(func.count()).where(table.c.customer_id == revision.customer_id, column == value)
    return revision.connection.scalar(query) or 0


def _one(revision: Revision, load: Callable[..., list[Any]], key: int | str, unknown: type[NotFound]) -> Any:
    found = load(revision.connection, revision.customer_id, [key])
    if not found:
        raise unknown((key,))
    return found[0]
