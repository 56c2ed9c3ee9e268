"""Pages of lists: which page is asked for, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

from fastapi import Query, Response
from pyroaring import BitMap64

from ...rights import directory
from ...rights.errors import InvalidInput
from ...rights.model import Driver
from .shapes import Page, Shape
from .views import View

T = TypeVar("T")
S = TypeVar("S", bound=Shape)

MOST = 100
LAST_PAGE = 2**31


class InvalidSort(InvalidInput):
    """A list cannot be sorted by that."""


class Paging(NamedTuple):
    """Which part of a list is asked for, in which order. `sort_key` None: the list's own order."""

    page: int
    limit: int
    sort_key: str | None
    descending: bool

    @property
    def start(self) -> int:
        """How many items come before the page."""
        return (self.page - 1) * self.limit

    def key_among(self, *known: str) -> str:
        """The sort key, else the first of those known. Raises InvalidSort."""
        if self.sort_key is None:
            return known[0]
        if self.sort_key not in known:
            raise InvalidSort(f"sortKey is {self.sort_key!r}: write {' or '.join(known)}")
        return self.sort_key


PageNumber = Annotated[int, Query(ge=1, le=LAST_PAGE, description="Number of the page, from 1")]
PageSize = Annotated[int, Query(ge=1, le=MOST, description="Items on a page")]


def paging(
    page: PageNumber = 1,
    limit: PageSize = MOST,
    sort_key: Annotated[str | None, Query(alias="sortKey", description="The member to sort by")] = None,
    sort_descending: Annotated[
        bool, Query(alias="sortDescending", description="Whether to begin with the last")
    ] = False,
) -> Paging:
    return Paging(page, limit, sort_key, sort_descending)


def unsorted(page: PageNumber = 1, limit: PageSize = MOST) -> Paging:
    """Of a list that has one order."""
    return Paging(page, limit, None, False)


def page_of(items: Sequence[T], asked: Paging, show: Callable[[T], S], shape: type[Page[S]]) -> Response:
    """The asked page of the items, which are in the order asked for."""
    part = items[asked.start : asked.start + asked.limit]
    return as_page([show(each) for each in part], len(items), asked, shape)


def drivers_page(
    view: View, drivers: BitMap64, asked: Paging, show: Callable[[View, Driver], S], shape: type[Page[S]]
) -> Response:
    """The asked page of the drivers, by name or by id."""
    order: directory.Order = "id" if asked.key_among("name", "id") == "id" else "name"
    part = directory.page(view.network, drivers, order, asked.descending, asked.start, asked.limit)
    return as_page([show(view, each) for each in part], len(drivers), asked, shape)


def as_page(items: list[S], total: int, asked: Paging, shape: type[Page[S]]) -> Response:
    """The items as the asked page of so many in all."""
    page = shape(
        page=asked.page,
        limit=asked.limit,
        total_records=total,
        has_next_page=asked.start + asked.limit < total,
        has_previous_page=asked.page > 1,
        items=items,
    )
    return Response(page.to_json(), media_type="application/json")


def in_order(items: Sequence[T], asked: Paging, **keys: Callable[[T], Any]) -> list[T]:
    """The items sorted by the asked one of the keys, the first unless another is asked for."""
    key = keys[asked.key_among(*keys)]
    return sorted(items, key=key, reverse=asked.descending)
