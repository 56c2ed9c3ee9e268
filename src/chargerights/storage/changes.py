"""The changes that doors make, each one transaction and one revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..rights.errors import IdTaken, NotFound, UnknownAccessGroup, UnknownCharger, UnknownDriver, UnknownSite
from ..rights.model import Charger, Driver, Hours, Place, PlaceKind, Right, Site
from . import chargers, drivers, sites
from .journal import Revision, revise

_PLACES: dict[PlaceKind, tuple[Callable[..., list[Any]], type[NotFound]]] = {
    PlaceKind.SITE: (sites.load, UnknownSite),
    PlaceKind.CHARGER: (chargers.load, UnknownCharger),
    PlaceKind.ACCESS_GROUP: (chargers.load_groups, UnknownAccessGroup),
}


def add_site(connection: Connection, customer_id: int, name: str, at: datetime, actor: str) -> int:
    """A new site at the top of the tree; its id."""
    with revise(connection, customer_id, at=at, actor=actor, action="site.add") as revision:
        site_id = revision.next_id()
        while sites.load(connection, customer_id, [site_id]):  # an id that a file brought
            site_id = revision.next_id()
        revision.put(Site(site_id, name))
        return site_id


def add_charger(connection: Connection, customer_id: int, charger: Charger, at: datetime, actor: str) -> None:
    """A new charger; it gets its number here. Raises UnknownSite, IdTaken."""
    with revise(connection, customer_id, at=at, actor=actor, action="charger.add") as revision:
        if not sites.load(connection, customer_id, [charger.site_id]):
            raise UnknownSite((charger.site_id,))
        if chargers.taken(connection, [charger.charger_id]):
            raise IdTaken(f"charger id {charger.charger_id} is taken: charger ids are unique across all customers")
        revision.put(replace(charger, id=revision.next_id()))


def grant(
    connection: Connection,
    customer_id: int,
    driver_id: int,
    place: Place,
    at: datetime,
    actor: str,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    hours: tuple[Hours, ...] = (),
) -> Right:
    """A right for the driver; one he holds already in the same words is not given twice. Raises UnknownDriver, and
    UnknownSite, UnknownCharger or UnknownAccessGroup for a place that there is not."""
    with revise(connection, customer_id, at=at, actor=actor, action="right.grant") as revision:
        driver = _driver(revision, driver_id)
        _require_place(revision, place)
        right = Right(revision.next_id(), place, valid_from, valid_until, hours)
        for held in driver.rights:
            if replace(held, id=right.id) == right:
                return held
        revision.put(replace(driver, rights=(*driver.rights, right)))
        return right


def revoke(connection: Connection, customer_id: int, driver_id: int, place: Place, at: datetime, actor: str) -> int:
    """Takes all the driver's rights on the place itself; how many there were. Raises UnknownDriver."""
    with revise(connection, customer_id, at=at, actor=actor, action="right.revoke") as revision:
        driver = _driver(revision, driver_id)
        kept = tuple(right for right in driver.rights if right.place != place)
        revision.put(replace(driver, rights=kept))
        return len(driver.rights) - len(kept)


def _require_place(revision: Revision, place: Place) -> None:
    load, unknown = _PLACES[place.kind]
    if not load(revision.connection, revision.customer_id, [place.id]):
        raise unknown((place.id,))


def _driver(revision: Revision, driver_id: int) -> Driver:
    found = drivers.load(revision.connection, revision.customer_id, [driver_id])
    if not found:
        raise UnknownDriver((driver_id,))
    return found[0]
