"""Chargers: the devices on the sites, as they are entered and with their live state (API.md section 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from functools import cache, partial
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response

from ...operations.mutation import Mutation
from ...operations.paging import sorted_part
from ...operations.redaction import live_without_tags
from ...operations.view import View
from ...rights.errors import DomainError, IdTaken, UnknownSite
from ...rights.live import known
from ...rights.model import NOWHERE, Charger
from ...rights.network import PlacedCharger
from ...rights.permissions import Permission
from ...rights.search_drivers import Key
from ...rights.search_sites import chargers_at, holds_text, same_text, searched
from ...storage.changes import chargers as changes
from ...storage.changes import facts
from ...storage.journal import Revision
from ..common.auth import CallerFirst
from .answers import answer, apply
from .charger_shapes import ChargerDraft, ChargerMembers, ChargerShape, shape_of
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import ChargerId
from .shapes import REFUSALS, page_of

router = APIRouter(prefix="/v2/chargers", tags=["Chargers"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_CHARGERS, Permission.WRITE_CHARGERS
IN_BODY: Mapping[type[DomainError], str] = {UnknownSite: "siteId", IdTaken: "chargerId"}


@router.post("", status_code=201, operation_id="addCharger", summary="Add a charger", response_model=ChargerShape)
async def add_charger(change: Annotated[Mutation, Depends(on_post(WRITE))], body: ChargerDraft) -> Response:
    """Under the identity with which it will connect. Rights on its site and on the sites above reach it at once."""
    change.view.in_body("siteId", change.view.site, body.site_id)
    charger = Charger(0, body.charger_id, **body.facts(NOWHERE))
    return await apply(
        change,
        "charger.add",
        lambda revision: changes.add(revision, charger).charger_id,
        lambda view, charger_id: shown(view, view.charger(charger_id), 201),
        members=IN_BODY,
    )


@router.get("", operation_id="listChargers", summary="List chargers", response_model=page_of(ChargerShape))
async def list_chargers(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    search: Annotated[
        str | None, Query(description="Only those whose charger id, name, serial number or EVSE id holds this")
    ] = None,
    site_id: Annotated[int | None, Query(alias="siteId", description="Only those at this site")] = None,
    external_site_id: Annotated[
        str | None, Query(alias="externalSiteId", description="Only those at sites with this external id")
    ] = None,
    include_subsites: Annotated[
        bool, Query(alias="includeSubsites", description="With siteId or externalSiteId: those at sites below too")
    ] = False,
    manufacturer: Annotated[str | None, Query(description="Only those of this maker, in any case")] = None,
    model: Annotated[str | None, Query(description="Only those of this model, in any case")] = None,
) -> Response:
    """The chargers that the caller sees; by name (one without a name goes by its charger id), or by charger id or id
    with `sortKey=chargerId` or `sortKey=id`."""
    key = asked.key_among("name", "chargerId", "id")
    chargers, live = view.network.chargers, view.image.live
    found = chargers_at(view.network, _sites(view, site_id, external_site_id, include_subsites))
    text = searched(search)
    if text:
        reporting = {each.charger_id for each in live.values() if holds_text(text, each.reported.serial_number)}
        found = [each for each in found if text in each.text or each.charger_id in reporting]
    for member, wanted in (("manufacturer", manufacturer), ("model", model)):
        if wanted is not None:
            same = cache(partial(same_text, wanted))  # many chargers are of a few models
            found = [
                each for each in found if same(known(chargers[each.charger_id], live.get(each.charger_id), member))
            ]
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
    """What it reports of itself goes before what was entered; where no place was entered, it is where its site is. With
    an ETag for changing it, which its live state is no part of."""
    return shown(view, view.charger(charger_id))


@router.patch(
    "/{chargerId}", operation_id="changeCharger", summary="Change or move a charger", response_model=ChargerShape
)
async def change_charger(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    charger_id: ChargerId,
    body: ChargerMembers,
) -> Response:
    """Members that are left out stay as they are; null takes a value away, `sockets` come all anew. The charger id
    cannot be changed: add another charger. With another `siteId` it stands there, under the rights that reach there."""
    change.view.charger(charger_id)
    if "site_id" in body.model_fields_set:
        change.view.in_body("siteId", change.view.site, body.site_id)

    def work(revision: Revision) -> str:
        before = facts.charger(revision, charger_id)
        change.expect(before)
        return changes.change(revision, charger_id, **body.facts(before.location)).charger_id

    return await apply(
        change, "charger.change", work, lambda view, charger_id: shown(view, view.charger(charger_id)), members=IN_BODY
    )


@router.delete(
    "/{chargerId}",
    status_code=204,
    operation_id="removeCharger",
    summary="Remove a charger",
    response_class=Response,
)
async def remove_charger(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    charger_id: ChargerId,
) -> Response:
    """One that no access group holds and no right is on; else 409. Its id is free then, for any customer."""
    change.view.charger(charger_id)

    def work(revision: Revision) -> None:
        change.expect(facts.charger(revision, charger_id))
        changes.remove(revision, charger_id)

    return await apply(change, "charger.remove", work)


def _sites(view: View, site_id: int | None, external_id: str | None, below: bool) -> Set[int] | None:
    """The sites whose chargers are asked for, as far as the caller sees them; None: all."""
    network, scope = view.network, view.scope
    if site_id is None and external_id is None:
        return None if scope.unlimited else scope.sites
    named = [
        site.id
        for site in network.sites.values()
        if site_id in (None, site.id) and external_id in (None, site.external_id)
    ]
    wanted = {each for one in named for each in (network.subtree(one) if below else (one,))}
    return wanted & scope.sites


def shown(view: View, charger: Charger, status: int = 200) -> Response:
    location = f"/v2/chargers/{quote(charger.charger_id, safe='')}" if status == 201 else None
    return answer(_shape(view, charger), status, charger, location)


def _shape(view: View, charger: Charger) -> ChargerShape:
    live = view.image.live.get(charger.charger_id)
    if live is not None and not view.sees_tags:
        live = live_without_tags(view.network, live)
    shape = shape_of(charger, view.network.sites[charger.site_id], live, view.at)
    if not view.caller.may(READ):  # who may only write is answered, too
        shape.configurations = None
    return shape
