"""Bulk grants and revocations: of each driver on each place, in one transaction."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ...fields import types
from ...operations import rights as operations
from ...operations.mutation import Mutation
from ...rights.model import Place, PlaceKind
from ...storage.changes.rights import Terms
from ..common.auth import LongBody
from .answers import answer, respond
from .dependencies import on_post
from .rights import WRITE, RightTerms
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
            *(Place(PlaceKind.SITE, site_id) for site_id in self.site_ids),
            *(Place(PlaceKind.CHARGER, charger_id) for charger_id in self.charger_ids),
            *(Place(PlaceKind.ACCESS_GROUP, group_id) for group_id in self.access_group_ids),
        ]


class BulkGrant(GrantedPlaces, RightTerms):
    """Rights to grant: to each of the drivers on each of the places."""


class BulkRevoke(GrantedPlaces):
    """Rights to take: from each of the drivers on each of the places themselves."""


class BulkGranted(Shape):
    """The result of a bulk grant."""

    granted: int = Field(description="Rights that are new")
    held_already: int = Field(description="Rights that were held already in the same words")


class BulkRevoked(Shape):
    """The result of a bulk revocation."""

    revoked: int = Field(description="Rights that were taken")


@router.post("/grant", operation_id="grantRights", summary="Grant many rights", response_model=BulkGranted)
async def grant_many(change: Annotated[Mutation, Depends(on_post(WRITE))], body: BulkGrant) -> Response:
    """Grants each of the drivers a right on each of the places, in one transaction.

    Rights that are held already in the same words stay.
    """
    granted = await operations.grant_all(change, body.driver_ids, body.places(), Terms(**body.facts()))
    return await respond(
        change, granted, tell=lambda counts: answer(BulkGranted(granted=counts[0], held_already=counts[1]))
    )


@router.post("/revoke", operation_id="revokeRights", summary="Revoke many rights", response_model=BulkRevoked)
async def revoke_many(change: Annotated[Mutation, Depends(on_post(WRITE))], body: BulkRevoke) -> Response:
    """Revokes all rights of each of the drivers on the places themselves.

    Everything happens in one transaction.
    """
    revoked = await operations.revoke_all(change, body.driver_ids, body.places())
    return await respond(change, revoked, tell=lambda count: answer(BulkRevoked(revoked=count)))
