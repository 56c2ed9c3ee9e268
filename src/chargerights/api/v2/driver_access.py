"""Sites and chargers where a driver may charge, by name or within a right's reach."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations import access
from ...operations import rights as operations
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...rights.model import Charger, PlaceKind, Site, SiteType
from ...rights.permissions import Permission
from ..common.auth import CallerFirst
from .answers import respond
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import DriverId
from .shapes import REFUSALS, Draft, Shape, page_of

router = APIRouter(prefix="/v2/drivers/{driverId}", tags=["Drivers"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_DRIVERS, Permission.WRITE_DRIVERS
Explicit = Annotated[
    bool,
    Query(
        alias="explicitAccess",
        description="true: only places granted by name; false: all within reach",
    ),
]
Search = Annotated[str | None, Query(description="Only those whose name or id holds this")]


class AccessibleSite(Shape):
    """A site where the driver may charge."""

    id: int
    name: str
    external_id: str | None = None
    parent_site_id: int | None = None
    group_type: SiteType


class AccessibleCharger(Shape):
    """A charger where the driver may charge."""

    id: int
    charger_id: str
    name: str | None = None
    site_id: int
    site_name: str


class SiteIds(Draft):
    """Sites, by number."""

    site_ids: list[types.EntityId] = Field(min_length=1, max_length=1_000)


class ChargerIds(Draft):
    """Chargers, by charger id."""

    charger_ids: list[types.ChargerId] = Field(min_length=1, max_length=1_000)


@router.post(
    "/sites", status_code=204, operation_id="grantSites", summary="Grant a driver sites", response_class=Response
)
async def grant_sites(
    change: Annotated[Mutation, Depends(on_post(WRITE))],
    driver_id: DriverId,
    body: SiteIds,
) -> Response:
    """Grants a right without limits on each of the sites, unless it is held already."""
    return await respond(change, await operations.grant_driver(change, driver_id, PlaceKind.SITE, body.site_ids))


@router.delete(
    "/sites", status_code=204, operation_id="revokeSites", summary="Revoke a driver's sites", response_class=Response
)
async def revoke_sites(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    driver_id: DriverId,
    body: SiteIds,
) -> Response:
    """Revokes all rights on the sites themselves, with or without limits.

    It is no error if there are no such rights.
    """
    return await respond(change, await operations.revoke_driver(change, driver_id, PlaceKind.SITE, body.site_ids))


@router.get(
    "/sites", operation_id="listSitesOfDriver", summary="List a driver's sites", response_model=page_of(AccessibleSite)
)
async def sites_of_driver(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    driver_id: DriverId,
    explicit: Explicit = False,
    search: Search = None,
) -> Response:
    """Lists the sites that list the driver now, by name or id.

    With `explicitAccess`: sites on which the driver holds a right directly.
    """
    sites = access.sites_of(view, driver_id, explicit, search)
    return listed(
        sort_part(sites, asked, name=lambda site: (site.name.casefold(), site.id), id=lambda site: (site.id,)),
        lambda site: _site(view, site),
    )


@router.post(
    "/chargers",
    status_code=204,
    operation_id="grantChargers",
    summary="Grant a driver chargers",
    response_class=Response,
)
async def grant_chargers(
    change: Annotated[Mutation, Depends(on_post(WRITE))],
    driver_id: DriverId,
    body: ChargerIds,
) -> Response:
    """Grants a right without limits on each of the chargers, unless held already."""
    return await respond(change, await operations.grant_driver(change, driver_id, PlaceKind.CHARGER, body.charger_ids))


@router.delete(
    "/chargers",
    status_code=204,
    operation_id="revokeChargers",
    summary="Revoke a driver's chargers",
    response_class=Response,
)
async def revoke_chargers(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    driver_id: DriverId,
    body: ChargerIds,
) -> Response:
    """Revokes all rights on the chargers themselves, with or without limits.

    It is no error if there are no such rights.
    """
    return await respond(change, await operations.revoke_driver(change, driver_id, PlaceKind.CHARGER, body.charger_ids))


@router.get(
    "/chargers",
    operation_id="listChargersOfDriver",
    summary="List a driver's chargers",
    response_model=page_of(AccessibleCharger),
)
async def chargers_of_driver(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    driver_id: DriverId,
    explicit: Explicit = False,
    search: Search = None,
) -> Response:
    """Lists the chargers where the driver may charge now, by charger id, name or id.

    With `explicitAccess`: chargers that are granted by name, directly or in an access group.
    """
    chargers = access.chargers_of(view, driver_id, explicit, search)
    return listed(
        sort_part(
            chargers,
            asked,
            chargerId=lambda charger: (charger.charger_id,),
            name=lambda charger: ((charger.name or "").casefold(), charger.charger_id),
            id=lambda charger: (charger.id,),
        ),
        lambda charger: _charger(view, charger),
    )


def _site(view: View, site: Site) -> AccessibleSite:
    return AccessibleSite(
        id=site.id,
        name=site.name,
        external_id=site.external_id,
        parent_site_id=site.parent_id if view.scope.can_see_site(site.parent_id) else None,
        group_type=site.type,
    )


def _charger(view: View, charger: Charger) -> AccessibleCharger:
    return AccessibleCharger(
        id=charger.id,
        charger_id=charger.charger_id,
        name=charger.name,
        site_id=charger.site_id,
        site_name=view.network.sites[charger.site_id].name,
    )
