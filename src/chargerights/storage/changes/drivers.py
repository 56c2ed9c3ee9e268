"""Changes of drivers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ...rights.model import Driver, Tag
from ..entity_types import DRIVER
from ..revisions import Revision
from . import facts, tags


def add(revision: Revision, name: str, new_tags: Iterable[Tag] = (), **members: Any) -> Driver:
    """Adds a driver with those tags, and assigns their ids.

    Raises UnknownSite, TagTaken.
    """
    driver_id = revision.free_id(DRIVER)
    numbered = tuple([tags.numbered(revision, driver_id, each) for each in new_tags])
    driver = Driver(driver_id, name, tags=numbered, **members)
    if driver.home_site_id is not None:
        facts.site(revision, driver.home_site_id)
    tags.require_free(revision, numbered)
    revision.put(driver)
    return driver


def change(revision: Revision, driver_id: int, **members: Any) -> Driver:
    """Changes members of the driver. Raises UnknownDriver, UnknownSite."""
    before = facts.driver(revision, driver_id)
    after = replace(before, **members)
    if after.home_site_id is not None and after.home_site_id != before.home_site_id:
        facts.site(revision, after.home_site_id)
    revision.put(after)
    return after


def remove(revision: Revision, driver_id: int) -> None:
    """Removes the driver with all tags and rights. Raises UnknownDriver."""
    revision.remove(facts.driver(revision, driver_id))
