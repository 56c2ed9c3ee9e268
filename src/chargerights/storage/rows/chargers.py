"""Rows of chargers with their connectors, of charger owners, and of access groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace as replaced
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from ...rights.errors import IdTaken
from ...rights.model import AccessGroup, Charger, Connector
from ..interning import InternedValues
from ..schema import access_group_chargers, access_groups, charger_owners, chargers, connectors
from .sites import LOCATION_MEMBERS, location_of, location_row

_MEMBERS = tuple(name for name in Charger.__dataclass_fields__ if name not in ("location", "connectors"))
_CONNECTOR_MEMBERS = tuple(Connector.__dataclass_fields__)
_COLUMNS = [chargers.c[name] for name in (*_MEMBERS, *LOCATION_MEMBERS)]
_CONNECTOR_COLUMNS = [connectors.c[name] for name in ("charger_id", *_CONNECTOR_MEMBERS)]
IDS_PER_QUERY = 500
ROWS_PER_STEP = 2_000


def load(connection: Connection, customer_id: int, ids: Collection[str] | None = None) -> list[Charger]:
    """Returns the customer's chargers: all, or those of these charger ids."""
    charger_rows = select(*_COLUMNS).where(chargers.c.customer_id == customer_id)
    connector_rows = select(*_CONNECTOR_COLUMNS).where(connectors.c.customer_id == customer_id)
    if ids is not None:
        charger_rows = charger_rows.where(chargers.c.charger_id.in_(ids))
        connector_rows = connector_rows.where(connectors.c.charger_id.in_(ids))
    plugs: dict[str, list[Connector]] = {}
    shared = InternedValues()
    for rows in connection.execute(connector_rows.order_by(connectors.c.id)).partitions(ROWS_PER_STEP):
        for charger_id, *values in rows:
            plugs.setdefault(charger_id, []).append(shared.of(Connector, tuple(values)))
    return [
        _charger(row, tuple(plugs.get(row.charger_id, ())), shared)
        for rows in connection.execute(charger_rows).partitions(ROWS_PER_STEP)
        for row in rows
    ]


def add(connection: Connection, customer_id: int, them: Iterable[Charger]) -> None:
    """Adds chargers whose ids no customer has (see `taken`).

    Raises IdTaken if an id was taken in between.
    """
    them = list(them)
    if them:
        owned = [{"charger_id": each.charger_id, "customer_id": customer_id} for each in them]
        try:
            connection.execute(insert(charger_owners), owned)
        except IntegrityError as error:
            ids = ", ".join(each.charger_id for each in them[:3]) + (", …" if len(them) > 3 else "")
            raise IdTaken(f"a charger id was taken at the same moment: one of {ids}") from error
        connection.execute(insert(chargers), [{"customer_id": customer_id, **_row(each)} for each in them])
        _add_connectors(connection, customer_id, them)


def replace(connection: Connection, customer_id: int, before: Charger, charger: Charger) -> None:
    """Updates all values of the charger's row. Other rows refer to it."""
    key = (chargers.c.customer_id == customer_id) & (chargers.c.charger_id == charger.charger_id)
    connection.execute(chargers.update().where(key).values(_row(charger)))
    if before.connectors != charger.connectors:
        mine = (connectors.c.customer_id == customer_id) & (connectors.c.charger_id == charger.charger_id)
        connection.execute(delete(connectors).where(mine))
        _add_connectors(connection, customer_id, [charger])


def remove(connection: Connection, customer_id: int, charger_id: str) -> None:
    mine = (chargers.c.customer_id == customer_id) & (chargers.c.charger_id == charger_id)
    connection.execute(delete(chargers).where(mine))
    connection.execute(delete(charger_owners).where(charger_owners.c.charger_id == charger_id))


def taken(connection: Connection, charger_ids: Iterable[str]) -> set[str]:
    """Returns those of the charger ids that any customer has."""
    wanted, found = list(charger_ids), set[str]()
    query = select(charger_owners.c.charger_id).where(charger_owners.c.charger_id.in_(bindparam("ids", expanding=True)))
    for start in range(0, len(wanted), IDS_PER_QUERY):
        found.update(connection.scalars(query, {"ids": wanted[start : start + IDS_PER_QUERY]}))
    return found


def owner(connection: Connection, charger_id: str) -> int | None:
    """Returns the customer that owns the charger."""
    found: int | None = connection.scalar(
        select(charger_owners.c.customer_id).where(charger_owners.c.charger_id == charger_id)
    )
    return found


def load_groups(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[AccessGroup]:
    """Returns the customer's access groups: all, or those of these ids."""
    group_rows = select(access_groups).where(access_groups.c.customer_id == customer_id)
    member_rows = select(access_group_chargers).where(access_group_chargers.c.customer_id == customer_id)
    if ids is not None:
        group_rows = group_rows.where(access_groups.c.id.in_(ids))
        member_rows = member_rows.where(access_group_chargers.c.access_group_id.in_(ids))
    members: dict[int, list[str]] = {}
    for row in connection.execute(member_rows):
        members.setdefault(row.access_group_id, []).append(row.charger_id)
    return [
        AccessGroup(row.id, row.name, frozenset(members.get(row.id, ())), row.created_at, row.updated_at)
        for row in connection.execute(group_rows)
    ]


def add_groups(connection: Connection, customer_id: int, them: Iterable[AccessGroup]) -> None:
    them = list(them)
    if them:
        rows = [{"customer_id": customer_id, "id": each.id, **_group_members(each)} for each in them]
        connection.execute(insert(access_groups), rows)
        _add_members(connection, customer_id, them)


def replace_group(connection: Connection, customer_id: int, before: AccessGroup, group: AccessGroup) -> None:
    """Updates the group's row, and adds and deletes rows of chargers.

    Rights refer to its row.
    """
    columns = access_group_chargers.c
    key = (access_groups.c.customer_id == customer_id) & (access_groups.c.id == group.id)
    connection.execute(access_groups.update().where(key).values(_group_members(group)))
    gone = before.charger_ids - group.charger_ids
    if gone:
        mine = (columns.customer_id == customer_id) & (columns.access_group_id == group.id)
        connection.execute(delete(access_group_chargers).where(mine, columns.charger_id.in_(gone)))
    _add_members(connection, customer_id, [replaced(group, charger_ids=group.charger_ids - before.charger_ids)])


def remove_group(connection: Connection, customer_id: int, group_id: int) -> None:
    connection.execute(
        delete(access_groups).where(access_groups.c.customer_id == customer_id, access_groups.c.id == group_id)
    )


def _group_members(group: AccessGroup) -> dict[str, Any]:
    """Returns the values of the group's own row."""
    return {"name": group.name, "created_at": group.created_at, "updated_at": group.updated_at}


def _row(charger: Charger) -> dict[str, Any]:
    return {name: getattr(charger, name) for name in _MEMBERS} | {
        "custom_properties": dict(charger.custom_properties),
        **location_row(charger.location),
    }


def _charger(row: Sequence[Any], plugs: tuple[Connector, ...], shared: InternedValues) -> Charger:
    members: dict[str, Any] = dict(zip(_MEMBERS, row, strict=False))
    for name in ("manufacturer", "model", "firmware_version", "meter_type"):
        members[name] = shared.value(members[name])
    for name in ("capabilities", "integration_relays"):
        members[name] = shared.value(tuple(members[name]))
    members["custom_properties"] = tuple(members["custom_properties"].items())
    location = location_of(shared.values(row[len(_MEMBERS) :]))
    return Charger(**members, location=location, connectors=shared.value(plugs))


def _add_connectors(connection: Connection, customer_id: int, them: Iterable[Charger]) -> None:
    rows = [
        {"customer_id": customer_id, "charger_id": charger.charger_id}
        | {name: getattr(plug, name) for name in _CONNECTOR_MEMBERS}
        for charger in them
        for plug in charger.connectors
    ]
    if rows:
        connection.execute(insert(connectors), rows)


def _add_members(connection: Connection, customer_id: int, them: Iterable[AccessGroup]) -> None:
    rows = [
        {"customer_id": customer_id, "access_group_id": group.id, "charger_id": charger_id}
        for group in them
        for charger_id in group.charger_ids
    ]
    if rows:
        connection.execute(insert(access_group_chargers), rows)
