"""Names of sites, chargers and access groups in cells.

A site can be named by its external id, its name, its path from any site above it (`Company / Depot`), its id, or `#`
and its id; a charger by its id or name; an access group by its name, its id, or `#` and its id. An exact match counts
first; only without one, a match that ignores case and spaces. An ambiguous name is an error. In the other direction,
the shortest name that finds the place again is written.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable

from ...rights.identifiers import name_key
from ...rights.model import Place, PlaceKind
from ...rights.network import Network
from ...rights.permissions import Scope
from .items import Item, always_quoted, items, quoted
from .problems import CellError, shown

CANDIDATES_NAMED = 5
GUESSES = 100
"""Maximum number of searches for similar names: among thousands of names one takes a while."""

_number = re.compile(r"#?\s*(\d{1,19})").fullmatch

Index = defaultdict[str, list[Place]]


class PlaceNames:
    """The places of an unchanging network that an operator of that scope sees."""

    def __init__(self, network: Network, scope: Scope) -> None:
        self._network, self._scope = network, scope
        self._exact: dict[PlaceKind, Index] = {kind: defaultdict(list) for kind in PlaceKind}
        self._folded: dict[PlaceKind, Index] = {kind: defaultdict(list) for kind in PlaceKind}
        for site in filter(lambda site: scope.can_see_site(site.id), network.sites.values()):
            self._add(Place(PlaceKind.SITE, site.id), {site.name, site.external_id})
        for charger in filter(lambda charger: scope.can_see_site(charger.site_id), network.chargers.values()):
            self._add(Place(PlaceKind.CHARGER, charger.charger_id), {charger.charger_id, charger.name})
        for group in filter(scope.can_see_group, network.access_groups.values()):
            self._add(Place(PlaceKind.ACCESS_GROUP, group.id), {group.name})
        self._written: dict[Place, str] = {}
        self._guesses = GUESSES

    def find(self, kind: PlaceKind, item: Item) -> Place:
        """Returns the only place that the item names. Raises CellError, with candidates."""
        found = self._candidates(kind, item, folded=False) or self._candidates(kind, item, folded=True)
        if len(found) == 1:
            return next(iter(found))
        if not found:
            raise CellError(f"there is no {_WORDS[kind]} {shown(item.text)}{self._guess(kind, item)}")
        named = [self._described(place) for place in sorted(found)[:CANDIDATES_NAMED]]
        more = ", …" if len(found) > CANDIDATES_NAMED else ""
        raise CellError(f"{shown(item.text)} may be {' or '.join(named)}{more}: write the one you mean")

    def name(self, place: Place) -> str:
        """Returns a name that finds the place: its name, id, path or number."""
        known = self._written.get(place)
        if known is None:
            known = self._written[place] = next(name for name in self._names(place) if self._finds(name, place))
        return known

    def _add(self, place: Place, names: Iterable[str | None]) -> None:
        for name in names:
            if name:
                self._exact[place.kind][name].append(place)
                self._folded[place.kind][name_key(name)].append(place)

    def _candidates(self, kind: PlaceKind, item: Item, *, folded: bool) -> set[Place]:
        if kind is not PlaceKind.CHARGER and item.bare and (number := _number(item.text)):
            by_number = self._numbered(kind, int(number[1]))
            if item.text.startswith("#"):
                return by_number
        else:
            by_number = set()
        whole = item.text if item.bare else item.path[0] if len(item.path) == 1 else None
        if kind is PlaceKind.CHARGER and whole is not None and self._scope.can_see_charger(whole):
            return {Place(kind, whole)}
        index = (self._folded if folded else self._exact)[kind]
        found = by_number | set(index.get(name_key(whole) if folded else whole, ()) if whole is not None else ())
        if kind is PlaceKind.SITE and len(item.path) > 1:
            found.update(self._by_path(item.path, folded=folded))
        return found

    def _numbered(self, kind: PlaceKind, number: int) -> set[Place]:
        if kind is PlaceKind.SITE:
            seen = number in self._network.sites and self._scope.can_see_site(number)
        else:
            group = self._network.access_groups.get(number)
            seen = group is not None and self._scope.can_see_group(group)
        return {Place(kind, number)} if seen else set()

    def _by_path(self, path: tuple[str, ...], *, folded: bool) -> Iterable[Place]:
        def same(one: str, other: str) -> bool:
            return name_key(one) == name_key(other) if folded else one == other

        index = (self._folded if folded else self._exact)[PlaceKind.SITE]
        for place in index.get(name_key(path[-1]) if folded else path[-1], ()):
            names = self._chain(int(place.id))
            if len(names) >= len(path) and all(map(same, reversed(path), names)):
                yield place

    def _names(self, place: Place) -> Iterable[str]:
        name = str(place.id) if place.kind is PlaceKind.CHARGER else self._network.name_of(place)
        yield quoted(name)
        yield always_quoted(name)
        if place.kind is PlaceKind.SITE:
            yield self._path(int(place.id))
        yield f"#{place.id}"

    def _path(self, site_id: int) -> str:
        return " / ".join(map(quoted, reversed(self._chain(site_id))))

    def _chain(self, site_id: int) -> list[str]:
        """Returns the names of the site and of those above it that the operator sees."""
        return [
            self._network.sites[above_id].name
            for above_id in self._network.chain(site_id)
            if self._scope.can_see_site(above_id)
        ]

    def _finds(self, written: str, place: Place) -> bool:
        try:
            (item,) = items(written)
            return item.limits is None and self.find(place.kind, item) == place
        except (CellError, ValueError):
            return False

    def _described(self, place: Place) -> str:
        if place.kind is PlaceKind.SITE:
            return f"{self._path(int(place.id))} (#{place.id})"
        if place.kind is PlaceKind.CHARGER:
            name = self._network.chargers[str(place.id)].name
            return f"{place.id} ({name})" if name else str(place.id)
        return f"{self._network.access_groups[int(place.id)].name} (#{place.id})"

    def _guess(self, kind: PlaceKind, item: Item) -> str:
        if self._guesses == 0:
            return ""
        self._guesses -= 1
        close = difflib.get_close_matches(name_key(item.path[-1])[:100], self._folded[kind], CANDIDATES_NAMED)
        near = [self._described(place) for name in close for place in self._folded[kind][name]]
        return f"; did you mean {' or '.join(dict.fromkeys(near[:CANDIDATES_NAMED]))}?" if near else ""


_WORDS = {PlaceKind.SITE: "site", PlaceKind.CHARGER: "charger", PlaceKind.ACCESS_GROUP: "access group"}
