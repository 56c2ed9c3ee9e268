"""Lists in parts: pages by number, for people, and walks by cursor, for programs.

A page is counted from the beginning of the list, so it shifts when items before it come or go. A walk goes on after
the last item that was sent, wherever that is by then: it sees each item exactly once that stays in the list throughout.

A list asks its source for one item more than it shows, to know whether there are more.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from pyroaring import BitMap64

from ..rights import search_drivers
from ..rights.model import Driver
from ..rights.search_drivers import DriverQuery, Key
from . import cursors
from .cursors import InvalidCursor
from .errors import Malformed, Members, blaming, require_word
from .view import View

T = TypeVar("T")
K = TypeVar("K", int, str)

MOST = 100
MOST_OF_WALK = 1_000
LAST_PAGE = 2**31
IN_CURSOR: Members = {InvalidCursor: "cursor"}
LOOKED_AT_PER_TURN = 1_000
"""Items of a filtered list that are examined before other requests may run: 2 ms."""


@dataclass(frozen=True, slots=True)
class Paging:
    """The part of a list that is asked for, and its order.

    `sort_key` None: the list's own order.

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
        """Number of items before the page.

        0 in a walk.
        """
        return (self.page - 1) * self.limit

    @property
    def count(self) -> int:
        """Number of items to look for: one more than is shown."""
        return self.limit + 1

    def key_among(self, *known: str) -> str:
        """The sort key, by default the first of those known. Raises Malformed."""
        if self.sort_key is None:
            return known[0]
        require_word("sortKey", self.sort_key, known)
        return self.sort_key

    def after(self, *types: type) -> Key | None:
        """The key after which the walk goes on, with parts of those types.

        Raises InMember.
        """
        with blaming(IN_CURSOR):
            return cursors.typed(self.last, *types)

    def after_instant(self, type_: type[K]) -> tuple[datetime, K] | None:
        """The key of a list by time and then by a number or text."""
        key = self.after(str, type_)
        if key is None:
            return None
        with blaming(IN_CURSOR):
            return cursors.instant(str(key[0])), type_(key[1])

    def after_text(self) -> str | None:
        """The key of a list by one text."""
        key = self.after(str)
        return None if key is None else str(key[0])

    def after_number(self) -> int | None:
        """The key of a list by number."""
        key = self.after(int)
        return None if key is None else int(key[0])


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """The items of the part that was asked for.

    `total`: those of the whole list, None in a walk.
    """

    asked: Paging
    items: Sequence[T]
    more: bool
    total: int | None
    next_cursor: str | None


def paging(
    asked: str, page: int, limit: int, sort_key: str | None, descending: bool, cursor: str | None = None
) -> Paging:
    """The part that the parameters ask for.

    `asked`: names the list. Raises Malformed, InMember.
    """
    if cursor is None:
        if limit > MOST:
            words = f"{limit} is more than the {MOST} items of a page: with a cursor, empty at first, it can be more"
            raise Malformed({"limit": [words]})
        return Paging(page, limit, sort_key, descending, False, None, asked)
    if page != 1:
        raise Malformed({"page": ["cannot be given with a cursor: send one of them"]})
    with blaming(IN_CURSOR):
        return Paging(1, limit, sort_key, descending, True, cursors.read(cursor, asked), asked)


def sort_part(items: Iterable[T], asked: Paging, **keys: Callable[[T], Key]) -> Part[T]:
    """Takes the part of the items, sorted by the key asked for or else the first.

    Each key must be unique to its item.
    """
    key = keys[asked.key_among(*keys)]
    return sorted_part(sorted(items, key=key), asked, key)


def sorted_part(items: Sequence[T], asked: Paging, key: Callable[[T], Key]) -> Part[T]:
    """Takes the part of items that are in ascending order of that key."""
    last = asked.after(*map(type, key(items[0]))) if items else None
    if asked.descending:
        stop = len(items) - asked.start if last is None else bisect_left(items, last, key=key)
        some = items[max(0, stop - asked.count) : max(0, stop)][::-1]
    else:
        start = asked.start if last is None else bisect_right(items, last, key=key)
        some = items[start : start + asked.count]
    return part_of(some, asked, key, len(items))


async def drivers_part(view: View, wanted: DriverQuery, among: BitMap64 | None, asked: Paging) -> Part[Driver]:
    """Takes the part of the drivers that match, by name or by id.

    `among`: only these.
    """
    network = view.network
    order: search_drivers.Order = "id" if asked.key_among("name", "id") == "id" else "name"
    key = search_drivers.DRIVER_KEYS[order]
    if asked.walking:
        last = asked.after(*((int,) if order == "id" else (str, int)))
        drivers, fits = search_drivers.narrowed(network, wanted, among)
        candidates = search_drivers.drivers_after(network, drivers, order, asked.descending, last)
        return part_of(await matching(view, candidates, fits, asked), asked, key)
    drivers = search_drivers.find(network, wanted, among)
    page = search_drivers.page(network, drivers, order, asked.descending, asked.start, asked.count)
    return part_of(page, asked, key, len(drivers))


async def matching(view: View, candidates: Iterable[T], fits: Callable[[T], bool], asked: Paging) -> list[T]:
    """The first candidates that fit, as many as the part needs.

    Other requests run meanwhile; the view's snapshot stays as it is.
    """
    token = view.image.pin()
    matches: list[T] = []
    for number, candidate in enumerate(candidates, 1):
        if fits(candidate):
            matches.append(candidate)
            if len(matches) == asked.count:
                break
        if not number % LOOKED_AT_PER_TURN:
            await asyncio.sleep(0)
    del token
    return matches


def part_of(items: Sequence[T], asked: Paging, key: Callable[[T], Key], total: int | None = None) -> Part[T]:
    """Makes the part of the items.

    One beyond its limit only tells that there are more.
    """
    shown, more = items[: asked.limit], len(items) > asked.limit
    cursor = cursors.written(asked.asked, key(shown[-1])) if more else None
    return Part(asked, shown, more, None if asked.walking else total, cursor)
