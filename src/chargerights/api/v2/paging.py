"""Lists in parts: pages by number, for people, and walks by cursor, for programs.

A page is counted from the beginning of the list, so it shifts when items before it come or go. A walk goes on after
the last item that was sent, wherever that is by then: each item that is in the list from its beginning to its end is
seen exactly once.

A list asks its source for one item more than it shows: that there is one says that there are more.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Query, Request, Response
from pyroaring import BitMap64

from ...rights import search_drivers
from ...rights.errors import DomainError
from ...rights.model import Driver
from ...rights.search_drivers import DriverQuery, Key
from ..common.body import Malformed, require_word
from . import cursors
from .cursors import InvalidCursor
from .mutation import blaming
from .shapes import Page, Shape
from .view import View

T = TypeVar("T")
K = TypeVar("K", int, str)
S = TypeVar("S", bound=Shape)

MOST = 100
MOST_OF_WALK = 1_000
LAST_PAGE = 2**31
IN_CURSOR: Mapping[type[DomainError], str] = {InvalidCursor: "cursor"}
LOOKED_AT_PER_TURN = 1_000
"""Items of a filtered list that are looked at before others may run: 2 ms."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is asked for, in which order. `sort_key` None: the list's own order.

    `walking`: by cursor; `last`: after the item of that key, None from the beginning; `asked`: names the list.
    """

    page: int
    limit: int
    sort_key: str | None
    descending: bool
    walking: bool
    last: Key | None
    asked: str

    @property
    def start(self) -> int:
        """How many items come before the page; of a walk none."""
        return (self.page - 1) * self.limit

    @property
    def count(self) -> int:
        """How many items to look for: one more than is shown."""
        return self.limit + 1

    def key_among(self, *known: str) -> str:
        """The sort key, else the first of those known. Raises Malformed."""
        if self.sort_key is None:
            return known[0]
        require_word("sortKey", self.sort_key, known)
        return self.sort_key

    def after(self, *types: type) -> Key | None:
        """The key after which the walk goes on, whose parts are of those types. Raises InMember."""
        with blaming(IN_CURSOR):
            return cursors.typed(self.last, *types)

    def after_instant(self, type_: type[K]) -> tuple[datetime, K] | None:
        """The same of a list by time and then by a number or text."""
        key = self.after(str, type_)
        if key is None:
            return None
        with blaming(IN_CURSOR):
            return cursors.instant(str(key[0])), type_(key[1])

    def after_text(self) -> str | None:
        """The same of a list by one text."""
        key = self.after(str)
        return None if key is None else str(key[0])

    def after_number(self) -> int | None:
        """The same of a list by number."""
        key = self.after(int)
        return None if key is None else int(key[0])


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


def paging(
    request: Request,
    page: PageNumber = 1,
    limit: PageSize = MOST,
    sort_key: Annotated[str | None, Query(alias="sortKey", description="The member to sort by")] = None,
    sort_descending: Annotated[
        bool, Query(alias="sortDescending", description="Whether to begin with the last")
    ] = False,
    cursor: Cursor = None,
) -> Paging:
    """The part that a request asks for. Raises Malformed, InMember."""
    asked = cursors.asked_for(request)
    if cursor is None:
        if limit > MOST:
            words = f"{limit} is more than the {MOST} items of a page: with a cursor, empty at first, it can be more"
            raise Malformed({"limit": [words]})
        return Paging(page, limit, sort_key, sort_descending, False, None, asked)
    if page != 1:
        raise Malformed({"page": ["cannot be given with a cursor: send one of them"]})
    with blaming(IN_CURSOR):
        return Paging(1, limit, sort_key, sort_descending, True, cursors.read(cursor, asked), asked)


def unsorted(request: Request, page: PageNumber = 1, limit: PageSize = MOST, cursor: Cursor = None) -> Paging:
    """The part that is asked for of a list that has one order."""
    return paging(request, page, limit, cursor=cursor)


def page_of(
    items: Iterable[T], asked: Paging, show: Callable[[T], S], shape: type[Page[S]], **keys: Callable[[T], Key]
) -> Response:
    """The asked part of the items, sorted by the asked one of the keys, the first unless another is asked for.

    Each key tells every item from all others.
    """
    key = keys[asked.key_among(*keys)]
    return sorted_page(sorted(items, key=key), asked, show, shape, key)


def sorted_page(
    items: Sequence[T], asked: Paging, show: Callable[[T], S], shape: type[Page[S]], key: Callable[[T], Key]
) -> Response:
    """The asked part of the items, which are in ascending order of that key."""
    last = asked.after(*map(type, key(items[0]))) if items else None
    if asked.descending:
        stop = len(items) - asked.start if last is None else bisect_left(items, last, key=key)
        part = items[max(0, stop - asked.count) : max(0, stop)][::-1]
    else:
        start = asked.start if last is None else bisect_right(items, last, key=key)
        part = items[start : start + asked.count]
    return as_page(part, asked, show, shape, key, len(items))


async def drivers_page(
    view: View,
    wanted: DriverQuery,
    among: BitMap64 | None,
    asked: Paging,
    show: Callable[[View, Driver], S],
    shape: type[Page[S]],
) -> Response:
    """The asked part of the drivers of that description, by name or by id; `among`: only these."""
    network = view.network
    order: search_drivers.Order = "id" if asked.key_among("name", "id") == "id" else "name"
    key = search_drivers.DRIVER_KEYS[order]
    if asked.walking:
        last = asked.after(*((int,) if order == "id" else (str, int)))
        drivers, fits = search_drivers.narrowed(network, wanted, among)
        found = await some(
            view, search_drivers.drivers_after(network, drivers, order, asked.descending, last), fits, asked
        )
        return as_page(found, asked, lambda each: show(view, each), shape, key)
    drivers = search_drivers.find(network, wanted, among)
    found = search_drivers.page(network, drivers, order, asked.descending, asked.start, asked.count)
    return as_page(found, asked, lambda each: show(view, each), shape, key, len(drivers))


async def some(view: View, candidates: Iterable[T], fits: Callable[[T], bool], asked: Paging) -> list[T]:
    """The first of the candidates that fit, as many as the asked part needs. Others run meanwhile; the view's image
    stays as it is."""
    token = view.image.pin()
    found: list[T] = []
    for number, each in enumerate(candidates, 1):
        if fits(each):
            found.append(each)
            if len(found) == asked.count:
                break
        if not number % LOOKED_AT_PER_TURN:
            await asyncio.sleep(0)
    del token
    return found


def as_page(
    found: Sequence[T],
    asked: Paging,
    show: Callable[[T], S],
    shape: type[Page[S]],
    key: Callable[[T], Key],
    total: int | None = None,
) -> Response:
    """The items found as the asked part; the one beyond its limit only says that there are more."""
    items, more = found[: asked.limit], len(found) > asked.limit
    page = shape(
        page=None if asked.walking else asked.page,
        limit=asked.limit,
        total_records=None if asked.walking else total,
        has_next_page=more,
        has_previous_page=asked.page > 1 or asked.last is not None,
        next_cursor=cursors.written(asked.asked, key(items[-1])) if more else None,
        items=[show(each) for each in items],
    )
    return Response(page.to_json(), media_type="application/json")
