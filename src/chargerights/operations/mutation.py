"""Changes: each in one transaction and one revision, at most once.

A door says what to do as a function of an open revision and shows the result; a `Mutation` does the rest:

* `once`: a request that comes again does nothing again and gets the first result; the same key with another request
  is refused. Keys are kept for a day.
* `if_match`: refused with PreconditionFailed unless the entity has one of the versions that the caller saw.
* `dry_run`: the work is tried and rolled back, and the answer is a preview of who would gain and lose access where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from ..replica.preview import Preview, preview
from ..rights.permissions import Permission, Scope
from ..storage import idempotency, revisions
from ..storage.entity_types import version_of
from ..storage.idempotency import Once
from ..storage.journal import ChangeContext
from ..storage.revisions import Revision
from .errors import Members, NoPreview, PreconditionFailed, blaming
from .view import View, look
from .visibility import naming_only_seen_drivers

R = TypeVar("R")

NO_MEMBERS: Members = {}
ANY_VERSION = frozenset({"*"})


class Applied(NamedTuple, Generic[R]):
    """The result of a change and the revision that shows it."""

    result: R
    revision: int


@dataclass(slots=True)
class Mutation:
    """A request that changes something."""

    view: View
    once: Once | None = None
    if_match: frozenset[str] | None = None
    """Versions of which the entity must have one; `ANY_VERSION`: it must exist."""
    dry_run: bool = False

    async def apply(
        self,
        action: str,
        work: Callable[[Revision], R],
        *,
        members: Members = NO_MEMBERS,
        in_thread: bool = False,
    ) -> Applied[R] | Preview[R]:
        """Does the work as `make` does, or tries it in a dry run."""
        if not self.dry_run:
            return await self.make(action, work, members=members, in_thread=in_thread)
        with blaming(members), naming_only_seen_drivers(self.view):
            return await self._try(self._context(action), work)

    async def make(
        self,
        action: str,
        work: Callable[[Revision], R],
        *,
        members: Members = NO_MEMBERS,
        in_thread: bool = False,
    ) -> Applied[R]:
        """Does the work in one transaction.

        The result of work that is done once must be JSON, because it is kept. `members`: the member of the body that
        each kind of refusal is about. `in_thread`: for work that would hold the event loop. Raises NoPreview.
        """
        if self.dry_run:
            raise NoPreview("is for changes of sites, chargers, access groups, drivers, tags and rights")
        caller, database = self.view.caller, self.view.services.database
        with blaming(members), naming_only_seen_drivers(self.view):
            write = database.write_in_thread if in_thread else database.write
            made = await write(idempotency.make, caller.customer_id, self._context(action), self.once, work)
        return Applied(made.result, made.revision)

    def expect(self, entity: Any) -> None:
        """Requires a version of the entity that the caller saw, if they name any.

        Raises PreconditionFailed.
        """
        if self.if_match is None or self.if_match == ANY_VERSION:
            return
        if version_of(entity) not in self.if_match:
            raise PreconditionFailed(
                "it has been changed since: ask for it again, and send the ETag of that answer as If-Match"
            )

    async def after(self, applied: Applied[Any]) -> View:
        """Opens the caller's view of the network after the change."""
        return await look(self.view.services, self.view.caller, applied.revision)

    def _context(self, action: str) -> ChangeContext:
        return ChangeContext(self.view.at, self.view.caller.actor, action)

    async def _try(self, context: ChangeContext, work: Callable[[Revision], R]) -> Preview[R]:
        """Tries the work.

        Nothing is kept, not even for its Idempotency-Key.
        """
        view = self.view
        view.require(Permission.READ_DRIVERS)
        services, customer_id = view.services, view.caller.customer_id
        tried = await preview(
            services.database,
            services.images,
            services.history,
            customer_id,
            view.at,
            lambda connection: revisions.make(connection, customer_id, context, work),
        )
        return _seen(view, tried)


def _seen(view: View, tried: Preview[R]) -> Preview[R]:
    """Limits the preview to what the caller sees before or after the change."""
    if view.scope.unlimited:
        return tried
    scopes = [Scope(network, view.caller.site_ids) for network in (tried.before, tried.after)]
    sites = scopes[0].sites | scopes[1].sites
    chargers = {
        charger_id for charger_id in tried.impact.chargers if any(scope.can_see_charger(charger_id) for scope in scopes)
    }
    return replace(tried, impact=tried.impact.within(sites, chargers))
