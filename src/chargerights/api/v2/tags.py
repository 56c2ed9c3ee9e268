"""Tags: what drivers show (API.md section 2)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from pyroaring import BitMap64

from ...fields import types
from ...operations.errors import blaming
from ...operations.mutation import Mutation
from ...operations.paging import matching, part_of
from ...operations.view import View
from ...rights import search_drivers
from ...rights.errors import InvalidWindow, TagTaken, UnknownDriver
from ...rights.identifiers import tag_key
from ...rights.model import Driver, Tag
from ...rights.permissions import Permission
from ...storage.changes import tags
from ...storage.changes.tags import UnknownTag
from ...storage.journal import Revision
from ...storage.rows import drivers
from ..common.auth import CallerFirst
from ..v1.encoding import NO_EXPIRY
from .answers import answer, apply
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import TagId
from .shapes import REFUSALS, Draft, Shape, page_of, unless_given

router = APIRouter(prefix="/v2/tags", tags=["Tags"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_TAGS, Permission.WRITE_TAGS
IN_BODY = {TagTaken: "idTag", UnknownDriver: "driverId", InvalidWindow: "expiringDate"}
END_OF_TIME = datetime.fromisoformat(NO_EXPIRY)


class TagShape(Shape):
    """What a driver shows: a card, an app token, a number plate, a vehicle id."""

    id: int
    id_tag: str | None = Field(None, description="As it was entered; compared without case. Left out without ReadTags")
    driver_id: int
    expiring_date: datetime = Field(description=f"From then on it is refused; {NO_EXPIRY}: it does not expire")
    start_date: datetime | None = Field(None, description="Until then it is refused")
    last_updated: datetime | None = None
    token_name: str | None = Field(None, description="The card's label; left out without ReadTags")
    invoicable: bool
    blocked: bool


class TagMembers(Draft):
    """What can be changed of a tag."""

    expiring_date: types.Instant | None = Field(None, description="From then on it is refused; null: never")
    start_date: types.Instant | None = Field(None, description="Until then it is refused; null: never")
    token_name: types.OptionalText = Field(None, description="The card's label")
    invoicable: bool = unless_given("Meaningful only with the invoicing service")
    blocked: bool = unless_given("true: it is refused")

    def facts(self) -> dict[str, Any]:
        """The members that are given, as the model has them."""
        given = self.given()
        found = {MODEL_NAMES[name]: given[name] for name in MODEL_NAMES if name in given}
        if found.get("expires_at") is not None and found["expires_at"] >= END_OF_TIME:
            found["expires_at"] = None
        return found


MODEL_NAMES = {
    "expiring_date": "expires_at",
    "start_date": "starts_at",
    "token_name": "token_name",
    "invoicable": "invoicable",
    "blocked": "blocked",
}


class NewTag(TagMembers):
    """A tag of a new driver."""

    id_tag: types.TagText = Field(description="What the card, app, plate or vehicle shows")

    def draft(self, place: str = "") -> Tag:
        """The tag without its number and driver. Raises InvalidWindow in its member; `place`: where the tag stands in
        the body."""
        with blaming({kind: f"{place}{member}" for kind, member in IN_BODY.items()}):
            return Tag(0, 0, self.id_tag, **self.facts())


class TagDraft(NewTag):
    """A new tag."""

    driver_id: types.EntityId = Field(description="Whose it is")


@router.post("", status_code=201, operation_id="addTag", summary="Add a tag to a driver", response_model=TagShape)
async def add_tag(change: Annotated[Mutation, Depends(on_post(WRITE))], body: TagDraft) -> Response:
    """The tag must be nobody's yet, in whatever case it is written."""
    change.view.in_body("driverId", change.view.driver, body.driver_id)
    draft = body.draft()
    return await apply(
        change,
        "tag.add",
        lambda revision: tags.add(revision, body.driver_id, draft).id,
        lambda view, tag_id: shown(view, tag_of(view.driver(body.driver_id), tag_id), 201),
        members=IN_BODY,
    )


@router.get("", operation_id="listTags", summary="List tags", response_model=page_of(TagShape))
async def list_tags(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    driver_id: Annotated[int | None, Query(alias="driverId", description="Only this driver's")] = None,
    search: Annotated[str | None, Query(description="Only those whose text or label holds this")] = None,
) -> Response:
    """The tags of the drivers that the caller sees, by text."""
    asked.key_among("idTag")
    among = None if view.scope.unlimited else view.scope.drivers
    if driver_id is not None:
        among = BitMap64((view.driver(driver_id).id,))
    if asked.walking:
        last = asked.after_text()
        tags = search_drivers.tags_after(view.network, among, asked.descending, last)
        found = await matching(view, tags, lambda tag: search_drivers.tag_holds(tag, search), asked)
        return listed(part_of(found, asked, _key), partial(shape_of, view))
    found, total = search_drivers.tags_page(view.network, search, among, asked.descending, asked.start, asked.count)
    return listed(part_of(found, asked, _key, total), partial(shape_of, view))


@router.get("/{tagId}", operation_id="getTag", summary="Get a tag", response_model=TagShape)
async def get_tag(view: Annotated[View, Depends(viewing(READ))], tag_id: TagId) -> Response:
    """With an ETag for changing it."""
    return shown(view, tag_of(await holder(view, tag_id), tag_id))


@router.patch("/{tagId}", operation_id="changeTag", summary="Change a tag", response_model=TagShape)
async def change_tag(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    tag_id: TagId,
    body: TagMembers,
) -> Response:
    """Members that are left out stay as they are. The tag's text and driver cannot be changed: add another tag."""
    driver = await holder(change.view, tag_id)

    def work(revision: Revision) -> None:
        change.expect(tags.held(revision, tag_id)[1])
        tags.change(revision, tag_id, **body.facts())

    return await apply(
        change, "tag.change", work, lambda view, _: shown(view, tag_of(view.driver(driver.id), tag_id)), members=IN_BODY
    )


@router.delete("/{tagId}", status_code=204, operation_id="removeTag", summary="Remove a tag", response_class=Response)
async def remove_tag(change: Annotated[Mutation, Depends(on_change(WRITE))], tag_id: TagId) -> Response:
    """From then on nobody knows it."""
    await holder(change.view, tag_id)

    def work(revision: Revision) -> None:
        change.expect(tags.held(revision, tag_id)[1])
        tags.remove(revision, tag_id)

    return await apply(change, "tag.remove", work)


def _key(tag: Tag) -> search_drivers.Key:
    return (tag_key(tag.id_tag),)


async def holder(view: View, tag_id: int) -> Driver:
    """The driver of that tag. Raises UnknownTag, of one whom the caller does not see too."""
    driver_id = await view.services.database.glance(drivers.holder_of_tag, view.caller.customer_id, tag_id)
    driver = None if driver_id is None else view.network.drivers.get(driver_id)
    if driver is None or not view.scope.can_see_driver(driver):
        raise UnknownTag((tag_id,))
    return driver


def tag_of(driver: Driver, tag_id: int) -> Tag:
    """Raises UnknownTag."""
    for tag in driver.tags:
        if tag.id == tag_id:
            return tag
    raise UnknownTag((tag_id,))


def shown(view: View, tag: Tag, status: int = 200) -> Response:
    return answer(shape_of(view, tag), status, tag, f"/v2/tags/{tag.id}" if status == 201 else None)


def shape_of(view: View, tag: Tag) -> TagShape:
    return TagShape(
        id=tag.id,
        id_tag=tag.id_tag if view.sees_tags else None,
        driver_id=tag.driver_id,
        expiring_date=tag.expires_at or END_OF_TIME,
        start_date=tag.starts_at,
        last_updated=tag.updated_at,
        token_name=tag.token_name if view.sees_tags else None,
        invoicable=tag.invoicable,
        blocked=tag.blocked,
    )
