"""Decisions that chargers were sent about tags, and tags added from them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations import authorizations as operations
from ...operations import tags
from ...operations.mutation import Mutation
from ...operations.tags import tag_of
from ...rights.decide import Reason
from ...rights.permissions import Permission
from ...storage.charging import authorizations
from ...storage.charging.authorizations import Authorization
from ..common.auth import CallerFirst
from .answers import respond
from .charging_records import AskedDriver, AskedRecords, Viewing
from .dependencies import on_post
from .paging import Sorted, listed
from .path_ids import AuthorisationId
from .shapes import REFUSALS, Draft, Shape, page_of
from .tags import TagShape, shown

router = APIRouter(prefix="/v2/authorisations", tags=["Charging"], route_class=CallerFirst, responses=REFUSALS)


class AuthorisationShape(Shape):
    """A decision that a charger was sent about a tag."""

    id: int
    at: datetime
    charger_id: str
    evse_id: int | None = None
    connector_id: int | None = None
    id_tag: str = Field(description="As it was shown")
    message: str = Field(description="The OCPP message that asked")
    allowed: bool
    reason: str = Field(description="OCPP 2.0.1's word")
    cause: str = Field(description="The sentence of the rule that decided, as /v2/access/explain names it")
    driver_id: int | None = None
    right_id: int | None = Field(None, description="Of a yes, the right it was said by")
    place_kind: str | None = None
    place_id: str | None = None


class HolderDraft(Draft):
    """The driver that an unknown tag is for."""

    driver_id: types.EntityId
    token_name: types.OptionalText = Field(None, description="The card's label")


@router.get(
    "",
    operation_id="listAuthorisations",
    summary="List decisions that chargers were sent",
    response_model=page_of(AuthorisationShape),
)
async def list_authorisations(
    view: Viewing,
    asked: Sorted,
    records: AskedRecords,
    driver_id: AskedDriver,
    reason: Annotated[Reason | None, Query(description="Only with this reason")] = None,
) -> Response:
    """Lists decisions, the newest first. A decision is here about a second later."""
    wanted = authorizations.AuthorizationFilter(
        charger_id=records.charger_id,
        charger_ids=operations.charger_ids(view),
        id_tag=records.id_tag,
        driver_id=driver_id,
        reason=reason.value if reason is not None else None,
        since=records.since,
        until=records.until,
    )
    return listed(await operations.page(view, asked, wanted), lambda numbered: _shape(*numbered))


@router.post(
    "/{authorisationId}/tag",
    status_code=201,
    operation_id="addShownTag",
    summary="Make the tag that was shown a driver's",
    response_model=TagShape,
)
async def add_shown_tag(
    change: Annotated[Mutation, Depends(on_post(Permission.WRITE_TAGS, Permission.READ_CHARGERS))],
    authorisation_id: AuthorisationId,
    body: HolderDraft,
) -> Response:
    """Adds to a driver a tag that no driver had, as it was shown."""
    added = await tags.add_shown(change, authorisation_id, body.driver_id, body.token_name)
    return await respond(
        change, added, lambda view, tag_id: shown(view, tag_of(view.driver(body.driver_id), tag_id), 201)
    )


def _shape(number: int, decision: Authorization) -> AuthorisationShape:
    members = decision._asdict()
    del members["tag_key"]
    return AuthorisationShape(id=number, allowed=decision.reason == Reason.ACCEPTED.value, **members)
