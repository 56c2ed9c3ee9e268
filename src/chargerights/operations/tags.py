"""Tags: cards, app tokens, number plates and vehicle ids of drivers."""

from __future__ import annotations

from typing import Any

from pyroaring import BitMap64

from ..replica.preview import Preview
from ..rights import search_drivers
from ..rights.errors import InvalidIdentifier, InvalidWindow, NotFound, TagTaken, UnknownDriver
from ..rights.identifiers import NO_TAG, tag_key, tag_text
from ..rights.model import Driver, Tag
from ..rights.search_drivers import Key
from ..storage.changes import tags
from ..storage.changes.tags import UnknownTag
from ..storage.charging import authorizations
from ..storage.revisions import Revision
from ..storage.rows import drivers
from .errors import Members
from .mutation import Applied, Mutation
from .paging import Paging, Part, matching, part_of
from .view import View

IN_BODY: Members = {TagTaken: "idTag", UnknownDriver: "driverId", InvalidWindow: "expiringDate"}


class UnknownAuthorisation(NotFound):
    what = "authorisation"


async def find(view: View, asked: Paging, search: str | None, driver_id: int | None) -> Part[Tag]:
    """Takes the part of the tags of drivers that the caller sees, by text."""
    asked.key_among("idTag")
    among = None if view.scope.unlimited else view.scope.drivers
    if driver_id is not None:
        among = BitMap64((view.driver(driver_id).id,))
    if asked.walking:
        candidates = search_drivers.tags_after(view.network, among, asked.descending, asked.after_text())
        matches = await matching(view, candidates, lambda tag: search_drivers.tag_holds(tag, search), asked)
        return part_of(matches, asked, _key)
    page, total = search_drivers.tags_page(view.network, search, among, asked.descending, asked.start, asked.count)
    return part_of(page, asked, _key, total)


async def holder(view: View, tag_id: int) -> Driver:
    """The driver that holds the tag.

    Raises UnknownTag also for a driver that the caller does not see.
    """
    driver_id = await view.services.database.glance(drivers.holder_of_tag, view.caller.customer_id, tag_id)
    driver = None if driver_id is None else view.network.drivers.get(driver_id)
    if driver is None or not view.scope.can_see_driver(driver):
        raise UnknownTag((tag_id,))
    return driver


def tag_of(driver: Driver, tag_id: int) -> Tag:
    """The driver's tag of that id. Raises UnknownTag."""
    for tag in driver.tags:
        if tag.id == tag_id:
            return tag
    raise UnknownTag((tag_id,))


async def add(mutation: Mutation, driver_id: int, draft: Tag) -> Applied[int] | Preview[int]:
    """Adds a tag to a driver. Results in its id."""
    mutation.view.in_body("driverId", mutation.view.driver, driver_id)
    return await mutation.apply("tag.add", lambda revision: tags.add(revision, driver_id, draft).id, members=IN_BODY)


async def add_shown(
    mutation: Mutation, authorization_id: int, driver_id: int, token_name: str | None
) -> Applied[int] | Preview[int]:
    """Adds to a driver the tag that a charger asked about. Results in the tag's id."""
    view = mutation.view
    shown = await view.services.database.read(authorizations.get, view.caller.customer_id, authorization_id)
    if shown is None or not (view.scope.unlimited or view.scope.can_see_charger(shown.charger_id)):
        raise UnknownAuthorisation((authorization_id,))
    view.in_body("driverId", view.driver, driver_id)
    if shown.tag_key.startswith(NO_TAG):
        raise InvalidIdentifier(
            f"the charger did not send a tag but {shown.id_tag or 'nothing readable'}: add the tag as the card has it"
        )
    draft = Tag(0, 0, tag_text(shown.id_tag), token_name=token_name)

    def work(revision: Revision) -> int:
        try:
            return tags.add(revision, driver_id, draft).id
        except TagTaken:
            if view.sees_tags:
                raise
            raise TagTaken("the tag that was shown is already in use") from None  # its text is not for the caller

    return await mutation.apply("tag.add", work, members={UnknownDriver: "driverId", TagTaken: "idTag"})


async def change(mutation: Mutation, tag_id: int, members: dict[str, Any]) -> Applied[int] | Preview[int]:
    """Changes a tag. Results in its driver's id."""
    driver = await holder(mutation.view, tag_id)

    def work(revision: Revision) -> int:
        mutation.expect(tags.held(revision, tag_id)[1])
        tags.change(revision, tag_id, **members)
        return driver.id

    return await mutation.apply("tag.change", work, members=IN_BODY)


async def remove(mutation: Mutation, tag_id: int) -> Applied[None] | Preview[None]:
    """Removes a tag."""
    await holder(mutation.view, tag_id)

    def work(revision: Revision) -> None:
        mutation.expect(tags.held(revision, tag_id)[1])
        tags.remove(revision, tag_id)

    return await mutation.apply("tag.remove", work)


def _key(tag: Tag) -> Key:
    return (tag_key(tag.id_tag),)
