"""Drivers: a caller of some sites sees and makes only drivers of those sites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..replica.preview import Preview
from ..rights.errors import InvalidInput, TagTaken, UnknownDriver, UnknownSite
from ..rights.model import Tag
from ..rights.permissions import Permission
from ..storage import personal
from ..storage.changes import drivers, facts
from ..storage.journal import ERASURE
from ..storage.personal import PersonalRecord
from ..storage.revisions import Revision
from .errors import InMember, Members
from .mutation import Applied, Mutation
from .view import View

HOME = "homeSiteId"
IN_BODY: Members = {UnknownSite: HOME, TagTaken: "tags"}


class NoHome(InvalidInput):
    """A driver that the caller would not see."""


async def add(mutation: Mutation, members: dict[str, Any], tags: Sequence[Tag]) -> Applied[int] | Preview[int]:
    """Adds a driver with tags. Results in the driver's id."""
    _require_home(mutation.view, members.get("home_site_id"))
    if tags:
        mutation.view.require(Permission.WRITE_TAGS)
    return await mutation.apply(
        "driver.add", lambda revision: drivers.add(revision, new_tags=tags, **members).id, members=IN_BODY
    )


async def change(mutation: Mutation, driver_id: int, members: dict[str, Any]) -> Applied[int] | Preview[int]:
    """Changes a driver. Results in the driver's id."""
    mutation.view.driver(driver_id)
    if "home_site_id" in members:
        _require_home(mutation.view, members["home_site_id"])

    def work(revision: Revision) -> int:
        mutation.expect(facts.driver(revision, driver_id))
        return drivers.change(revision, driver_id, **members).id

    return await mutation.apply("driver.change", work, members=IN_BODY)


async def remove(mutation: Mutation, driver_id: int) -> Applied[None] | Preview[None]:
    """Removes a driver with their tags and rights."""
    mutation.view.driver(driver_id)

    def work(revision: Revision) -> None:
        mutation.expect(facts.driver(revision, driver_id))
        drivers.remove(revision, driver_id)

    return await mutation.apply("driver.remove", work)


async def known_about(view: View, driver_id: int) -> PersonalRecord:
    """Reads everything that is kept about a driver. Raises UnknownDriver."""
    _require_seen_once(view, driver_id)
    return await view.services.database.read(personal.known_about, view.caller.customer_id, driver_id)


async def erase(mutation: Mutation, driver_id: int) -> Applied[None] | Preview[None]:
    """Erases a driver's personal data."""
    _require_seen_once(mutation.view, driver_id)
    return await mutation.apply(ERASURE, lambda revision: personal.erase(revision, driver_id))


def _require_home(view: View, home_site_id: int | None) -> None:
    """Requires a home site that the caller sees, so that they see the driver."""
    if home_site_id is not None:
        view.in_body(HOME, view.site, home_site_id)
    elif not view.scope.unlimited:
        raise InMember(HOME, NoHome("name one of your sites: you would not see a driver without a home site"))


def _require_seen_once(view: View, driver_id: int) -> None:
    """Raises UnknownDriver, for a removed driver unless the caller sees all sites."""
    if driver_id in view.network.drivers:
        view.driver(driver_id)
    elif not view.scope.unlimited:
        raise UnknownDriver((driver_id,))
