"""Functions that apply one change to a network.

After any sequence of changes, the network equals one that is built from the resulting facts.

Every function rejects a change that contradicts other facts before it modifies anything. Values in the network's
dictionaries are replaced, never modified in place (see `network`).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pyroaring import BitMap64

from .driver_sets import NO_DRIVERS, NO_WINDOWS, DriverWindow, WindowedDrivers
from .errors import (
    IdTaken,
    SiteCycle,
    SiteTooDeep,
    StillReferenced,
    TagTaken,
    UnknownAccessGroup,
    UnknownCharger,
    UnknownDriver,
    UnknownSite,
    already_tag,
)
from .identifiers import MAX_SITE_DEPTH, tag_key
from .index_entries import charger_entry, edges_of, name_entry, window_of
from .model import AccessGroup, Charger, Driver, Place, PlaceKind, Site
from .network import Network
from .spellings import bare_of

K = TypeVar("K")
V = TypeVar("V")
I = TypeVar("I", int, str)  # noqa: E741


def put_site(network: Network, site: Site) -> None:
    """Adds the site, or replaces the one with its id (its place in the tree included)."""
    if site.parent_id is not None:
        _require(network.sites, site.parent_id, UnknownSite)
        if site.id in network.chain(site.parent_id):
            raise SiteCycle(
                f"site {site.id} cannot lie below site {site.parent_id}: choose a parent that is not below it"
            )
    before = network.sites.get(site.id)
    moved = before is None or before.parent_id != site.parent_id
    if moved and site.parent_id is not None and _depth_below(network, site.parent_id, site.id) > MAX_SITE_DEPTH:
        raise SiteTooDeep(
            f"site {site.id} cannot lie below site {site.parent_id}: a site tree has at most {MAX_SITE_DEPTH} levels"
        )
    if before is not None and moved:
        _forget_reach(network, site.id)
        _remove(network.subsite_ids, before.parent_id, site.id)
    network.sites[site.id] = site
    if moved:
        _insert(network.subsite_ids, site.parent_id, site.id)
        _forget_reach(network, site.id)


def remove_site(network: Network, site_id: int) -> None:
    """Removes a site that no other fact refers to.

    Raises:
        UnknownSite: the site does not exist.
        StillReferenced: it has subsites, chargers, drivers at home there, or rights on it.
    """
    site = _require(network.sites, site_id, UnknownSite)
    for users, what in (
        (network.subsite_ids.get(site_id), "subsites"),
        (network.charger_ids.get(site_id), "chargers"),
        (network.home.get(site_id), "drivers at home there"),
        (_has_rights(network, Place(PlaceKind.SITE, site_id)), "rights on it"),
    ):
        if users:
            raise StillReferenced(f"site {site_id} cannot be removed: it has {what}; move or remove them first")
    _forget_reach(network, site_id)
    _remove(network.subsite_ids, site.parent_id, site_id)
    del network.sites[site_id]


def put_charger(network: Network, charger: Charger) -> None:
    """Adds the charger, or replaces the one with its charger id (its site included)."""
    _require(network.sites, charger.site_id, UnknownSite)
    before = network.chargers.get(charger.charger_id)
    if before is None or before.site_id != charger.site_id:
        if before is not None:
            _remove(network.charger_ids, before.site_id, charger.charger_id)
            _forget_reach(network, before.site_id)
        _insert(network.charger_ids, charger.site_id, charger.charger_id)
        _forget_reach(network, charger.site_id)
    if before is not None:
        _remove_entry(network, before)
    insort(network.chargers_by_name, charger_entry(charger))
    network.chargers[charger.charger_id] = charger


def remove_charger(network: Network, charger_id: str) -> None:
    """Removes a charger that no other fact refers to.

    Raises:
        UnknownCharger: the charger does not exist.
        StillReferenced: it is in an access group or has rights on it.
    """
    charger = _require(network.chargers, charger_id, UnknownCharger)
    if charger_id in network.group_ids:
        raise StillReferenced(
            f"charger {charger_id} cannot be removed: it is in access groups; take it out of them first"
        )
    if _has_rights(network, Place(PlaceKind.CHARGER, charger_id)):
        raise StillReferenced(f"charger {charger_id} cannot be removed: it has rights on it; revoke them first")
    _remove(network.charger_ids, charger.site_id, charger_id)
    _forget_reach(network, charger.site_id)
    _remove_entry(network, charger)
    del network.chargers[charger_id]


def put_access_group(network: Network, group: AccessGroup) -> None:
    """Adds the access group, or replaces the one with its id (its chargers included)."""
    for charger_id in group.charger_ids:
        _require(network.chargers, charger_id, UnknownCharger)
    _regroup(network, group.id, group.charger_ids)
    network.access_groups[group.id] = group


def remove_access_group(network: Network, group_id: int) -> None:
    """Removes an access group without rights on it.

    Raises:
        UnknownAccessGroup: the group does not exist.
        StillReferenced: a driver has a right on it.
    """
    _require(network.access_groups, group_id, UnknownAccessGroup)
    if _has_rights(network, Place(PlaceKind.ACCESS_GROUP, group_id)):
        raise StillReferenced(f"access group {group_id} cannot be removed: it has rights on it; revoke them first")
    _regroup(network, group_id, frozenset())
    del network.access_groups[group_id]


def put_driver(network: Network, driver: Driver) -> None:
    """Adds the driver, or replaces the one with the same id, tags and rights included."""
    if driver.home_site_id is not None:
        _require(network.sites, driver.home_site_id, UnknownSite)
    keys: dict[str, int] = {}
    for tag in driver.tags:
        if tag.driver_id != driver.id:
            raise IdTaken(f'tag "{tag.id_tag}" belongs to driver {tag.driver_id}, not to driver {driver.id}')
        key = tag_key(tag.id_tag)
        holder = network.tags.get(key)
        owner = keys.get(key) if holder is None or holder.driver_id == driver.id else holder.driver_id
        if owner is not None:
            raise TagTaken(already_tag(f'"{tag.id_tag}"', f"driver {owner}"), tag.id_tag, owner)
        keys[key] = driver.id
    for right in driver.rights:
        network.require_place(right.place)
    _replace_driver(network, driver.id, network.drivers.get(driver.id), driver)
    network.drivers[driver.id] = driver


def remove_driver(network: Network, driver_id: int) -> None:
    """Removes the driver with their tags and rights. Raises UnknownDriver."""
    _replace_driver(network, driver_id, _require(network.drivers, driver_id, UnknownDriver), None)
    del network.drivers[driver_id]


@dataclass(slots=True)
class _Held:
    """A driver's rights on one place, in the form that the indexes keep."""

    opened: bool = False
    windows: list[DriverWindow] = field(default_factory=list)


def _spell(network: Network, key: str, *, known: bool) -> None:
    """Adds a tag with separators to the index of bare spellings, or removes it."""
    bare = bare_of(key)
    if bare is None:
        return
    others = [other for other in network.separated.pop(bare, ()) if other != key]
    if known or others:
        network.separated[bare] = tuple(sorted([*others, key] if known else others))


def _replace_driver(network: Network, driver_id: int, before: Driver | None, after: Driver | None) -> None:
    bit = BitMap64((driver_id,))
    if before is not None:
        for tag in before.tags:
            key = tag_key(tag.id_tag)
            del network.tags[key]
            del network.by_tag[bisect_left(network.by_tag, key)]
            _spell(network, key, known=False)
        _discard(network.home, before.home_site_id, bit)
        network.right_count -= len(before.rights)
        del network.by_name[bisect_left(network.by_name, name_entry(before))]
    if after is not None:
        for tag in after.tags:
            key = tag_key(tag.id_tag)
            network.tags[key] = tag
            insort(network.by_tag, key)
            _spell(network, key, known=True)
        network.home[after.home_site_id] = network.home.get(after.home_site_id, NO_DRIVERS) | bit
        network.right_count += len(after.rights)
        insort(network.by_name, name_entry(after))
    disabled = after is not None and not after.enabled
    if disabled != (driver_id in network.disabled):
        network.disabled = network.disabled ^ bit
        network.listed.clear()
    old, new = _by_place(before), _by_place(after)
    for place in old.keys() | new.keys():
        if old.get(place) != new.get(place):
            _put_rights(network, place, driver_id, new.get(place, _Held()))


def _put_rights(network: Network, place: Place, driver_id: int, held: _Held) -> None:
    bit = BitMap64((driver_id,))
    if held.opened:
        network.open[place] = network.open.get(place, NO_DRIVERS) | bit
    else:
        _discard(network.open, place, bit)
    before = network.windowed.get(place, NO_WINDOWS).windows
    after = [window for window in before if window[0] != driver_id] + held.windows
    if after:
        network.windowed[place] = WindowedDrivers(tuple(sorted(after)))
    else:
        network.windowed.pop(place, None)
    for edge in edges_of(window for window in before if window[0] == driver_id):
        del network.edges[bisect_left(network.edges, edge)]
    for edge in edges_of(held.windows):
        insort(network.edges, edge)
    for site_id in _sites_of(network, place):
        _forget_reach(network, site_id)


def _by_place(driver: Driver | None) -> dict[Place, _Held]:
    held: dict[Place, _Held] = {}
    if driver is not None:
        for right in driver.rights:
            at_place = held.setdefault(right.place, _Held())
            if right.has_window:
                at_place.windows.append(window_of(driver.id, right))
            else:
                at_place.opened = True
    return held


def _regroup(network: Network, group_id: int, after: frozenset[str]) -> None:
    group = network.access_groups.get(group_id)
    before = group.charger_ids if group is not None else frozenset()
    for charger_id in before - after:
        _remove(network.group_ids, charger_id, group_id)
    for charger_id in after - before:
        _insert(network.group_ids, charger_id, group_id)
    for site_id in {network.chargers[charger_id].site_id for charger_id in before ^ after}:
        _forget_reach(network, site_id)


def _sites_of(network: Network, place: Place) -> set[int]:
    """Returns the sites where a right on the place counts: its own, or its chargers'."""
    if place.kind is PlaceKind.SITE:
        return {int(place.id)}
    return {network.chargers[charger_id].site_id for charger_id in network.named_chargers(place)}


def _forget_reach(network: Network, site_id: int) -> None:
    """Clears the caches of the site and of every site above it, and all lists.

    A right on a site is in the lists of all sites below it as well.
    """
    network.listed.clear()
    for above_id in network.chain(site_id):
        network.below.pop(above_id, None)


def _depth_below(network: Network, parent_id: int, site_id: int) -> int:
    """Returns the depth of the tree if the site were placed below that parent."""
    return len(network.chain(parent_id)) + network.height(site_id)


def _has_rights(network: Network, place: Place) -> bool:
    return place in network.open or place in network.windowed


def _require(known: dict[I, V], key: I, missing: Callable[[tuple[I]], Exception]) -> V:
    value = known.get(key)
    if value is None:
        raise missing((key,))
    return value


def _insert(index: dict[K, tuple[I, ...]], key: K, member: I) -> None:
    members: list[I] = [member]
    members.extend(index.get(key, ()))
    index[key] = tuple(sorted(members))


def _remove_entry(network: Network, charger: Charger) -> None:
    del network.chargers_by_name[bisect_left(network.chargers_by_name, charger_entry(charger))]


def _remove(index: dict[K, tuple[I, ...]], key: K, member: I) -> None:
    rest = tuple([other for other in index[key] if other != member])
    if rest:
        index[key] = rest
    else:
        del index[key]


def _discard(index: dict[K, BitMap64], key: K, drivers: BitMap64) -> None:
    rest = index.get(key, NO_DRIVERS) - drivers
    if rest:
        index[key] = rest
    else:
        index.pop(key, None)
