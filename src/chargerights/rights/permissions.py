"""Operators: their permissions, and the sites that they can see and manage.

Permissions say what an operator may do, site access says where. An operator without limits sees all sites of their
customer. One with limits sees those sites and all below them, the chargers there, and the drivers whose home site is
one of them. Anything else does not exist for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from pyroaring import BitMap64

from .driver_sets import NO_DRIVERS
from .model import AccessGroup, Driver, Place, PlaceKind
from .network import Network


class Permission(StrEnum):
    READ_SITES = "ReadSites"
    WRITE_SITES = "WriteSites"
    READ_CHARGERS = "ReadChargers"
    WRITE_CHARGERS = "WriteChargers"
    READ_DRIVERS = "ReadDrivers"
    WRITE_DRIVERS = "WriteDrivers"
    READ_TAGS = "ReadTags"
    WRITE_TAGS = "WriteTags"
    OPERATE_CHARGERS = "OperateChargers"
    READ_AUDIT_LOGS = "ReadAuditLogs"
    GLOBAL_ADMIN = "GlobalAdmin"

    @property
    def reads(self) -> bool:
        """True if it only reads, so that a read-only key may use it."""
        return self.value.startswith("Read")


@dataclass(frozen=True, slots=True)
class Operator:
    """A person or program that works for the customer. `site_ids` None: all sites."""

    id: int
    name: str
    permissions: frozenset[Permission]
    site_ids: tuple[int, ...] | None = None
    enabled: bool = True
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def administers(self) -> bool:
        """True if the operator may do everything everywhere."""
        return self.enabled and self.site_ids is None and Permission.GLOBAL_ADMIN in self.permissions


class Scope:
    """The part of the network that an operator with that site access sees.

    It refers to the network as it is now.
    """

    def __init__(self, network: Network, site_ids: Iterable[int] | None) -> None:
        self._network = network
        self._roots = None if site_ids is None else [site_id for site_id in site_ids if site_id in network.sites]

    @property
    def unlimited(self) -> bool:
        return self._roots is None

    @cached_property
    def sites(self) -> frozenset[int]:
        """The sites in the scope."""
        if self._roots is None:
            return frozenset(self._network.sites)
        return frozenset(site_id for root in self._roots for site_id in self._network.subtree(root))

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The topmost sites in the scope, by id."""
        if self._roots is None:
            return self._network.subsites(None)
        parents = self._network.sites
        return tuple(sorted(site_id for site_id in self.sites if parents[site_id].parent_id not in self.sites))

    @cached_property
    def _above(self) -> frozenset[int]:
        """The topmost sites in the scope, and all sites above them."""
        return frozenset(site_id for top in self.roots for site_id in self._network.chain(top))

    @cached_property
    def drivers(self) -> BitMap64:
        """The drivers in a limited scope: those at home at its sites, disabled ones too."""
        home = self._network.home
        return BitMap64.union(NO_DRIVERS, *(home[site_id] for site_id in self.sites if site_id in home))

    def covers(self, site_ids: Iterable[int] | None) -> bool:
        """Returns whether this scope includes everything that such site access gives."""
        if self.unlimited:
            return True
        known = self._network.sites
        return site_ids is not None and all(site_id in self.sites for site_id in site_ids if site_id in known)

    def can_see_site(self, site_id: int | None) -> bool:
        return self.unlimited or site_id in self.sites

    def can_see_charger(self, charger_id: str) -> bool:
        charger = self._network.chargers.get(charger_id)
        return charger is not None and self.can_see_site(charger.site_id)

    def can_see_driver(self, driver: Driver) -> bool:
        return self.can_see_site(driver.home_site_id)

    def can_see_group(self, group: AccessGroup) -> bool:
        """Returns whether a charger of the group is in scope.

        An empty group always is.
        """
        return self.unlimited or not group.charger_ids or any(map(self.can_see_charger, group.charger_ids))

    def holds_group(self, group: AccessGroup) -> bool:
        """Returns whether all chargers of the group are in scope.

        Only then may the operator change the group and grant rights on it.
        """
        return self.unlimited or all(map(self.can_see_charger, group.charger_ids))

    def can_manage(self, place: Place) -> bool:
        """Returns whether the operator may grant and revoke rights on the place."""
        if place.kind is PlaceKind.SITE:
            return self.can_see_site(int(place.id))
        if place.kind is PlaceKind.CHARGER:
            return self.can_see_charger(str(place.id))
        group = self._network.access_groups.get(int(place.id))
        return group is not None and self.holds_group(group)

    def reached_from(self, place: Place) -> bool:
        """Returns whether a right on the place reaches one of the sites."""
        if place.kind is PlaceKind.SITE:
            return self.can_see_site(int(place.id)) or place.id in self._above
        if place.kind is PlaceKind.CHARGER:
            return self.can_see_charger(str(place.id))
        return any(map(self.can_see_charger, self._network.access_groups[int(place.id)].charger_ids))

    def visible(self, site_id: int) -> tuple[int, ...]:
        """Returns the topmost sites of a subtree that are in scope.

        Either the site itself, or the operator's sites below it.
        """
        if self.can_see_site(site_id):
            return (site_id,)
        below = set(self._network.subtree(site_id))
        return tuple(root for root in self.roots if root in below)
