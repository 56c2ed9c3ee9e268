"""Rights as things: granted, listed, changed and revoked, one by one or many at once (API.md section 3).

A caller of matching sites only sees the rights of his drivers and those on his places; he grants to his drivers on his
places, and takes any right on his places.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from pyroaring import BitMap64

from ...fields import types
from ...files.network_file.schema import PLACE_MEMBERS
from ...operations.errors import blaming, require_one_at_most
from ...operations.mutation import Mutation
from ...operations.paging import matching, part_of
from ...operations.view import View
from ...rights import search_drivers
from ...rights.errors import InvalidHours, InvalidWindow, UnknownDriver
from ...rights.model import Driver, Place, PlaceKind, Right
from ...rights.network import UNKNOWN_PLACES
from ...rights.permissions import Permission
from ...storage.changes import rights
from ...storage.changes.rights import Terms, UnknownRight
from ...storage.journal import Revision
from ...storage.rows import drivers
from ..common.auth import CallerFirst
from . import hours
from .answers import answer, apply
from .dependencies import on_change, on_post, viewing
from .hours import WeeklyHours, WeeklyHoursDraft
from .paging import Sorted, listed
from .path_ids import RightId
from .shapes import REFUSALS, Draft, Shape, page_of

router = APIRouter(prefix="/v2/rights", tags=["Rights"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_DRIVERS, Permission.WRITE_DRIVERS
MOST_HOURS = 100


class RightShape(Shape):
    """A driver may charge there: at the site and all below it, the charger, or the chargers of the access group."""

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
    """When a right holds; null: without that limit."""

    valid_from: types.Instant | None = Field(None, description="Begins at this instant")
    valid_until: types.Instant | None = Field(None, description="Ends before this instant")
    hours: list[WeeklyHoursDraft] | None = Field(
        None, max_length=MOST_HOURS, description="Holds only in these hours, local to the charger"
    )

    def facts(self) -> dict[str, Any]:
        """The members that are given, as the model has them. Raises InvalidHours in its member."""
        found = self.given()
        if "hours" in found:
            with blaming({InvalidHours: "hours"}):
                found["hours"] = tuple(each.fact() for each in self.hours or ())
        return {name: found[name] for name in Terms._fields if name in found}


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


UNKNOWN = {UnknownDriver: "driverId"} | {UNKNOWN_PLACES[kind]: name for kind, name in PLACE_MEMBERS.items()}
IN_BODY = {**UNKNOWN, InvalidWindow: "validUntil"}


@router.post(
    "",
    status_code=201,
    operation_id="grantRight",
    summary="Grant a right",
    response_model=RightShape,
    responses={200: {"model": RightShape, "description": "The right, which he holds already"}},
)
async def grant(change: Annotated[Mutation, Depends(on_post(WRITE))], body: RightDraft) -> Response:
    """A right that the driver holds already in the same words is not given twice: then the answer is 200 with it."""
    view = change.view
    (place,) = body.places()
    terms = Terms(**body.facts())
    view.in_body("driverId", view.driver, body.driver_id)
    view.in_body(PLACE_MEMBERS[place.kind], view.place, place)

    def work(revision: Revision) -> list[int]:
        granted = rights.grant(revision, body.driver_id, place, terms)
        return [granted.right.id, granted.new]

    def show(view: View, made: list[int]) -> Response:
        return shown(view, *right_of(view.driver(body.driver_id), made[0]), 201 if made[1] else 200)

    return await apply(change, "right.grant", work, show, members=IN_BODY)


@router.get("", operation_id="listRights", summary="List rights", response_model=page_of(RightShape))
async def list_rights(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    driver_id: Annotated[int | None, Query(alias="driverId", description="Only this driver's")] = None,
    site_id: Annotated[int | None, Query(alias="siteId", description="Only those on this site itself")] = None,
    charger_id: Annotated[str | None, Query(alias="chargerId", description="Only those on this charger")] = None,
    access_group_id: Annotated[
        int | None, Query(alias="accessGroupId", description="Only those on this access group")
    ] = None,
    valid: Annotated[bool | None, Query(description="Only those whose window holds now, or only others")] = None,
) -> Response:
    """By driver, then by number. Weekly hours are not asked."""
    asked.key_among("driverId")
    require_one_at_most({"siteId": site_id, "chargerId": charger_id, "accessGroupId": access_group_id})
    named = zip(PlaceKind, (site_id, charger_id, access_group_id), strict=True)
    places = [Place(kind, id_) for kind, id_ in named if id_ is not None]
    for each in places:
        view.place(each)
    network, scope = view.network, view.scope
    place = next(iter(places), None)
    drivers = search_drivers.everybody(network) if place is None else network.with_rights_on(place)
    if driver_id is not None:
        drivers = BitMap64((view.driver(driver_id).id,))

    def fits(held: tuple[Driver, Right]) -> bool:
        driver, right = held
        return (
            place in (None, right.place)
            and valid in (None, right.valid(view.at))
            and (scope.can_see_driver(driver) or scope.can_manage(right.place))
        )

    def show(held: tuple[Driver, Right]) -> RightShape:
        return shape_of(view, *held)

    if asked.walking:
        last = asked.after(int, int)
        after = None if last is None else (int(last[0]), int(last[1]))
        found = await matching(
            view, search_drivers.rights_after(network, drivers, asked.descending, after), fits, asked
        )
        return listed(part_of(found, asked, _key), show)
    if driver_id is None and place is None and valid is None and scope.unlimited:
        found = search_drivers.rights_page(network, asked.descending, asked.start, asked.count)
        return listed(part_of(found, asked, _key, network.right_count), show)
    everything = [held for held in search_drivers.rights_after(network, drivers, asked.descending) if fits(held)]
    part = everything[asked.start : asked.start + asked.count]
    return listed(part_of(part, asked, _key, len(everything)), show)


@router.get("/{rightId}", operation_id="getRight", summary="Get a right", response_model=RightShape)
async def get_right(view: Annotated[View, Depends(viewing(READ))], right_id: RightId) -> Response:
    """With an ETag for changing it."""
    return shown(view, *await find(view, right_id))


@router.patch("/{rightId}", operation_id="changeRight", summary="Change a right", response_model=RightShape)
async def change_right(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    right_id: RightId,
    body: RightTerms,
) -> Response:
    """Its window and hours; null takes a limit away. Its driver and place stay: grant another right."""
    driver, right = await find(change.view, right_id)
    change.view.place(right.place)
    terms = body.facts()

    def work(revision: Revision) -> None:
        change.expect(rights.held(revision, right_id)[1])
        rights.change(revision, right_id, **terms)

    def show(view: View, _: None) -> Response:
        return shown(view, *right_of(view.network.drivers[driver.id], right_id))

    return await apply(change, "right.change", work, show, members=IN_BODY)


@router.delete(
    "/{rightId}", status_code=204, operation_id="revokeRight", summary="Revoke a right", response_class=Response
)
async def revoke(change: Annotated[Mutation, Depends(on_change(WRITE))], right_id: RightId) -> Response:
    """The driver keeps the other rights he holds, on the same place too."""
    _, right = await find(change.view, right_id)
    change.view.place(right.place)

    def work(revision: Revision) -> None:
        change.expect(rights.held(revision, right_id)[1])
        rights.remove(revision, right_id)

    return await apply(change, "right.revoke", work)


def _key(held: tuple[Driver, Right]) -> search_drivers.Key:
    driver, right = held
    return driver.id, right.id


async def find(view: View, right_id: int) -> tuple[Driver, Right]:
    """Raises UnknownRight, of one that the caller does not see too."""
    driver_id = await view.services.database.glance(drivers.holder_of_right, view.caller.customer_id, right_id)
    driver = None if driver_id is None else view.network.drivers.get(driver_id)
    if driver is None:
        raise UnknownRight((right_id,))
    found = right_of(driver, right_id)
    if not (view.scope.can_see_driver(driver) or view.scope.can_manage(found[1].place)):
        raise UnknownRight((right_id,))
    return found


def right_of(driver: Driver, right_id: int) -> tuple[Driver, Right]:
    """Raises UnknownRight."""
    for right in driver.rights:
        if right.id == right_id:
            return driver, right
    raise UnknownRight((right_id,))


def shown(view: View, driver: Driver, right: Right, status: int = 200) -> Response:
    location = f"/v2/rights/{right.id}" if status == 201 else None
    return answer(shape_of(view, driver, right), status, right, location)


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
