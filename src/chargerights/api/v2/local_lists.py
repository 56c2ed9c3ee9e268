"""Local lists: the tags that a charger knows when it is offline.

See docs/local-lists.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from ...operations import local_lists as operations
from ...operations.local_lists import LocalListState
from ...operations.paging import sort_part
from ...operations.send_command import ask
from ...operations.view import View
from ...operations.visibility import names_driver
from ...rights.commands import Action
from ...rights.local_list import ListedTag
from ...rights.permissions import Permission
from ...storage.charging.local_lists import OutOfStep
from ..common.auth import CallerFirst
from .answers import answer
from .charger_commands import command
from .dependencies import Viewing, viewing
from .paging import Sorted, listed
from .path_ids import ChargerId
from .send_command import CommandAnswer, Sending, members, send
from .shapes import REFUSALS, Shape, page_of

router = APIRouter(
    prefix="/v2/chargers/{chargerId}/local-list",
    tags=["Chargers"],
    route_class=CallerFirst,
    responses=REFUSALS,
)


class LocalListShape(Shape):
    """State of a charger's list."""

    charger_id: str
    in_step: bool = Field(description="Whether it knows every tag that it may accept, and no other")
    reason: OutOfStep | None = Field(None, description="Why it is not in step")
    detail: str | None = Field(None, description="The same in a sentence")
    version: int | None = Field(None, description="Of the list that was sent last")
    size: int = Field(description="Number of tags that the charger knows, as far as that is known")
    wanted: int = Field(description="Number of tags that the charger should know")
    updated_at: datetime | None = Field(None, description="When that was so")


class LocalListVersionAnswer(CommandAnswer):
    """The charger's answer about its list's version."""

    version: int = Field(description="As the charger has it; 0: its list is empty; -1: it supports none")
    sent_version: int | None = Field(None, description="Of the list that was sent last")


class LocalListEntryShape(Shape):
    """A tag that the charger knows."""

    id_tag: str
    driver_id: int | None = Field(None, description="Left out for a driver without rights at your sites")
    until: datetime | None = Field(None, description="From then on the charger refuses it; left out: no end is set")


@router.get("", operation_id="getLocalList", summary="Get a charger's local list", response_model=LocalListShape)
async def get_local_list(
    view: Annotated[View, Depends(viewing(Permission.READ_CHARGERS))],
    charger_id: ChargerId,
) -> Response:
    """Says whether the charger knows the tags that it may accept offline, or why not."""
    return answer(_shape(charger_id, await operations.state(view, charger_id)))


@router.get(
    "/entries",
    operation_id="listLocalListEntries",
    summary="List the tags that a charger knows",
    response_model=page_of(LocalListEntryShape),
)
async def list_entries(
    view: Annotated[View, Depends(viewing(Permission.READ_CHARGERS, Permission.READ_TAGS))],
    asked: Sorted,
    charger_id: ChargerId,
) -> Response:
    """Lists the tags as they were sent to the charger."""
    tags = await operations.entries(view, charger_id)
    return listed(sort_part(tags, asked, idTag=lambda listed: (listed.id_tag,)), lambda listed: _entry(view, listed))


@command(
    Action.READ_LIST_VERSION,
    "readLocalListVersion",
    "Ask a charger for its local list's version",
    LocalListVersionAnswer,
)
async def read_version(view: Viewing, charger_id: ChargerId) -> Response:
    """Asks the charger for the version it has now.

    If it is not the version that was sent last, the charger has lost its list or has another one.
    """
    answered = await ask(view, charger_id, Action.READ_LIST_VERSION, {})
    sent = await operations.sent_version(view, charger_id)
    return answer(LocalListVersionAnswer(**members(charger_id, answered), version=answered.details, sent_version=sent))


@command(Action.SEND_LIST, "sendLocalList", "Send a charger its whole local list again")
async def send_list(change: Sending, charger_id: ChargerId) -> Response:
    """Sends the whole list, also to a charger that said it is off or unsupported.

    Answers when the charger has all of it; `scheduled`: it is long, and is still being sent.
    """
    return await send(change, charger_id, Action.SEND_LIST, {})


def _shape(charger_id: str, state: LocalListState) -> LocalListShape:
    kept = state.kept
    return LocalListShape(
        charger_id=charger_id,
        in_step=state.reason is None,
        reason=state.reason,
        detail=state.detail,
        version=None if kept is None else kept.version,
        size=0 if kept is None else kept.size,
        wanted=0 if kept is None else kept.wanted,
        updated_at=None if kept is None else kept.updated_at,
    )


def _entry(view: View, listed: ListedTag) -> LocalListEntryShape:
    driver_id = listed.driver_id if names_driver(view, listed.driver_id) else None
    return LocalListEntryShape(id_tag=listed.id_tag, driver_id=driver_id, until=listed.until)
