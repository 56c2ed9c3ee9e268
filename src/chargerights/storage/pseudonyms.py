"""A driver without what names a person: what the journal keeps of him for good.

The numbers of drivers and tags stay, so that the history of rights can still be followed.
"""

from __future__ import annotations

from dataclasses import replace

from ..rights.model import Driver, Tag


def pseudonymous(driver: Driver) -> Driver:
    """The driver with `driver 17` for his name and `tag 93` for what he shows; ids in other systems are left out."""
    tags = tuple(_tag(each) for each in driver.tags)
    return replace(driver, name=f"driver {driver.id}", external_id=None, external_ids=(), tags=tags)


def _tag(tag: Tag) -> Tag:
    return replace(tag, id_tag=f"tag {tag.id}", token_name=None)
