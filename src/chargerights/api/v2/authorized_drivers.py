"""Pages of the drivers that may charge at a site or charger."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from ...operations import access
from ...operations.view import View
from ...rights.model import Driver
from ...rights.permissions import Permission
from ..common.auth import CallerFirst
from .dependencies import viewing
from .drivers import DriverShape, shape_of
from .paging import Sorted, listed
from .path_ids import ChargerId, SiteId
from .shapes import REFUSALS, page_of

router = APIRouter(prefix="/v2", tags=["Drivers"], route_class=CallerFirst, responses=REFUSALS)

Viewing = Annotated[View, Depends(viewing(Permission.READ_DRIVERS))]
Search = Annotated[
    str | None,
    Query(description="Only those whose name, external id or, with ReadTags, tag holds this"),
]


@router.get(
    "/sites/{siteId}/authorized-drivers",
    operation_id="listDriversOfSite",
    summary="List the drivers who may charge at a site",
    response_model=page_of(DriverShape),
)
async def drivers_of_site(
    view: Viewing,
    asked: Sorted,
    site_id: SiteId,
    search: Search = None,
) -> Response:
    """Lists drivers with a right that is valid now and reaches the site or part of it.

    The right is on the site, a site above or below it, or a charger there, by name or through an access group. Drivers
    that you do not see otherwise are shown by id and name only.
    """
    return listed(await access.drivers_of_site(view, site_id, search, asked), partial(_shape, view))


@router.get(
    "/chargers/{chargerId}/authorized-drivers",
    operation_id="listDriversOfCharger",
    summary="List the drivers who may charge at a charger",
    response_model=page_of(DriverShape),
)
async def drivers_of_charger(
    view: Viewing,
    asked: Sorted,
    charger_id: ChargerId,
    search: Search = None,
) -> Response:
    """Lists drivers with a right that is valid now and reaches the charger.

    Drivers that you do not see otherwise are shown by id and name only.
    """
    return listed(await access.drivers_of_charger(view, charger_id, search, asked), partial(_shape, view))


def _shape(view: View, driver: Driver) -> DriverShape:
    if view.scope.can_see_driver(driver):
        return shape_of(view, driver)
    return DriverShape(id=driver.id, name=driver.name, enabled=driver.enabled, tags=[], external_user_ids=[])
