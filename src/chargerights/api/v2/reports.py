"""Reports of things that an operator checks now and then, about drivers they see.

See `rights.reports`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...operations import reports as operations
from ...operations.paging import Part
from ...operations.view import View
from ...rights.driver_sets import END
from ...rights.permissions import Permission
from ...rights.reports import Finding
from ..common.auth import CallerFirst
from .dependencies import viewing
from .paging import Sorted, listed
from .rights import RightShape
from .rights import shape_of as right_shape
from .shapes import REFUSALS, Shape, page_of
from .tags import TagShape
from .tags import shape_of as tag_shape

router = APIRouter(prefix="/v2/reports", tags=["Reports"], route_class=CallerFirst, responses=REFUSALS)

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
    return _page(view, await operations.expiring(view, asked, days))


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

    return _page(view, await operations.never_used(view, asked))


@router.get(
    "/duplicate-names",
    operation_id="reportDuplicateNames",
    summary="Drivers who share a name",
    response_model=page_of(ReportItem),
)
async def duplicate_names(view: Viewing, asked: Asked) -> Response:
    """Lists drivers with the same name, by name. Case and spaces do not count."""
    return _page(view, await operations.duplicate_names(view, asked))


@router.get(
    "/tags-of-disabled-drivers",
    operation_id="reportTagsOfDisabledDrivers",
    summary="Tags of disabled drivers",
    response_model=page_of(ReportItem),
)
async def tags_of_disabled_drivers(view: Viewing, asked: Asked) -> Response:
    """Lists cards to collect or to give to others, by driver.

    Blocked tags are included.
    """
    return _page(view, await operations.tags_of_disabled(view, asked))


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
    """Lists rights on sites with that many chargers or levels below, the widest first.

    Rights that are valid now or later count.
    """
    return _page(view, await operations.high_rights(view, asked, chargers, levels))


def _page(view: View, part: Part[Finding]) -> Response:
    return listed(part, lambda finding: _shape(view, finding))


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
