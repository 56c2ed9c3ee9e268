"""Sites: the places with chargers, as a tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator, Field

from ...fields import types
from ...fields.words import SiteTypeName
from ...operations import sites as operations
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...rights.model import Location, Site, SiteType
from ...rights.permissions import Permission
from ...rights.search_sites import SiteQuery, Sizes
from ..common.auth import CallerFirst
from .answers import respond, shown_at
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import ExternalSiteId, SiteId
from .shapes import REFUSALS, Address, Draft, Shape, address, moved, page_of, unless_given

router = APIRouter(prefix="/v2/sites", tags=["Sites"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_SITES, Permission.WRITE_SITES
SAME_NAMES = (
    "public_name",
    "external_id",
    "timezone",
    "payer_id",
    "cost_id",
    "cost_name",
    "payment_recipient_id",
    "free_to_use",
)


class SiteOwn(Address):
    """Members of a site that are shown as they are entered."""

    public_name: types.OptionalText = Field(None, description="Its name among drivers")
    external_id: types.OptionalText = Field(None, description="Its id in the operator's own system")
    timezone: types.Timezone | None = Field(
        None,
        description="The IANA time zone in which weekly hours are read there, such as Europe/Helsinki; else that of"
        " the nearest site above that has one, else UTC",
    )
    is_public_site: bool | None = Field(None, description="Whether the site is public")
    free_to_use: bool | None = Field(
        None,
        description="Whether anyone may charge there without a tag; else as the nearest site above says, else not",
    )
    payer_id: types.Int64 | None = Field(None, description="Who pays for charging there")
    cost_id: types.OptionalText = Field(None, description="The cost centre's id")
    cost_name: types.OptionalText = Field(None, description="The cost centre's name")
    payment_recipient_id: types.Int64 | None = Field(None, description="Who is paid for charging there")


class SiteStep(Shape):
    """A site on the way from the top of the tree to another."""

    site_id: int
    site_name: str


class SiteHead(Shape):
    """A site's names and its place in the tree."""

    id: int
    name: str = Field(description="Its name among operators")
    parent_site_id: int | None = Field(None, description="The site right above, when there is one that the caller sees")
    parent_name: str | None = None
    site_path: list[SiteStep] = Field(description="From the topmost site above that the caller sees down to this one")
    group_type: SiteTypeName = Field(description="The kind of place")


class SiteShape(SiteOwn, SiteHead):
    """A place with chargers.

    Sites form a tree.
    """

    number_of_chargers: int = Field(description="At the site itself")
    total_number_of_chargers: int = Field(description="At the site and at all sites below it")
    number_of_subsites: int = Field(description="Right below the site")
    total_number_of_subsites: int = Field(description="Below the site, however deep")


class SiteMembers(SiteOwn, Draft):
    """Changes of a site. Null removes a value."""

    name: types.Name = unless_given("Its name among operators")
    parent_site_id: types.EntityId | None = Field(None, description="The site right above; null: it is at the top")
    group_type: SiteTypeName | None = Field(None, description="The kind of place; null: SUB_CPO")

    def facts(self, before: Location) -> dict[str, Any]:
        """The members that are given, as the model has them.

        `before`: where the site is now.
        """
        given = self.given()
        members = {name: given[name] for name in ("name", *SAME_NAMES) if name in given}
        if "parent_site_id" in given:
            members["parent_id"] = self.parent_site_id
        if "group_type" in given:
            members["type"] = SiteType(self.group_type or SiteType.SUB_CPO)
        if "is_public_site" in given:
            members["is_public"] = self.is_public_site
        return members | {"location": moved(before, given)}


class SiteDraft(SiteMembers):
    """A new site."""

    name: types.Name = Field(description="Its name among operators")


def _apart(ids: Any) -> Any:
    """`?siteIds=1,2` says the same as `?siteIds=1&siteIds=2`."""
    return [part for text in ids for part in text.split(",")] if isinstance(ids, list) else ids


@router.post("", status_code=201, operation_id="addSite", summary="Add a site", response_model=SiteShape)
async def add_site(change: Annotated[Mutation, Depends(on_post(WRITE))], body: SiteDraft) -> Response:
    """Adds it at the top of the tree, or below `parentSiteId`.

    Rights on the sites above reach it.
    """
    added = await operations.add(change, body.facts)
    return await respond(change, added, lambda view, site_id: shown(view, view.site(site_id), 201))


@router.get("", operation_id="listSites", summary="List sites", response_model=page_of(SiteShape))
async def list_sites(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    search: Annotated[
        str | None, Query(description="Only sites whose name, public name or external id contains this text")
    ] = None,
    country: Annotated[str | None, Query(description="Only sites in this country, in any case")] = None,
    city: Annotated[str | None, Query(description="Only sites in this city, in any case")] = None,
    cost_id: Annotated[str | None, Query(alias="costId", description="Only sites of this cost centre")] = None,
    external_id: Annotated[str | None, Query(alias="externalId", description="Only sites with this id")] = None,
    show_only_root_sites: Annotated[
        bool, Query(alias="showOnlyRootSites", description="Only the topmost sites that you see")
    ] = False,
    parent_site_id: Annotated[
        int | None, Query(alias="parentSiteId", description="Only sites right below this site")
    ] = None,
    site_ids: Annotated[
        list[int] | None,
        BeforeValidator(_apart),
        Query(alias="siteIds", description="Only these sites; repeated, or in one with commas between"),
    ] = None,
) -> Response:
    """Lists the sites that you see, by name, or by id with `sortKey=id`."""
    ids = None if site_ids is None else frozenset(site_ids)
    query = SiteQuery(ids, country, city, cost_id, external_id, search)
    found = operations.find(view, query, show_only_root_sites, parent_site_id)
    part = sort_part(found, asked, name=lambda site: (site.name.casefold(), site.id), id=lambda site: (site.id,))
    return listed(part, shower(view))


@router.get("/{siteId}", operation_id="getSite", summary="Get a site", response_model=SiteShape)
async def get_site(view: Annotated[View, Depends(viewing(READ))], site_id: SiteId) -> Response:
    """Returns a site with an ETag for changing it."""
    return shown(view, view.site(site_id))


@router.get(
    "/external/{externalSiteId:path}",
    operation_id="getSiteByExternalId",
    summary="Get a site by its external id",
    response_model=SiteShape,
)
async def get_site_by_external_id(
    view: Annotated[View, Depends(viewing(READ))], external_site_id: ExternalSiteId
) -> Response:
    """Returns the site with this id in the operator's own system.

    Of several such sites it returns the one with the lowest id.
    """
    return shown(view, operations.by_external_id(view, external_site_id))


@router.patch("/{siteId}", operation_id="changeSite", summary="Change or move a site", response_model=SiteShape)
async def change_site(
    change: Annotated[Mutation, Depends(on_change(WRITE))], site_id: SiteId, body: SiteMembers
) -> Response:
    """Changes the members that are given.

    Null removes a value.

    With another `parentSiteId` the site moves there with everything below it: from then on rights on the sites above
    it there reach it, and rights on the sites that it was below no longer do. An operator that is limited to some
    sites cannot move the topmost of them.
    """
    changed = await operations.change(change, site_id, body.facts)
    return await respond(change, changed, lambda view, site_id: shown(view, view.site(site_id)))


@router.delete(
    "/{siteId}", status_code=204, operation_id="removeSite", summary="Remove a site", response_class=Response
)
async def remove_site(change: Annotated[Mutation, Depends(on_change(WRITE))], site_id: SiteId) -> Response:
    """Removes a site without chargers, subsites, home drivers and rights.

    Any of those is a 409. An operator that is limited to some sites cannot remove the topmost of them.
    """
    return await respond(change, await operations.remove(change, site_id))


def shown(view: View, site: Site, status: int = 200) -> Response:
    return shown_at(f"/v2/sites/{site.id}", shower(view)(site), site, status)


def shower(view: View) -> Callable[[Site], SiteShape]:
    """Returns a function that shows sites to the caller."""
    network, scope, sizes = view.network, view.scope, Sizes(view.network)

    def show(site: Site) -> SiteShape:
        size = sizes.of(site.id)
        path = [network.sites[site_id] for site_id in reversed(network.chain(site.id)) if scope.can_see_site(site_id)]
        parent = path[-2] if len(path) > 1 else None
        return SiteShape.model_construct(  # as it is kept: what was stored under older rules is shown too
            id=site.id,
            name=site.name,
            parent_site_id=parent.id if parent else None,
            parent_name=parent.name if parent else None,
            site_path=[SiteStep.model_construct(site_id=step.id, site_name=step.name) for step in path],
            group_type=site.type.value,
            is_public_site=site.is_public,
            number_of_chargers=size.chargers,
            total_number_of_chargers=size.chargers_in_all,
            number_of_subsites=size.subsites,
            total_number_of_subsites=size.subsites_in_all,
            **{name: getattr(site, name) for name in SAME_NAMES},
            **address(site.location),
        )

    return show
