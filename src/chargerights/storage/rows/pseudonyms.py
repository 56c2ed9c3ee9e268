"""A driver without what names a person: what the journal keeps of him for good.

The numbers of drivers, tags and rights stay, so that the history of rights can still be followed; so do the places
that rights are on.
"""

from __future__ import annotations

from dataclasses import replace

from ...rights.model import Driver, Tag


def pseudonymous(driver: Driver) -> Driver:
    """The driver with `driver 17` as name and `tag 93` as what they show.

    Ids in other systems are left out, payer and company included: somebody who pays for themselves, or works alone, has
    these to themselves.
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
