"""Search for drivers, tags and rights by names, texts and ids, in pages.

Rights play no part in what is found; `listing` says who may charge where.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from pyroaring import BitMap64

from .driver_sets import NO_DRIVERS
from .identifiers import tag_key
from .index_entries import name_entry
from .model import Driver, Right, Tag
from .network import Network

FEW = 2_000
"""Number of drivers up to which sorting them is faster than walking the index by name."""

IDS_AT_ONCE = 1_000

T = TypeVar("T", str, tuple[str, int])
Key = tuple[str | int, ...]
"""The values that a list is sorted by; unique per item."""
Order = Literal["id", "name"]
DRIVER_KEYS: Mapping[Order, Callable[[Driver], Key]] = {"id": lambda driver: (driver.id,), "name": name_entry}


@dataclass(frozen=True, slots=True)
class DriverQuery:
    """Criteria for drivers, all of which must match.

    None matches any. Texts are compared whole, `search` without case and in part.
    """

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
    """Drivers whose tags and external ids are searched as well as their names; None: all."""

    def fits(self, driver: Driver) -> bool:
        """Returns whether the driver matches the criteria that `narrowed` has not checked."""
        if self.company_id is not None and driver.company_id != self.company_id:
            return False
        if self.external_id is not None and driver.external_id != self.external_id:
            return False
        if self.reference_id is not None and not _refers(driver, self.reference_id):
            return False
        text = "" if self.search is None else self.search.strip()
        return not text or self._holds(driver, text.casefold(), tag_key(text))

    def _holds(self, driver: Driver, folded: str, key: str) -> bool:
        """Returns whether the driver's name, external id or a tag contains the text."""
        if folded in driver.name.casefold():
            return True
        if self.known is not None and driver.id not in self.known:
            return False
        if driver.external_id is not None and folded in driver.external_id.casefold():
            return True
        return self.search_tags and any(key in tag_key(tag.id_tag) for tag in driver.tags)


def find(network: Network, wanted: DriverQuery, among: BitMap64 | None = None) -> BitMap64:
    """Finds the matching drivers, disabled ones included.

    `among`: only these are considered.
    """
    drivers, _ = narrowed(network, wanted, among)
    if wanted.search is not None and wanted.search.strip():
        drivers = drivers & _search(network, wanted, wanted.search.strip())  # faster for all at once than one by one
    rest = replace(wanted, search=None)
    if (rest.company_id, rest.external_id, rest.reference_id) == (None, None, None):
        return drivers
    return BitMap64([driver.id for driver in _of(network, drivers) if rest.fits(driver)])


def narrowed(
    network: Network, wanted: DriverQuery, among: BitMap64 | None = None
) -> tuple[BitMap64, Callable[[Driver], bool]]:
    """Narrows the drivers by indexes.

    Returns them and a test for the other criteria.
    """
    drivers = everybody(network) if among is None else among
    if wanted.home_site_id is not None:
        drivers = drivers & network.home.get(wanted.home_site_id, NO_DRIVERS)
    if wanted.tag is not None:
        tag = network.tag(wanted.tag)
        drivers = drivers & (BitMap64((tag.driver_id,)) if tag is not None else NO_DRIVERS)
    if wanted.enabled is not None:
        drivers = drivers - network.disabled if wanted.enabled else drivers & network.disabled
    return drivers, wanted.fits


def everybody(network: Network) -> BitMap64:
    return BitMap64.union(NO_DRIVERS, *network.home.values())


def page(network: Network, drivers: BitMap64, order: Order, descending: bool, start: int, count: int) -> list[Driver]:
    """Returns `count` drivers in that order, from position `start` on.

    Drivers with the same name are ordered by id.
    """
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
    return [network.drivers[driver_id] for driver_id in ids]


def drivers_after(
    network: Network, drivers: BitMap64, order: Order, descending: bool, last: Key | None
) -> Iterator[Driver]:
    """Yields the drivers after that key of DRIVER_KEYS, in that order.

    A step costs the same wherever it is.
    """
    if order == "id":
        ids = ids_from(drivers, descending, None if last is None else int(last[0]))
        return (network.drivers[driver_id] for driver_id in ids if last is None or driver_id != last[0])
    few = len(drivers) <= FEW
    names = sorted([name_entry(driver) for driver in _of(network, drivers)]) if few else network.by_name
    entries = _after(names, descending, None if last is None else (str(last[0]), int(last[1])))
    return (network.drivers[driver_id] for _, driver_id in entries if driver_id in drivers)


def ids_from(drivers: BitMap64, descending: bool, first: int | None = None) -> Iterator[int]:
    """Yields the ids in order, from `first` on, whether that exists or not.

    A step costs the same wherever it is.
    """
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
    """Returns `count` matching tags from position `start`, and the number of matches.

    A tag matches when its text or label contains the search text; the order is by text. `among`: only tags of these
    drivers.
    """
    keys = _tag_keys(network, among)
    if search is not None and search.strip():
        wanted = tag_key(search)
        keys = [key for key in keys if _tag_holds(network.tags[key], key, wanted)]
    part = keys[::-1][start : start + count] if descending else keys[start : start + count]
    return [network.tags[key] for key in part], len(keys)


def tags_after(network: Network, among: BitMap64 | None, descending: bool, last: str | None) -> Iterator[Tag]:
    """Yields the tags after that `tag_key`, by text.

    `among`: only tags of these drivers.
    """
    if among is None or len(among) <= FEW:
        return (network.tags[key] for key in _after(_tag_keys(network, among), descending, last))
    tags = (network.tags[key] for key in _after(network.by_tag, descending, last))
    return (tag for tag in tags if tag.driver_id in among)


def tag_holds(tag: Tag, search: str | None) -> bool:
    """Returns whether the tag's text or label contains the search text.

    None matches.
    """
    return search is None or not search.strip() or _tag_holds(tag, tag_key(tag.id_tag), tag_key(search))


def rights_after(
    network: Network, drivers: BitMap64, descending: bool, last: tuple[int, int] | None = None
) -> Iterator[tuple[Driver, Right]]:
    """Yields the rights of these drivers after that one, by driver and right id."""
    for driver_id in ids_from(drivers, descending, None if last is None else last[0]):
        driver = network.drivers[driver_id]
        for right in reversed(driver.rights) if descending else driver.rights:
            key = (driver_id, right.id)
            if last is None or (key < last if descending else key > last):
                yield driver, right


def rights_page(network: Network, descending: bool, start: int, count: int) -> list[tuple[Driver, Right]]:
    """Returns `count` rights from position `start` on, ordered by driver."""
    total = network.right_count
    count = max(0, min(count, total - start))
    backwards = start + count > total // 2
    if backwards:  # walk from the nearer end
        start = total - start - count
    ids = list(everybody(network))
    if descending != backwards:
        ids.reverse()
    page_: list[tuple[Driver, Right]] = []
    passed, stop = 0, start + count
    for driver_id in ids:
        if passed >= stop:
            break
        driver = network.drivers[driver_id]
        before, passed = passed, passed + len(driver.rights)
        if passed > start:
            rights = driver.rights[::-1] if descending != backwards else driver.rights
            page_ += [(driver, right) for right in rights[max(0, start - before) : stop - before]]
    return page_[::-1] if backwards else page_


def _after(entries: Sequence[T], descending: bool, last: T | None) -> Iterator[T]:
    """Yields the entries of a sorted sequence after that one."""
    if descending:
        stop = len(entries) if last is None else bisect_left(entries, last)
        return (entries[place] for place in range(stop - 1, -1, -1))
    start = 0 if last is None else bisect_right(entries, last)
    return (entries[place] for place in range(start, len(entries)))


def _tag_keys(network: Network, among: BitMap64 | None) -> list[str]:
    """Returns the keys of the tags, sorted.

    `among`: only tags of these drivers.
    """
    if among is None:
        return network.by_tag
    return sorted(tag_key(tag.id_tag) for driver_id in among for tag in network.drivers[driver_id].tags)


def _tag_holds(tag: Tag, key: str, wanted: str) -> bool:
    return wanted in key or wanted in tag_key(tag.token_name or "")


def _by_name(network: Network, drivers: BitMap64, start: int, stop: int) -> Iterable[tuple[str, int]]:
    if len(drivers) == len(network.drivers):
        return network.by_name[start:stop]
    if len(drivers) <= FEW:
        return sorted([name_entry(driver) for driver in _of(network, drivers)])[start:stop]
    return [entry for entry in network.by_name if entry[1] in drivers][start:stop]


def _search(network: Network, wanted: DriverQuery, text: str) -> BitMap64:
    """Finds the drivers whose name, external id or tag contains the text.

    Tags and external ids are searched as far as the query allows.
    """
    folded, key = text.casefold(), tag_key(text)
    named = BitMap64([driver_id for name, driver_id in network.by_name if folded in name])
    ids = [tag.driver_id for held, tag in network.tags.items() if key in held] if wanted.search_tags else []
    for driver in network.drivers.values():
        external_id = driver.external_id
        if external_id is not None and folded in external_id.casefold():
            ids.append(driver.id)
    return named | (BitMap64(ids) if wanted.known is None else BitMap64(ids) & wanted.known)


def _of(network: Network, drivers: BitMap64) -> Iterable[Driver]:
    if len(drivers) == len(network.drivers):
        return network.drivers.values()
    return (network.drivers[driver_id] for driver_id in drivers)


def _refers(driver: Driver, reference_id: str) -> bool:
    return any(external_id.reference_id == reference_id for external_id in driver.external_ids)
