"""The rules of charging rights (DESIGN.md section 3), plainly and slowly, to hold the core against.

Every answer walks over all the facts. Nothing is indexed or remembered, and nothing but the model's values
and the time zone database is shared with what is tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chargerights.rights.model import AccessGroup, Charger, Driver, PlaceKind, Right, Site


class Facts(NamedTuple):
    """All that one customer's answers follow from; in the order that `Network.build` takes."""

    sites: Sequence[Site] = ()
    chargers: Sequence[Charger] = ()
    access_groups: Sequence[AccessGroup] = ()
    drivers: Sequence[Driver] = ()


def may_charge(facts: Facts, id_tag: str, charger_id: str, at: datetime) -> str:
    """OCPP 2.0.1's word for it; rules 4 and 5."""
    if all(charger.charger_id != charger_id for charger in facts.chargers):
        return "NotAtThisLocation"
    for driver in facts.drivers:
        for tag in driver.tags:
            if same_tag(tag.id_tag, id_tag):
                if tag.blocked or not driver.enabled:
                    return "Blocked"
                if tag.starts_at is not None and at < tag.starts_at:
                    return "NotAtThisTime"
                if tag.expires_at is not None and tag.expires_at <= at:
                    return "Expired"
                word = _by_rights(facts, driver, charger_id, at)
                return "NotAtThisTime" if word == "Accepted" and _out_of_use(facts, charger_id, at) else word
    return "Unknown"


def drivers_of_site(facts: Facts, site_id: int, at: datetime) -> list[int]:
    """The drivers listed for a site; rule 3."""
    return [
        driver.id
        for driver in facts.drivers
        if driver.enabled
        and any(_in_window(right, at) and _touches_site(facts, right, site_id) for right in driver.rights)
    ]


def drivers_of_charger(facts: Facts, charger_id: str, at: datetime) -> list[int]:
    """Returns the enabled drivers with a right to the charger that is valid now, at any hour."""
    return [
        driver.id
        for driver in facts.drivers
        if driver.enabled
        and any(_in_window(right, at) and _reaches_charger(facts, right, charger_id) for right in driver.rights)
    ]


def chargers_of_driver(facts: Facts, driver_id: int, at: datetime) -> list[str]:
    ids = [charger.charger_id for charger in facts.chargers]
    return [each for each in ids if driver_id in drivers_of_charger(facts, each, at)]


def sites_of_driver(facts: Facts, driver_id: int, at: datetime) -> list[int]:
    return [site.id for site in facts.sites if driver_id in drivers_of_site(facts, site.id, at)]


def same_tag(one: str, other: str) -> bool:
    """Whether changes of case alone lead from both texts, trimmed, to a common one; rule 6."""
    return not _all_cases(one.strip()).isdisjoint(_all_cases(other.strip()))


def consistent(facts: Facts) -> bool:
    """Whether every id that is named exists, no site lies below itself, and no tag is there twice."""
    site_ids = {site.id for site in facts.sites}
    charger_ids = {charger.charger_id for charger in facts.chargers}
    known: dict[PlaceKind, set[Any]] = {
        PlaceKind.SITE: site_ids,
        PlaceKind.CHARGER: charger_ids,
        PlaceKind.ACCESS_GROUP: {group.id for group in facts.access_groups},
    }
    tags = [tag.id_tag for driver in facts.drivers for tag in driver.tags]
    return (
        all(site.parent_id is None or site.parent_id in site_ids for site in facts.sites)
        and all(_has_root(facts, site.id) for site in facts.sites)
        and all(charger.site_id in site_ids for charger in facts.chargers)
        and all(charger_ids.issuperset(group.charger_ids) for group in facts.access_groups)
        and all(driver.home_site_id is None or driver.home_site_id in site_ids for driver in facts.drivers)
        and all(right.place.id in known[right.place.kind] for driver in facts.drivers for right in driver.rights)
        and all(tag.driver_id == driver.id for driver in facts.drivers for tag in driver.tags)
        and not any(same_tag(tag, other) for i, tag in enumerate(tags) for other in tags[:i])
    )


def _by_rights(facts: Facts, driver: Driver, charger_id: str, at: datetime) -> str:
    here = [right for right in driver.rights if _reaches_charger(facts, right, charger_id)]
    if not here:
        return "NotAtThisLocation"
    zone = ZoneInfo(_timezone(facts, _site_of(facts, charger_id)))
    local = at.astimezone(zone).replace(tzinfo=None)
    if any(_in_window(right, at) and _in_hours(right, local) for right in here):
        return "Accepted"
    return "NotAtThisTime"


def _out_of_use(facts: Facts, charger_id: str, at: datetime) -> bool:
    """Whether a block of the charger is still to end."""
    ends = [each.blocked_until for each in facts.chargers if each.charger_id == charger_id]
    return any(end is not None and end > at for end in ends)


def _in_window(right: Right, at: datetime) -> bool:
    begun = right.valid_from is None or right.valid_from <= at
    ended = right.valid_until is not None and right.valid_until <= at
    return begun and not ended


def _in_hours(right: Right, local: datetime) -> bool:
    """Whether a span of hours that began today or yesterday, on the wall clock, still lasts."""
    for hours in right.hours:
        for day in (local.date(), local.date() - timedelta(days=1)):
            midnight = datetime.combine(day, time())
            begin = midnight + timedelta(minutes=hours.start)
            end = midnight + timedelta(minutes=hours.end, days=1 if hours.end <= hours.start else 0)
            if day.isoweekday() == hours.weekday and begin <= local < end:
                return True
    return not right.hours


def _reaches_charger(facts: Facts, right: Right, charger_id: str) -> bool:
    if right.place.kind is PlaceKind.SITE:
        return right.place.id in _site_and_above(facts, _site_of(facts, charger_id))
    return charger_id in _named(facts, right)


def _touches_site(facts: Facts, right: Right, site_id: int) -> bool:
    if right.place.kind is PlaceKind.SITE:
        held_at = int(right.place.id)
        return held_at in _site_and_above(facts, site_id) or site_id in _site_and_above(facts, held_at)
    return any(site_id in _site_and_above(facts, _site_of(facts, each)) for each in _named(facts, right))


def _named(facts: Facts, right: Right) -> list[str]:
    if right.place.kind is PlaceKind.CHARGER:
        return [str(right.place.id)]
    return [each for group in facts.access_groups if group.id == right.place.id for each in group.charger_ids]


def _site_of(facts: Facts, charger_id: str) -> int:
    return next(charger.site_id for charger in facts.chargers if charger.charger_id == charger_id)


def _site_and_above(facts: Facts, site_id: int | None) -> list[int]:
    found: list[int] = []
    while site_id is not None:
        found.append(site_id)
        site_id = next(site.parent_id for site in facts.sites if site.id == site_id)
    return found


def _has_root(facts: Facts, site_id: int | None) -> bool:
    """Whether going up from the site ends, in as many steps as there are sites."""
    parents = {site.id: site.parent_id for site in facts.sites}
    for _ in facts.sites:
        site_id = parents[site_id] if site_id is not None else None
    return site_id is None


def _timezone(facts: Facts, site_id: int) -> str:
    zones = {site.id: site.timezone for site in facts.sites}
    return next((name for each in _site_and_above(facts, site_id) if (name := zones[each]) is not None), "UTC")


def _all_cases(text: str) -> set[str]:
    found, new = set[str](), {text}
    while new:
        found |= new
        new = {change(each) for each in new for change in (str.upper, str.lower, str.casefold)} - found
    return found
