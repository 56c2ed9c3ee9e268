"""Sites and chargers where a driver may charge, and drivers that may charge there."""

from __future__ import annotations

from collections.abc import Iterable

from pyroaring import BitMap64

from ..rights import listing
from ..rights.model import Charger, Driver, Site
from ..rights.search_drivers import DriverQuery
from ..rights.search_sites import holds_text, searched
from .paging import Paging, Part, drivers_part
from .view import View


def sites_of(view: View, driver_id: int, by_name: bool, search: str | None) -> list[Site]:
    """The sites that list the driver now.

    `by_name`: only sites on which the driver holds a right directly.
    """
    driver, network = view.driver(driver_id), view.network
    ids: Iterable[int] = (
        listing.held_by_name(network, driver, view.at)[0]
        if by_name
        else listing.sites_of_driver(network, driver.id, view.at)
    )
    sites = [network.sites[site_id] for site_id in ids if view.scope.can_see_site(site_id)]
    text = searched(search)
    return [site for site in sites if not text or holds_text(text, site.name, site.external_id, str(site.id))]


def chargers_of(view: View, driver_id: int, by_name: bool, search: str | None) -> list[Charger]:
    """The chargers where the driver may charge now.

    `by_name`: only chargers granted directly or in an access group.
    """
    driver, network = view.driver(driver_id), view.network
    ids: Iterable[str] = (
        listing.held_by_name(network, driver, view.at)[1]
        if by_name
        else listing.chargers_of_driver(network, driver.id, view.at)
    )
    chargers = [network.chargers[charger_id] for charger_id in ids if view.scope.can_see_charger(charger_id)]
    text = searched(search)
    return [charger for charger in chargers if not text or holds_text(text, charger.name, charger.charger_id)]


async def drivers_of_site(view: View, site_id: int, search: str | None, asked: Paging) -> Part[Driver]:
    """Takes the part of the drivers that the site lists now."""
    view.site(site_id)
    return await _drivers(view, listing.drivers_of_site(view.network, site_id, view.at).drivers, search, asked)


async def drivers_of_charger(view: View, charger_id: str, search: str | None, asked: Paging) -> Part[Driver]:
    """Takes the part of the drivers that may charge at the charger now."""
    view.charger(charger_id)
    return await _drivers(view, listing.drivers_of_charger(view.network, charger_id, view.at).drivers, search, asked)


async def _drivers(view: View, drivers: BitMap64, search: str | None, asked: Paging) -> Part[Driver]:
    known = None if view.scope.unlimited else view.scope.drivers
    wanted = DriverQuery(search=search, search_tags=view.sees_tags, known=known)
    return await drivers_part(view, wanted, drivers, asked)
