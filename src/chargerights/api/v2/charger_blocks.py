"""A charger is blocked for a while: until then nobody may charge there, whoever asks and through whichever door.

A block is a fact of the charger, not a word to it: it holds at once, also while the charger is not connected, and
ends by itself. The node that holds the charger's socket tells it to be out of use meanwhile (see `gateway.blocks`);
what the charger says to that changes nothing here.

A block takes no right away. So lists of who has access, local lists and previews stay as they are.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from ...fields import types
from ...operations.errors import NoPreview
from ...operations.mutation import Mutation
from ...operations.view import View
from ...rights.errors import InvalidWindow
from ...rights.permissions import Permission
from ...storage.changes import chargers as changes
from ..common.auth import CallerFirst
from .answers import answer, apply
from .dependencies import on_post
from .path_ids import ChargerId
from .shapes import REFUSALS, Draft, Shape

router = APIRouter(
    prefix="/v2/chargers/{chargerId}",
    tags=["Commands"],
    route_class=CallerFirst,
    responses=REFUSALS,
)

Blocking = Annotated[Mutation, Depends(on_post(Permission.OPERATE_CHARGERS))]


class BlockDraft(Draft):
    """For how long."""

    until: types.Instant = Field(description="Before this instant nobody may charge there; it must not have passed")


class ChargerBlock(Shape):
    """Whether a charger is blocked."""

    charger_id: str
    blocked_until: datetime | None = Field(None, description="Before then nobody may charge there; when it is blocked")


@router.post("/block", operation_id="blockCharger", summary="Block a charger for a while", response_model=ChargerBlock)
async def block(change: Blocking, charger_id: ChargerId, body: BlockDraft) -> Response:
    """Until then nobody may charge there, whatever he shows; then it is as before, by itself. A charger that is
    connected is told to be out of use meanwhile. A session that runs there goes on. Another block replaces it."""
    _require(change, charger_id)
    return await apply(
        change,
        "charger.block",
        lambda revision: changes.block(revision, charger_id, body.until).charger_id,
        _shown,
        members={InvalidWindow: "until"},
    )


@router.post("/unblock", operation_id="unblockCharger", summary="End a charger's block", response_model=ChargerBlock)
async def unblock(change: Blocking, charger_id: ChargerId) -> Response:
    """It is as before the block: what an operator took out of use himself stays so. A charger that is not blocked stays
    as it is."""
    _require(change, charger_id)
    return await apply(
        change, "charger.unblock", lambda revision: changes.unblock(revision, charger_id).charger_id, _shown
    )


def _require(change: Mutation, charger_id: str) -> None:
    """Raises UnknownCharger, NoPreview."""
    if change.dry_run:
        raise NoPreview("is not for blocks: a block gives and takes no right")
    change.view.charger(charger_id)


def _shown(view: View, charger_id: str) -> Response:
    charger = view.charger(charger_id)
    until = charger.blocked_until if charger.is_blocked(view.at) else None
    return answer(ChargerBlock(charger_id=charger_id, blocked_until=until), 200, charger)
