"""What an operator looks through now and then: what ends soon, what nobody uses, what looks wrong.

Each report is a list of findings in an order that stays, one a driver and thing, of the whole network; who may see
only some drivers keeps the findings of these. Names, and what to do about it, are the doors' to say.
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
    """How much lies below a site: the chargers of its whole subtree, and levels of sites, itself counted."""

    chargers: int = 0
    levels: int = 0


class Finding(NamedTuple):
    """A driver, and the tag or right of his that was found; or the others who are named as he is."""

    driver_id: int
    tag: Tag | None = None
    right: Right | None = None
    namesakes: tuple[int, ...] = ()
    below: Below = Below()

    @property
    def ends(self) -> datetime:
        """When the tag or right ends; the end of time when it does not."""
        found = self.tag.expires_at if self.tag else self.right.valid_until if self.right else None
        return found or END


def by_end(finding: Finding) -> Key:
    """The order of `expiring`."""
    return finding.ends.isoformat(timespec="microseconds"), *_order(finding)


def by_driver(finding: Finding) -> Key:
    """The order of `never_used` and `tags_of_disabled`."""
    return _order(finding)


def by_name(network: Network) -> Callable[[Finding], Key]:
    """The order of `duplicate_names`."""
    return lambda finding: (name_key(network.drivers[finding.driver_id].name), finding.driver_id)


def by_reach(finding: Finding) -> Key:
    """The order of `high_rights`."""
    return -finding.below.chargers, *_order(finding)


def expiring(network: Network, at: datetime, within: timedelta) -> list[Finding]:
    """Tags and rights that end after `at` and before or when that time has passed; the first to end comes first.

    Those of disabled drivers and blocked tags do not count: they open nothing.
    """
    last = at + within

    def soon(end: datetime | None) -> bool:
        return end is not None and at < end <= last

    them = [*_enabled(network)]
    found = [
        Finding(each.id, tag=tag) for each in them for tag in each.tags if soon(tag.expires_at) and not tag.blocked
    ]
    found += [Finding(each.id, right=right) for each in them for right in each.rights if soon(right.valid_until)]
    return sorted(found, key=by_end)


def never_used(network: Network, at: datetime, used: Collection[str]) -> list[Finding]:
    """Tags that could be used at the instant and never were; `used` holds the `tag_key` of those that were."""
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
    """Drivers who share a name with others, case and spaces aside; those of one name together, by name."""
    first: dict[str, int] = {}
    shared: dict[str, list[int]] = {}  # few: a list for every name would take longer than all the rest
    for driver_id in sorted(network.drivers):
        key = name_key(network.drivers[driver_id].name)
        if first.setdefault(key, driver_id) != driver_id:
            shared.setdefault(key, [first[key]]).append(driver_id)
    return [
        Finding(driver_id, namesakes=tuple([each for each in ids if each != driver_id]))
        for _, ids in sorted(shared.items())
        for driver_id in ids
    ]


def tags_of_disabled(network: Network) -> list[Finding]:
    """The tags that disabled drivers still have, blocked ones too: cards to be collected, or given to others."""
    drivers = [network.drivers[driver_id] for driver_id in network.disabled]
    return [Finding(driver.id, tag=tag) for driver in drivers for tag in driver.tags]


def high_rights(network: Network, at: datetime, chargers: int, levels: int | None = None) -> list[Finding]:
    """Rights, valid at the instant or later, on sites with at least so many chargers below, or so many levels of
    sites when that is asked; the widest first. Those of disabled drivers do not count."""
    found: list[Finding] = []
    for site_id, below in _below(network).items():
        if below.chargers < chargers and (levels is None or below.levels < levels):
            continue
        place = Place(PlaceKind.SITE, site_id)
        windowed = network.windowed.get(place)
        holders = {*network.open.get(place, ())} | {each[0] for each in (windowed.windows if windowed else ())}
        for driver_id in holders - {*network.disabled}:
            held = [each for each in network.drivers[driver_id].rights if each.place == place]
            found += [Finding(driver_id, right=right, below=below) for right in held]
    return sorted((each for each in found if at < each.ends), key=by_reach)


def _below(network: Network) -> dict[int, Below]:
    """Of every site; the deepest are counted first."""
    found: dict[int, Below] = {}
    order = [site_id for root in network.subsites(None) for site_id in network.subtree(root)]
    for site_id in reversed(order):
        subsites = [found[each] for each in network.subsites(site_id)]
        own = len(network.chargers_at(site_id))
        found[site_id] = Below(
            own + sum(each.chargers for each in subsites), 1 + max((each.levels for each in subsites), default=0)
        )
    return found


def _enabled(network: Network) -> Iterator[Driver]:
    """By id."""
    disabled = network.disabled
    return (network.drivers[driver_id] for driver_id in sorted(network.drivers) if driver_id not in disabled)


def _order(finding: Finding) -> tuple[int, int, int]:
    return finding.driver_id, finding.tag.id if finding.tag else 0, finding.right.id if finding.right else 0
