"""Reports for operators: what ends soon, what is never used, what looks wrong.

Each report lists findings of the whole network in a stable order, one per driver and tag or right. For an operator
with limits the caller filters by driver. Names and advice are added by the doors.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from .driver_sets import END
from .identifiers import name_key, tag_key
from .model import Driver, Place, PlaceKind, Right, Tag
from .network import Network
from .search_drivers import Key


class Below(NamedTuple):
    """The chargers below a site and the depth of its subtree, the site included."""

    chargers: int = 0
    levels: int = 0


class Finding(NamedTuple):
    """A driver, with the tag or right concerned, or the drivers with the same name."""

    driver_id: int
    tag: Tag | None = None
    right: Right | None = None
    namesakes: tuple[int, ...] = ()
    below: Below = Below()

    @property
    def ends(self) -> datetime:
        """The end of the tag or right.

        The end of time if it has no end.
        """
        end = self.tag.expires_at if self.tag else self.right.valid_until if self.right else None
        return end or END


def by_end(finding: Finding) -> Key:
    """Sort key of `expiring`."""
    return finding.ends.isoformat(timespec="microseconds"), *_order(finding)


def by_driver(finding: Finding) -> Key:
    """Sort key of `never_used` and `tags_of_disabled`."""
    return _order(finding)


def by_name(network: Network) -> Callable[[Finding], Key]:
    """Returns the sort key of `duplicate_names`."""
    return lambda finding: (name_key(network.drivers[finding.driver_id].name), finding.driver_id)


def by_reach(finding: Finding) -> Key:
    """Sort key of `high_rights`."""
    return -finding.below.chargers, *_order(finding)


def expiring(network: Network, at: datetime, within: timedelta) -> list[Finding]:
    """Finds tags and rights that end within that time after `at`, earliest first.

    Disabled drivers and blocked tags do not count: they give no access.
    """
    last = at + within

    def soon(end: datetime | None) -> bool:
        return end is not None and at < end <= last

    drivers = [*_enabled(network)]
    findings = [
        Finding(driver.id, tag=tag)
        for driver in drivers
        for tag in driver.tags
        if soon(tag.expires_at) and not tag.blocked
    ]
    findings += [
        Finding(driver.id, right=right) for driver in drivers for right in driver.rights if soon(right.valid_until)
    ]
    return sorted(findings, key=by_end)


def never_used(network: Network, at: datetime, used: Collection[str]) -> list[Finding]:
    """Finds tags that could be used at the instant and never were.

    `used` holds the `tag_key` of every tag that was used.
    """
    return [
        Finding(driver.id, tag=tag)
        for driver in _enabled(network)
        for tag in driver.tags
        if not tag.blocked
        and (tag.starts_at is None or tag.starts_at <= at)
        and (tag.expires_at is None or at < tag.expires_at)
        and tag_key(tag.id_tag) not in used
    ]


def duplicate_names(network: Network) -> list[Finding]:
    """Finds drivers that share a name, ignoring case and spaces.

    Sorted by name.
    """
    first: dict[str, int] = {}
    shared: dict[str, list[int]] = {}  # only for shared names: a list for every name would take most of the time
    for driver_id in sorted(network.drivers):
        key = name_key(network.drivers[driver_id].name)
        if first.setdefault(key, driver_id) != driver_id:
            shared.setdefault(key, [first[key]]).append(driver_id)
    return [
        Finding(driver_id, namesakes=tuple([other for other in ids if other != driver_id]))
        for _, ids in sorted(shared.items())
        for driver_id in ids
    ]


def tags_of_disabled(network: Network) -> list[Finding]:
    """Finds the tags that disabled drivers still have, blocked ones included.

    They are cards to collect, or to give to other drivers.
    """
    drivers = [network.drivers[driver_id] for driver_id in network.disabled]
    return [Finding(driver.id, tag=tag) for driver in drivers for tag in driver.tags]


def high_rights(network: Network, at: datetime, chargers: int, levels: int | None = None) -> list[Finding]:
    """Finds rights, valid at the instant or later, on sites with much below.

    Widest first. A site counts when at least `chargers` chargers are below it or, if `levels` is given, at least that
    many levels of sites. Rights of disabled drivers do not count.
    """
    findings: list[Finding] = []
    for site_id, below in _below(network).items():
        if below.chargers < chargers and (levels is None or below.levels < levels):
            continue
        place = Place(PlaceKind.SITE, site_id)
        windowed = network.windowed.get(place)
        holders = {*network.open.get(place, ())} | {window[0] for window in (windowed.windows if windowed else ())}
        for driver_id in holders - {*network.disabled}:
            held = [held_right for held_right in network.drivers[driver_id].rights if held_right.place == place]
            findings += [Finding(driver_id, right=right, below=below) for right in held]
    return sorted((finding for finding in findings if at < finding.ends), key=by_reach)


def _below(network: Network) -> dict[int, Below]:
    """Counts chargers and levels below every site, the deepest first."""
    counts: dict[int, Below] = {}
    order = [site_id for root in network.subsites(None) for site_id in network.subtree(root)]
    for site_id in reversed(order):
        subsites = [counts[subsite] for subsite in network.subsites(site_id)]
        own = len(network.chargers_at(site_id))
        counts[site_id] = Below(
            own + sum(subsite.chargers for subsite in subsites),
            1 + max((subsite.levels for subsite in subsites), default=0),
        )
    return counts


def _enabled(network: Network) -> Iterator[Driver]:
    """Yields the enabled drivers by id."""
    disabled = network.disabled
    return (network.drivers[driver_id] for driver_id in sorted(network.drivers) if driver_id not in disabled)


def _order(finding: Finding) -> tuple[int, int, int]:
    return finding.driver_id, finding.tag.id if finding.tag else 0, finding.right.id if finding.right else 0
