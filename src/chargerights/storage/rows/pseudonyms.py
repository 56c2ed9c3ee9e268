"""Drivers without personal data, as the journal keeps them for good.

The ids of drivers, tags and rights stay, and so do the places of rights, so that the history of rights can still be
followed.
"""

from __future__ import annotations

from dataclasses import replace

from ...rights.model import Driver, Tag


def pseudonymous(driver: Driver) -> Driver:
    """Returns the driver with `driver 17` as name and `tag 93` as tags.

    Ids in other systems are left out, payer and company included: they may identify a driver who pays themselves or
    works alone.
    """
    return replace(
        driver,
        name=f"driver {driver.id}",
        external_id=None,
        external_ids=(),
        payer_id=None,
        company_id=None,
        tags=tuple(_tag(each) for each in driver.tags),
    )


def _tag(tag: Tag) -> Tag:
    return replace(tag, id_tag=f"tag {tag.id}", token_name=None)
