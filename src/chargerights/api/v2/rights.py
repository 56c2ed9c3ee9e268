"""Rights: granted, listed, changed and revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ...fields import types
from ...operations import rights as operations
from ...operations.errors import blaming, require_one_at_most
from ...operations.mutation import Mutation
from ...operations.rights import right_of
from ...operations.view import View
from ...rights.errors import InvalidHours
from ...rights.model import Driver, Place, PlaceKind, Right
from ...rights.permissions import Permission
from ...storage.changes.rights import Terms
from ..common.auth import CallerFirst
from . import hours
from .answers import respond, shown_at
from .dependencies import on_change, on_post, viewing
from .hours import WeeklyHours, WeeklyHoursDraft
from .paging import Sorted, listed
from .path_ids import RightId
from .shapes import REFUSALS, Draft, Shape, page_of

router = APIRouter(prefix="/v2/rights", tags=["Rights"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_DRIVERS, Permission.WRITE_DRIVERS
MOST_HOURS = 100


class RightShape(Shape):
    """A right of a driver to charge at a place.

    The place is a site with all sites below it, a charger, or the chargers of an access group.
    """

    id: int
    driver_id: int
    site_id: int | None = None
    charger_id: str | None = None
    access_group_id: int | None = None
    name: str = Field(description="The place's name")
    valid_from: datetime | None = Field(None, description="Begins at this instant")
    valid_until: datetime | None = Field(None, description="Ends before this instant")
    hours: list[WeeklyHours] | None = Field(None, description="Holds only in these hours, local to the charger")


class RightTerms(Draft):
    """The window and hours in which a right holds. Null: without that limit."""

    valid_from: types.Instant | None = Field(None, description="Begins at this instant")
    valid_until: types.Instant | None = Field(None, description="Ends before this instant")
    hours: list[WeeklyHoursDraft] | None = Field(
        None, max_length=MOST_HOURS, description="Holds only in these hours, local to the charger"
    )

    def facts(self) -> dict[str, Any]:
        """The members that are given, as the model has them.

        Raises InvalidHours in its member.
        """
        members = self.given()
        if "hours" in members:
            with blaming({InvalidHours: "hours"}):
                members["hours"] = tuple(hours.fact() for hours in self.hours or ())
        return {name: members[name] for name in Terms._fields if name in members}


class RightDraft(RightTerms):
    """A right to grant, on one place."""

    driver_id: types.EntityId
    site_id: types.EntityId | None = None
    charger_id: types.ChargerId | None = None
    access_group_id: types.EntityId | None = None

    @model_validator(mode="after")
    def _one_place(self) -> RightDraft:
        if len(list(self.places())) != 1:
            raise PydanticCustomError("place", "name one place: siteId, chargerId or accessGroupId")
        return self

    def places(self) -> Iterator[Place]:
        for kind, id_ in zip(PlaceKind, (self.site_id, self.charger_id, self.access_group_id), strict=True):
            if id_ is not None:
                yield Place(kind, id_)


@router.post(
    "",
    status_code=201,
    operation_id="grantRight",
    summary="Grant a right",
    response_model=RightShape,
    responses={200: {"model": RightShape, "description": "The right, which the driver holds already"}},
)
async def grant(change: Annotated[Mutation, Depends(on_post(WRITE))], body: RightDraft) -> Response:
    """Grants a right.

    A right that the driver holds already in the same words is not granted twice: the answer is 200 with that right.
    """
    (place,) = body.places()
    granted = await operations.grant(change, body.driver_id, place, Terms(**body.facts()))

    def show(view: View, made: list[int]) -> Response:
        return shown(view, *right_of(view.driver(body.driver_id), made[0]), 201 if made[1] else 200)

    return await respond(change, granted, show)


@router.get("", operation_id="listRights", summary="List rights", response_model=page_of(RightShape))
async def list_rights(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    driver_id: Annotated[int | None, Query(alias="driverId", description="Only rights of this driver")] = None,
    site_id: Annotated[int | None, Query(alias="siteId", description="Only rights on this site itself")] = None,
    charger_id: Annotated[str | None, Query(alias="chargerId", description="Only rights on this charger")] = None,
    access_group_id: Annotated[
        int | None, Query(alias="accessGroupId", description="Only rights on this access group")
    ] = None,
    valid: Annotated[bool | None, Query(description="Only rights whose window holds now, or only others")] = None,
) -> Response:
    """Lists rights by driver, then by id. Weekly hours do not count for `valid`."""
    require_one_at_most({"siteId": site_id, "chargerId": charger_id, "accessGroupId": access_group_id})
    named = zip(PlaceKind, (site_id, charger_id, access_group_id), strict=True)
    place = next((Place(kind, id_) for kind, id_ in named if id_ is not None), None)
    found = await operations.find(view, asked, driver_id, place, valid)
    return listed(found, lambda held: shape_of(view, *held))


@router.get("/{rightId}", operation_id="getRight", summary="Get a right", response_model=RightShape)
async def get_right(view: Annotated[View, Depends(viewing(READ))], right_id: RightId) -> Response:
    """Returns a right with an ETag for changing it."""
    return shown(view, *await operations.one(view, right_id))


@router.patch("/{rightId}", operation_id="changeRight", summary="Change a right", response_model=RightShape)
async def change_right(
    change: Annotated[Mutation, Depends(on_change(WRITE))], right_id: RightId, body: RightTerms
) -> Response:
    """Changes a right's window and hours.

    Null removes a limit.

    Its driver and place cannot be changed: grant another right.
    """
    changed = await operations.change(change, right_id, body.facts())
    return await respond(
        change, changed, lambda view, driver_id: shown(view, *right_of(view.network.drivers[driver_id], right_id))
    )


@router.delete(
    "/{rightId}", status_code=204, operation_id="revokeRight", summary="Revoke a right", response_class=Response
)
async def revoke(change: Annotated[Mutation, Depends(on_change(WRITE))], right_id: RightId) -> Response:
    """Revokes a right. The driver keeps other rights, also those on the same place."""
    return await respond(change, await operations.revoke(change, right_id))


def shown(view: View, driver: Driver, right: Right, status: int = 200) -> Response:
    return shown_at(f"/v2/rights/{right.id}", shape_of(view, driver, right), right, status)


def shape_of(view: View, driver: Driver, right: Right) -> RightShape:
    kind, id_ = right.place
    return RightShape(
        id=right.id,
        driver_id=driver.id,
        site_id=int(id_) if kind is PlaceKind.SITE else None,
        charger_id=str(id_) if kind is PlaceKind.CHARGER else None,
        access_group_id=int(id_) if kind is PlaceKind.ACCESS_GROUP else None,
        name=view.network.name_of(right.place),
        valid_from=right.valid_from,
        valid_until=right.valid_until,
        hours=hours.shown(right.hours),
    )
