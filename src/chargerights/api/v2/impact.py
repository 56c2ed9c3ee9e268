"""Impact of a change, which `dryRun=true` answers: who would gain and lose access.

Lists are bounded, totals are not. Losses come first, because people look for those before they change something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field

from ...replica.preview import Preview
from ...rights.impact import Difference, Footprint, Impact
from .shapes import Shape

K = TypeVar("K", int, str)
S = TypeVar("S", bound=Shape)

MOST_SHOWN = 100


class DriverImpact(Shape):
    """Impact on one driver, in numbers of chargers and sites."""

    driver_id: int
    driver_name: str
    chargers_gained: int
    chargers_lost: int
    sites_gained: int
    sites_lost: int


class PlaceImpact(Shape):
    gained_count: int = Field(description="Number of drivers that are listed only after the change")
    lost_count: int = Field(description="Number of drivers that are listed only before it")
    gained: list[int] = Field(description=f"Their numbers, {MOST_SHOWN} at most")
    lost: list[int] = Field(description=f"Their numbers, {MOST_SHOWN} at most")


class SiteImpact(PlaceImpact):
    """Impact on the list of a site."""

    site_id: int
    site_name: str


class ChargerImpact(PlaceImpact):
    """Impact at a charger."""

    charger_id: str
    charger_name: str | None = None
    site_id: int


class ListedItems(Shape, Generic[S]):
    total: int = Field(description="Number of items in all")
    items: list[S] = Field(description=f"At most {MOST_SHOWN} of them; those that lose access come first")


class DriversImpact(ListedItems[DriverImpact]):
    """The drivers whose access differs."""

    gaining: int = Field(description="Number of drivers that gain access somewhere")
    losing: int = Field(description="Number of drivers that lose access somewhere; some may gain it elsewhere")


class SitesImpact(ListedItems[SiteImpact]):
    """The sites whose lists differ."""


class ChargersImpact(ListedItems[ChargerImpact]):
    """The chargers at which access differs."""


class ImpactShape(Shape):
    """Impact of a change. Nothing was changed.

    A driver has access where they are listed: the driver is enabled, and a right that is valid at the instant reaches
    the place. Weekly hours and tags play no part.
    """

    dry_run: Literal[True] = Field(description="Tells an impact from the answer without `dryRun`")
    summary: str = Field(description="In one sentence for a person")
    at: datetime = Field(description="The instant at which access is compared")
    changes_again_at: datetime | None = Field(
        None, description="When a window of the rights concerned begins or ends next: the impact differs from then on"
    )
    revision: int = Field(description="The customer's revision that the change was tried on")
    drivers: DriversImpact
    sites: SitesImpact
    chargers: ChargersImpact


def shape_of(preview: Preview[Any]) -> ImpactShape:
    """The impact as shown. The preview is limited to what the caller sees."""
    impact = preview.impact
    gaining, losing = impact.gaining, impact.losing
    return ImpactShape(
        dry_run=True,
        summary=_summary(len(gaining), len(losing), len(impact.sites), len(impact.chargers)),
        at=impact.at,
        changes_again_at=impact.changes_again_at,
        revision=preview.revision,
        drivers=DriversImpact(
            total=len(gaining | losing),
            gaining=len(gaining),
            losing=len(losing),
            items=_drivers(impact, preview, [*losing[:MOST_SHOWN], *(gaining - losing)[:MOST_SHOWN]][:MOST_SHOWN]),
        ),
        sites=SitesImpact(total=len(impact.sites), items=_worst_first(impact.sites, _site(preview))),
        chargers=ChargersImpact(total=len(impact.chargers), items=_worst_first(impact.chargers, _charger(preview))),
    )


def _drivers(found: Impact, preview: Preview[Any], driver_ids: Iterable[int]) -> list[DriverImpact]:
    def shape(driver_id: int, footprint: Footprint) -> DriverImpact:
        driver = preview.after.drivers.get(driver_id) or preview.before.drivers[driver_id]
        return DriverImpact(
            driver_id=driver_id,
            driver_name=driver.name,
            chargers_gained=footprint.chargers_gained,
            chargers_lost=footprint.chargers_lost,
            sites_gained=footprint.sites_gained,
            sites_lost=footprint.sites_lost,
        )

    return [shape(*item) for item in found.footprints(driver_ids).items()]


def _site(preview: Preview[Any]) -> Callable[[int, Difference], SiteImpact]:
    def shape(site_id: int, difference: Difference) -> SiteImpact:
        site = preview.after.sites.get(site_id) or preview.before.sites[site_id]
        return SiteImpact(site_id=site_id, site_name=site.name, **_members(difference))

    return shape


def _charger(preview: Preview[Any]) -> Callable[[str, Difference], ChargerImpact]:
    def shape(charger_id: str, difference: Difference) -> ChargerImpact:
        charger = preview.after.chargers.get(charger_id) or preview.before.chargers[charger_id]
        return ChargerImpact(
            charger_id=charger_id, charger_name=charger.name, site_id=charger.site_id, **_members(difference)
        )

    return shape


def _members(difference: Difference) -> dict[str, Any]:
    gained, lost = difference
    return {
        "gained_count": len(gained),
        "lost_count": len(lost),
        "gained": list(gained[:MOST_SHOWN]),
        "lost": list(lost[:MOST_SHOWN]),
    }


def _worst_first(places: Mapping[K, Difference], shape: Callable[[K, Difference], S]) -> list[S]:
    def order(place: tuple[K, Difference]) -> tuple[int, int, K]:
        key, difference = place
        return -len(difference.lost), -len(difference.gained), key

    return [shape(*place) for place in sorted(places.items(), key=order)[:MOST_SHOWN]]


def _summary(gaining: int, losing: int, sites: int, chargers: int) -> str:
    if not gaining and not losing:
        return "No one would gain or lose access."
    would = [f"{_count(losing, 'driver')} would lose access"] if losing else []
    would += [f"{_count(gaining, 'driver')} would gain access"] if gaining else []
    return f"{' and '.join(would)}, at {_count(sites, 'site')} and {_count(chargers, 'charger')}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
