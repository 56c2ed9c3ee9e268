"""Who may charge at a site or charger, in pages: the mission's question as v2 asks it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pyroaring import BitMap64

from ...rights import listing
from ...rights.model import Driver
from ...rights.permissions import Permission
from ...rights.search_drivers import DriverQuery
from ..common.auth import CallerFirst
from .drivers import DriverPage, DriverShape, shape_of
from .paging import Paging, drivers_page, paging
from .shapes import REFUSALS, Id
from .view import View, viewing

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
    response_model=DriverPage,
)
async def drivers_of_site(
    view: Viewing,
    asked: Annotated[Paging, Depends(paging)],
    siteId: Id,  # noqa: N803
    search: Search = None,
) -> Response:
    """Those with a right, valid now, on the site, a site above or below it, or a charger there, by name or through an
    access group. Drivers whom the caller does not look after are shown by number and name only."""
    view.site(siteId)
    return await _page(view, listing.drivers_of_site(view.network, siteId, view.at).drivers, asked, search)


@router.get(
    "/chargers/{chargerId}/authorized-drivers",
    operation_id="listDriversOfCharger",
    summary="List the drivers who may charge at a charger",
    response_model=DriverPage,
)
async def drivers_of_charger(
    view: Viewing,
    asked: Annotated[Paging, Depends(paging)],
    chargerId: str,  # noqa: N803
    search: Search = None,
) -> Response:
    """Those with a right, valid now, that reaches the charger. Drivers whom the caller does not look after are shown
    by number and name only."""
    view.charger(chargerId)
    return await _page(view, listing.drivers_of_charger(view.network, chargerId, view.at).drivers, asked, search)


async def _page(view: View, drivers: BitMap64, asked: Paging, search: str | None) -> Response:
    known = None if view.scope.unlimited else view.scope.drivers
    wanted = DriverQuery(search=search, search_tags=view.sees_tags, known=known)
    return await drivers_page(view, wanted, drivers, asked, _shape, DriverPage)


def _shape(view: View, driver: Driver) -> DriverShape:
    if view.scope.can_see_driver(driver):
        return shape_of(view, driver)
    return DriverShape(id=driver.id, name=driver.name, enabled=driver.enabled, tags=[], external_user_ids=[])
