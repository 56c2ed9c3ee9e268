"""Rights granted and revoked many at once: of each driver on each place, in one transaction."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ...fields import types
from ...files.network_file.schema import PLACE_MEMBERS
from ...operations.mutation import Mutation
from ...operations.view import View
from ...rights.errors import InvalidWindow
from ...rights.model import Place, PlaceKind
from ...storage.changes import rights
from ...storage.changes.rights import Granted, Terms
from ...storage.journal import Revision
from ..common.auth import LongBody
from .answers import answer, apply
from .dependencies import on_post
from .rights import UNKNOWN, WRITE, RightTerms
from .shapes import REFUSALS, Draft, Shape

router = APIRouter(prefix="/v2/rights", tags=["Rights"], route_class=LongBody, responses=REFUSALS)

MOST_AT_ONCE = 100_000
"""Drivers times places of one bulk request."""


class GrantedPlaces(Draft):
    """Drivers and places."""

    driver_ids: list[types.EntityId] = Field(min_length=1, max_length=10_000)
    site_ids: list[types.EntityId] = Field([], max_length=1_000)
    charger_ids: list[types.ChargerId] = Field([], max_length=1_000)
    access_group_ids: list[types.EntityId] = Field([], max_length=1_000)

    @model_validator(mode="after")
    def _bounded(self) -> GrantedPlaces:
        places = self.places()
        if not places:
            raise PydanticCustomError("place", "name places: siteIds, chargerIds or accessGroupIds")
        if len(self.driver_ids) * len(places) > MOST_AT_ONCE:
            raise PydanticCustomError(
                "many", f"{len(self.driver_ids)} drivers times {len(places)} places: at most {MOST_AT_ONCE} at once"
            )
        return self

    def places(self) -> list[Place]:
        return [
            *(Place(PlaceKind.SITE, each) for each in self.site_ids),
            *(Place(PlaceKind.CHARGER, each) for each in self.charger_ids),
            *(Place(PlaceKind.ACCESS_GROUP, each) for each in self.access_group_ids),
        ]


class BulkGrant(GrantedPlaces, RightTerms):
    """Rights to grant: to each of the drivers on each of the places."""


class BulkRevoke(GrantedPlaces):
    """Rights to take: from each of the drivers on each of the places themselves."""


class BulkGranted(Shape):
    """What came of a bulk grant."""

    granted: int = Field(description="Rights that are new")
    held_already: int = Field(description="Rights that were held already in the same words")


class BulkRevoked(Shape):
    """What came of a bulk revocation."""

    revoked: int = Field(description="Rights that were taken")


IN_BULK_BODY = {**{error: f"{name}s" for error, name in UNKNOWN.items()}, InvalidWindow: "validUntil"}


@router.post("/grant", operation_id="grantRights", summary="Grant many rights", response_model=BulkGranted)
async def grant_many(change: Annotated[Mutation, Depends(on_post(WRITE))], body: BulkGrant) -> Response:
    """To each of the drivers on each of the places, in one transaction; those held already in the same words stay."""
    terms = Terms(**body.facts())
    places = _places_in(change.view, body)

    def work(revision: Revision) -> list[int]:
        granted: list[Granted] = rights.grant_all(revision, body.driver_ids, places, terms)
        new = sum(each.new for each in granted)
        return [new, len(granted) - new]

    def tell(counts: list[int]) -> Response:
        return answer(BulkGranted(granted=counts[0], held_already=counts[1]))

    return await apply(change, "right.grant", work, tell=tell, members=IN_BULK_BODY, in_thread=True)


@router.post("/revoke", operation_id="revokeRights", summary="Revoke many rights", response_model=BulkRevoked)
async def revoke_many(change: Annotated[Mutation, Depends(on_post(WRITE))], body: BulkRevoke) -> Response:
    """All rights of each of the drivers on each of the places themselves, in one transaction."""
    places = _places_in(change.view, body)

    def work(revision: Revision) -> int:
        return rights.revoke_all(revision, body.driver_ids, places)

    return await apply(
        change,
        "right.revoke",
        work,
        tell=lambda count: answer(BulkRevoked(revoked=count)),
        members=IN_BULK_BODY,
        in_thread=True,
    )


def _places_in(view: View, body: GrantedPlaces) -> list[Place]:
    """Raises InMember when the caller may not grant there, or not to them."""
    places = body.places()
    view.in_body("driverIds", view.driver, *body.driver_ids)
    for place in places:
        view.in_body(f"{PLACE_MEMBERS[place.kind]}s", view.place, place)
    return places
