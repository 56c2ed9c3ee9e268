"""Changes of access groups and their drivers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from ...rights.model import AccessGroup, Place, PlaceKind
from ..entity_types import ACCESS_GROUP
from ..revisions import Revision
from ..schema import rights as right_rows
from . import facts, rights


@dataclass(frozen=True, slots=True)
class GroupAndDrivers(AccessGroup):
    """An access group with the drivers that have a right on it, as callers see it."""

    driver_ids: frozenset[int] = frozenset()

    @classmethod
    def of(cls, group: AccessGroup, driver_ids: Iterable[int]) -> GroupAndDrivers:
        members = {name: getattr(group, name) for name in AccessGroup.__dataclass_fields__}
        return cls(**members, driver_ids=frozenset(driver_ids))


def whole(revision: Revision, group_id: int) -> GroupAndDrivers:
    """Returns the group with its drivers. Raises UnknownAccessGroup."""
    return GroupAndDrivers.of(facts.access_group(revision, group_id), holders_of(revision, group_id))


def add(
    revision: Revision, name: str, charger_ids: Collection[str] = (), driver_ids: Collection[int] = ()
) -> AccessGroup:
    """Adds an access group, and gives the drivers a right on it.

    Raises UnknownCharger, UnknownDriver.
    """
    group_id = revision.free_id(ACCESS_GROUP)
    group = AccessGroup(group_id, name, frozenset(charger_ids), revision.at, revision.at)
    _require_chargers(revision, group.charger_ids)
    revision.put(group)
    if driver_ids:
        rights.grant_all(revision, driver_ids, [Place(PlaceKind.ACCESS_GROUP, group_id)])
    return group


def change(revision: Revision, group_id: int, driver_ids: Collection[int] | None = None, **members: Any) -> AccessGroup:
    """Changes members of the group.

    `driver_ids` are all drivers that are to have a right on it. Those that have one already keep it.

    Raises UnknownAccessGroup, UnknownCharger, UnknownDriver.
    """
    before = facts.access_group(revision, group_id)
    after = replace(before, **members)
    _require_chargers(revision, after.charger_ids - before.charger_ids)
    if after != before:
        after = replace(after, updated_at=revision.at)
        revision.put(after)
    if driver_ids is not None:
        place = Place(PlaceKind.ACCESS_GROUP, group_id)
        holders = holders_of(revision, group_id)
        rights.revoke_all(revision, holders - set(driver_ids), [place])
        rights.grant_all(revision, set(driver_ids) - holders, [place])
    return after


def remove(revision: Revision, group_id: int) -> None:
    """Removes the access group with all rights on it. Raises UnknownAccessGroup."""
    group = facts.access_group(revision, group_id)
    rights.revoke_all(revision, holders_of(revision, group_id), [Place(PlaceKind.ACCESS_GROUP, group_id)])
    revision.remove(group)


def holders_of(revision: Revision, group_id: int) -> set[int]:
    """Returns the drivers with a right on the group, whatever its window."""
    columns = right_rows.c
    mine = (columns.customer_id == revision.customer_id) & (columns.access_group_id == group_id)
    return set(revision.connection.scalars(select(columns.driver_id).where(mine)))


def _require_chargers(revision: Revision, charger_ids: Collection[str]) -> None:
    facts.require_places(revision, [Place(PlaceKind.CHARGER, each) for each in charger_ids])
