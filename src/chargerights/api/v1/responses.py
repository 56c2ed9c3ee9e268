"""Parameters of v1 requests, and answers with ETags, whole or streamed.

Bodies are read as JSON whatever the Content-Type says; parameters are read here rather than by the framework, so that
a wrong one is named in the wire's own words.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import orjson
from fastapi import Request, Response
from starlette import types
from starlette.responses import StreamingResponse

from ... import __version__
from ...replica.images import NetworkSnapshot, Pin
from ...rights.driver_sets import DriverSet
from ...rights.errors import InvalidInput
from ...rights.identifiers import INT64_MAX, is_int64
from ...rights.network import Network
from ...rights.permissions import Permission, Scope
from ...storage.callers import Caller
from ..common.body import InvalidBody, body_bytes
from ..common.headers import client_has
from ..common.state import state_of
from .fragments import Shown, fragments_of
from .json_stream import CHUNK_BYTES, JsonStreamer

MAX_SITE_IDS = 20
WHOLE_BYTES = 1536 * 1024
"""An answer up to this size is sent whole, with its length; a larger one is streamed, for compressing it in one go
would hold the event loop for more than 20 ms."""
NO_LISTINGS: Mapping[int, DriverSet] = {}
SWITCHES = {"true": True, "1": True, "false": False, "0": False}


class InvalidParameter(InvalidInput):
    """A path or query parameter that is not of its type."""


async def json_body(request: Request) -> Any:
    """The body as JSON. Raises InvalidBody."""
    body = await body_bytes(request)
    if not body.strip():
        raise InvalidBody("the body is missing: send JSON")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidBody(f"the body is not JSON: {error}") from None


def site_ids(body: Any) -> list[int]:
    """The 1 to 20 site ids of `{"groupIds": [...]}` or of a bare array.

    Repeated ones once.
    """
    if isinstance(body, dict):
        if "groupIds" not in body:
            raise InvalidBody('groupIds is missing: send {"groupIds": [1, 2]}')
        body = body["groupIds"]
    if not isinstance(body, list):
        raise InvalidBody(f"groupIds is {_kind(body)}: send an array of 1 to {MAX_SITE_IDS} site ids")
    for place, each in enumerate(body):
        if not is_int64(each):
            raise InvalidBody(f"groupIds[{place}] is {_kind(each)}: a site id is a whole number up to {INT64_MAX}")
    ids = list(dict.fromkeys(body))
    if not ids:
        raise InvalidBody(f"groupIds is empty: send 1 to {MAX_SITE_IDS} site ids")
    if len(ids) > MAX_SITE_IDS:
        raise InvalidBody(f"groupIds holds {len(ids)} ids, the limit is {MAX_SITE_IDS}")
    return ids


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is int:
        return "a number" if is_int64(value) else "beyond 64 bits"
    return {
        bool: "a boolean",
        float: "a number with a fraction or beyond 64 bits",
        str: "a text",
        list: "an array",
    }.get(type(value), "an object")


def int64(request: Request, name: str) -> int:
    """The path parameter as an integer of 64 bits. Raises InvalidParameter."""
    text = request.path_params[name]
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and is_int64(int(text))):
        raise InvalidParameter(f"{name} is {text!r}: write a whole number up to {INT64_MAX}")
    return int(text)


def switch(request: Request, name: str) -> bool:
    """The query parameter as yes or no.

    Not given is no. Raises InvalidParameter.
    """
    text = request.query_params.get(name, "false")
    value = SWITCHES.get(text.lower())
    if value is None:
        raise InvalidParameter(f"{name} is {text!r}: write true or false")
    return value


@dataclass(frozen=True, slots=True)
class V1Context:
    """One request's view: a snapshot as new as the request, and the answer's instant."""

    request: Request
    caller: Caller
    image: NetworkSnapshot
    at: datetime
    scope: Scope
    shown: Shown
    scribe: JsonStreamer

    @property
    def network(self) -> Network:
        return self.image.network

    async def answer(self, chunks: Iterator[bytes], *parts: object) -> Response:
        """An answer that shows live state.

        `parts`: what besides the URL tells it from others.
        """
        image = self.image
        state = (image.mark, image.live_version, image.ahead, image.network.stable_since(self.at))
        return await self._answer(chunks, *state, *parts)

    async def answer_brief(self, chunks: Iterator[bytes], listings: Mapping[int, DriverSet] = NO_LISTINGS) -> Response:
        """An answer without live state, of names and of the listings of these sites."""
        spans = [(site_id, listing.since) for site_id, listing in listings.items()]
        return await self._answer(chunks, self.image.mark, *spans)

    async def _answer(self, chunks: Iterator[bytes], *parts: object) -> Response:
        asked = (self.request.method, self.request.url.path, sorted(self.request.query_params.items()))
        named = (__version__, self.caller.customer_id, self.caller.site_ids, self.shown, *asked, *parts)
        # Weak: compression changes the bytes, not the meaning.
        etag = f'W/"{hashlib.blake2b(repr(named).encode(), digest_size=12).hexdigest()}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if client_has(self.request, etag):
            return Response(status_code=304, headers=headers)
        return await _send(self.image, chunks, headers)


async def open_context(request: Request, caller: Caller) -> V1Context:
    """Brings the caller's image to the latest revision.

    Ask with everything already read: the image may be replaced at the next await.
    """
    state = state_of(request)
    image = await state.images.as_seen(caller.customer_id, caller.mark, caller.live_version)
    at, scope = state.clock(), Scope(image.network, caller.site_ids)
    shown = Shown(caller.may(Permission.READ_TAGS), caller.may(Permission.READ_CHARGERS))
    scribe = JsonStreamer(image, fragments_of(request, caller.customer_id), at, scope, shown)
    return V1Context(request, caller, image, at, scope, shown, scribe)


async def _send(image: NetworkSnapshot, chunks: Iterator[bytes], headers: dict[str, str]) -> Response:
    """The answer of those chunks.

    Until it is out, its image stays as it is. Others run at each empty chunk and between the batches of a stream.
    """
    token = image.pin()
    first: list[bytes] = []
    size = 0
    for chunk in chunks:
        first.append(chunk)
        size += len(chunk)
        if size > WHOLE_BYTES:
            break
        if not chunk:
            await asyncio.sleep(0)
    else:
        return Response(b"".join(first), media_type="application/json", headers=headers)

    async def body() -> AsyncIterator[bytes]:
        for batch in _batches(chain(first, chunks)):
            if batch:
                yield batch
            await asyncio.sleep(0)

    return _Streamed(body(), token, headers)


class _Streamed(StreamingResponse):
    """Holds its image until it is out, or until its client has gone.

    Left to the garbage collector, the image would be held on for a while, and every change meanwhile would copy the
    network.
    """

    def __init__(self, body: AsyncIterator[bytes], token: Pin, headers: dict[str, str]) -> None:
        super().__init__(body, media_type="application/json", headers=headers)
        self._token: Pin | None = token

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._token = None


def _batches(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks joined to about CHUNK_BYTES.

    Empty ones, which ask to let others run, stay as they are.
    """
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        if not chunk:
            yield b""
            continue
        waiting.append(chunk)
        size += len(chunk)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
