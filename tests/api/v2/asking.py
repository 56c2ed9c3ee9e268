"""How tests ask v2, and what they hold every answer to."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

from chargerights.api.v2.shapes import Shape
from tests.api.client import Api

Json = dict[str, Any]


class Beginning(str):
    """Equals every text that begins so."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str.startswith(other, self)


NOT_A_MEMBER = Beginning("is not a member of this object; ")
"""Goes on with what was meant, or with the members there are."""


async def send(api: Api, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
    """A request with that body as JSON; keywords `key` and `headers` as `Api.ask` has them."""
    return await api.ask(method, path, content=None if body is None else orjson.dumps(body), **more)


def good(response: httpx.Response, shape: type[Shape], status: int = 200) -> Any:
    """The answer's JSON; fails unless it is of that status and shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    shape.model_validate_json(response.content)
    return orjson.loads(response.content)


def refused(response: httpx.Response) -> tuple[int, Json]:
    """Status and `errors` of a problem, or its detail when it names no member."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    return response.status_code, body.get("errors") or body["detail"]


def names(page: Json) -> list[str]:
    return [each["name"] for each in page["items"]]


def ids(page: Json) -> list[Any]:
    return [each["id"] for each in page["items"]]
