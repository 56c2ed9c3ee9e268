"""Who looks after what: an operator's permissions, and the sites he sees and may change things at.

Permissions say what an operator may do, site access says where. An operator without limits sees all of his
customer's sites; one with limits sees those sites and all below them, the chargers there, and the drivers whose home
site is one of them. What he does not see is, for him, not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from pyroaring import BitMap64

from .driver_sets import NOBODY
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
        """Whether it changes nothing, so that a read-only key may use it."""
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
        """Whether he may do everything everywhere."""
        return self.enabled and self.site_ids is None and Permission.GLOBAL_ADMIN in self.permissions


class Scope:
    """What of the network an operator with that site access sees; of the network as it is now."""

    def __init__(self, network: Network, site_ids: Iterable[int] | None) -> None:
        self._network = network
        self._roots = None if site_ids is None else [each for each in site_ids if each in network.sites]

    @property
    def unlimited(self) -> bool:
        return self._roots is None

    @cached_property
    def sites(self) -> frozenset[int]:
        """The sites he sees."""
        if self._roots is None:
            return frozenset(self._network.sites)
        return frozenset(each for root in self._roots for each in self._network.subtree(root))

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The topmost sites he sees, by id."""
        if self._roots is None:
            return self._network.subsites(None)
        parents = self._network.sites
        return tuple(sorted(each for each in self.sites if parents[each].parent_id not in self.sites))

    @cached_property
    def _above(self) -> frozenset[int]:
        """The topmost sites they see, and all sites above those."""
        return frozenset(each for top in self.roots for each in self._network.chain(top))

    @cached_property
    def drivers(self) -> BitMap64:
        """The drivers he sees when he is limited: those at home at his sites, disabled ones too."""
        home = self._network.home
        return BitMap64.union(NOBODY, *(home[each] for each in self.sites if each in home))

    def covers(self, site_ids: Iterable[int] | None) -> bool:
        """Whether nobody with that site access sees more than he does."""
        if self.unlimited:
            return True
        known = self._network.sites
        return site_ids is not None and all(each in self.sites for each in site_ids if each in known)

    def can_see_site(self, site_id: int | None) -> bool:
        return self.unlimited or site_id in self.sites

    def can_see_charger(self, charger_id: str) -> bool:
        charger = self._network.chargers.get(charger_id)
        return charger is not None and self.can_see_site(charger.site_id)

    def can_see_driver(self, driver: Driver) -> bool:
        return self.can_see_site(driver.home_site_id)

    def can_see_group(self, group: AccessGroup) -> bool:
        """Whether a charger of the group is at his sites; an empty group is everybody's."""
        return self.unlimited or not group.charger_ids or any(map(self.can_see_charger, group.charger_ids))

    def holds_group(self, group: AccessGroup) -> bool:
        """Whether all chargers of the group are at his sites, so that he may change it and grant rights on it."""
        return self.unlimited or all(map(self.can_see_charger, group.charger_ids))

    def can_manage(self, place: Place) -> bool:
        """Whether he may grant and revoke rights on the place."""
        if place.kind is PlaceKind.SITE:
            return self.can_see_site(int(place.id))
        if place.kind is PlaceKind.CHARGER:
            return self.can_see_charger(str(place.id))
        group = self._network.access_groups.get(int(place.id))
        return group is not None and self.holds_group(group)

    def reached_from(self, place: Place) -> bool:
        """Whether a right on the place reaches one of the sites."""
        if place.kind is PlaceKind.SITE:
            return self.can_see_site(int(place.id)) or place.id in self._above
        if place.kind is PlaceKind.CHARGER:
            return self.can_see_charger(str(place.id))
        return any(map(self.can_see_charger, self._network.access_groups[int(place.id)].charger_ids))

    def visible(self, site_id: int) -> tuple[int, ...]:
        """What he sees of a site's subtree, as its topmost sites: the site itself, or those of his below it."""
        if self.can_see_site(site_id):
            return (site_id,)
        below = set(self._network.subtree(site_id))
        return tuple(each for each in self.roots if each in below)
