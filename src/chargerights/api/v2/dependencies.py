"""Dependencies of v2's routes: the caller's view, and changes with their headers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request

from ...operations.mutation import ANY_VERSION, Mutation
from ...operations.view import View, look, require, require_writer
from ...rights.permissions import Permission
from ...storage.callers import Caller
from ...storage.idempotency import Once
from ..common.auth import Reader
from ..common.state import state_of

DryRun = Annotated[
    bool, Query(alias="dryRun", description="true: change nothing, and answer who would gain and lose access where")
]
Viewer = Callable[..., Coroutine[Any, Any, View]]
Changer = Callable[..., Coroutine[Any, Any, Mutation]]


def viewing(*permissions: Permission) -> Viewer:
    """A dependency: the view of a caller who has all of the permissions.

    Raises Forbidden.
    """

    async def view(request: Request, caller: Reader) -> View:
        require(caller, *permissions)
        return await look(state_of(request), caller)

    return view


def on_post(*permissions: Permission) -> Changer:
    """A dependency of a POST by a caller who has all of the permissions.

    Raises Forbidden.
    """

    async def change(
        request: Request,
        caller: Reader,
        idempotency_key: Annotated[
            str | None,
            Header(description="Names this request: sent again, it is not done again", min_length=1, max_length=255),
        ] = None,
        dry_run: DryRun = False,
    ) -> Mutation:
        require_writer(caller, *permissions)
        once = await _once(request, caller, idempotency_key)
        return Mutation(await look(state_of(request), caller), once=once, dry_run=dry_run)

    return change


def on_change(*permissions: Permission) -> Changer:
    """A dependency of a PATCH or DELETE by a caller who has all of the permissions.

    Raises Forbidden.
    """

    async def change(
        request: Request,
        caller: Reader,
        if_match: Annotated[
            str | None, Header(description="The ETag of the answer that the change is made from; else 412")
        ] = None,
        dry_run: DryRun = False,
    ) -> Mutation:
        require_writer(caller, *permissions)
        return Mutation(await look(state_of(request), caller), if_match=_versions(if_match), dry_run=dry_run)

    return change


async def _once(request: Request, caller: Caller, key: str | None) -> Once | None:
    """Identifies a request that has an Idempotency-Key."""
    if key is None:
        return None
    asked = (request.method, request.url.path, sorted(request.query_params.items()), await request.body())
    return Once(caller.operator_id, key, hashlib.blake2b(repr(asked).encode(), digest_size=16).hexdigest())


def _versions(if_match: str | None) -> frozenset[str] | None:
    """The versions that an If-Match header names. A weak or unquoted tag names none."""
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return ANY_VERSION
    tags = (tag.strip() for tag in if_match.split(","))
    return frozenset(tag[1:-1] for tag in tags if len(tag) > 1 and tag[0] == tag[-1] == '"') - ANY_VERSION


Viewing = Annotated[View, Depends(viewing())]
"""The view of any caller."""
