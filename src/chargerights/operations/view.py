"""One request's view: the caller, their permissions, the network as they see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from ..replica.images import NetworkSnapshot
from ..rights.errors import NotFound, UnknownAccessGroup, UnknownCharger, UnknownDriver, UnknownSite
from ..rights.model import AccessGroup, Charger, Driver, Place, Site
from ..rights.network import UNKNOWN_PLACES, Network
from ..rights.permissions import Permission, Scope
from ..storage.callers import Caller
from .errors import Forbidden, InMember
from .services import Services

K = TypeVar("K")


@dataclass(slots=True)
class View:
    """A snapshot as new as the request, the instant of its answer, and the scope.

    Read from it before the next await, because a change may come then.
    """

    services: Services
    caller: Caller
    image: NetworkSnapshot
    at: datetime
    scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        self.scope = Scope(self.image.network, self.caller.site_ids)

    @property
    def network(self) -> Network:
        return self.image.network

    @property
    def sees_tags(self) -> bool:
        """True if the caller may read drivers' tags."""
        return self.caller.may(Permission.READ_TAGS)

    def site(self, site_id: int) -> Site:
        """Raises UnknownSite also for a site that the caller does not see."""
        if site_id not in self.network.sites or not self.scope.can_see_site(site_id):
            raise UnknownSite((site_id,))
        return self.network.sites[site_id]

    def charger(self, charger_id: str) -> Charger:
        """Raises UnknownCharger also for a charger that the caller does not see."""
        if not self.scope.can_see_charger(charger_id):
            raise UnknownCharger((charger_id,))
        return self.network.chargers[charger_id]

    def access_group(self, group_id: int) -> AccessGroup:
        """Raises UnknownAccessGroup also for a group that the caller does not see."""
        group = self.network.access_groups.get(group_id)
        if group is None or not self.scope.can_see_group(group):
            raise UnknownAccessGroup((group_id,))
        return group

    def driver(self, driver_id: int) -> Driver:
        """Raises UnknownDriver also for a driver that the caller does not see."""
        driver = self.network.drivers.get(driver_id)
        if driver is None or not self.scope.can_see_driver(driver):
            raise UnknownDriver((driver_id,))
        return driver

    def place(self, place: Place) -> None:
        """Requires a place where the caller may grant and revoke rights.

        Raises UnknownSite, UnknownCharger or UnknownAccessGroup, also for a place that the caller cannot manage.
        """
        self.network.require_place(place)
        if not self.scope.can_manage(place):
            raise UNKNOWN_PLACES[place.kind]((place.id,))

    def in_body(self, member: str, find: Callable[[K], object], *keys: K) -> None:
        """Requires that `find` finds all keys, which a member of the body names.

        Raises InMember.
        """
        for key in keys:
            try:
                find(key)
            except NotFound as error:
                raise InMember(member, error) from error

    def require(self, *permissions: Permission) -> None:
        """Raises Forbidden if the caller lacks one of the permissions."""
        require(self.caller, *permissions)

    def scope_in(self, network: Network) -> Scope:
        """The caller's scope in that network, which may be one of the past."""
        return self.scope if network is self.network else Scope(network, self.caller.site_ids)


async def look(services: Services, caller: Caller, revision: int | None = None) -> View:
    """Opens the view at that revision, by default as new as the request."""
    if revision is None:
        image = await services.images.as_seen(caller.customer_id, caller.mark, caller.live_version)
    else:
        image = await services.images.fresh(caller.customer_id, revision, caller.live_version)
    return View(services, caller, image, services.clock())


def require(caller: Caller, *permissions: Permission) -> None:
    """Raises Forbidden, naming the permissions that the caller lacks."""
    lacking = [permission for permission in permissions if not caller.may(permission)]
    if not lacking:
        return
    if caller.read_only and not all(permission.reads for permission in lacking):
        raise Forbidden("the API key may only read")
    raise Forbidden(f"this needs the permission {' and '.join(lacking)}, which the key's operator lacks")


def require_writer(caller: Caller, *permissions: Permission) -> None:
    """Raises Forbidden if the caller lacks a permission or may only read."""
    require(caller, *permissions)
    if caller.read_only:
        raise Forbidden("this changes something: the API key may only read")
