"""Sites: the places with chargers, as a tree (API.md section 2).

A caller who is limited to some sites adds sites only below those he sees, and moves a site only to where he sees it. A
topmost site of his is where somebody else has put it: he may change it, but not move or remove it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator, Field

from ...fields import types
from ...fields.words import SiteTypeName
from ...operations.errors import Forbidden, InMember
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...rights.errors import DomainError, InvalidInput, SiteCycle, SiteTooDeep, UnknownSite
from ...rights.model import NOWHERE, Location, Site, SiteType
from ...rights.permissions import Permission
from ...rights.search_sites import SiteQuery, Sizes, find_sites
from ...storage.changes import facts, sites
from ...storage.journal import Revision
from ..common.auth import CallerFirst
from .answers import answer, apply
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
IN_BODY: Mapping[type[DomainError], str] = {SiteCycle: "parentSiteId", SiteTooDeep: "parentSiteId"}


class SiteOwn(Address):
    """What is entered of a site and shown of it in the same words."""

    public_name: types.OptionalText = Field(None, description="Its name among drivers")
    external_id: types.OptionalText = Field(None, description="Its id in the operator's own system")
    timezone: types.Timezone | None = Field(
        None,
        description="The IANA time zone in which weekly hours are read there, such as Europe/Helsinki; else that of"
        " the nearest site above that has one, else UTC",
    )
    is_public_site: bool | None = Field(None, description="Whether the public is told of it")
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
    """What names a site, and where in the tree it is."""

    id: int
    name: str = Field(description="Its name among operators")
    parent_site_id: int | None = Field(None, description="The site right above, when there is one that the caller sees")
    parent_name: str | None = None
    site_path: list[SiteStep] = Field(description="From the topmost site above that the caller sees down to this one")
    group_type: SiteTypeName = Field(description="What kind of place it is")


class SiteShape(SiteOwn, SiteHead):
    """A place with chargers; sites form a tree."""

    number_of_chargers: int = Field(description="At the site itself")
    total_number_of_chargers: int = Field(description="At the site and at all sites below it")
    number_of_subsites: int = Field(description="Right below the site")
    total_number_of_subsites: int = Field(description="Below the site, however deep")


class SiteMembers(SiteOwn, Draft):
    """What can be changed of a site; null takes a value away."""

    name: types.Name = unless_given("Its name among operators")
    parent_site_id: types.EntityId | None = Field(None, description="The site right above; null: it is at the top")
    group_type: SiteTypeName | None = Field(None, description="What kind of place it is; null: SUB_CPO")

    def facts(self, before: Location) -> dict[str, Any]:
        """The members that are given, as the model has them; `before`: where the site is now."""
        given = self.given()
        found = {name: given[name] for name in ("name", *SAME_NAMES) if name in given}
        if "parent_site_id" in given:
            found["parent_id"] = self.parent_site_id
        if "group_type" in given:
            found["type"] = SiteType(self.group_type or SiteType.SUB_CPO)
        if "is_public_site" in given:
            found["is_public"] = self.is_public_site
        return found | {"location": moved(before, given)}


class SiteDraft(SiteMembers):
    """A new site."""

    name: types.Name = Field(description="Its name among operators")


class NoParent(InvalidInput):
    """A site that the caller himself would not see."""


def _apart(ids: Any) -> Any:
    """`?siteIds=1,2` says the same as `?siteIds=1&siteIds=2`."""
    return [part for each in ids for part in each.split(",")] if isinstance(ids, list) else ids


@router.post("", status_code=201, operation_id="addSite", summary="Add a site", response_model=SiteShape)
async def add_site(change: Annotated[Mutation, Depends(on_post(WRITE))], body: SiteDraft) -> Response:
    """At the top of the tree, unless `parentSiteId` names the site right above. A right on a site above reaches it."""
    view = change.view
    _require_seen_parent(view, body)

    def work(revision: Revision) -> int:
        _require_parent(view, revision, body)
        return sites.add(revision, **body.facts(NOWHERE)).id

    return await apply(
        change, "site.add", work, lambda view, site_id: shown(view, view.site(site_id), 201), members=IN_BODY
    )


@router.get("", operation_id="listSites", summary="List sites", response_model=page_of(SiteShape))
async def list_sites(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    search: Annotated[
        str | None, Query(description="Only those whose name, public name or external id holds this")
    ] = None,
    country: Annotated[str | None, Query(description="Only those in this country, in any case")] = None,
    city: Annotated[str | None, Query(description="Only those in this city, in any case")] = None,
    cost_id: Annotated[str | None, Query(alias="costId", description="Only this cost centre's")] = None,
    external_id: Annotated[str | None, Query(alias="externalId", description="Only those with this id")] = None,
    show_only_root_sites: Annotated[
        bool, Query(alias="showOnlyRootSites", description="Only the topmost ones that the caller sees")
    ] = False,
    parent_site_id: Annotated[
        int | None, Query(alias="parentSiteId", description="Only those right below this site")
    ] = None,
    site_ids: Annotated[
        list[int] | None,
        BeforeValidator(_apart),
        Query(alias="siteIds", description="Only these; repeated, or in one with commas between"),
    ] = None,
) -> Response:
    """The sites that the caller sees; by name, or by id with `sortKey=id`."""
    scope = view.scope
    among: Collection[int] = scope.roots if show_only_root_sites else scope.sites
    if parent_site_id is not None:
        below = view.network.subsites(parent_site_id) if scope.can_see_site(parent_site_id) else ()
        among = [each for each in below if each in among]
    ids = None if site_ids is None else frozenset(site_ids)
    found = find_sites(view.network, SiteQuery(ids, country, city, cost_id, external_id, search), among)
    return listed(
        sort_part(found, asked, name=lambda site: (site.name.casefold(), site.id), id=lambda site: (site.id,)),
        shower(view),
    )


@router.get("/{siteId}", operation_id="getSite", summary="Get a site", response_model=SiteShape)
async def get_site(view: Annotated[View, Depends(viewing(READ))], site_id: SiteId) -> Response:
    """With an ETag for changing it."""
    return shown(view, view.site(site_id))


@router.get(
    "/external/{externalSiteId:path}",
    operation_id="getSiteByExternalId",
    summary="Get a site by its external id",
    response_model=SiteShape,
)
async def get_site_by_external_id(
    view: Annotated[View, Depends(viewing(READ))],
    external_site_id: ExternalSiteId,
) -> Response:
    """The site that carries this id of the operator's own system; of several, the one with the lowest id."""
    found = find_sites(view.network, SiteQuery(external_id=external_site_id), view.scope.sites)
    if not found:
        raise UnknownSite((external_site_id,))
    return shown(view, min(found, key=lambda site: site.id))


@router.patch("/{siteId}", operation_id="changeSite", summary="Change or move a site", response_model=SiteShape)
async def change_site(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    site_id: SiteId,
    body: SiteMembers,
) -> Response:
    """Members that are left out stay as they are; null takes a value away. With another `parentSiteId` the site moves
    there with all that is below it: from then on rights on the sites above it there reach it, and no longer those on
    the sites it was below. Who is limited to some sites cannot move the topmost of them."""
    view = change.view
    site = view.site(site_id)
    if "parent_site_id" in body.model_fields_set and body.parent_site_id != site.parent_id:
        _require_movable(view, site)
        _require_seen_parent(view, body)

    def work(revision: Revision) -> int:
        before = facts.site(revision, site_id)
        change.expect(before)
        _require_parent(view, revision, body)
        return sites.change(revision, site_id, **body.facts(before.location)).id

    return await apply(
        change, "site.change", work, lambda view, site_id: shown(view, view.site(site_id)), members=IN_BODY
    )


@router.delete(
    "/{siteId}", status_code=204, operation_id="removeSite", summary="Remove a site", response_class=Response
)
async def remove_site(change: Annotated[Mutation, Depends(on_change(WRITE))], site_id: SiteId) -> Response:
    """One without chargers, subsites, drivers at home there and rights on it; else 409. Who is limited to some sites
    cannot remove the topmost of them."""
    _require_movable(change.view, change.view.site(site_id))

    def work(revision: Revision) -> None:
        change.expect(facts.site(revision, site_id))
        sites.remove(revision, site_id)

    return await apply(change, "site.remove", work)


def _require_movable(view: View, site: Site) -> None:
    """Raises Forbidden for a topmost site of a limited caller."""
    if not view.scope.unlimited and site.id in view.scope.roots:
        raise Forbidden(f"site {site.id} is at the top of what you see: somebody who sees more can move or remove it")


def _require_seen_parent(view: View, body: SiteMembers) -> None:
    """The caller sees the parent, so that he sees the site."""
    if body.parent_site_id is not None:
        view.in_body("parentSiteId", view.site, body.parent_site_id)
    elif not view.scope.unlimited:
        raise InMember("parentSiteId", NoParent("name one of your sites: you would not see a site at the top"))


def _require_parent(view: View, revision: Revision, body: SiteMembers) -> None:
    """The parent is still there: what is not found otherwise is the site itself."""
    if body.parent_site_id is not None:
        view.in_body("parentSiteId", partial(facts.site, revision), body.parent_site_id)


def shown(view: View, site: Site, status: int = 200) -> Response:
    location = f"/v2/sites/{site.id}" if status == 201 else None
    return answer(shower(view)(site), status, site, location)


def shower(view: View) -> Callable[[Site], SiteShape]:
    """How sites are shown to the caller."""
    network, scope, sizes = view.network, view.scope, Sizes(view.network)

    def show(site: Site) -> SiteShape:
        size = sizes.of(site.id)
        path = [network.sites[each] for each in reversed(network.chain(site.id)) if scope.can_see_site(each)]
        parent = path[-2] if len(path) > 1 else None
        return SiteShape.model_construct(  # as it is kept: what was stored under older rules is shown too
            id=site.id,
            name=site.name,
            parent_site_id=parent.id if parent else None,
            parent_name=parent.name if parent else None,
            site_path=[SiteStep.model_construct(site_id=each.id, site_name=each.name) for each in path],
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
