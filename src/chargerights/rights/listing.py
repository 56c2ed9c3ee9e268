"""Access lists: the drivers listed at a place, and the places that list a driver.

The rule (docs/concepts.md). A driver is listed for a site when they are enabled and a right of theirs, valid at the
instant, is on that site, on a site above or below it, on a charger of the site or of a site below it, or on an access
group with such a charger. A right on a site counts even while the site has no charger. Weekly hours, tags and blocked
chargers hide no one: the list says who holds rights.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from .driver_sets import DriverSet, union
from .errors import UnknownCharger, UnknownDriver, UnknownSite
from .model import Driver, Place, PlaceKind
from .network import Network


def drivers_of_site(network: Network, site_id: int, at: datetime) -> DriverSet:
    """Returns the drivers listed for the site at that instant. Raises UnknownSite.

    The result is cached until its span ends or a change can touch it.
    """
    if site_id not in network.sites:
        raise UnknownSite((site_id,))
    listed = network.listed.get(site_id)
    if listed is None or not listed.holds(at):
        above = [network.holders(Place(PlaceKind.SITE, above_id), at) for above_id in network.chain(site_id)[1:]]
        network.listed[site_id] = listed = _enabled(network, [network.reached_below(site_id, at), *above])
    return listed


def drivers_of_sites(network: Network, site_ids: Iterable[int], at: datetime) -> dict[int, DriverSet]:
    """Returns the drivers listed for each site, in the order asked, each id once.

    Raises UnknownSite with every id that is not a site of the customer.
    """
    wanted = dict.fromkeys(site_ids)
    unknown = [site_id for site_id in wanted if site_id not in network.sites]
    if unknown:
        raise UnknownSite(unknown)
    return {site_id: drivers_of_site(network, site_id, at) for site_id in wanted}


def drivers_of_charger(network: Network, charger_id: str, at: datetime) -> DriverSet:
    """Returns the enabled drivers with a right, valid then, that reaches the charger.

    Raises UnknownCharger.
    """
    charger = network.chargers.get(charger_id)
    if charger is None:
        raise UnknownCharger((charger_id,))
    places = [Place(PlaceKind.CHARGER, charger_id)]
    places += [Place(PlaceKind.ACCESS_GROUP, group) for group in network.groups_of(charger_id)]
    places += [Place(PlaceKind.SITE, site_id) for site_id in network.chain(charger.site_id)]
    return _enabled(network, [network.holders(place, at) for place in places])


def chargers_of_driver(network: Network, driver_id: int, at: datetime) -> set[str]:
    """Returns the chargers that list the driver at that instant. Raises UnknownDriver."""
    chargers: set[str] = set()
    for place in _places_now(network, driver_id, at):
        if place.kind is PlaceKind.SITE:
            for site_id in network.subtree(int(place.id)):
                chargers.update(network.chargers_at(site_id))
        else:
            chargers.update(network.named_chargers(place))
    return chargers


def sites_of_driver(network: Network, driver_id: int, at: datetime) -> set[int]:
    """Returns the sites that list the driver at that instant. Raises UnknownDriver."""
    sites: set[int] = set()
    for place in _places_now(network, driver_id, at):
        if place.kind is PlaceKind.SITE:
            sites.update(network.subtree(int(place.id)))
            sites.update(network.chain(int(place.id)))
        else:
            for charger_id in network.named_chargers(place):
                sites.update(network.chain(network.chargers[charger_id].site_id))
    return sites


def held_by_name(network: Network, driver: Driver, at: datetime) -> tuple[list[int], list[str]]:
    """Returns the sites and chargers on which the driver holds a valid right, by id.

    Sites: those that a right is on. Chargers: those that a right is on, directly or through an access group.
    """
    sites: set[int] = set()
    chargers: set[str] = set()
    for place in _valid_places(driver, at):
        if place.kind is PlaceKind.SITE:
            sites.add(int(place.id))
        else:
            chargers.update(network.named_chargers(place))
    return sorted(sites), sorted(chargers)


def _enabled(network: Network, parts: list[DriverSet]) -> DriverSet:
    listed = union(parts)
    return DriverSet(listed.drivers - network.disabled, listed.since, listed.until)


def _places_now(network: Network, driver_id: int, at: datetime) -> set[Place]:
    driver = network.drivers.get(driver_id)
    if driver is None:
        raise UnknownDriver((driver_id,))
    return _valid_places(driver, at) if driver.enabled else set()


def _valid_places(driver: Driver, at: datetime) -> set[Place]:
    return {right.place for right in driver.rights if right.valid(at)}
