"""The parts of local lists that changes of facts may affect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .identifiers import tag_key
from .model import AccessGroup, Charger, Driver, Place, PlaceKind, Site
from .network import Network


def chargers_at(network: Network, place: Place) -> Iterable[str]:
    """Returns the chargers that a right on the place reaches.

    None if it is gone.
    """
    if place.kind is PlaceKind.SITE and place.id in network.sites:
        return [charger_id for site in network.subtree(int(place.id)) for charger_id in network.chargers_at(site)]
    if place.kind is PlaceKind.ACCESS_GROUP and place.id in network.access_groups:
        return network.named_chargers(place)
    return [str(place.id)] if place.kind is PlaceKind.CHARGER else []


@dataclass(slots=True)
class AffectedLists:
    """The parts of lists that changes of facts may have affected."""

    chargers: set[str] = field(default_factory=set)
    """Chargers whose whole list may be different."""
    tags: dict[Place, set[str]] = field(default_factory=dict)
    """By place, the keys of tags that may be new or gone at the chargers that the place reaches."""
    narrowed: set[Place] = field(default_factory=set)
    """Places where a tag or right may have been removed or narrowed."""

    def add(self, network: Network, before: object, after: object) -> None:
        """Adds a change of one entity.

        None means that it did not or does not exist. `network` is the one after all changes.
        """
        match before, after:
            case (Driver(), _) | (_, Driver()):
                self._add_driver(before, after)  # type: ignore[arg-type]
            case Site(), Site() if before.parent_id != after.parent_id:
                self.chargers.update(chargers_at(network, Place(PlaceKind.SITE, after.id)))
            case ((Charger() | None), Charger()) if before is None or before.site_id != after.site_id:
                self.chargers.add(after.charger_id)
            case (AccessGroup(), _) | (_, AccessGroup()):
                self.chargers |= _members(before) ^ _members(after)

    def _add_driver(self, before: Driver | None, after: Driver | None) -> None:
        had, has = _shows(before), _shows(after)
        held, holds = _holds(before), _holds(after)
        if had == has and held == holds:
            return
        keys = {key for key, *_ in had | has}
        for place in {place for place, *_ in held | holds}:
            self.tags.setdefault(place, set()).update(keys)
        if had - has or held - holds:
            self.narrowed |= {place for place, *_ in held}


def _shows(driver: Driver | None) -> set[tuple[str, object, object, object]]:
    """Returns what decides about a driver's tags.

    Nothing for a disabled driver.
    """
    if driver is None or not driver.enabled:
        return set()
    return {(tag_key(tag.id_tag), tag.id_tag, tag.starts_at, tag.expires_at) for tag in driver.tags if not tag.blocked}


def _holds(driver: Driver | None) -> set[tuple[Place, object, object, object]]:
    if driver is None or not driver.enabled:
        return set()
    return {(right.place, right.valid_from, right.valid_until, right.hours) for right in driver.rights}


def _members(group: object) -> frozenset[str]:
    return group.charger_ids if isinstance(group, AccessGroup) else frozenset()
