"""Authentication: the API key of a request, checked in the database every time.

The same indexed read tells how new the answer must be (see `Caller`), so it costs nothing to stay current and a
revoked key stops at once. The key comes in a header (`x-api-key` or `Authorization: Bearer`) or, for v1's clients, in
the query as `code` (only under /api); `clientId`, when given, must be the key's customer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.types import Message

from ...operations.view import require
from ...rights.permissions import Permission
from ...storage import callers
from ...storage.callers import Caller
from ...storage.database import Database, DatabaseAway
from .body import MAX_BODY_BYTES, body_bytes, malformed, require_parameters
from .errors import V1_PREFIX, NotAuthorised
from .state import AppState, state_of

CLIENT_ID = "clientId"
"""The query parameter that names the customer; every operation takes it."""


async def authenticated(request: Request) -> Caller:
    """The caller.

    Raises NotAuthorised, DatabaseAway.
    """
    known: Caller | None = getattr(request.state, "caller", None)
    return known or await _authenticate(request)


class Authenticated(APIRoute):
    """Authenticates first, and refuses query parameters that the operation lacks."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named | {"strict_content_type": False})  # a JSON body needs no Content-Type

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        body_type = self.body_field.field_info.annotation if self.body_field is not None else None
        parameters = (*dict.fromkeys(_query_parameters(self.dependant)), CLIENT_ID)

        async def caller_first(request: Request) -> Response:
            caller = await _authenticate(request)
            require_parameters(request.query_params.keys(), parameters)
            read = await self.read(request)
            read.state.caller = caller
            try:
                return await handle(read)
            except RequestValidationError as error:
                raise malformed(error, body_type) from None

        return caller_first

    async def read(self, request: Request) -> Request:
        """The request as the framework gets it."""
        return request


class CallerFirst(Authenticated):
    """Reads the body after authentication: others learn nothing about theirs.

    For routes whose body is a parameter. It keeps bodies to the same size as all others, and has them read as JSON
    whatever the Content-Type says, as those of v1 are: `curl -d` says something else.
    """

    most_bytes: ClassVar[int] = MAX_BODY_BYTES

    async def read(self, request: Request) -> Request:
        body = await body_bytes(request, self.most_bytes)

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [header for header in request.scope["headers"] if header[0] != b"content-type"]
        return Request({**request.scope, "headers": headers}, receive)


def _query_parameters(dependant: Dependant) -> Iterator[str]:
    """The names of the query parameters of an operation and of what it depends on."""
    yield from (parameter.alias for parameter in dependant.query_params)
    for dependency in dependant.dependencies:
        yield from _query_parameters(dependency)


class LongBody(CallerFirst):
    """Reads bodies that list thousands of things."""

    most_bytes = 2 * 1024 * 1024


async def _authenticate(request: Request) -> Caller:
    state = state_of(request)
    secret = _secret(request)
    if not secret:
        raise NotAuthorised("send an API key in the header x-api-key")
    now = state.clock()
    caller = await state.database.glance(callers.authenticate, secret, now)
    if caller is None:
        raise NotAuthorised("the API key is unknown, revoked or expired")
    client_id = request.query_params.get(CLIENT_ID)
    if client_id is not None and client_id != str(caller.customer_id):
        raise NotAuthorised("clientId is not the API key's customer")
    state.limits.take(caller.customer_id, caller.operator_id, now)
    _note_use(state, caller)
    return caller


Reader = Annotated[Caller, Depends(authenticated)]


def permitted(*permissions: Permission) -> Callable[..., Coroutine[Any, Any, Caller]]:
    """A dependency: the caller, who has all of the permissions. Raises Forbidden."""

    async def caller_with(caller: Reader) -> Caller:
        require(caller, *permissions)
        return caller

    return caller_with


def _secret(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    in_query = request.query_params.get("code", "") if request.url.path.startswith(V1_PREFIX) else ""
    return request.headers.get("x-api-key") or bearer or in_query


def _note_use(state: AppState, caller: Caller) -> None:
    """Keeps the key's last use, to about a minute, without making the caller wait."""
    now = state.clock()
    noted = state.noted_uses.get((caller.customer_id, caller.key_id), caller.last_used_at)
    if noted is not None and now - noted < callers.LAST_USE_KEPT_EVERY:
        return
    state.noted_uses[caller.customer_id, caller.key_id] = now
    task = asyncio.create_task(_keep_use(state.database, caller, now))
    state.tasks.add(task)
    task.add_done_callback(state.tasks.discard)


async def _keep_use(database: Database, caller: Caller, now: datetime) -> None:
    with suppress(DatabaseAway):  # the next use keeps it
        await database.write(callers.note_use, caller, now)
