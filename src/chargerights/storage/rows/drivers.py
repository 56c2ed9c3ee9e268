"""Rows of drivers with their external ids, tags and rights."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace as replaced
from itertools import islice
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, bindparam, delete, func, insert, select

from ...rights.identifiers import INT64_MAX, is_int64, tag_key
from ...rights.model import Driver, ExternalId, Hours, PlaceKind, ReferenceType, Right, Tag
from ..interning import InternedValues
from ..schema import driver_external_ids, drivers, rights, tags

ROWS_PER_INSERT = 10_000
DRIVERS_PER_PAGE = 2_000
"""Loaded at a time, which limits the memory that loading needs."""

Rows = dict[int, list[Sequence[Any]]]
"""Rows by driver id, which is their first column."""

Owned = TypeVar("Owned", Tag, Right)
_second = itemgetter(1)
_id_of = attrgetter("id")

_DRIVER = [
    drivers.c[name] for name in ("id", "name", "home_site_id", "external_id", "payer_id", "company_id", "enabled")
]
_EXTERNAL_ID = [
    driver_external_ids.c[name]
    for name in ("driver_id", "position", "reference_id", "external_id", "reference_type", "effective_from")
]
_TAG = [
    tags.c[name]
    for name in ("driver_id", "id", "id_tag", "starts_at", "expires_at", "token_name", "invoicable", "blocked")
]
_TAG.append(tags.c.updated_at)
_RIGHT = [
    rights.c[name]
    for name in ("driver_id", "id", "site_id", "charger_id", "access_group_id", "valid_from", "valid_until", "hours")
]


def _queries(of_driver: Callable[[Column[Any]], ColumnElement[bool]]) -> tuple[Select[Any], ...]:
    """Returns the queries for all parts of drivers that match a condition on their id.

    They are built once, as they are used often.
    """
    customer: ColumnElement[int] = bindparam("customer")
    belongings = ((driver_external_ids, _EXTERNAL_ID), (tags, _TAG), (rights, _RIGHT))
    return (
        select(*_DRIVER).where(drivers.c.customer_id == customer, of_driver(drivers.c.id)).order_by(drivers.c.id),
        *(
            select(*columns).where(table.c.customer_id == customer, of_driver(table.c.driver_id))
            for table, columns in belongings
        ),
    )


_BY_IDS = _queries(lambda column: column.in_(bindparam("ids", expanding=True)))
_BY_RANGE = _queries(lambda column: column.between(bindparam("first"), bindparam("last")))
_PAGE = (
    select(drivers.c.id)
    .where(drivers.c.customer_id == bindparam("customer"), drivers.c.id >= bindparam("first"))
    .order_by(drivers.c.id)
    .limit(DRIVERS_PER_PAGE)
    .subquery()
)
_LAST_OF_PAGE = select(func.max(_PAGE.c.id))


def load(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[Driver]:
    """Returns the customer's drivers, sorted by id: all, or those of these ids."""
    found: list[Driver] = []
    shared = InternedValues()
    if ids is not None:
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), DRIVERS_PER_PAGE):
            asked = {"customer": customer_id, "ids": wanted[start : start + DRIVERS_PER_PAGE]}
            found += _whole(connection, _BY_IDS, asked, shared)
        return found
    first = 1
    while last := connection.scalar(_LAST_OF_PAGE, {"customer": customer_id, "first": first}):
        found += _whole(connection, _BY_RANGE, {"customer": customer_id, "first": first, "last": last}, shared)
        if last == INT64_MAX:
            break
        first = last + 1
    return found


def _whole(
    connection: Connection, queries: Sequence[Select[Any]], asked: dict[str, Any], shared: InternedValues
) -> list[Driver]:
    """Returns the drivers of those queries in the order of their ids."""
    own, *others = queries
    external_ids, tags_of, rights_of = (_rows(connection, query, asked) for query in others)
    rows = connection.execute(own, asked)
    return [_driver(row, external_ids, tags_of, rights_of, shared) for row in rows]


def as_loaded(driver: Driver) -> Driver:
    """Returns the driver as `load` would return it.

    Tags and rights are sorted by id. Everything else is stored as given, so that the rows need not be read again.
    """
    return replaced(
        driver, tags=tuple(sorted(driver.tags, key=_id_of)), rights=tuple(sorted(driver.rights, key=_id_of))
    )


def holder_of_tag(connection: Connection, customer_id: int, tag_id: int) -> int | None:
    """Returns the driver that has the tag."""
    return _holder(connection, tags, customer_id, tag_id)


def holder_of_right(connection: Connection, customer_id: int, right_id: int) -> int | None:
    """Returns the driver that has the right."""
    return _holder(connection, rights, customer_id, right_id)


def _holder(connection: Connection, table: Table, customer_id: int, id_: int) -> int | None:
    if not is_int64(id_):
        return None
    mine = (table.c.customer_id == customer_id) & (table.c.id == id_)
    found: int | None = connection.scalar(select(table.c.driver_id).where(mine))
    return found


def add(connection: Connection, customer_id: int, them: Sequence[Driver]) -> None:
    _insert(connection, drivers, ({"customer_id": customer_id, "id": driver.id, **_members(driver)} for driver in them))
    _add_belongings(connection, customer_id, them)


def replace(connection: Connection, customer_id: int, before: Driver, driver: Driver) -> None:
    """Updates the driver's row, and replaces the rows of tags and rights that differ."""
    key = (drivers.c.customer_id == customer_id) & (drivers.c.id == driver.id)
    if _members(before) != _members(driver):
        connection.execute(drivers.update().where(key).values(_members(driver)))
    new_tags = _keep(connection, customer_id, tags, before.tags, driver.tags)
    new_rights = _keep(connection, customer_id, rights, before.rights, driver.rights)
    new_external_ids: tuple[ExternalId, ...] = ()
    if before.external_ids != driver.external_ids:
        mine = driver_external_ids.c.driver_id == driver.id
        connection.execute(delete(driver_external_ids).where(driver_external_ids.c.customer_id == customer_id, mine))
        new_external_ids = driver.external_ids
    new = replaced(driver, tags=new_tags, rights=new_rights, external_ids=new_external_ids)
    _add_belongings(connection, customer_id, [new])


def remove(connection: Connection, customer_id: int, driver_id: int) -> None:
    remove_all(connection, customer_id, [driver_id])


def remove_all(connection: Connection, customer_id: int, driver_ids: Collection[int]) -> None:
    connection.execute(delete(drivers).where(drivers.c.customer_id == customer_id, drivers.c.id.in_(driver_ids)))


def _members(driver: Driver) -> dict[str, Any]:
    """Returns the values of the driver's own row."""
    return {
        "name": driver.name,
        "home_site_id": driver.home_site_id,
        "external_id": driver.external_id,
        "payer_id": driver.payer_id,
        "company_id": driver.company_id,
        "enabled": driver.enabled,
    }


def _keep(
    connection: Connection, customer_id: int, table: Table, before: tuple[Owned, ...], after: tuple[Owned, ...]
) -> tuple[Owned, ...]:
    """Deletes rows that are gone or have changed, and returns what to write instead."""
    gone = [each.id for each in set(before) - set(after)]
    if gone:
        connection.execute(delete(table).where(table.c.customer_id == customer_id, table.c.id.in_(gone)))
    return tuple(each for each in after if each not in before)


def _rows(connection: Connection, query: Select[Any], asked: dict[str, Any]) -> Rows:
    """Returns the query's rows by driver, in the order of the second column.

    Sorted here: asked to sort by id, SQLite without statistics walks all of the customer's rows in that order.
    """
    found: Rows = {}
    for row in connection.execute(query, asked).all():
        found.setdefault(row[0], []).append(row)
    for rows in found.values():
        if len(rows) > 1:
            rows.sort(key=_second)
    return found


def _driver(row: Sequence[Any], external_ids: Rows, tags_of: Rows, rights_of: Rows, shared: InternedValues) -> Driver:
    id_, name, home_site_id, external_id, payer_id, company_id, enabled = row
    return Driver(
        id_,
        name,
        shared.value(home_site_id),
        external_id,
        payer_id,
        shared.value(company_id),
        enabled,
        tuple([_external_id(each) for each in external_ids.get(id_, ())]),
        tuple([_tag(id_, each, shared) for each in tags_of.get(id_, ())]),
        tuple([_right(each, shared) for each in rights_of.get(id_, ())]),
    )


def _external_id(row: Sequence[Any]) -> ExternalId:
    _, _, reference_id, external_id, reference_type, effective_from = row
    return ExternalId(reference_id, external_id, ReferenceType(reference_type), effective_from)


def _tag(driver_id: int, row: Sequence[Any], shared: InternedValues) -> Tag:
    _, id_, id_tag, starts_at, expires_at, token_name, invoicable, blocked, updated_at = row
    return Tag(
        id_,
        driver_id,
        id_tag,
        starts_at,
        expires_at,
        token_name,
        invoicable,
        blocked,
        shared.value(updated_at),
    )


def _right(row: Sequence[Any], shared: InternedValues) -> Right:
    _, id_, site_id, charger_id, group_id, valid_from, valid_until, hours = row
    place = shared.place(site_id, charger_id, group_id)
    if valid_from is None and valid_until is None and not hours:  # the most common case
        return Right(id_, place)
    times = tuple([shared.of(Hours, tuple(each)) for each in hours]) if hours else ()
    return Right(id_, place, shared.value(valid_from), shared.value(valid_until), shared.value(times))


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


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    waiting = iter(rows)
    while batch := list(islice(waiting, ROWS_PER_INSERT)):
        connection.execute(insert(table), batch)
