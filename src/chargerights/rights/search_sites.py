"""Sites and chargers looked up as in a directory: which there are, in what order, and what lies at and below a site.

Rights play no part here; `listing` says who may charge where.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass
from typing import NamedTuple

from .model import Site
from .network import Network, PlacedCharger, charger_entry

FEW = 2_000
"""Chargers up to which sorting them takes less than walking through all by name."""


class Size(NamedTuple):
    """How many chargers and sites are at a site itself, and how many at it and below it."""

    chargers: int
    chargers_in_all: int
    subsites: int
    subsites_in_all: int


class Sizes:
    """The sizes of a network's sites, while it stays as it is: what lies below a site is counted once, however many of
    the sites above it are asked about."""

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
        for each in reversed(uncounted):  # those below before those above
            self._known[each] = self._size(each)
        return self._known[site_id]

    def _size(self, site_id: int) -> Size:
        below = [self._known[each] for each in self._network.subsites(site_id)]
        chargers = len(self._network.chargers_at(site_id))
        return Size(
            chargers,
            chargers + sum(each.chargers_in_all for each in below),
            len(below),
            len(below) + sum(each.subsites_in_all for each in below),
        )


@dataclass(frozen=True, slots=True)
class SiteQuery:
    """Sites with all of these; None asks nothing. Ids are compared whole, the country and city without case, `search`
    without case and in part."""

    ids: Collection[int] | None = None
    country: str | None = None
    city: str | None = None
    cost_id: str | None = None
    external_id: str | None = None
    search: str | None = None


def find_sites(network: Network, wanted: SiteQuery, among: Iterable[int]) -> list[Site]:
    """The sites of that description, in no order; none but those among."""
    found = [network.sites[each] for each in among if wanted.ids is None or each in wanted.ids]
    if wanted.country is not None:
        found = [each for each in found if same_text(wanted.country, each.location.country)]
    if wanted.city is not None:
        found = [each for each in found if same_text(wanted.city, each.location.city)]
    if wanted.cost_id is not None:
        found = [each for each in found if each.cost_id == wanted.cost_id]
    if wanted.external_id is not None:
        found = [each for each in found if each.external_id == wanted.external_id]
    text = searched(wanted.search)
    if text:
        found = [each for each in found if holds_text(text, each.name, each.public_name, each.external_id)]
    return found


def chargers_at(network: Network, site_ids: Set[int] | None = None) -> list[PlacedCharger]:
    """The chargers of those sites themselves, of None all, in the order of their names. Not to be changed."""
    if site_ids is None:
        return network.chargers_by_name
    chargers = network.chargers
    if sum(len(network.chargers_at(each)) for each in site_ids) > FEW:
        return [entry for entry in network.chargers_by_name if chargers[entry.charger_id].site_id in site_ids]
    found = [charger_id for each in site_ids for charger_id in network.chargers_at(each)]
    return sorted([charger_entry(chargers[each]) for each in found])


def searched(search: str | None) -> str:
    """The text as `holds_text` takes it; empty when nothing is asked."""
    return "" if search is None else search.strip().casefold()


def holds_text(folded: str, *texts: str | None) -> bool:
    """Whether one of the texts holds the folded one, in any case."""
    return any(text is not None and folded in text.casefold() for text in texts)


def same_text(wanted: str, text: str | None) -> bool:
    """Whether the text is the wanted one but for case and the spaces around that."""
    return text is not None and text.casefold() == wanted.strip().casefold()
