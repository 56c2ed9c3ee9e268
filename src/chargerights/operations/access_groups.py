"""Access groups: chargers bundled for rights only, and drivers with such a right.

A caller that is limited to some sites sees the groups that hold one of their chargers, and of those only their own
chargers and drivers. They change and remove only groups whose chargers are all theirs; drivers that they do not see
keep their rights.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pyroaring import BitMap64

from ..replica.preview import Preview
from ..rights.errors import UnknownCharger, UnknownDriver
from ..rights.model import AccessGroup, Place, PlaceKind
from ..rights.search_sites import holds_text, searched
from ..storage.changes import access_groups
from ..storage.revisions import Revision
from .errors import Forbidden, Members
from .mutation import Applied, Mutation
from .view import View

CHARGERS, DRIVERS = "chargerIds", "driverIds"
IN_BODY: Members = {UnknownCharger: CHARGERS, UnknownDriver: DRIVERS}


def find(view: View, search: str | None = None) -> list[AccessGroup]:
    """The groups that the caller sees and whose name holds the text."""
    text = searched(search)
    return [
        group
        for group in view.network.access_groups.values()
        if view.scope.can_see_group(group) and (not text or holds_text(text, group.name))
    ]


def all_drivers_of(view: View, group: AccessGroup) -> BitMap64:
    """The drivers with a right on the group."""
    return view.network.with_rights_on(Place(PlaceKind.ACCESS_GROUP, group.id))


def drivers_of(view: View, group: AccessGroup) -> BitMap64:
    """The drivers with a right on the group that the caller sees."""
    holders = all_drivers_of(view, group)
    return holders if view.scope.unlimited else holders & view.scope.drivers


def charger_ids_of(view: View, group: AccessGroup) -> list[str]:
    """The chargers of the group that the caller sees."""
    return [charger_id for charger_id in group.charger_ids if view.scope.can_see_charger(charger_id)]


async def add(
    mutation: Mutation, name: str, charger_ids: Collection[str], driver_ids: Collection[int]
) -> Applied[int] | Preview[int]:
    """Adds a group. Results in its id."""
    _require_seen(mutation.view, charger_ids, driver_ids)
    return await mutation.apply(
        "accessGroup.add",
        lambda revision: access_groups.add(revision, name, charger_ids, driver_ids).id,
        members=IN_BODY,
        in_thread=True,
    )


async def change(
    mutation: Mutation,
    group_id: int,
    name: str | None = None,
    charger_ids: Collection[str] | None = None,
    driver_ids: Collection[int] | None = None,
) -> Applied[int] | Preview[int]:
    """Changes a group.

    None leaves a member as it is. Results in the group's id.
    """
    view = mutation.view
    _require_held(view, view.access_group(group_id))
    _require_seen(view, charger_ids or (), driver_ids or ())
    members: dict[str, Any] = {} if name is None else {"name": name}
    if charger_ids is not None:
        members["charger_ids"] = frozenset(charger_ids)
    seen = None if view.scope.unlimited else view.scope.drivers  # now: the network may change before the work

    def work(revision: Revision) -> int:
        before = access_groups.whole(revision, group_id)
        mutation.expect(before)
        drivers: set[int] | None = None
        if driver_ids is not None:
            hidden = () if seen is None else BitMap64(before.driver_ids) - seen
            drivers = {*driver_ids, *hidden}
        return access_groups.change(revision, group_id, drivers, **members).id

    return await mutation.apply("accessGroup.change", work, members=IN_BODY, in_thread=True)


async def remove(mutation: Mutation, group_id: int) -> Applied[None] | Preview[None]:
    """Removes a group with all rights on it."""
    _require_held(mutation.view, mutation.view.access_group(group_id))

    def work(revision: Revision) -> None:
        mutation.expect(access_groups.whole(revision, group_id))
        access_groups.remove(revision, group_id)

    return await mutation.apply("accessGroup.remove", work, in_thread=True)


def _require_seen(view: View, charger_ids: Collection[str], driver_ids: Collection[int]) -> None:
    """Requires that the caller sees the chargers and drivers."""
    view.in_body(CHARGERS, view.charger, *charger_ids)
    view.in_body(DRIVERS, view.driver, *driver_ids)


def _require_held(view: View, group: AccessGroup) -> None:
    """Raises Forbidden unless all chargers of the group are the caller's."""
    if not view.scope.holds_group(group):
        raise Forbidden(f"access group {group.id} holds chargers that you do not see: someone who does can change it")
