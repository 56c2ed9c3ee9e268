"""Answers of v2: what is shown, with its ETag.

And changes, as their result or as the impact of a dry run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Response

from ...operations.mutation import Applied, Mutation
from ...operations.view import View
from ...replica.preview import Preview
from ...storage.entity_types import version_of
from .impact import shape_of as impact_shape
from .shapes import Shape

R = TypeVar("R")

CREATED, NO_CONTENT = 201, 204


def answer(shape: Shape, status: int = 200, entity: Any = None, location: str | None = None) -> Response:
    """The shape as JSON. `entity`: gets the ETag for If-Match."""
    headers = {} if entity is None else {"ETag": etag_of(entity)}
    if location is not None:
        headers["Location"] = location
    return Response(shape.to_json(), status, headers, "application/json")


def shown_at(path: str, shape: Shape, entity: Any, status: int = 200) -> Response:
    """Shows an entity with its ETag, and a new one (201) with its path as Location."""
    return answer(shape, status, entity, path if status == CREATED else None)


def etag_of(entity: Any) -> str:
    return f'"{version_of(entity)}"'


async def respond(
    change: Mutation,
    applied: Applied[R] | Preview[R],
    show: Callable[[View, R], Response] | None = None,
    *,
    tell: Callable[[R], Response] | None = None,
) -> Response:
    """Answers with the result of a change, or with the impact of a dry run.

    `show` shows the result in a view of the network after the change, `tell` without one. Without either the answer
    has no content (204).
    """
    if isinstance(applied, Preview):
        return answer(impact_shape(applied))
    if tell is not None:
        return tell(applied.result)
    if show is None:
        return Response(status_code=NO_CONTENT)
    return show(await change.after(applied), applied.result)
