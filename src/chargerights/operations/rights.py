"""Rights of drivers: granted, listed, changed and revoked.

A caller that is limited to some sites sees the rights of their drivers and those on their places. They grant to their
drivers on their places, and may revoke any right on their places.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from pyroaring import BitMap64

from ..files.network_file.schema import PLACE_MEMBERS
from ..replica.preview import Preview
from ..rights import search_drivers
from ..rights.errors import InvalidWindow, UnknownDriver
from ..rights.model import Driver, Place, PlaceKind, Right
from ..rights.network import UNKNOWN_PLACES
from ..rights.search_drivers import Key
from ..storage.changes import facts, rights
from ..storage.changes.rights import ALWAYS, Terms, UnknownRight
from ..storage.revisions import Revision
from ..storage.rows import drivers
from .errors import Members
from .mutation import Applied, Mutation
from .paging import Paging, Part, matching, part_of
from .view import View

Held = tuple[Driver, Right]
IN_BODY: Members = {
    UnknownDriver: "driverId",
    **{UNKNOWN_PLACES[kind]: name for kind, name in PLACE_MEMBERS.items()},
    InvalidWindow: "validUntil",
}
IN_BULK_BODY: Members = {**{error: name if error is InvalidWindow else f"{name}s" for error, name in IN_BODY.items()}}


async def find(view: View, asked: Paging, driver_id: int | None, place: Place | None, valid: bool | None) -> Part[Held]:
    """Takes the part of the rights that the caller sees, by driver and then by id.

    `valid`: only those whose window holds now, or only others; weekly hours do not count.
    """
    asked.key_among("driverId")
    if place is not None:
        view.place(place)
    network, scope = view.network, view.scope
    among = search_drivers.everybody(network) if place is None else network.with_rights_on(place)
    if driver_id is not None:
        among = BitMap64((view.driver(driver_id).id,))

    def fits(held: Held) -> bool:
        driver, right = held
        return (
            place in (None, right.place)
            and valid in (None, right.valid(view.at))
            and (scope.can_see_driver(driver) or scope.can_manage(right.place))
        )

    if asked.walking:
        last = asked.after(int, int)
        after = None if last is None else (int(last[0]), int(last[1]))
        candidates = search_drivers.rights_after(network, among, asked.descending, after)
        return part_of(await matching(view, candidates, fits, asked), asked, _key)
    if driver_id is None and place is None and valid is None and scope.unlimited:
        page = search_drivers.rights_page(network, asked.descending, asked.start, asked.count)
        return part_of(page, asked, _key, network.right_count)
    matches = [held for held in search_drivers.rights_after(network, among, asked.descending) if fits(held)]
    return part_of(matches[asked.start : asked.start + asked.count], asked, _key, len(matches))


async def one(view: View, right_id: int) -> Held:
    """The right with its driver.

    Raises UnknownRight also for a right that the caller does not see.
    """
    driver_id = await view.services.database.glance(drivers.holder_of_right, view.caller.customer_id, right_id)
    driver = None if driver_id is None else view.network.drivers.get(driver_id)
    if driver is None:
        raise UnknownRight((right_id,))
    held = right_of(driver, right_id)
    if not (view.scope.can_see_driver(driver) or view.scope.can_manage(held[1].place)):
        raise UnknownRight((right_id,))
    return held


def right_of(driver: Driver, right_id: int) -> Held:
    """The driver's right of that id. Raises UnknownRight."""
    for right in driver.rights:
        if right.id == right_id:
            return driver, right
    raise UnknownRight((right_id,))


async def grant(
    mutation: Mutation, driver_id: int, place: Place, terms: Terms
) -> Applied[list[int]] | Preview[list[int]]:
    """Grants a right, unless the driver holds it already in the same words.

    Results in the right's id, and in 1 if it is new, else 0.
    """
    view = mutation.view
    view.in_body("driverId", view.driver, driver_id)
    view.in_body(PLACE_MEMBERS[place.kind], view.place, place)

    def work(revision: Revision) -> list[int]:
        granted = rights.grant(revision, driver_id, place, terms)
        return [granted.right.id, granted.new]

    return await mutation.apply("right.grant", work, members=IN_BODY)


async def grant_all(
    mutation: Mutation, driver_ids: Sequence[int], places: Sequence[Place], terms: Terms
) -> Applied[list[int]] | Preview[list[int]]:
    """Grants each of the drivers a right on each of the places.

    Results in the number of new rights, and of those that were held already in the same words.
    """
    _require_manageable(mutation.view, driver_ids, places)

    def work(revision: Revision) -> list[int]:
        granted = rights.grant_all(revision, driver_ids, places, terms)
        new = sum(right.new for right in granted)
        return [new, len(granted) - new]

    return await mutation.apply("right.grant", work, members=IN_BULK_BODY, in_thread=True)


async def revoke_all(
    mutation: Mutation, driver_ids: Sequence[int], places: Sequence[Place]
) -> Applied[int] | Preview[int]:
    """Revokes all rights of each of the drivers on each of the places.

    Results in their number.
    """
    _require_manageable(mutation.view, driver_ids, places)
    return await mutation.apply(
        "right.revoke",
        lambda revision: rights.revoke_all(revision, driver_ids, places),
        members=IN_BULK_BODY,
        in_thread=True,
    )


async def grant_driver(
    mutation: Mutation, driver_id: int, kind: PlaceKind, ids: Collection[int | str]
) -> Applied[int] | Preview[int]:
    """Grants a driver rights without limits on places of one kind."""
    places, member = _places_of(mutation.view, driver_id, kind, ids)
    return await mutation.apply(
        "right.grant",
        lambda revision: len(rights.grant_all(revision, [driver_id], places, ALWAYS)),
        members={UNKNOWN_PLACES[kind]: member},
    )


async def revoke_driver(
    mutation: Mutation, driver_id: int, kind: PlaceKind, ids: Collection[int | str]
) -> Applied[int] | Preview[int]:
    """Revokes all rights of a driver on places of one kind."""
    places, _ = _places_of(mutation.view, driver_id, kind, ids)

    def work(revision: Revision) -> int:
        mutation.expect(facts.driver(revision, driver_id))
        return rights.revoke_all(revision, [driver_id], places)

    return await mutation.apply("right.revoke", work)


async def change(mutation: Mutation, right_id: int, terms: dict[str, Any]) -> Applied[int] | Preview[int]:
    """Changes a right's terms. Results in its driver's id."""
    driver, right = await one(mutation.view, right_id)
    mutation.view.place(right.place)

    def work(revision: Revision) -> int:
        mutation.expect(rights.held(revision, right_id)[1])
        rights.change(revision, right_id, **terms)
        return driver.id

    return await mutation.apply("right.change", work, members=IN_BODY)


async def revoke(mutation: Mutation, right_id: int) -> Applied[None] | Preview[None]:
    """Revokes a right."""
    _, right = await one(mutation.view, right_id)
    mutation.view.place(right.place)

    def work(revision: Revision) -> None:
        mutation.expect(rights.held(revision, right_id)[1])
        rights.remove(revision, right_id)

    return await mutation.apply("right.revoke", work)


def _key(held: Held) -> Key:
    driver, right = held
    return driver.id, right.id


def _require_manageable(view: View, driver_ids: Sequence[int], places: Sequence[Place]) -> None:
    """Raises InMember for drivers and places that are not the caller's."""
    view.in_body("driverIds", view.driver, *driver_ids)
    for place in places:
        view.in_body(f"{PLACE_MEMBERS[place.kind]}s", view.place, place)


def _places_of(view: View, driver_id: int, kind: PlaceKind, ids: Collection[int | str]) -> tuple[list[Place], str]:
    """The places that a body's member names, and that member."""
    view.driver(driver_id)
    member, places = f"{PLACE_MEMBERS[kind]}s", [Place(kind, id_) for id_ in ids]
    view.in_body(member, view.place, *places)
    return places, member
