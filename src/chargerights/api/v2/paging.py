"""Lists of v2: the part that a request asks for, and its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request, Response

from ...operations import cursors
from ...operations import paging as operations
from ...operations.paging import LAST_PAGE, MOST, MOST_OF_WALK, Paging, Part
from .shapes import Page, Shape

T = TypeVar("T")
S = TypeVar("S", bound=Shape)

PageNumber = Annotated[int, Query(ge=1, le=LAST_PAGE, description="Number of the page, from 1")]
PageSize = Annotated[
    int, Query(ge=1, le=MOST_OF_WALK, description=f"Items at most: up to {MOST}, with a cursor up to {MOST_OF_WALK:,}")
]
Cursor = Annotated[
    str | None,
    Query(
        description="The `nextCursor` of the answer before, with the same filters and order; empty: the beginning."
        " Programs walk through lists with it: nothing is left out or comes twice when items come or go meanwhile"
    ),
]


def _sorted(
    request: Request,
    page: PageNumber = 1,
    limit: PageSize = MOST,
    sort_key: Annotated[str | None, Query(alias="sortKey", description="The member to sort by")] = None,
    sort_descending: Annotated[bool, Query(alias="sortDescending", description="true: the last item first")] = False,
    cursor: Cursor = None,
) -> Paging:
    asked = cursors.list_name(request.url.path, request.query_params.multi_items())
    return operations.paging(asked, page, limit, sort_key, sort_descending, cursor)


def _unsorted(request: Request, page: PageNumber = 1, limit: PageSize = MOST, cursor: Cursor = None) -> Paging:
    return _sorted(request, page, limit, cursor=cursor)


Sorted = Annotated[Paging, Depends(_sorted)]
"""The part of a list that can be sorted."""
Unsorted = Annotated[Paging, Depends(_unsorted)]
"""The part of a list that has one order."""


def listed(part: Part[T], show: Callable[[T], S]) -> Response:
    """Answers with one part of a list."""
    asked = part.asked
    page: Page[S] = Page(
        page=None if asked.walking else asked.page,
        limit=asked.limit,
        total_records=part.total,
        has_next_page=part.more,
        has_previous_page=asked.page > 1 or asked.last is not None,
        next_cursor=part.next_cursor,
        items=[show(item) for item in part.items],
    )
    return Response(page.to_json(), media_type="application/json")
