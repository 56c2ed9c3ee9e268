"""Access groups: chargers bundled for rights only, across sites.

A group gives drivers access to chargers, so it takes the permissions for both.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations import access_groups as operations
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...rights.model import AccessGroup
from ...rights.permissions import Permission
from ...storage.changes.access_groups import GroupAndDrivers
from ..common.auth import CallerFirst
from .answers import respond, shown_at
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


class GroupHead(Shape):
    """Members that name an access group."""

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

    drivers: list[GroupDriver] = Field(description="Drivers that hold a right on it, by id")
    chargers: list[GroupCharger] = Field(description="Its chargers, by charger id")


class AccessGroupItem(GroupHead):
    """An access group in a list."""

    drivers_count: int
    chargers_count: int


class AccessGroupMembers(Draft):
    """Changes of an access group."""

    name: types.Name = unless_given("Its name")
    driver_ids: list[types.EntityId] = unless_given(
        "All drivers that hold a right on it; drivers that hold one already keep it, with its window"
    )
    charger_ids: list[str] = unless_given("All of its chargers, by charger id")


class AccessGroupDraft(AccessGroupMembers):
    """A new access group."""

    name: types.Name = Field(description="Its name")
    driver_ids: list[types.EntityId] = Field([], description="Drivers that get a right on it")
    charger_ids: list[str] = Field([], description="Its chargers, by charger id")


@router.post(
    "",
    status_code=201,
    operation_id="addAccessGroup",
    summary="Add an access group",
    response_model=AccessGroupShape,
)
async def add_access_group(change: Annotated[Mutation, Depends(on_post(*WRITE))], body: AccessGroupDraft) -> Response:
    """Adds a group. Its drivers may charge at its chargers at once.

    Needs WriteChargers and WriteDrivers, as every change of a group does.
    """
    added = await operations.add(change, body.name, body.charger_ids, body.driver_ids)
    return await respond(change, added, lambda view, group_id: shown(view, view.access_group(group_id), 201))


@router.get("", operation_id="listAccessGroups", summary="List access groups", response_model=page_of(AccessGroupItem))
async def list_access_groups(
    view: Annotated[View, Depends(viewing(*READ))],
    asked: Sorted,
    search: Annotated[str | None, Query(description="Only groups whose name contains this text")] = None,
) -> Response:
    """Lists the groups that you see, by name, or by id with `sortKey=id`.

    Each has the numbers of its drivers and chargers that you see. Needs ReadChargers and ReadDrivers.
    """
    groups = operations.find(view, search)
    part = sort_part(groups, asked, name=lambda group: (group.name.casefold(), group.id), id=lambda group: (group.id,))
    return listed(part, partial(_item, view))


@router.get("/{groupId}", operation_id="getAccessGroup", summary="Get an access group", response_model=AccessGroupShape)
async def get_access_group(view: Annotated[View, Depends(viewing(*READ))], group_id: GroupId) -> Response:
    """Returns a group with its chargers and drivers.

    The ETag, for changing the group, covers both.
    """
    return shown(view, view.access_group(group_id))


@router.patch(
    "/{groupId}",
    operation_id="changeAccessGroup",
    summary="Change an access group",
    response_model=AccessGroupShape,
)
async def change_access_group(
    change: Annotated[Mutation, Depends(on_change(*WRITE))], group_id: GroupId, body: AccessGroupMembers
) -> Response:
    """Changes the members that are given.

    A driver that is not in `driverIds` loses all their rights on the group, unless you do not see that driver. You
    cannot change a group that holds chargers that you do not see.
    """
    changed = await operations.change(change, group_id, **body.given())
    return await respond(change, changed, lambda view, group_id: shown(view, view.access_group(group_id)))


@router.delete(
    "/{groupId}",
    status_code=204,
    operation_id="removeAccessGroup",
    summary="Remove an access group",
    response_class=Response,
)
async def remove_access_group(change: Annotated[Mutation, Depends(on_change(*WRITE))], group_id: GroupId) -> Response:
    """Removes a group with all rights on it. Its chargers and drivers stay."""
    return await respond(change, await operations.remove(change, group_id))


def _head(group: AccessGroup) -> dict[str, Any]:
    return {name: getattr(group, name) for name in GroupHead.model_fields}


def _item(view: View, group: AccessGroup) -> AccessGroupItem:
    return AccessGroupItem(
        **_head(group),
        drivers_count=len(operations.drivers_of(view, group)),
        chargers_count=len(operations.charger_ids_of(view, group)),
    )


def shown(view: View, group: AccessGroup, status: int = 200) -> Response:
    network = view.network
    drivers = [network.drivers[driver_id] for driver_id in operations.drivers_of(view, group)]
    chargers = [network.chargers[charger_id] for charger_id in sorted(operations.charger_ids_of(view, group))]
    shape = AccessGroupShape(
        **_head(group),
        drivers=[GroupDriver(id=driver.id, name=driver.name, external_id=driver.external_id) for driver in drivers],
        chargers=[
            GroupCharger(id=charger.id, charger_id=charger.charger_id, name=charger.name) for charger in chargers
        ],
    )
    entity = GroupAndDrivers.of(group, operations.all_drivers_of(view, group))
    return shown_at(f"/v2/charger-access-groups/{group.id}", shape, entity, status)
