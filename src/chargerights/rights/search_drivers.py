"""Drivers looked up as in a directory: who is called so, shows such a tag or has such an id, a page at a time.

Rights play no part here; `listing` says who may charge where.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from pyroaring import BitMap64

from .driver_sets import NOBODY
from .identifiers import tag_key
from .model import Driver, Right, Tag
from .network import Network, name_entry

FEW = 2_000
"""Drivers up to which sorting them takes less than walking through all by name."""

IDS_AT_ONCE = 1_000

T = TypeVar("T", str, tuple[str, int])
Key = tuple[str | int, ...]
"""What a list is sorted by; it tells an item from all others."""
Order = Literal["id", "name"]
DRIVER_KEYS: Mapping[Order, Callable[[Driver], Key]] = {"id": lambda driver: (driver.id,), "name": name_entry}


@dataclass(frozen=True, slots=True)
class DriverQuery:
    """Drivers with all of these; None asks nothing. Texts are compared whole, `search` without case and in part."""

    home_site_id: int | None = None
    company_id: int | None = None
    tag: str | None = None
    external_id: str | None = None
    reference_id: str | None = None
    enabled: bool | None = None
    search: str | None = None
    search_tags: bool = True
    """Whether tags are searched too."""
    known: BitMap64 | None = None
    """Drivers that are searched by more than their names; None: all."""

    def fits(self, driver: Driver) -> bool:
        """Whether the driver is of that description, but for what `narrowed` has asked."""
        if self.company_id is not None and driver.company_id != self.company_id:
            return False
        if self.external_id is not None and driver.external_id != self.external_id:
            return False
        if self.reference_id is not None and not _refers(driver, self.reference_id):
            return False
        text = "" if self.search is None else self.search.strip()
        return not text or self._holds(driver, text.casefold(), tag_key(text))

    def _holds(self, driver: Driver, folded: str, key: str) -> bool:
        """Whether the driver's name, external id or a tag holds the text."""
        if folded in driver.name.casefold():
            return True
        if self.known is not None and driver.id not in self.known:
            return False
        if driver.external_id is not None and folded in driver.external_id.casefold():
            return True
        return self.search_tags and any(key in tag_key(tag.id_tag) for tag in driver.tags)


def find(network: Network, wanted: DriverQuery, among: BitMap64 | None = None) -> BitMap64:
    """The drivers of that description, disabled ones too; `among`: none but these."""
    found, _ = narrowed(network, wanted, among)
    if wanted.search is not None and wanted.search.strip():
        found = found & _search(network, wanted, wanted.search.strip())  # all at once takes less than one by one
    rest = replace(wanted, search=None)
    if (rest.company_id, rest.external_id, rest.reference_id) == (None, None, None):
        return found
    return BitMap64([each.id for each in _of(network, found) if rest.fits(each)])


def narrowed(
    network: Network, wanted: DriverQuery, among: BitMap64 | None = None
) -> tuple[BitMap64, Callable[[Driver], bool]]:
    """The drivers as far as indexes tell them, and what tells those of that description from the rest."""
    found = everybody(network) if among is None else among
    if wanted.home_site_id is not None:
        found = found & network.home.get(wanted.home_site_id, NOBODY)
    if wanted.tag is not None:
        tag = network.tag(wanted.tag)
        found = found & (BitMap64((tag.driver_id,)) if tag is not None else NOBODY)
    if wanted.enabled is not None:
        found = found - network.disabled if wanted.enabled else found & network.disabled
    return found, wanted.fits


def everybody(network: Network) -> BitMap64:
    return BitMap64.union(NOBODY, *network.home.values())


def page(network: Network, drivers: BitMap64, order: Order, descending: bool, start: int, count: int) -> list[Driver]:
    """So many of the drivers in that order, after as many as `start`. Of the same name, by id."""
    total = len(drivers)
    if descending:
        start, count = total - start - count, count + min(0, total - start - count)
        start = max(start, 0)
    stop = max(start, start + count)
    if order == "id":
        ids = list(drivers[start:stop])
    else:
        ids = [driver_id for _, driver_id in _by_name(network, drivers, start, stop)]
    if descending:
        ids.reverse()
    return [network.drivers[each] for each in ids]


def drivers_after(
    network: Network, drivers: BitMap64, order: Order, descending: bool, last: Key | None
) -> Iterator[Driver]:
    """The drivers in that order, those after that key of DRIVER_KEYS; a step costs the same wherever it is."""
    if order == "id":
        found = ids_from(drivers, descending, None if last is None else int(last[0]))
        return (network.drivers[each] for each in found if last is None or each != last[0])
    few = len(drivers) <= FEW
    names = sorted([name_entry(each) for each in _of(network, drivers)]) if few else network.by_name
    entries = _after(names, descending, None if last is None else (str(last[0]), int(last[1])))
    return (network.drivers[driver_id] for _, driver_id in entries if driver_id in drivers)


def ids_from(drivers: BitMap64, descending: bool, first: int | None = None) -> Iterator[int]:
    """The numbers in order, from that one on, whether it is there or not; a step costs the same wherever it is."""
    if descending:
        stop = len(drivers) if first is None else drivers.rank(max(first, 0))
        for end in range(stop, 0, -IDS_AT_ONCE):
            yield from reversed(drivers[max(0, end - IDS_AT_ONCE) : end])
    else:
        before = 0 if first is None else drivers.rank(max(first - 1, 0))
        for start in range(before, len(drivers), IDS_AT_ONCE):
            yield from drivers[start : start + IDS_AT_ONCE]


def tags_page(
    network: Network, search: str | None, among: BitMap64 | None, descending: bool, start: int, count: int
) -> tuple[list[Tag], int]:
    """So many of the tags whose text or label holds the text sought, by text, after as many as `start`; and how many
    there are. `among`: none but these drivers'."""
    keys = _tag_keys(network, among)
    if search is not None and search.strip():
        wanted = tag_key(search)
        keys = [key for key in keys if _tag_holds(network.tags[key], key, wanted)]
    part = keys[::-1][start : start + count] if descending else keys[start : start + count]
    return [network.tags[key] for key in part], len(keys)


def tags_after(network: Network, among: BitMap64 | None, descending: bool, last: str | None) -> Iterator[Tag]:
    """The tags by text, those after that `tag_key`; `among`: none but these drivers'."""
    if among is None or len(among) <= FEW:
        return (network.tags[key] for key in _after(_tag_keys(network, among), descending, last))
    tags = (network.tags[key] for key in _after(network.by_tag, descending, last))
    return (tag for tag in tags if tag.driver_id in among)


def tag_holds(tag: Tag, search: str | None) -> bool:
    """Whether the tag's text or label holds the text sought; None asks nothing."""
    return search is None or not search.strip() or _tag_holds(tag, tag_key(tag.id_tag), tag_key(search))


def rights_after(
    network: Network, drivers: BitMap64, descending: bool, last: tuple[int, int] | None = None
) -> Iterator[tuple[Driver, Right]]:
    """The rights of these drivers, by driver and by number, those after that driver's right."""
    for driver_id in ids_from(drivers, descending, None if last is None else last[0]):
        driver = network.drivers[driver_id]
        for right in reversed(driver.rights) if descending else driver.rights:
            key = (driver_id, right.id)
            if last is None or (key < last if descending else key > last):
                yield driver, right


def rights_page(network: Network, descending: bool, start: int, count: int) -> list[tuple[Driver, Right]]:
    """So many rights, by driver, after as many as `start`."""
    total = network.right_count
    count = max(0, min(count, total - start))
    backwards = start + count > total // 2
    if backwards:  # walk from the nearer end
        start = total - start - count
    ids = list(everybody(network))
    if descending != backwards:
        ids.reverse()
    found: list[tuple[Driver, Right]] = []
    passed, stop = 0, start + count
    for driver_id in ids:
        if passed >= stop:
            break
        driver = network.drivers[driver_id]
        before, passed = passed, passed + len(driver.rights)
        if passed > start:
            rights = driver.rights[::-1] if descending != backwards else driver.rights
            found += [(driver, right) for right in rights[max(0, start - before) : stop - before]]
    return found[::-1] if backwards else found


def _after(entries: Sequence[T], descending: bool, last: T | None) -> Iterator[T]:
    """The entries, which are sorted, after that one."""
    if descending:
        stop = len(entries) if last is None else bisect_left(entries, last)
        return (entries[place] for place in range(stop - 1, -1, -1))
    start = 0 if last is None else bisect_right(entries, last)
    return (entries[place] for place in range(start, len(entries)))


def _tag_keys(network: Network, among: BitMap64 | None) -> list[str]:
    """The keys of the tags, sorted; `among`: of these drivers."""
    if among is None:
        return network.by_tag
    return sorted(tag_key(tag.id_tag) for driver_id in among for tag in network.drivers[driver_id].tags)


def _tag_holds(tag: Tag, key: str, wanted: str) -> bool:
    return wanted in key or wanted in tag_key(tag.token_name or "")


def _by_name(network: Network, drivers: BitMap64, start: int, stop: int) -> Iterable[tuple[str, int]]:
    if len(drivers) == len(network.drivers):
        return network.by_name[start:stop]
    if len(drivers) <= FEW:
        return sorted([name_entry(each) for each in _of(network, drivers)])[start:stop]
    return [entry for entry in network.by_name if entry[1] in drivers][start:stop]


def _search(network: Network, wanted: DriverQuery, text: str) -> BitMap64:
    """The drivers whose name, external id or tag holds the text, as far as they are searched."""
    folded, key = text.casefold(), tag_key(text)
    named = BitMap64([driver_id for name, driver_id in network.by_name if folded in name])
    found = [tag.driver_id for held, tag in network.tags.items() if key in held] if wanted.search_tags else []
    for driver in network.drivers.values():
        external_id = driver.external_id
        if external_id is not None and folded in external_id.casefold():
            found.append(driver.id)
    return named | (BitMap64(found) if wanted.known is None else BitMap64(found) & wanted.known)


def _of(network: Network, drivers: BitMap64) -> Iterable[Driver]:
    if len(drivers) == len(network.drivers):
        return network.drivers.values()
    return (network.drivers[each] for each in drivers)


def _refers(driver: Driver, reference_id: str) -> bool:
    return any(each.reference_id == reference_id for each in driver.external_ids)
