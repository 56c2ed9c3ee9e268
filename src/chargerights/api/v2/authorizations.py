"""Decisions that chargers were sent about tags, and tags added from them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations import tags as operations
from ...operations.mutation import Mutation
from ...operations.paging import part_of
from ...operations.tags import tag_of
from ...operations.view import View
from ...operations.visibility import names_driver
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

OF_THE_DRIVER = ("driver_id", "right_id", "place_kind", "place_id")
"""Members that tell whose tag it was."""


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
    """The newest first. A decision is here about a second after it was made."""
    asked.key_among("id")
    wanted = authorizations.AuthorizationFilter(
        charger_id=records.charger_id,
        charger_ids=_seen_chargers(view),
        id_tag=records.id_tag,
        driver_id=driver_id,
        reason=reason.value if reason is not None else None,
        since=records.since,
        until=records.until,
    )
    database, customer_id = view.services.database, view.caller.customer_id
    total = None if asked.walking else await database.read(authorizations.count, customer_id, wanted)
    found = await database.read(
        authorizations.find, customer_id, wanted, asked.count, asked.start, asked.after_number()
    )
    return listed(part_of(found, asked, lambda each: (each[0],), total), lambda each: _shape(view, *each))


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
    added = await operations.add_shown(change, authorisation_id, body.driver_id, body.token_name)
    return await respond(
        change, added, lambda view, tag_id: shown(view, tag_of(view.driver(body.driver_id), tag_id), 201)
    )


def _seen_chargers(view: View) -> list[str] | None:
    """The chargers that the caller sees, or None if they see all, even removed ones."""
    if view.scope.unlimited:
        return None
    return [each for site_id in view.scope.sites for each in view.network.chargers_at(site_id)]


def _shape(view: View, number: int, it: Authorization) -> AuthorisationShape:
    members = {name: value for name, value in it._asdict().items() if name != "tag_key"}
    if not names_driver(view, it.driver_id):
        members |= dict.fromkeys(OF_THE_DRIVER)
    return AuthorisationShape(id=number, allowed=it.reason == Reason.ACCEPTED.value, **members)
