"""One request's view of the customer: who asks, what he may, and the network as he sees it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from fastapi import Request, Response

from ...replica.images import NetworkSnapshot
from ...rights.errors import NotFound, UnknownAccessGroup, UnknownCharger, UnknownDriver, UnknownSite
from ...rights.model import AccessGroup, Charger, Driver, Place, Site
from ...rights.network import UNKNOWN_PLACES, Network
from ...rights.permissions import Permission, Scope
from ...storage.callers import Caller
from ...storage.entity_types import version_of
from ..common.auth import Reader, require
from ..common.errors import InMember
from ..common.state import AppState, state_of
from .shapes import Shape

K = TypeVar("K")


@dataclass(slots=True)
class View:
    """An image as new as the request, one instant for all of its answer, and what the caller sees of it.

    Read from it before the next await: a change may come then.
    """

    request: Request
    caller: Caller
    image: NetworkSnapshot
    at: datetime
    scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        self.scope = Scope(self.image.network, self.caller.site_ids)

    @property
    def state(self) -> AppState:
        return state_of(self.request)

    @property
    def network(self) -> Network:
        return self.image.network

    @property
    def sees_tags(self) -> bool:
        """Whether the caller may know what drivers show."""
        return self.caller.may(Permission.READ_TAGS)

    def site(self, site_id: int) -> Site:
        """Raises UnknownSite, of one that the caller does not see too."""
        if site_id not in self.network.sites or not self.scope.can_see_site(site_id):
            raise UnknownSite((site_id,))
        return self.network.sites[site_id]

    def charger(self, charger_id: str) -> Charger:
        """Raises UnknownCharger, of one that the caller does not see too."""
        if not self.scope.can_see_charger(charger_id):
            raise UnknownCharger((charger_id,))
        return self.network.chargers[charger_id]

    def access_group(self, group_id: int) -> AccessGroup:
        """Raises UnknownAccessGroup, of one that the caller does not see too."""
        group = self.network.access_groups.get(group_id)
        if group is None or not self.scope.can_see_group(group):
            raise UnknownAccessGroup((group_id,))
        return group

    def driver(self, driver_id: int) -> Driver:
        """Raises UnknownDriver, of one that the caller does not see too."""
        driver = self.network.drivers.get(driver_id)
        if driver is None or not self.scope.can_see_driver(driver):
            raise UnknownDriver((driver_id,))
        return driver

    def place(self, place: Place) -> None:
        """The caller may grant and revoke rights there. Raises UnknownSite, UnknownCharger or UnknownAccessGroup, of a
        place that he does not hold too."""
        self.network.require_place(place)
        if not self.scope.can_manage(place):
            raise UNKNOWN_PLACES[place.kind]((place.id,))

    def in_body(self, member: str, find: Callable[[K], object], *keys: K) -> None:
        """What a member of the body names must be there for the caller. Raises InMember."""
        for key in keys:
            try:
                find(key)
            except NotFound as error:
                raise InMember(member, error) from error

    def require(self, *permissions: Permission) -> None:
        require(self.caller, *permissions)


def viewing(*permissions: Permission) -> Callable[..., Coroutine[Any, Any, View]]:
    """A dependency: the view of a caller who has all of the permissions. Raises Forbidden."""

    async def view(request: Request, caller: Reader) -> View:
        require(caller, *permissions)
        return await look(request, caller)

    return view


async def look(request: Request, caller: Caller, revision: int | None = None) -> View:
    """The view at that revision, or as new as the request when none is given."""
    state = state_of(request)
    if revision is None:
        image = await state.images.as_seen(caller.customer_id, caller.mark, caller.live_version)
    else:
        image = await state.images.fresh(caller.customer_id, revision, caller.live_version)
    return View(request, caller, image, state.clock())


def answer(shape: Shape, status: int = 200, entity: Any = None, location: str | None = None) -> Response:
    """The shape as JSON; `entity`: what an ETag for If-Match is made of."""
    headers = {} if entity is None else {"ETag": etag_of(entity)}
    if location is not None:
        headers["Location"] = location
    return Response(shape.to_json(), status, headers, "application/json")


def etag_of(entity: Any) -> str:
    return f'"{version_of(entity)}"'
