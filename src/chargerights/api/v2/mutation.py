"""How v2 changes things: one transaction and one revision a request, at most once, and only from what the caller saw.

A route checks what the caller may, says what to do as a function of an open revision, and how to show what came of
it; `JournalChange.apply` does the rest:

* `Idempotency-Key` (on every POST): sent again with the same request, nothing is done again, and the answer shows
  the thing as it is now; with another request it is refused. Kept for a day.
* `If-Match` (on every PATCH and DELETE): refused with 412 unless the thing still is as in the answer of that ETag.
* `dryRun=true`: the same work is tried and taken back, and the answer says who would gain and lose access where.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Header, Query, Request, Response

from ...replica.preview import preview
from ...rights.errors import DomainError
from ...rights.permissions import Permission
from ...storage import idempotency, journal
from ...storage.callers import Caller
from ...storage.idempotency import Once
from ...storage.journal import ChangeContext, Revision
from ..common.auth import Reader, require
from ..common.body import Malformed
from ..common.errors import Forbidden, InMember, PreconditionFailed
from .impact import impact_answer
from .view import View, etag_of, look
from .visibility import naming_only_seen_drivers

R = TypeVar("R")

NO_CONTENT = 204
DryRun = Annotated[
    bool, Query(alias="dryRun", description="true: change nothing, and answer who would gain and lose access where")
]


class NoPreview(Malformed):
    """A dry run of a change that can give and take no access."""

    def __init__(self, text: str) -> None:
        super().__init__({"dryRun": [text]})


@dataclass(slots=True)
class Mutation:
    """A request that changes something."""

    view: View
    once: str | None = None
    if_match: str | None = None
    dry_run: bool = False

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
        """Does the work (see `make`) and shows its result in a view of the network after it, tells it without one, or
        answers nothing (204). With `dryRun` it is only tried, and its impact is the answer."""
        if self.dry_run:
            with blaming(members or {}), naming_only_seen_drivers(self.view):
                return await self._try(self._occasion(action), work)
        result, revision = await self.make(action, work, members=members, in_thread=in_thread)
        if tell is not None:
            return tell(result)
        if show is None:
            return Response(status_code=NO_CONTENT)
        return show(await look(self.view.request, self.view.caller, revision), result)

    async def make(
        self,
        action: str,
        work: Callable[[Revision], R],
        *,
        members: Mapping[type[DomainError], str] | None = None,
        in_thread: bool = False,
    ) -> tuple[R, int]:
        """Does the work in one transaction: its result, and the revision that shows it.

        Of a POST the result must be JSON: it is kept for its Idempotency-Key. `members`: which member of the body a
        refusal is about. `in_thread`: for work that would hold the event loop.
        """
        if self.dry_run:
            raise NoPreview("is for changes of sites, chargers, access groups, drivers, tags and rights")
        caller, database, occasion = self.view.caller, self.view.state.database, self._occasion(action)
        once = await self.only_once()
        with blaming(members or {}), naming_only_seen_drivers(self.view):
            write = database.write_in_thread if in_thread else database.write
            made = await write(idempotency.make, caller.customer_id, occasion, once, work)
        return made.result, made.revision

    def expect(self, entity: Any) -> None:
        """Raises PreconditionFailed unless the entity is as the caller saw it, if he says what he saw."""
        if self.if_match is None or self.if_match.strip() == "*":
            return
        if etag_of(entity) not in [each.strip() for each in self.if_match.split(",")]:
            raise PreconditionFailed(
                "it has been changed since: ask for it again, and send the ETag of that answer as If-Match"
            )

    def _occasion(self, action: str) -> ChangeContext:
        return ChangeContext(self.view.at, self.view.caller.actor, action)

    async def _try(self, occasion: ChangeContext, work: Callable[[Revision], Any]) -> Response:
        """What the work would mean; nothing of it is kept, not even for its Idempotency-Key."""
        view = self.view
        view.require(Permission.READ_DRIVERS)
        state, customer_id = view.state, view.caller.customer_id
        return impact_answer(
            view,
            await preview(
                state.database,
                state.images,
                state.history,
                customer_id,
                view.at,
                lambda connection: journal.make(connection, customer_id, occasion, work),
            ),
        )

    async def only_once(self) -> Once | None:
        """What tells this request from others, when it is to be done once."""
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


def on_post(*permissions: Permission) -> Callable[..., Coroutine[Any, Any, Mutation]]:
    """A dependency of a POST by a caller who has all of the permissions. Raises Forbidden."""

    async def change(
        request: Request,
        caller: Reader,
        idempotency_key: Annotated[
            str | None,
            Header(description="Names this request: sent again, it is not done again", min_length=1, max_length=255),
        ] = None,
        dry_run: DryRun = False,
    ) -> Mutation:
        _require(caller, permissions)
        return Mutation(await look(request, caller), once=idempotency_key, dry_run=dry_run)

    return change


def on_change(*permissions: Permission) -> Callable[..., Coroutine[Any, Any, Mutation]]:
    """A dependency of a PATCH or DELETE by a caller who has all of the permissions. Raises Forbidden."""

    async def change(
        request: Request,
        caller: Reader,
        if_match: Annotated[
            str | None, Header(description="The ETag of the answer that the change is made from; else 412")
        ] = None,
        dry_run: DryRun = False,
    ) -> Mutation:
        _require(caller, permissions)
        return Mutation(await look(request, caller), if_match=if_match, dry_run=dry_run)

    return change


def _require(caller: Caller, permissions: Collection[Permission]) -> None:
    """Whoever may only read changes nothing, also where no permission is asked for. Raises Forbidden."""
    require(caller, *permissions)
    if caller.read_only:
        raise Forbidden("this changes something: the API key may only read")
