"""The entities that changes are checked against, from the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from sqlalchemy import Column, Table, func, select

from ...rights.errors import NotFound, UnknownAccessGroup, UnknownCharger, UnknownDriver, UnknownSite
from ...rights.model import AccessGroup, Charger, Driver, Place, PlaceKind, Site
from ...rights.network import UNKNOWN_PLACES
from ..entity_types import ACCESS_GROUP, CHARGER, DRIVER, SITE, AnyEntityType, EntityType, key_of
from ..revisions import Revision

E = TypeVar("E")
K = TypeVar("K", int, str)

_PLACES: dict[PlaceKind, AnyEntityType] = {
    PlaceKind.SITE: SITE,
    PlaceKind.CHARGER: CHARGER,
    PlaceKind.ACCESS_GROUP: ACCESS_GROUP,
}


def one(revision: Revision, entity_type: EntityType[E, K], key: K, unknown: type[NotFound]) -> E:
    """Returns the entity, or raises `unknown`."""
    entities = entity_type.load(revision.connection, revision.customer_id, [key])
    if not entities:
        raise unknown((key,))
    return entities[0]


def site(revision: Revision, site_id: int) -> Site:
    return one(revision, SITE, site_id, UnknownSite)


def charger(revision: Revision, charger_id: str) -> Charger:
    return one(revision, CHARGER, charger_id, UnknownCharger)


def access_group(revision: Revision, group_id: int) -> AccessGroup:
    return one(revision, ACCESS_GROUP, group_id, UnknownAccessGroup)


def driver(revision: Revision, driver_id: int) -> Driver:
    return one(revision, DRIVER, driver_id, UnknownDriver)


def drivers_of(revision: Revision, driver_ids: Collection[int]) -> list[Driver]:
    """Returns the drivers, by id. Raises UnknownDriver with every unknown id."""
    known = DRIVER.load(revision.connection, revision.customer_id, driver_ids)
    unknown = sorted(set(driver_ids) - {driver.id for driver in known})
    if unknown:
        raise UnknownDriver(unknown)
    return known


def require_places(revision: Revision, places: Collection[Place]) -> None:
    """Checks that the places exist.

    Raises UnknownSite, UnknownCharger or UnknownAccessGroup with every unknown place of that kind.
    """
    for kind, entity_type in _PLACES.items():
        ids = {place.id for place in places if place.kind is kind}
        if ids:
            known = {key_of(entity) for entity in entity_type.load(revision.connection, revision.customer_id, ids)}
            if ids - known:
                raise UNKNOWN_PLACES[kind](sorted(ids - known, key=str))


def count(revision: Revision, table: Table, column: Column[Any], value: object) -> int:
    """Returns the number of the customer's rows of the table with that value."""
    query = select(func.count()).where(table.c.customer_id == revision.customer_id, column == value)
    return revision.connection.scalar(query) or 0
