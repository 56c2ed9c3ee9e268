"""Drivers, and the sites and chargers they may charge at (API.md section 2)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...fields.words import ReferenceTypeName
from ...operations import drivers as operations
from ...operations.mutation import Mutation
from ...operations.paging import drivers_part
from ...operations.view import View
from ...rights.model import Driver, ExternalId, ReferenceType
from ...rights.permissions import Permission
from ...rights.search_drivers import DriverQuery
from ..common.auth import CallerFirst
from .answers import respond, shown_at
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import DriverId
from .shapes import REFUSALS, Draft, Shape, page_of, unless_given
from .tags import NewTag, TagShape
from .tags import shape_of as tag_shape

router = APIRouter(prefix="/v2/drivers", tags=["Drivers"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_DRIVERS, Permission.WRITE_DRIVERS
MOST_TAGS = 100
MOST_EXTERNAL_IDS = 100


class ExternalUserId(Shape):
    """The driver's id in another system."""

    reference_type: ReferenceTypeName
    reference_id: str = Field(description="The other system's name or owner")
    external_id: str
    effective_from: datetime | None = None


class DriverShape(Shape):
    """A person or a vehicle."""

    id: int
    name: str
    external_id: str | None = Field(None, description="The driver's id in the operator's own system")
    home_site_id: int | None = Field(None, description="The site that looks after them; grants nothing")
    home_site_name: str | None = None
    payer_id: int | None = None
    company_id: int | None = None
    enabled: bool = Field(description="false: the driver may charge nowhere and is listed nowhere")
    tags: list[TagShape] | None = Field(None, description="Left out without ReadTags")
    external_user_ids: list[ExternalUserId]


class ExternalUserIdDraft(Draft):
    """The driver's id in another system."""

    reference_type: ReferenceTypeName = "INTEGRATION"
    reference_id: types.Name = Field(description="The other system's name or owner")
    external_id: types.Name
    effective_from: types.Instant | None = None

    def fact(self) -> ExternalId:
        return ExternalId(self.reference_id, self.external_id, ReferenceType(self.reference_type), self.effective_from)


class DriverMembers(Draft):
    """Changes of a driver. Null removes a value."""

    name: types.Name = unless_given("The person's or vehicle's name")
    external_id: types.OptionalText = Field(None, description="The driver's id in the operator's own system")
    home_site_id: types.EntityId | None = Field(
        None, description="The site that looks after the driver; it grants nothing"
    )
    payer_id: types.Int64 | None = None
    company_id: types.Int64 | None = None
    enabled: bool = unless_given("false: the driver may charge nowhere and is listed nowhere")
    external_user_ids: list[ExternalUserIdDraft] | None = Field(
        None, max_length=MOST_EXTERNAL_IDS, description="All of the driver's ids in other systems"
    )

    def facts(self) -> dict[str, Any]:
        """The members that are given, as the model has them."""
        members = {name: value for name, value in self.given().items() if name in SAME_NAMES}
        if "external_user_ids" in self.model_fields_set:
            members["external_ids"] = tuple(external_id.fact() for external_id in self.external_user_ids or ())
        return members


SAME_NAMES = ("name", "external_id", "home_site_id", "payer_id", "company_id", "enabled")


class DriverDraft(DriverMembers):
    """A new driver."""

    name: types.Name = Field(description="The person's or vehicle's name")
    tags: list[NewTag] = Field([], max_length=MOST_TAGS, description="Tags of the driver; more can be added later")


@router.post("", status_code=201, operation_id="addDriver", summary="Add a driver", response_model=DriverShape)
async def add_driver(change: Annotated[Mutation, Depends(on_post(WRITE))], body: DriverDraft) -> Response:
    """Adds a driver, who may charge nowhere until they are granted rights.

    With `tags` you need WriteTags too.
    """
    tags = [tag.draft(f"tags.{number}.") for number, tag in enumerate(body.tags)]
    added = await operations.add(change, body.facts(), tags)
    return await respond(change, added, lambda view, driver_id: shown(view, view.driver(driver_id), 201))


@router.get("", operation_id="listDrivers", summary="List drivers", response_model=page_of(DriverShape))
async def list_drivers(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    search: Annotated[
        str | None,
        Query(description="Only drivers whose name, external id or, with ReadTags, tag contains this text"),
    ] = None,
    home_site_id: Annotated[
        int | None, Query(alias="homeSiteId", description="Only drivers with this home site")
    ] = None,
    company_id: Annotated[int | None, Query(alias="companyId", description="Only drivers of this company")] = None,
    tag: Annotated[str | None, Query(description="Only the driver with this tag, in any case; needs ReadTags")] = None,
    external_id: Annotated[
        str | None, Query(alias="externalId", description="Only drivers with this external id")
    ] = None,
    reference_id: Annotated[
        str | None, Query(alias="referenceId", description="Only drivers with an id in this other system")
    ] = None,
    enabled: Annotated[bool | None, Query(description="Only enabled or only disabled drivers")] = None,
) -> Response:
    """Lists the drivers that you see, by name, or by id with `sortKey=id`.

    Disabled drivers are included.
    """
    if tag is not None:
        view.require(Permission.READ_TAGS)
    wanted = DriverQuery(home_site_id, company_id, tag, external_id, reference_id, enabled, search, view.sees_tags)
    among = None if view.scope.unlimited else view.scope.drivers
    return listed(await drivers_part(view, wanted, among, asked), partial(shape_of, view))


@router.get("/{driverId}", operation_id="getDriver", summary="Get a driver", response_model=DriverShape)
async def get_driver(view: Annotated[View, Depends(viewing(READ))], driver_id: DriverId) -> Response:
    """Returns a driver. The ETag, for changing the driver, covers tags and rights."""
    return shown(view, view.driver(driver_id))


@router.patch("/{driverId}", operation_id="changeDriver", summary="Change a driver", response_model=DriverShape)
async def change_driver(
    change: Annotated[Mutation, Depends(on_change(WRITE))], driver_id: DriverId, body: DriverMembers
) -> Response:
    """Changes the members that are given.

    Null removes a value.

    Tags and rights have requests of their own.
    """
    changed = await operations.change(change, driver_id, body.facts())
    return await respond(change, changed, lambda view, driver_id: shown(view, view.driver(driver_id)))


@router.delete(
    "/{driverId}",
    status_code=204,
    operation_id="removeDriver",
    summary="Remove a driver",
    response_class=Response,
)
async def remove_driver(change: Annotated[Mutation, Depends(on_change(WRITE))], driver_id: DriverId) -> Response:
    """Removes a driver with their tags and rights.

    The audit log keeps the driver's past.
    """
    return await respond(change, await operations.remove(change, driver_id))


def shown(view: View, driver: Driver, status: int = 200) -> Response:
    return shown_at(f"/v2/drivers/{driver.id}", shape_of(view, driver), driver, status)


def shape_of(view: View, driver: Driver) -> DriverShape:
    home = None if driver.home_site_id is None else view.network.sites[driver.home_site_id]
    return DriverShape(
        id=driver.id,
        name=driver.name,
        external_id=driver.external_id,
        home_site_id=driver.home_site_id,
        home_site_name=home and home.name,
        payer_id=driver.payer_id,
        company_id=driver.company_id,
        enabled=driver.enabled,
        tags=[tag_shape(view, tag) for tag in driver.tags] if view.sees_tags else None,
        external_user_ids=[
            ExternalUserId(
                reference_type=external_id.reference_type.value,
                reference_id=external_id.reference_id,
                external_id=external_id.external_id,
                effective_from=external_id.effective_from,
            )
            for external_id in driver.external_ids
        ],
    )
