"""Changes of rights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from ...rights.errors import NotFound
from ...rights.model import Driver, Hours, Place, Right
from ..revisions import Revision
from ..rows import drivers
from . import facts


class UnknownRight(NotFound):
    what = "right"


class Terms(NamedTuple):
    """The window and weekly hours of a right. By default it is always valid."""

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: tuple[Hours, ...] = ()


ALWAYS = Terms()


class Granted(NamedTuple):
    """A right and its driver. `new` is False if the driver had the same right before."""

    driver_id: int
    right: Right
    new: bool


def grant(revision: Revision, driver_id: int, place: Place, terms: Terms = ALWAYS) -> Granted:
    """Grants the driver a right, unless they have the same right already.

    Raises:
        UnknownDriver.
        UnknownSite, UnknownCharger, UnknownAccessGroup: the place does not exist.
    """
    (granted,) = grant_all(revision, [driver_id], [place], terms)
    return granted


def grant_all(
    revision: Revision, driver_ids: Collection[int], places: Collection[Place], terms: Terms = ALWAYS
) -> list[Granted]:
    """Grants every driver a right on every place. Equal rights stay."""
    places = list(dict.fromkeys(places))
    found = facts.drivers_of(revision, set(driver_ids))
    facts.require_places(revision, places)
    granted: list[Granted] = []
    changed: list[Driver] = []
    for driver in found:
        held = {replace(right, id=0): right for right in driver.rights}
        new: list[Right] = []
        for place in places:
            wanted = Right(0, place, *terms)
            if wanted in held:
                granted.append(Granted(driver.id, held[wanted], new=False))
            else:
                new.append(replace(wanted, id=revision.next_id()))
                granted.append(Granted(driver.id, new[-1], new=True))
        if new:
            changed.append(replace(driver, rights=(*driver.rights, *new)))
    revision.put_drivers(changed, before={each.id: each for each in found})
    return granted


def revoke(revision: Revision, driver_id: int, place: Place) -> int:
    """Revokes the driver's rights on the place itself, and returns their number.

    Raises UnknownDriver.
    """
    return revoke_all(revision, [driver_id], [place])


def revoke_all(revision: Revision, driver_ids: Collection[int], places: Collection[Place]) -> int:
    """Revokes all of the drivers' rights on the places themselves.

    Returns their number. Raises UnknownDriver.
    """
    taken = set(places)
    changed: list[Driver] = []
    count = 0
    found = facts.drivers_of(revision, set(driver_ids))
    for driver in found:
        kept = tuple(right for right in driver.rights if right.place not in taken)
        if len(kept) < len(driver.rights):
            changed.append(replace(driver, rights=kept))
            count += len(driver.rights) - len(kept)
    revision.put_drivers(changed, before={each.id: each for each in found})
    return count


def change(revision: Revision, right_id: int, **members: Any) -> Granted:
    """Changes the window or hours of the right.

    Raises UnknownRight, InvalidWindow.
    """
    driver, before = held(revision, right_id)
    after = replace(before, **members)
    kept = tuple(after if right.id == right_id else right for right in driver.rights)
    revision.put(replace(driver, rights=kept))
    return Granted(driver.id, after, new=False)


def remove(revision: Revision, right_id: int) -> None:
    """Revokes one right. Raises UnknownRight."""
    driver, _ = held(revision, right_id)
    revision.put(replace(driver, rights=tuple(right for right in driver.rights if right.id != right_id)))


def held(revision: Revision, right_id: int) -> tuple[Driver, Right]:
    """Returns the right and its driver. Raises UnknownRight."""
    driver_id = drivers.holder_of_right(revision.connection, revision.customer_id, right_id)
    if driver_id is None:
        raise UnknownRight((right_id,))
    driver = facts.driver(revision, driver_id)
    return driver, next(right for right in driver.rights if right.id == right_id)
