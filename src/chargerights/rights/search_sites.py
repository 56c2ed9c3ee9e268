"""Search for sites and chargers, their order, and the sizes of subtrees.

Rights play no part here; `listing` says who may charge where.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass
from typing import NamedTuple

from .index_entries import PlacedCharger, charger_entry
from .model import Site
from .network import Network

FEW = 2_000
"""Number of chargers up to which sorting them is faster than walking the index by name."""


class Size(NamedTuple):
    """The numbers of chargers and sites at a site itself, and in its whole subtree."""

    chargers: int
    chargers_in_all: int
    subsites: int
    subsites_in_all: int


class Sizes:
    """The sizes of a network's sites while it does not change.

    Each is computed once.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._known: dict[int, Size] = {}

    def of(self, site_id: int) -> Size:
        uncounted: list[int] = []
        waiting = [site_id]
        while waiting:
            current = waiting.pop()
            if current not in self._known:
                uncounted.append(current)
                waiting.extend(self._network.subsites(current))
        for counted in reversed(uncounted):  # children before parents
            self._known[counted] = self._size(counted)
        return self._known[site_id]

    def _size(self, site_id: int) -> Size:
        below = [self._known[subsite] for subsite in self._network.subsites(site_id)]
        chargers = len(self._network.chargers_at(site_id))
        return Size(
            chargers,
            chargers + sum(size.chargers_in_all for size in below),
            len(below),
            len(below) + sum(size.subsites_in_all for size in below),
        )


@dataclass(frozen=True, slots=True)
class SiteQuery:
    """Criteria for sites, all of which must match.

    None matches any. Ids are compared whole, country and city without case, `search` without case and in part.
    """

    ids: Collection[int] | None = None
    country: str | None = None
    city: str | None = None
    cost_id: str | None = None
    external_id: str | None = None
    search: str | None = None


def find_sites(network: Network, wanted: SiteQuery, among: Iterable[int]) -> list[Site]:
    """Returns the matching sites among those given, in no particular order."""
    sites = [network.sites[site_id] for site_id in among if wanted.ids is None or site_id in wanted.ids]
    if wanted.country is not None:
        sites = [site for site in sites if same_text(wanted.country, site.location.country)]
    if wanted.city is not None:
        sites = [site for site in sites if same_text(wanted.city, site.location.city)]
    if wanted.cost_id is not None:
        sites = [site for site in sites if site.cost_id == wanted.cost_id]
    if wanted.external_id is not None:
        sites = [site for site in sites if site.external_id == wanted.external_id]
    text = searched(wanted.search)
    if text:
        sites = [site for site in sites if holds_text(text, site.name, site.public_name, site.external_id)]
    return sites


def chargers_at(network: Network, site_ids: Set[int] | None = None) -> list[PlacedCharger]:
    """Returns the chargers of those sites themselves, by name.

    For None, all chargers. The caller must not modify the result.
    """
    if site_ids is None:
        return network.chargers_by_name
    chargers = network.chargers
    if sum(len(network.chargers_at(site_id)) for site_id in site_ids) > FEW:
        return [entry for entry in network.chargers_by_name if chargers[entry.charger_id].site_id in site_ids]
    ids = [charger_id for site_id in site_ids for charger_id in network.chargers_at(site_id)]
    return sorted([charger_entry(chargers[charger_id]) for charger_id in ids])


def searched(search: str | None) -> str:
    """Prepares a search text for `holds_text`.

    Empty matches anything.
    """
    return "" if search is None else search.strip().casefold()


def holds_text(folded: str, *texts: str | None) -> bool:
    """Returns whether one of the texts contains the folded one, in any case."""
    return any(text is not None and folded in text.casefold() for text in texts)


def same_text(wanted: str, text: str | None) -> bool:
    """Returns whether the texts are equal, ignoring case and surrounding spaces."""
    return text is not None and text.casefold() == wanted.strip().casefold()
