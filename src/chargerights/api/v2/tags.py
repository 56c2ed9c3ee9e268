"""Tags: what drivers show (API.md section 2)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations import tags as operations
from ...operations.errors import blaming
from ...operations.mutation import Mutation
from ...operations.tags import IN_BODY, tag_of
from ...operations.view import View
from ...rights.model import Tag
from ...rights.permissions import Permission
from ..common.auth import CallerFirst
from ..v1.encoding import NO_EXPIRY
from .answers import respond, shown_at
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import TagId
from .shapes import REFUSALS, Draft, Shape, page_of, unless_given

router = APIRouter(prefix="/v2/tags", tags=["Tags"], route_class=CallerFirst, responses=REFUSALS)

READ, WRITE = Permission.READ_TAGS, Permission.WRITE_TAGS
END_OF_TIME = datetime.fromisoformat(NO_EXPIRY)


class TagShape(Shape):
    """A tag of a driver: a card, an app token, a number plate or a vehicle id."""

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
    """Changes of a tag."""

    expiring_date: types.Instant | None = Field(None, description="From then on it is refused; null: never")
    start_date: types.Instant | None = Field(None, description="Until then it is refused; null: never")
    token_name: types.OptionalText = Field(None, description="The card's label")
    invoicable: bool = unless_given("Meaningful only with the invoicing service")
    blocked: bool = unless_given("true: it is refused")

    def facts(self) -> dict[str, Any]:
        """The members that are given, as the model has them."""
        given = self.given()
        members = {MODEL_NAMES[name]: given[name] for name in MODEL_NAMES if name in given}
        if members.get("expires_at") is not None and members["expires_at"] >= END_OF_TIME:
            members["expires_at"] = None
        return members


MODEL_NAMES = {
    "expiring_date": "expires_at",
    "start_date": "starts_at",
    "token_name": "token_name",
    "invoicable": "invoicable",
    "blocked": "blocked",
}


class NewTag(TagMembers):
    """A tag of a new driver."""

    id_tag: types.TagText = Field(description="The text of the card, app, plate or vehicle")

    def draft(self, place: str = "") -> Tag:
        """The tag without its number and driver.

        Raises InvalidWindow in its member; `place`: where the tag stands in the body.
        """
        with blaming({kind: f"{place}{member}" for kind, member in IN_BODY.items()}):
            return Tag(0, 0, self.id_tag, **self.facts())


class TagDraft(NewTag):
    """A new tag."""

    driver_id: types.EntityId = Field(description="The driver that it belongs to")


@router.post("", status_code=201, operation_id="addTag", summary="Add a tag to a driver", response_model=TagShape)
async def add_tag(change: Annotated[Mutation, Depends(on_post(WRITE))], body: TagDraft) -> Response:
    """Adds a tag that no driver has yet, in any case."""
    added = await operations.add(change, body.driver_id, body.draft())
    return await respond(
        change, added, lambda view, tag_id: shown(view, tag_of(view.driver(body.driver_id), tag_id), 201)
    )


@router.get("", operation_id="listTags", summary="List tags", response_model=page_of(TagShape))
async def list_tags(
    view: Annotated[View, Depends(viewing(READ))],
    asked: Sorted,
    driver_id: Annotated[int | None, Query(alias="driverId", description="Only tags of this driver")] = None,
    search: Annotated[str | None, Query(description="Only tags whose text or label contains this text")] = None,
) -> Response:
    """Lists the tags of the drivers that you see, by text."""
    return listed(await operations.find(view, asked, search, driver_id), partial(shape_of, view))


@router.get("/{tagId}", operation_id="getTag", summary="Get a tag", response_model=TagShape)
async def get_tag(view: Annotated[View, Depends(viewing(READ))], tag_id: TagId) -> Response:
    """Returns a tag with an ETag for changing it."""
    return shown(view, tag_of(await operations.holder(view, tag_id), tag_id))


@router.patch("/{tagId}", operation_id="changeTag", summary="Change a tag", response_model=TagShape)
async def change_tag(
    change: Annotated[Mutation, Depends(on_change(WRITE))], tag_id: TagId, body: TagMembers
) -> Response:
    """Changes the members that are given.

    A tag's text and driver cannot be changed: add another tag.
    """
    changed = await operations.change(change, tag_id, body.facts())
    return await respond(change, changed, lambda view, driver_id: shown(view, tag_of(view.driver(driver_id), tag_id)))


@router.delete("/{tagId}", status_code=204, operation_id="removeTag", summary="Remove a tag", response_class=Response)
async def remove_tag(change: Annotated[Mutation, Depends(on_change(WRITE))], tag_id: TagId) -> Response:
    """Removes a tag. From then on it is unknown."""
    return await respond(change, await operations.remove(change, tag_id))


def shown(view: View, tag: Tag, status: int = 200) -> Response:
    return shown_at(f"/v2/tags/{tag.id}", shape_of(view, tag), tag, status)


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
