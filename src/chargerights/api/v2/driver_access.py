"""Where a driver may charge: sites and chargers granted to him plainly, and all that his rights reach."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...rights import listing
from ...rights.errors import UnknownCharger, UnknownSite
from ...rights.model import Charger, Place, PlaceKind, Site, SiteType
from ...rights.permissions import Permission
from ...rights.search_sites import holds_text, searched
from ...storage.changes import facts, rights
from ...storage.journal import Revision
from ..common.auth import CallerFirst
from .answers import apply
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import DriverId
from .shapes import REFUSALS, Draft, Shape, page_of

router = APIRouter(prefix="/v2/drivers/{driverId}", tags=["Drivers"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_DRIVERS, Permission.WRITE_DRIVERS
Explicit = Annotated[
    bool, Query(alias="explicitAccess", description="Only those granted by name; else all that his rights reach")
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

    def places(self) -> list[Place]:
        return [Place(PlaceKind.SITE, each) for each in self.site_ids]


class ChargerIds(Draft):
    """Chargers, by charger id."""

    charger_ids: list[types.ChargerId] = Field(min_length=1, max_length=1_000)

    def places(self) -> list[Place]:
        return [Place(PlaceKind.CHARGER, each) for each in self.charger_ids]


@router.post(
    "/sites", status_code=204, operation_id="grantSites", summary="Grant a driver sites", response_class=Response
)
async def grant_sites(
    change: Annotated[Mutation, Depends(on_post(WRITE))],
    driver_id: DriverId,
    body: SiteIds,
) -> Response:
    """A right without limits on each of the sites; one that he holds already stays."""
    return await _grant(change, driver_id, body.places(), "siteIds")


@router.delete(
    "/sites", status_code=204, operation_id="revokeSites", summary="Revoke a driver's sites", response_class=Response
)
async def revoke_sites(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    driver_id: DriverId,
    body: SiteIds,
) -> Response:
    """All his rights on the sites themselves, with limits or without; none there is no error."""
    return await _revoke(change, driver_id, body.places(), "siteIds")


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
    """The sites whose list has him now; `explicitAccess`: those he holds a right on himself. By name or id."""
    driver, network = view.driver(driver_id), view.network
    ids: Iterable[int] = (
        listing.held_by_name(network, driver, view.at)[0]
        if explicit
        else listing.sites_of_driver(network, driver.id, view.at)
    )
    found = [network.sites[each] for each in ids if view.scope.can_see_site(each)]
    text = searched(search)
    if text:
        found = [each for each in found if holds_text(text, each.name, each.external_id, str(each.id))]
    return listed(
        sort_part(found, asked, name=lambda site: (site.name.casefold(), site.id), id=lambda site: (site.id,)),
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
    """A right without limits on each of the chargers; one that he holds already stays."""
    return await _grant(change, driver_id, body.places(), "chargerIds")


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
    """All his rights on the chargers themselves, with limits or without; none there is no error."""
    return await _revoke(change, driver_id, body.places(), "chargerIds")


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
    """The chargers that he may charge at now; `explicitAccess`: those granted by name, himself or in an access group.
    By charger id, name or id."""
    driver, network = view.driver(driver_id), view.network
    ids: Iterable[str] = (
        listing.held_by_name(network, driver, view.at)[1]
        if explicit
        else listing.chargers_of_driver(network, driver.id, view.at)
    )
    found = [network.chargers[each] for each in ids if view.scope.can_see_charger(each)]
    text = searched(search)
    if text:
        found = [each for each in found if holds_text(text, each.name, each.charger_id)]
    return listed(
        sort_part(
            found,
            asked,
            chargerId=lambda charger: (charger.charger_id,),
            name=lambda charger: ((charger.name or "").casefold(), charger.charger_id),
            id=lambda charger: (charger.id,),
        ),
        lambda charger: _charger(view, charger),
    )


async def _grant(change: Mutation, driver_id: int, places: list[Place], member: str) -> Response:
    view = change.view
    view.driver(driver_id)
    view.in_body(member, view.place, *places)
    return await apply(
        change,
        "right.grant",
        lambda revision: len(rights.grant_all(revision, [driver_id], places)),
        members={UnknownSite: member, UnknownCharger: member},
    )


async def _revoke(change: Mutation, driver_id: int, places: list[Place], member: str) -> Response:
    view = change.view
    view.driver(driver_id)
    view.in_body(member, view.place, *places)

    def work(revision: Revision) -> int:
        change.expect(facts.driver(revision, driver_id))
        return rights.revoke_all(revision, [driver_id], places)

    return await apply(change, "right.revoke", work)


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
