"""Drivers in rows, each whole: with his external ids, tags and rights."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from ..rights.identifiers import tag_key
from ..rights.model import Driver, ExternalId, Hours, Place, PlaceKind, ReferenceType, Right, Tag
from .schema import driver_external_ids, drivers, rights, tags

ROWS_PER_INSERT = 10_000


def load(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[Driver]:
    """The customer's drivers; of the ids given, those there are."""
    tags_of = _tags(connection, customer_id, ids)
    rights_of = _rights(connection, customer_id, ids)
    external_ids_of = _external_ids(connection, customer_id, ids)
    columns = drivers.c
    query = select(
        columns.id, columns.name, columns.home_site_id, columns.external_id, columns.payer_id, columns.enabled
    ).where(columns.customer_id == customer_id)
    if ids is not None:
        query = query.where(columns.id.in_(ids))
    return [
        Driver(
            id_,
            name,
            home_site_id,
            external_id,
            payer_id,
            enabled,
            tuple(external_ids_of.get(id_, ())),
            tuple(tags_of.get(id_, ())),
            tuple(rights_of.get(id_, ())),
        )
        for id_, name, home_site_id, external_id, payer_id, enabled in connection.execute(query)
    ]


def add(connection: Connection, customer_id: int, them: Sequence[Driver]) -> None:
    _insert(
        connection,
        drivers,
        (
            {
                "customer_id": customer_id,
                "id": driver.id,
                "name": driver.name,
                "home_site_id": driver.home_site_id,
                "external_id": driver.external_id,
                "payer_id": driver.payer_id,
                "enabled": driver.enabled,
            }
            for driver in them
        ),
    )
    _add_belongings(connection, customer_id, them)


def replace(connection: Connection, customer_id: int, driver: Driver) -> None:
    """Keeps the driver's row and writes all that belongs to him anew."""
    key = (drivers.c.customer_id == customer_id) & (drivers.c.id == driver.id)
    connection.execute(
        drivers.update()
        .where(key)
        .values(
            name=driver.name,
            home_site_id=driver.home_site_id,
            external_id=driver.external_id,
            payer_id=driver.payer_id,
            enabled=driver.enabled,
        )
    )
    for table in (driver_external_ids, tags, rights):
        mine = (table.c.customer_id == customer_id) & (table.c.driver_id == driver.id)
        connection.execute(delete(table).where(mine))
    _add_belongings(connection, customer_id, [driver])


def remove(connection: Connection, customer_id: int, driver_id: int) -> None:
    connection.execute(delete(drivers).where(drivers.c.customer_id == customer_id, drivers.c.id == driver_id))


def _tags(connection: Connection, customer_id: int, ids: Collection[int] | None) -> dict[int, list[Tag]]:
    columns = tags.c
    query = select(
        columns.id,
        columns.driver_id,
        columns.id_tag,
        columns.starts_at,
        columns.expires_at,
        columns.token_name,
        columns.invoicable,
        columns.blocked,
        columns.updated_at,
    ).where(columns.customer_id == customer_id)
    if ids is not None:
        query = query.where(columns.driver_id.in_(ids))
    found: dict[int, list[Tag]] = {}
    instants: dict[Any, Any] = {}
    for (
        id_,
        driver_id,
        id_tag,
        starts_at,
        expires_at,
        token_name,
        invoicable,
        blocked,
        updated_at,
    ) in connection.execute(query.order_by(columns.id)):
        shared = instants.setdefault(updated_at, updated_at)  # one object for a bulk load's one instant
        tag = Tag(id_, driver_id, id_tag, starts_at, expires_at, token_name, invoicable, blocked, shared)
        found.setdefault(driver_id, []).append(tag)
    return found


def _rights(connection: Connection, customer_id: int, ids: Collection[int] | None) -> dict[int, list[Right]]:
    columns = rights.c
    query = select(
        columns.id,
        columns.driver_id,
        columns.site_id,
        columns.charger_id,
        columns.access_group_id,
        columns.valid_from,
        columns.valid_until,
        columns.hours,
    ).where(columns.customer_id == customer_id)
    if ids is not None:
        query = query.where(columns.driver_id.in_(ids))
    found: dict[int, list[Right]] = {}
    places: dict[tuple[Any, ...], Place] = {}  # one object a place, not one a right
    for id_, driver_id, site_id, charger_id, group_id, valid_from, valid_until, hours in connection.execute(
        query.order_by(columns.id)
    ):
        key = (site_id, charger_id, group_id)
        place = places.get(key)
        if place is None:
            place = places[key] = _place(site_id, charger_id, group_id)
        right = Right(id_, place, valid_from, valid_until, tuple([Hours(*each) for each in hours]) if hours else ())
        found.setdefault(driver_id, []).append(right)
    return found


def _external_ids(connection: Connection, customer_id: int, ids: Collection[int] | None) -> dict[int, list[ExternalId]]:
    columns = driver_external_ids.c
    query = select(driver_external_ids).where(columns.customer_id == customer_id)
    if ids is not None:
        query = query.where(columns.driver_id.in_(ids))
    found: dict[int, list[ExternalId]] = {}
    for row in connection.execute(query.order_by(columns.position)):
        external_id = ExternalId(
            row.reference_id, row.external_id, ReferenceType(row.reference_type), row.effective_from
        )
        found.setdefault(row.driver_id, []).append(external_id)
    return found


def _add_belongings(connection: Connection, customer_id: int, them: Sequence[Driver]) -> None:
    _insert(
        connection,
        driver_external_ids,
        (
            {
                "customer_id": customer_id,
                "driver_id": driver.id,
                "position": position,
                "reference_type": each.reference_type,
                "reference_id": each.reference_id,
                "external_id": each.external_id,
                "effective_from": each.effective_from,
            }
            for driver in them
            for position, each in enumerate(driver.external_ids)
        ),
    )
    _insert(
        connection,
        tags,
        (
            {
                "customer_id": customer_id,
                "id": tag.id,
                "driver_id": driver.id,
                "id_tag": tag.id_tag,
                "tag_key": tag_key(tag.id_tag),
                "starts_at": tag.starts_at,
                "expires_at": tag.expires_at,
                "token_name": tag.token_name,
                "invoicable": tag.invoicable,
                "blocked": tag.blocked,
                "updated_at": tag.updated_at,
            }
            for driver in them
            for tag in driver.tags
        ),
    )
    _insert(
        connection,
        rights,
        (
            {
                "customer_id": customer_id,
                "id": right.id,
                "driver_id": driver.id,
                "site_id": right.place.id if right.place.kind is PlaceKind.SITE else None,
                "charger_id": right.place.id if right.place.kind is PlaceKind.CHARGER else None,
                "access_group_id": right.place.id if right.place.kind is PlaceKind.ACCESS_GROUP else None,
                "valid_from": right.valid_from,
                "valid_until": right.valid_until,
                "hours": [[each.weekday, each.start, each.end] for each in right.hours] or None,
            }
            for driver in them
            for right in driver.rights
        ),
    )


def _place(site_id: int | None, charger_id: str | None, group_id: int | None) -> Place:
    if site_id is not None:
        return Place(PlaceKind.SITE, site_id)
    if charger_id is not None:
        return Place(PlaceKind.CHARGER, charger_id)
    if group_id is not None:
        return Place(PlaceKind.ACCESS_GROUP, group_id)
    raise ValueError("a right without a place")  # the table's check forbids it


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    waiting = iter(rows)
    while batch := list(islice(waiting, ROWS_PER_INSERT)):
        connection.execute(insert(table), batch)
