"""Blocks of chargers (see `operations.chargers`)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from ...fields import types
from ...operations import chargers as operations
from ...operations.mutation import Mutation
from ...operations.view import View
from ...rights.permissions import Permission
from ..common.auth import CallerFirst
from .answers import answer, respond
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
    """The end of a block."""

    until: types.Instant = Field(description="No one may charge there before this instant, which must not have passed")


class ChargerBlock(Shape):
    """A charger's block, if there is one."""

    charger_id: str
    blocked_until: datetime | None = Field(
        None, description="No one may charge there before then; left out if not blocked"
    )


@router.post("/block", operation_id="blockCharger", summary="Block a charger for a while", response_model=ChargerBlock)
async def block(change: Blocking, charger_id: ChargerId, body: BlockDraft) -> Response:
    """Blocks a charger: until then no one may charge there, with any tag.

    The block ends automatically. A connected charger is also sent out of use meanwhile. A session that is running goes
    on. Another block replaces this one.
    """
    return await respond(change, await operations.block(change, charger_id, body.until), _shown)


@router.post("/unblock", operation_id="unblockCharger", summary="End a charger's block", response_model=ChargerBlock)
async def unblock(change: Blocking, charger_id: ChargerId) -> Response:
    """Ends a block, if there is one.

    What an operator took out of use before the block stays out of use.
    """
    return await respond(change, await operations.unblock(change, charger_id), _shown)


def _shown(view: View, charger_id: str) -> Response:
    charger = view.charger(charger_id)
    until = charger.blocked_until if charger.is_blocked(view.at) else None
    return answer(ChargerBlock(charger_id=charger_id, blocked_until=until), 200, charger)
