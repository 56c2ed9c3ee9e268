"""Access groups: chargers bundled for rights only, across sites, with the drivers who hold a right on them (API.md
section 2).

A group gives drivers access to chargers, so it takes both the chargers' and the drivers' permission. Who is limited to
some sites sees the groups that hold a charger of his, and of them only his chargers and drivers; he changes and removes
only those whose chargers are all his, and drivers whom he does not see keep their rights on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from pyroaring import BitMap64

from ...fields import types
from ...operations.errors import Forbidden
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...rights.errors import DomainError, UnknownCharger, UnknownDriver
from ...rights.model import AccessGroup, Place, PlaceKind
from ...rights.permissions import Permission
from ...rights.search_sites import holds_text, searched
from ...storage.changes import access_groups
from ...storage.changes.access_groups import GroupAndDrivers
from ...storage.journal import Revision
from ..common.auth import CallerFirst
from .answers import answer, apply
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import GroupId
from .shapes import REFUSALS, Draft, Shape, page_of, unless_given

router = APIRouter(
    prefix="/v2/charger-access-groups",
    tags=["Access groups"],
    route_class=CallerFirst,
    responses=REFUSALS,
)

READ = Permission.READ_CHARGERS, Permission.READ_DRIVERS
WRITE = Permission.WRITE_CHARGERS, Permission.WRITE_DRIVERS
IN_BODY: Mapping[type[DomainError], str] = {UnknownCharger: "chargerIds", UnknownDriver: "driverIds"}


class GroupHead(Shape):
    """What names an access group."""

    id: int
    name: str
    created_at: datetime | None = None
    updated_at: datetime | None = Field(None, description="When its name or chargers were last changed")


class GroupDriver(Shape):
    """A driver with a right on the group, whatever its window."""

    id: int
    name: str
    external_id: str | None = None


class GroupCharger(Shape):
    """A charger of the group."""

    id: int
    charger_id: str
    name: str | None = None


class AccessGroupShape(GroupHead):
    """Chargers bundled for rights only, across sites."""

    drivers: list[GroupDriver] = Field(description="Who holds a right on it, by id")
    chargers: list[GroupCharger] = Field(description="Its chargers, by charger id")


class AccessGroupItem(GroupHead):
    """An access group in a list."""

    drivers_count: int
    chargers_count: int


class AccessGroupMembers(Draft):
    """What can be changed of an access group."""

    name: types.Name = unless_given("Its name")
    driver_ids: list[types.EntityId] = unless_given(
        "Who shall hold a right on it, and nobody else; those who do already keep theirs, with its window"
    )
    charger_ids: list[str] = unless_given("All of its chargers, by charger id, anew")


class AccessGroupDraft(AccessGroupMembers):
    """A new access group."""

    name: types.Name = Field(description="Its name")
    driver_ids: list[types.EntityId] = Field([], description="Who gets a right on it")
    charger_ids: list[str] = Field([], description="Its chargers, by charger id")


@router.post(
    "",
    status_code=201,
    operation_id="addAccessGroup",
    summary="Add an access group",
    response_model=AccessGroupShape,
)
async def add_access_group(change: Annotated[Mutation, Depends(on_post(*WRITE))], body: AccessGroupDraft) -> Response:
    """The drivers may charge at its chargers at once. Needs WriteChargers and WriteDrivers, as every change of one."""
    _require_seen(change.view, body)
    return await apply(
        change,
        "accessGroup.add",
        lambda revision: access_groups.add(revision, body.name, body.charger_ids, body.driver_ids).id,
        lambda view, group_id: shown(view, view.access_group(group_id), 201),
        members=IN_BODY,
        in_thread=True,
    )


@router.get("", operation_id="listAccessGroups", summary="List access groups", response_model=page_of(AccessGroupItem))
async def list_access_groups(
    view: Annotated[View, Depends(viewing(*READ))],
    asked: Sorted,
    search: Annotated[str | None, Query(description="Only those whose name holds this")] = None,
) -> Response:
    """The access groups that the caller sees, with how many of their drivers and chargers he sees; by name, or by id
    with `sortKey=id`. Needs ReadChargers and ReadDrivers."""
    text = searched(search)
    found = [
        each
        for each in view.network.access_groups.values()
        if view.scope.can_see_group(each) and (not text or holds_text(text, each.name))
    ]
    return listed(
        sort_part(found, asked, name=lambda group: (group.name.casefold(), group.id), id=lambda group: (group.id,)),
        lambda group: _item(view, group),
    )


@router.get("/{groupId}", operation_id="getAccessGroup", summary="Get an access group", response_model=AccessGroupShape)
async def get_access_group(view: Annotated[View, Depends(viewing(*READ))], group_id: GroupId) -> Response:
    """With its chargers and drivers, and an ETag for changing it, which both are part of."""
    return shown(view, view.access_group(group_id))


@router.patch(
    "/{groupId}",
    operation_id="changeAccessGroup",
    summary="Change an access group",
    response_model=AccessGroupShape,
)
async def change_access_group(
    change: Annotated[Mutation, Depends(on_change(*WRITE))],
    group_id: GroupId,
    body: AccessGroupMembers,
) -> Response:
    """Members that are left out stay as they are. A driver who is left out of `driverIds` loses all his rights on the
    group, unless the caller does not see him. Of a group that holds chargers which the caller does not see he may
    change nothing."""
    view = change.view
    _require_held(view, view.access_group(group_id))
    _require_seen(view, body)
    members = {name: value for name, value in body.given().items() if name == "name"}
    if "charger_ids" in body.model_fields_set:
        members["charger_ids"] = frozenset(body.charger_ids)
    seen = None if view.scope.unlimited else view.scope.drivers  # now: the network may change before the work

    def work(revision: Revision) -> int:
        before = access_groups.whole(revision, group_id)
        change.expect(before)
        drivers: set[int] | None = None
        if "driver_ids" in body.model_fields_set:
            hidden = () if seen is None else BitMap64(before.driver_ids) - seen
            drivers = {*body.driver_ids, *hidden}
        return access_groups.change(revision, group_id, drivers, **members).id

    return await apply(
        change,
        "accessGroup.change",
        work,
        lambda view, group_id: shown(view, view.access_group(group_id)),
        members=IN_BODY,
        in_thread=True,
    )


@router.delete(
    "/{groupId}",
    status_code=204,
    operation_id="removeAccessGroup",
    summary="Remove an access group",
    response_class=Response,
)
async def remove_access_group(
    change: Annotated[Mutation, Depends(on_change(*WRITE))],
    group_id: GroupId,
) -> Response:
    """With all rights on it; its chargers and drivers stay."""
    _require_held(change.view, change.view.access_group(group_id))

    def work(revision: Revision) -> None:
        change.expect(access_groups.whole(revision, group_id))
        access_groups.remove(revision, group_id)

    return await apply(change, "accessGroup.remove", work, in_thread=True)


def _require_seen(view: View, body: AccessGroupMembers) -> None:
    """The caller sees the chargers and drivers that the body names."""
    if "charger_ids" in body.model_fields_set:
        view.in_body("chargerIds", view.charger, *body.charger_ids)
    if "driver_ids" in body.model_fields_set:
        view.in_body("driverIds", view.driver, *body.driver_ids)


def _require_held(view: View, group: AccessGroup) -> None:
    """Raises Forbidden unless all chargers of the group are the caller's."""
    if not view.scope.holds_group(group):
        raise Forbidden(f"access group {group.id} holds chargers that you do not see: somebody who does can change it")


def _drivers(view: View, group: AccessGroup) -> BitMap64:
    """The drivers with a right on the group whom the caller sees."""
    holders = view.network.with_rights_on(Place(PlaceKind.ACCESS_GROUP, group.id))
    return holders if view.scope.unlimited else holders & view.scope.drivers


def _charger_ids(view: View, group: AccessGroup) -> list[str]:
    """The chargers of the group that the caller sees."""
    return [each for each in group.charger_ids if view.scope.can_see_charger(each)]


def _head(group: AccessGroup) -> dict[str, Any]:
    return {name: getattr(group, name) for name in GroupHead.model_fields}


def _item(view: View, group: AccessGroup) -> AccessGroupItem:
    return AccessGroupItem(
        **_head(group),
        drivers_count=len(_drivers(view, group)),
        chargers_count=len(_charger_ids(view, group)),
    )


def shown(view: View, group: AccessGroup, status: int = 200) -> Response:
    network = view.network
    drivers = [network.drivers[each] for each in _drivers(view, group)]
    chargers = [network.chargers[each] for each in sorted(_charger_ids(view, group))]
    shape = AccessGroupShape(
        **_head(group),
        drivers=[GroupDriver(id=each.id, name=each.name, external_id=each.external_id) for each in drivers],
        chargers=[GroupCharger(id=each.id, charger_id=each.charger_id, name=each.name) for each in chargers],
    )
    everybody = network.with_rights_on(Place(PlaceKind.ACCESS_GROUP, group.id))
    location = f"/v2/charger-access-groups/{group.id}" if status == 201 else None
    return answer(shape, status, GroupAndDrivers.of(group, everybody), location)
