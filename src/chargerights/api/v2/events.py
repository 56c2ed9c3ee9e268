"""The log of events, for consumers that poll or that lost their place.

See docs/events.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from ...operations import cursors, redaction
from ...operations.errors import Forbidden, blaming
from ...operations.paging import IN_CURSOR
from ...operations.view import look
from ...rights.events import EventType
from ...rights.identifiers import INT64_MAX
from ...rights.network import Network
from ...rights.permissions import Permission
from ...storage import events
from ...storage.callers import Caller
from ...webhooks import messages
from ..common.auth import Authenticated, permitted
from ..common.state import state_of
from .paging import Cursor
from .shapes import REFUSALS, Shape

router = APIRouter(prefix="/v2/events", tags=["Events"], route_class=Authenticated, responses=REFUSALS)

MOST = 1_000
POSITION = cursors.POSITION | {"after"}
"""Parameters that may differ from request to request of one walk."""
CODES = ("code", "vendorId", "vendorErrorCode")
"""What a charger may write as it likes; without ReadTags, known tags in it are left out."""


class EventShape(Shape):
    """An event, as webhooks carry it too."""

    type: EventType
    timestamp: datetime = Field(description="When it happened")
    number: int = Field(description="Its place in the log: one more than the event before it")
    revision: int | None = Field(None, description="The revision that made it, if a change of facts did")
    data: dict[str, Any] = Field(description="Numbers and states; members depend on the type")


class EventPage(Shape):
    """A part of the log."""

    items: list[EventShape] = Field(description="Events, in order; there may be none though `hasMore` is true")
    last: int = Field(description="Send this as `after` to go on")
    has_more: bool = Field(description="Whether there are events after `last`")
    end: int = Field(description="The number of the last event there is")
    next_cursor: str | None = Field(
        None, description="Send it as `cursor` with the same types for what follows, if there is more by now"
    )


def of_all_sites(caller: Caller) -> Caller:
    """Requires a caller that sees all sites, as events do. Raises Forbidden."""
    if caller.site_ids is not None:
        raise Forbidden("events tell of all sites: this needs an operator who sees all of them")
    return caller


def _without_tags(network: Network, name: str, value: Any) -> Any:
    return redaction.without_tags(network, value) if name in CODES and value is not None else value


@router.get("", operation_id="listEvents", summary="List events after a number", response_model=EventPage)
async def list_events(
    request: Request,
    caller: Annotated[Caller, Depends(permitted(Permission.READ_AUDIT_LOGS))],
    after: Annotated[int, Query(ge=0, le=INT64_MAX, description="The last event you have; 0 for the first of all")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Events at most")] = 100,
    cursor: Cursor = None,
    types: Annotated[list[EventType] | None, Query(description="Only events of these types; repeat it")] = None,
) -> Response:
    """Lists events in the order in which they were committed, without gaps.

    If an event is no longer kept, the answer is a 410 whose `first` is the first event that is kept.
    """
    of_all_sites(caller)
    asked = cursors.list_name(request.url.path, request.query_params.multi_items(), POSITION)
    if cursor:
        with blaming(IN_CURSOR):
            (last,) = cursors.typed(cursors.read(cursor, asked), int) or (0,)
            after = int(last)
    page = await state_of(request).database.read(events.since, caller.customer_id, after, limit, types)
    items = [messages.members(event) for event in page.events]
    if not caller.may(Permission.READ_TAGS):
        network = (await look(state_of(request), caller)).network
        for item in items:
            item["data"] = {name: _without_tags(network, name, value) for name, value in item["data"].items()}
    shown: dict[str, Any] = {"items": items, "last": page.last, "hasMore": page.more, "end": page.end}
    if page.more:
        shown["nextCursor"] = cursors.written(asked, (page.last,))
    return Response(orjson.dumps(shown), media_type="application/json")
