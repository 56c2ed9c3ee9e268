"""Reports of things that an operator checks now and then, about drivers they see.

See `rights.reports`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...operations.paging import Paging, sorted_part
from ...operations.view import View
from ...replica.images import Pin
from ...rights import reports
from ...rights.driver_sets import END
from ...rights.network import Network
from ...rights.permissions import Permission
from ...rights.reports import Finding
from ...rights.search_drivers import Key
from ...storage import personal_tables
from ..common.auth import CallerFirst
from .dependencies import viewing
from .paging import Sorted, listed
from .rights import RightShape
from .rights import shape_of as right_shape
from .shapes import REFUSALS, Shape, page_of
from .tags import TagShape
from .tags import shape_of as tag_shape

router = APIRouter(prefix="/v2/reports", tags=["Reports"], route_class=CallerFirst, responses=REFUSALS)

REMEMBERED = 4
Viewing = Annotated[View, Depends(viewing(Permission.READ_DRIVERS))]
Asked = Sorted


class ReportItem(Shape):
    """A driver with a tag, a right or namesakes that the report found."""

    driver_id: int
    driver_name: str
    enabled: bool
    home_site_id: int | None = None
    home_site_name: str | None = None
    tag: TagShape | None = Field(None, description="Left out without ReadTags")
    right: RightShape | None = None
    ends_at: datetime | None = Field(None, description="When the tag or right ends")
    namesakes: list[int] | None = Field(None, description="Numbers of other drivers with the same name")
    chargers_below: int | None = Field(None, description="Chargers that the right's site has, those below it included")
    levels_below: int | None = Field(None, description="Levels of sites from the right's site down, itself included")


@router.get("/expiring", operation_id="reportExpiring", summary="What ends soon", response_model=page_of(ReportItem))
async def expiring(
    view: Viewing,
    asked: Asked,
    days: Annotated[int, Query(ge=1, le=3_650, description="How many days from now count as soon")] = 30,
) -> Response:
    """Lists tags and rights that end within that many days, the first to end first.

    Blocked tags, and what disabled drivers have, are left out.
    """
    return await _report(
        view,
        asked,
        "expiring",
        lambda network: reports.expiring(network, view.at, timedelta(days=days)),
        reports.by_end,
        days,
    )


@router.get(
    "/never-used",
    operation_id="reportNeverUsed",
    summary="Tags that were never shown",
    response_model=page_of(ReportItem),
)
async def never_used(view: Viewing, asked: Asked) -> Response:
    """Lists tags that could be used today and that no charger ever asked about.

    They are sorted by driver. Only kept records count.
    """

    def find(network: Network) -> list[Finding]:
        used = view.services.database.read_now(personal_tables.used_tags, view.caller.customer_id)
        return reports.never_used(network, view.at, used)

    return await _report(view, asked, "never-used", find, reports.by_driver)


@router.get(
    "/duplicate-names",
    operation_id="reportDuplicateNames",
    summary="Drivers who share a name",
    response_model=page_of(ReportItem),
)
async def duplicate_names(view: Viewing, asked: Asked) -> Response:
    """Case and spaces aside.

    Those of one name together, by name.
    """
    return await _report(view, asked, "duplicate-names", reports.duplicate_names, reports.by_name(view.network))


@router.get(
    "/tags-of-disabled-drivers",
    operation_id="reportTagsOfDisabledDrivers",
    summary="Tags of disabled drivers",
    response_model=page_of(ReportItem),
)
async def tags_of_disabled_drivers(view: Viewing, asked: Asked) -> Response:
    """Cards to be collected or given to others, by driver.

    Blocked ones too.
    """
    return await _report(view, asked, "tags-of-disabled-drivers", reports.tags_of_disabled, reports.by_driver)


@router.get(
    "/high-rights", operation_id="reportHighRights", summary="Rights that reach far", response_model=page_of(ReportItem)
)
async def high_rights(
    view: Viewing,
    asked: Asked,
    chargers: Annotated[int, Query(ge=1, description="From how many chargers on a right reaches far")] = 100,
    levels: Annotated[
        int | None, Query(ge=1, description="From how many levels of sites on it does so too; never when not given")
    ] = None,
) -> Response:
    """Rights, valid now or later, on sites with that many chargers or levels below.

    The widest first.
    """
    return await _report(
        view,
        asked,
        "high-rights",
        lambda network: reports.high_rights(network, view.at, chargers, levels),
        reports.by_reach,
        chargers,
        levels,
    )


async def _report(
    view: View,
    asked: Paging,
    name: str,
    find: Callable[[Network], list[Finding]],
    order: Callable[[Finding], Key],
    *terms: object,
) -> Response:
    """The page of what is found, in a thread: reports look at every driver.

    A report is remembered for its other pages, to the minute and while no fact changes.
    """
    asked.key_among("order")
    token, caller, remembered = view.image.pin(), view.caller, view.services.reports
    minute = view.at.replace(second=0, microsecond=0)
    key = (caller.customer_id, view.image.mark, caller.site_ids, minute, name, terms)
    found = remembered.get(key)
    if found is None:
        found = remembered[key] = await asyncio.to_thread(_found, view, find, token)
        while len(remembered) > REMEMBERED:
            del remembered[next(iter(remembered))]
    return listed(sorted_part(found, asked, order), lambda each: _shape(view, each))


def _found(view: View, find: Callable[[Network], list[Finding]], _token: Pin) -> list[Finding]:
    """Holds the token until the thread is done."""
    found = find(view.network)
    if view.scope.unlimited:
        return found
    seen = view.scope.drivers
    mine = [each for each in found if each.driver_id in seen]
    kept = [each._replace(namesakes=tuple(other for other in each.namesakes if other in seen)) for each in mine]
    return [each for each in kept if each.tag or each.right or each.namesakes]


def _shape(view: View, finding: Finding) -> ReportItem:
    driver = view.network.drivers[finding.driver_id]
    home = None if driver.home_site_id is None else view.network.sites[driver.home_site_id]
    return ReportItem(
        driver_id=driver.id,
        driver_name=driver.name,
        enabled=driver.enabled,
        home_site_id=driver.home_site_id,
        home_site_name=home and home.name,
        tag=tag_shape(view, finding.tag) if finding.tag and view.sees_tags else None,
        right=right_shape(view, driver, finding.right) if finding.right else None,
        ends_at=None if finding.ends == END else finding.ends,
        namesakes=list(finding.namesakes) or None,
        chargers_below=finding.below.chargers if finding.below.levels else None,
        levels_below=finding.below.levels or None,
    )
