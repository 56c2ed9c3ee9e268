"""Changes of tags."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from ...rights.errors import NotFound, TagTaken, already_tag
from ...rights.identifiers import tag_key, tag_text
from ...rights.model import Driver, Tag
from ..revisions import Revision
from ..rows import drivers
from ..schema import tags as tag_rows
from . import facts


class UnknownTag(NotFound):
    what = "tag"


def add(revision: Revision, driver_id: int, draft: Tag) -> Tag:
    """Adds a tag to the driver and assigns its id.

    Raises UnknownDriver, TagTaken, InvalidIdentifier.
    """
    driver = facts.driver(revision, driver_id)
    tag = numbered(revision, driver_id, draft)
    require_free(revision, [tag])
    revision.put(replace(driver, tags=(*driver.tags, tag)))
    return tag


def change(revision: Revision, tag_id: int, **members: Any) -> Tag:
    """Changes members of the tag. Raises UnknownTag, InvalidWindow."""
    driver, before = held(revision, tag_id)
    after = replace(before, **members)
    if after != before:
        after = replace(after, updated_at=revision.at)
        kept = tuple(after if each.id == tag_id else each for each in driver.tags)
        revision.put(replace(driver, tags=kept))
    return after


def remove(revision: Revision, tag_id: int) -> None:
    """Removes the tag from its driver. Raises UnknownTag."""
    driver, _ = held(revision, tag_id)
    revision.put(replace(driver, tags=tuple(each for each in driver.tags if each.id != tag_id)))


def held(revision: Revision, tag_id: int) -> tuple[Driver, Tag]:
    """Returns the tag and its driver. Raises UnknownTag."""
    driver_id = drivers.holder_of_tag(revision.connection, revision.customer_id, tag_id)
    if driver_id is None:
        raise UnknownTag((tag_id,))
    driver = facts.driver(revision, driver_id)
    return driver, next(each for each in driver.tags if each.id == tag_id)


def numbered(revision: Revision, driver_id: int, draft: Tag) -> Tag:
    """Returns the new tag as it is stored."""
    text = tag_text(draft.id_tag)
    return replace(draft, id=revision.next_id(), driver_id=driver_id, id_tag=text, updated_at=revision.at)


def require_free(revision: Revision, new: Collection[Tag]) -> None:
    """Checks that the customer has not these tags yet, and that they differ.

    Raises TagTaken.
    """
    keys: dict[str, str] = {}
    for tag in new:
        key = tag_key(tag.id_tag)
        if key in keys:
            raise TagTaken(f'"{tag.id_tag}" is the same tag as "{keys[key]}": give each once')
        keys[key] = tag.id_tag
    columns = tag_rows.c
    mine = (columns.customer_id == revision.customer_id) & columns.tag_key.in_(keys)
    for row in revision.connection.execute(select(columns.id_tag, columns.tag_key, columns.driver_id).where(mine)):
        shown = keys[row.tag_key]
        spelling = "" if row.id_tag == shown else f'"{row.id_tag}"'
        raise TagTaken(already_tag(f'"{shown}"', f"driver {row.driver_id}", spelling), shown, row.driver_id)
