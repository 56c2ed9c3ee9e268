"""Routes of v1: they parse, ask `rights`, and print through a `JsonStreamer`.

Their descriptions in the OpenAPI document are in `contract.yaml`, by operation id.
"""

from __future__ import annotations

from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse

from ...operations.errors import Forbidden
from ...rights import listing
from ...rights.driver_sets import NO_DRIVERS, DriverSet
from ...rights.errors import InvalidInput, NotFound, UnknownCharger, UnknownSite
from ...rights.permissions import Permission
from ...storage import revisions
from ...storage.callers import Caller
from ...storage.changes import chargers
from ...storage.changes import sites as site_changes
from ...storage.journal import ChangeContext
from ..common.auth import permitted
from ..common.errors import SitesNotFound
from ..common.state import state_of
from .bodies import new_charger, new_site_name
from .responses import V1Context, int64, json_body, open_context, site_ids, switch

router = APIRouter(prefix="/api", include_in_schema=False, strict_content_type=False)

ReadsDrivers = Annotated[Caller, Depends(permitted(Permission.READ_DRIVERS))]
ReadsSites = Annotated[Caller, Depends(permitted(Permission.READ_SITES))]
WritesSites = Annotated[Caller, Depends(permitted(Permission.WRITE_SITES))]
WritesChargers = Annotated[Caller, Depends(permitted(Permission.WRITE_CHARGERS))]


class NoSuchThing(InvalidInput):
    """An unknown thing in a path, on an operation that is documented without a 404."""


@router.post("/group/authorisedUsers", operation_id="getAuthorisedUsersForChargerGroups")
async def drivers_of_sites(request: Request, caller: ReadsDrivers) -> Response:
    """The mission: who may charge at each of up to 20 sites."""
    wanted = site_ids(await json_body(request))
    brief = switch(request, "excludeDetails")
    asked = await open_context(request, caller)
    listings = _listings(asked, wanted)
    chunks = asked.scribe.site_drivers(listings, brief)
    return await (asked.answer_brief(chunks, listings) if brief else asked.answer(chunks, wanted))


@router.get("/group/authorisedUsers/{groupId}", operation_id="getAuthorisedUsersForChargerGroup")
async def drivers_of_site(request: Request, caller: ReadsDrivers) -> Response:
    """Lists the drivers that may charge at one site."""
    site_id = int64(request, "groupId")
    brief = switch(request, "excludeDetails")
    asked = await open_context(request, caller)
    return await _users(asked, _listings(asked, [site_id])[site_id], brief)


@router.get("/charger/authorisedUsers/{chargerId}", operation_id="getAuthorisedUsersForCharger")
async def drivers_of_charger(request: Request, caller: ReadsDrivers) -> Response:
    """Lists the drivers that may charge at one charger."""
    brief = switch(request, "excludeDetails")
    asked = await open_context(request, caller)
    charger_id = request.path_params["chargerId"]
    if not asked.scope.can_see_charger(charger_id):
        raise NoSuchThing(str(UnknownCharger((charger_id,))))
    return await _users(asked, listing.drivers_of_charger(asked.network, charger_id, asked.at), brief)


@router.get("/user/homeGroup/{groupId}", operation_id="getAuthorisedUsersHomeGroup")
async def home_site(request: Request, caller: ReadsDrivers) -> Response:
    """One home site with its drivers and subsites."""
    site_id = int64(request, "groupId")
    brief = switch(request, "excludeDetails")
    asked = await open_context(request, caller)
    if site_id not in asked.network.sites or not asked.scope.can_see_site(site_id):
        raise NoSuchThing(str(UnknownSite((site_id,))))
    chunks = asked.scribe.user_groups([site_id], brief)
    return await (asked.answer_brief(chunks) if brief else asked.answer(chunks))


@router.get("/user/homeGroups", operation_id="getAuthorisedUsers")
async def home_sites(request: Request, caller: ReadsDrivers) -> Response:
    """All home sites, and the drivers without one."""
    brief = switch(request, "excludeDetails")
    asked = await open_context(request, caller)
    groups = asked.scribe.user_groups(asked.scope.roots, brief)
    spare = asked.scribe.users(asked.network.at_home(None) if asked.scope.unlimited else NO_DRIVERS, brief)
    chunks = chain([b'{"userGroups":['], groups, [b'],"spareUsers":'], spare, [b"}"])
    return await (asked.answer_brief(chunks) if brief else asked.answer(chunks))


@router.get("/groups", operation_id="getChargerGroups")
async def sites(request: Request, caller: ReadsSites) -> Response:
    """The tree of sites."""
    brief = switch(request, "excludeDetails")
    asked = await open_context(request, caller)
    roots = asked.scope.roots
    if brief:
        return await asked.answer_brief(chain([b"["], asked.scribe.brief_sites(roots), [b"]"]))
    return await asked.answer(chain([b"["], asked.scribe.sites(roots), [b"]"]))


@router.get("/group/external/{externalId:path}", operation_id="getChargerGroupByExternalId")
async def site_by_external_id(request: Request, caller: ReadsSites) -> Response:
    """The site of that external id.

    Of several, the one with the lowest id.
    """
    external_id = request.path_params["externalId"]
    alone = switch(request, "excludeSubgroups")
    brief = switch(request, "excludeDetails")
    asked = await open_context(request, caller)
    matches = [site.id for site in asked.network.sites.values() if site.external_id == external_id]
    matches = [site_id for site_id in matches if asked.scope.can_see_site(site_id)]
    if not matches:
        raise SitesNotFound((external_id,))
    site_id = min(matches)
    if brief:
        return await asked.answer_brief(asked.scribe.brief_sites([site_id], alone))
    return await asked.answer(asked.scribe.site_alone(site_id) if alone else asked.scribe.sites([site_id]))


@router.post("/group/add", operation_id="addChargerGroup")
async def add_site(request: Request, caller: WritesSites) -> Response:
    """Makes a site at the top of the tree.

    Answers its id.
    """
    state = state_of(request)
    name = new_site_name(await json_body(request))
    if caller.site_ids is not None:
        raise Forbidden("an operator of some sites makes none at the top of the tree: POST /v2/sites below one of them")
    occasion = ChangeContext(state.clock(), caller.actor, "site.add")
    site = await state.database.write(revisions.make, caller.customer_id, occasion, site_changes.add, name)
    return Response(b"%d" % site.id, media_type="application/json")


@router.post("/charger/add/{chargerId}/{groupId}", operation_id="addNewCharger")
async def add_charger(request: Request, caller: WritesChargers) -> Response:
    """Makes a charger on a site.

    Answers its charger id.
    """
    state = state_of(request)
    charger_id = request.path_params["chargerId"]
    site_id = int64(request, "groupId")
    charger = new_charger(charger_id, site_id, await json_body(request))
    if caller.site_ids is not None and not (await open_context(request, caller)).scope.can_see_site(site_id):
        raise NoSuchThing(str(UnknownSite((site_id,))))
    try:
        occasion = ChangeContext(state.clock(), caller.actor, "charger.add")
        await state.database.write(revisions.make, caller.customer_id, occasion, chargers.add, charger)
    except NotFound as error:
        raise NoSuchThing(str(error)) from error
    return PlainTextResponse(charger_id)


async def _users(asked: V1Context, found: DriverSet, brief: bool) -> Response:
    """The drivers of one site or charger."""
    chunks = asked.scribe.users(found.drivers, brief)
    return await (asked.answer_brief(chunks, {0: found}) if brief else asked.answer(chunks))  # the path names the place


def _listings(asked: V1Context, wanted: list[int]) -> dict[int, DriverSet]:
    """The listings of the sites.

    Raises SitesNotFound with the unknown ids, or with all ids if no driver is listed at any of them.
    """
    unseen = [site_id for site_id in wanted if not asked.scope.can_see_site(site_id)]
    if unseen:
        raise SitesNotFound(unseen)
    try:
        found = listing.drivers_of_sites(asked.network, wanted, asked.at)
    except UnknownSite as error:
        raise SitesNotFound(error.ids) from error
    if not any(drivers.drivers for drivers in found.values()):
        raise SitesNotFound(wanted)
    return found
