"""How v2 changes things: one transaction and one revision a request, at most once, and only from what the caller saw.

A route checks what the caller may, says what to do as a function of an open revision, and how to show what came of
it; `Change.apply` does the rest:

* `Idempotency-Key` (on every POST): sent again with the same request, nothing is done again, and the answer shows
  the thing as it is now; with another request it is refused. Kept for a day.
* `If-Match` (on every PATCH and DELETE): refused with 412 unless the thing still is as in the answer of that ETag.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Header, Request, Response

from ...rights.errors import DomainError
from ...rights.operators import Permission
from ...storage import idempotency
from ...storage.idempotency import Once
from ...storage.journal import Occasion, Revision
from ..auth import Reader, require
from ..problems import InMember, PreconditionFailed
from .views import View, etag_of, look

R = TypeVar("R")

NO_CONTENT = 204


@dataclass(slots=True)
class Change:
    """A request that changes something."""

    view: View
    once: str | None = None
    if_match: str | None = None

    async def apply(
        self,
        action: str,
        work: Callable[[Revision], R],
        show: Callable[[View, R], Response] | None = None,
        *,
        tell: Callable[[R], Response] | None = None,
        members: Mapping[type[DomainError], str] | None = None,
        in_thread: bool = False,
    ) -> Response:
        """Does the work in one transaction and shows its result in a view of the network after it, tells it without
        one, or answers nothing (204).

        Of a POST the result must be JSON: it is kept for its Idempotency-Key. `members`: which member of the body a
        refusal is about. `in_thread`: for work that would hold the event loop.
        """
        view = self.view
        caller, database = view.caller, view.state.database
        occasion = Occasion(view.at, caller.actor, action)
        once = await self.only_once()
        with blaming(members or {}):
            if in_thread:
                done = asyncio.to_thread(database.write_now, idempotency.make, caller.customer_id, occasion, once, work)
                result, revision = await done
            else:
                result, revision = await database.write(idempotency.make, caller.customer_id, occasion, once, work)
        if tell is not None:
            return tell(result)
        if show is None:
            return Response(status_code=NO_CONTENT)
        return show(await look(view.request, caller, revision), result)

    def expect(self, entity: Any) -> None:
        """Raises PreconditionFailed unless the entity is as the caller saw it, if he says what he saw."""
        if self.if_match is None or self.if_match.strip() == "*":
            return
        if etag_of(entity) not in [each.strip() for each in self.if_match.split(",")]:
            raise PreconditionFailed(
                "it has been changed since: ask for it again, and send the ETag of that answer as If-Match"
            )

    async def only_once(self) -> Once | None:
        """What tells this request from another, when it is to be done once."""
        if self.once is None:
            return None
        request = self.view.request
        asked = (request.method, request.url.path, sorted(request.query_params.items()), await request.body())
        return Once(
            self.view.caller.operator_id, self.once, hashlib.blake2b(repr(asked).encode(), digest_size=16).hexdigest()
        )


@contextmanager
def blaming(members: Mapping[type[DomainError], str]) -> Iterator[None]:
    """Says of a refusal which member of the body it is about."""
    try:
        yield
    except DomainError as error:
        member = next((name for kind, name in members.items() if isinstance(error, kind)), None)
        if member is None:
            raise
        raise InMember(member, error) from error


def adding(*permissions: Permission) -> Callable[..., Coroutine[Any, Any, Change]]:
    """A dependency of a POST by a caller who has all of the permissions. Raises Forbidden."""

    async def change(
        request: Request,
        caller: Reader,
        idempotency_key: Annotated[
            str | None,
            Header(description="Names this request: sent again, it is not done again", min_length=1, max_length=255),
        ] = None,
    ) -> Change:
        require(caller, *permissions)
        return Change(await look(request, caller), once=idempotency_key)

    return change


def changing(*permissions: Permission) -> Callable[..., Coroutine[Any, Any, Change]]:
    """A dependency of a PATCH or DELETE by a caller who has all of the permissions. Raises Forbidden."""

    async def change(
        request: Request,
        caller: Reader,
        if_match: Annotated[
            str | None, Header(description="The ETag of the answer that the change is made from; else 412")
        ] = None,
    ) -> Change:
        require(caller, *permissions)
        return Change(await look(request, caller), if_match=if_match)

    return change
