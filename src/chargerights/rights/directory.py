"""Drivers looked up as in a directory: who is called so, shows such a tag or has such an id, a page at a time.

Rights play no part here; `listing` says who may charge where.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pyroaring import BitMap64

from .identifiers import tag_key
from .model import Driver, Right, Tag
from .network import Network, name_entry
from .reach import NOBODY

FEW = 2_000
"""Drivers up to which sorting them takes less than walking through all by name."""

Order = Literal["id", "name"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Drivers with all of these; None asks nothing. Texts are compared whole, `search` without case and in part."""

    home_site_id: int | None = None
    company_id: int | None = None
    tag: str | None = None
    external_id: str | None = None
    reference_id: str | None = None
    enabled: bool | None = None
    search: str | None = None


def find(network: Network, wanted: Wanted, among: BitMap64 | None = None) -> BitMap64:
    """The drivers of that description, disabled ones too; `among`: none but these."""
    found = everybody(network) if among is None else among
    if wanted.home_site_id is not None:
        found = found & network.home.get(wanted.home_site_id, NOBODY)
    if wanted.tag is not None:
        tag = network.tag(wanted.tag)
        found = found & (BitMap64((tag.driver_id,)) if tag is not None else NOBODY)
    if wanted.enabled is not None:
        found = found - network.disabled if wanted.enabled else found & network.disabled
    if wanted.company_id is not None:
        found = BitMap64([each.id for each in _of(network, found) if each.company_id == wanted.company_id])
    if wanted.external_id is not None:
        found = BitMap64([each.id for each in _of(network, found) if each.external_id == wanted.external_id])
    if wanted.reference_id is not None:
        found = BitMap64([each.id for each in _of(network, found) if _refers(each, wanted.reference_id)])
    if wanted.search is not None and wanted.search.strip():
        found = found & _search(network, wanted.search.strip())
    return found


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


def tags_page(
    network: Network, search: str | None, among: BitMap64 | None, descending: bool, start: int, count: int
) -> tuple[list[Tag], int]:
    """So many of the tags whose text or label holds the text sought, by text, after as many as `start`; and how many
    there are. `among`: none but these drivers'."""
    if among is None:
        keys = network.by_tag
    else:
        keys = sorted(tag_key(tag.id_tag) for driver_id in among for tag in network.drivers[driver_id].tags)
    if search is not None and search.strip():
        wanted = tag_key(search)
        keys = [key for key in keys if wanted in key or wanted in tag_key(network.tags[key].token_name or "")]
    part = keys[::-1][start : start + count] if descending else keys[start : start + count]
    return [network.tags[key] for key in part], len(keys)


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


def _by_name(network: Network, drivers: BitMap64, start: int, stop: int) -> Iterable[tuple[str, int]]:
    if len(drivers) == len(network.drivers):
        return network.by_name[start:stop]
    if len(drivers) <= FEW:
        return sorted([name_entry(each) for each in _of(network, drivers)])[start:stop]
    return [entry for entry in network.by_name if entry[1] in drivers][start:stop]


def _search(network: Network, text: str) -> BitMap64:
    """The drivers whose name, external id or tag holds the text."""
    folded, key = text.casefold(), tag_key(text)
    found = [driver_id for name, driver_id in network.by_name if folded in name]
    found += [tag.driver_id for held, tag in network.tags.items() if key in held]
    for driver in network.drivers.values():
        external_id = driver.external_id
        if external_id is not None and folded in external_id.casefold():
            found.append(driver.id)
    return BitMap64(found)


def _of(network: Network, drivers: BitMap64) -> Iterable[Driver]:
    if len(drivers) == len(network.drivers):
        return network.drivers.values()
    return (network.drivers[each] for each in drivers)


def _refers(driver: Driver, reference_id: str) -> bool:
    return any(each.reference_id == reference_id for each in driver.external_ids)
