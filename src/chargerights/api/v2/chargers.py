"""Chargers: the devices at the sites, as entered and with their live state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response

from ...operations import chargers as operations
from ...operations.chargers import ChargerQuery
from ...operations.mutation import Mutation
from ...operations.paging import sorted_part
from ...operations.redaction import live_without_tags
from ...operations.view import View
from ...rights.index_entries import PlacedCharger
from ...rights.model import NOWHERE, Charger
from ...rights.permissions import Permission
from ...rights.search_drivers import Key
from ..common.auth import CallerFirst
from .answers import respond, shown_at
from .charger_shapes import ChargerDraft, ChargerMembers, ChargerShape, shape_of
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import ChargerId
from .shapes import REFUSALS, page_of

router = APIRouter(prefix="/v2/chargers", tags=["Chargers"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_CHARGERS, Permission.WRITE_CHARGERS


@router.post("", status_code=201, operation_id="addCharger", summary="Add a charger", response_model=ChargerShape)
async def add_charger(change: Annotated[Mutation, Depends(on_post(WRITE))], body: ChargerDraft) -> Response:
    """Adds it under the identity with which it will connect.

    Rights on its site and on the sites above reach it at once.
    """
    added = await operations.add(change, Charger(0, body.charger_id, **body.facts(NOWHERE)))
    return await respond(change, added, lambda view, charger_id: shown(view, view.charger(charger_id), 201))


@router.get("", operation_id="listChargers", summary="List chargers", response_model=page_of(ChargerShape))
async def list_chargers(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    search: Annotated[
        str | None,
        Query(description="Only chargers whose charger id, name, serial number or EVSE id contains this text"),
    ] = None,
    site_id: Annotated[int | None, Query(alias="siteId", description="Only chargers at this site")] = None,
    external_site_id: Annotated[
        str | None, Query(alias="externalSiteId", description="Only chargers at sites with this external id")
    ] = None,
    include_subsites: Annotated[
        bool, Query(alias="includeSubsites", description="With siteId or externalSiteId: at the sites below too")
    ] = False,
    manufacturer: Annotated[str | None, Query(description="Only chargers of this maker, in any case")] = None,
    model: Annotated[str | None, Query(description="Only chargers of this model, in any case")] = None,
) -> Response:
    """Lists the chargers that you see, by name.

    A charger without a name is sorted by its charger id. `sortKey=chargerId` and `sortKey=id` sort by those.
    """
    key, chargers = asked.key_among("name", "chargerId", "id"), view.network.chargers
    query = ChargerQuery(search, site_id, external_site_id, include_subsites, manufacturer, model)
    found = operations.find(view, query)
    keys: dict[str, Callable[[PlacedCharger], Key]] = {
        "chargerId": lambda entry: (entry.charger_id,),
        "id": lambda entry: (chargers[entry.charger_id].id,),
        "name": lambda entry: (entry.name, entry.charger_id),
    }
    if key != "name":  # that is the order they are found in
        found = sorted(found, key=keys[key])
    return listed(sorted_part(found, asked, keys[key]), lambda entry: _shape(view, chargers[entry.charger_id]))


@router.get("/{chargerId}", operation_id="getCharger", summary="Get a charger", response_model=ChargerShape)
async def get_charger(view: Annotated[View, Depends(viewing(READ))], charger_id: ChargerId) -> Response:
    """Returns a charger with its live state.

    Values that the charger reports take precedence over those that were entered. Without a location of its own it has
    its site's. The ETag, for changing the charger, does not depend on its live state.
    """
    return shown(view, view.charger(charger_id))


@router.patch(
    "/{chargerId}", operation_id="changeCharger", summary="Change or move a charger", response_model=ChargerShape
)
async def change_charger(
    change: Annotated[Mutation, Depends(on_change(WRITE))], charger_id: ChargerId, body: ChargerMembers
) -> Response:
    """Changes the members that are given.

    Null removes a value.

    `sockets` replaces all sockets. The charger id cannot be changed: add another charger. With another `siteId` the
    charger moves to that site, under the rights that reach there.
    """
    changed = await operations.change(change, charger_id, body.facts)
    return await respond(change, changed, lambda view, charger_id: shown(view, view.charger(charger_id)))


@router.delete(
    "/{chargerId}",
    status_code=204,
    operation_id="removeCharger",
    summary="Remove a charger",
    response_class=Response,
)
async def remove_charger(change: Annotated[Mutation, Depends(on_change(WRITE))], charger_id: ChargerId) -> Response:
    """Removes a charger that no access group holds and no right is on.

    Any of those is a 409. Its charger id is free then, for any customer.
    """
    return await respond(change, await operations.remove(change, charger_id))


def shown(view: View, charger: Charger, status: int = 200) -> Response:
    return shown_at(f"/v2/chargers/{quote(charger.charger_id, safe='')}", _shape(view, charger), charger, status)


def _shape(view: View, charger: Charger) -> ChargerShape:
    live = view.image.live.get(charger.charger_id)
    if live is not None and not view.sees_tags:
        live = live_without_tags(view.network, live)
    shape = shape_of(charger, view.network.sites[charger.site_id], live, view.at)
    if not view.caller.may(READ):  # who may only write is answered, too
        shape.configurations = None
    return shape
