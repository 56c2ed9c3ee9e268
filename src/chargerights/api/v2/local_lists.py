"""Local lists: the tags that a charger knows when it is offline.

See docs/local-lists.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from ...operations.paging import sort_part
from ...operations.send_command import ask
from ...operations.view import View
from ...operations.visibility import names_driver
from ...rights.commands import Action
from ...rights.local_list import ListedTag
from ...rights.permissions import Permission
from ...storage.charging import local_lists
from ...storage.charging.local_lists import KeptList, OutOfStep
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
    size: int = Field(description="How many tags the charger knows, as far as that is known")
    wanted: int = Field(description="How many tags there are to know")
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
    charger = view.charger(charger_id)
    live = view.image.live.get(charger.charger_id)
    found = await _kept(view, charger.charger_id)
    return answer(_shape(charger.charger_id, found, live is not None and live.connected))


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
    """As they were sent to it, by tag."""
    found = await _kept(view, view.charger(charger_id).charger_id)
    tags = [*found.tags.values()] if found is not None and found.tags is not None else []
    return listed(sort_part(tags, asked, idTag=lambda listed: (listed.id_tag,)), lambda listed: _entry(view, listed))


@command(
    Action.READ_LIST_VERSION,
    "readLocalListVersion",
    "Ask a charger for its local list's version",
    LocalListVersionAnswer,
)
async def read_version(view: Viewing, charger_id: ChargerId) -> Response:
    """As the charger has it now.

    Another one than was sent last: it has forgotten its list, or has another one.
    """
    answered = await ask(view, charger_id, Action.READ_LIST_VERSION, {})
    found = await _kept(view, charger_id)
    sent = None if found is None else found.version
    return answer(LocalListVersionAnswer(**members(charger_id, answered), version=answered.details, sent_version=sent))


@command(Action.SEND_LIST, "sendLocalList", "Send a charger its whole local list again")
async def send_list(change: Sending, charger_id: ChargerId) -> Response:
    """Also to a charger that said that its list is off or that it supports none.

    Answers when the charger has all of it; `scheduled`: it is long, and is still being sent.
    """
    return await send(change, charger_id, Action.SEND_LIST, {})


async def _kept(view: View, charger_id: str) -> KeptList | None:
    return await view.services.database.read(local_lists.get, view.caller.customer_id, charger_id)


def _shape(charger_id: str, found: KeptList | None, connected: bool) -> LocalListShape:
    reason = None if found is None else found.reason
    if not connected and reason not in (OutOfStep.NOT_SUPPORTED, OutOfStep.SWITCHED_OFF):
        reason = OutOfStep.NOT_CONNECTED
    elif reason is None and (found is None or not found.in_step):
        reason = OutOfStep.NOT_ASKED
    return LocalListShape(
        charger_id=charger_id,
        in_step=reason is None,
        reason=reason,
        detail=None if reason is None else _DETAILS[reason].format(found=found),
        version=None if found is None else found.version,
        size=0 if found is None else found.size,
        wanted=0 if found is None else found.wanted,
        updated_at=None if found is None else found.updated_at,
    )


_DETAILS = {
    OutOfStep.NOT_CONNECTED: "the charger is not connected: it is sent the changes when it connects",
    OutOfStep.NOT_ASKED: "the charger has connected, and is about to be asked for its list",
    OutOfStep.NOT_SUPPORTED: "the charger knows no local lists: offline it accepts what its own settings say",
    OutOfStep.SWITCHED_OFF: "local lists are switched off at the charger: set LocalAuthListEnabled to true",
    OutOfStep.TOO_SMALL: "the charger takes {found.size} of {found.wanted} tags: it knows those used there last",
    OutOfStep.REFUSED: "the charger has refused its list: it is sent again after a while",
    OutOfStep.NO_ANSWER: "the charger does not answer: its list is sent again after a while",
    OutOfStep.DATABASE_AWAY: "the database cannot be reached: the charger's list waits for it",
}


def _entry(view: View, listed: ListedTag) -> LocalListEntryShape:
    driver_id = listed.driver_id if names_driver(view, listed.driver_id) else None
    return LocalListEntryShape(id_tag=listed.id_tag, driver_id=driver_id, until=listed.until)
