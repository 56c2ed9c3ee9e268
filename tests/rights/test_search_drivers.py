"""Drivers looked up: found by what is known of them, and turned over a page at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap64

from chargerights.rights import search_drivers
from chargerights.rights.apply import put_driver, remove_driver
from chargerights.rights.model import Driver, ExternalId, ReferenceType, Tag
from chargerights.rights.network import Network
from chargerights.rights.search_drivers import (
    DRIVER_KEYS,
    DriverQuery,
    drivers_after,
    everybody,
    find,
    ids_from,
    narrowed,
    page,
)
from tests.rights.strategies import facts
from tests.support.oracle import Facts
from tests.support.world import DEPOT, FACTS, FRANK, OFFICE, network

NAMES = ("beta", "Alpha", "alpha", "GAMMA", "Straße", "STRASSE", "Émile", "émile", "zeta", "Alpha")


def called(*names: str) -> Network:
    """Drivers of those names, numbered from 1."""
    return network(Facts(drivers=[Driver(number, name) for number, name in enumerate(names, 1)]))


def ids(found: list[Driver]) -> list[int]:
    return [each.id for each in found]


KNOWN = network(
    FACTS._replace(
        drivers=(
            Driver(1, "Alice Smith", DEPOT.id, "P-1", company_id=7, tags=(Tag(1, 1, "04AB"), Tag(2, 1, "Straße"))),
            Driver(2, "Bob", OFFICE.id, "p-12", company_id=8, external_ids=(ExternalId("SAP", "9"),)),
            Driver(3, "carol SMITHERS", None, None, enabled=False, tags=(Tag(3, 3, "CAR-04A"),)),
            Driver(4, "Dan", DEPOT.id, company_id=7, external_ids=(ExternalId("HR", "9", ReferenceType.OTHER),)),
        )
    )
)


DESCRIPTIONS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [1, 2, 3, 4]),
    ({"home_site_id": DEPOT.id}, [1, 4]),
    ({"home_site_id": 99}, []),
    ({"company_id": 7}, [1, 4]),
    ({"company_id": 9}, []),
    ({"tag": " 04ab "}, [1]),
    ({"tag": "STRASSE"}, [1]),
    ({"tag": "04A"}, []),
    ({"external_id": "P-1"}, [1]),
    ({"external_id": "p-1"}, []),
    ({"reference_id": "SAP"}, [2]),
    ({"reference_id": "sap"}, []),
    ({"reference_id": "9"}, []),
    ({"enabled": True}, [1, 2, 4]),
    ({"enabled": False}, [3]),
    ({"search": "SMITH"}, [1, 3]),
    ({"search": " p-1 "}, [1, 2]),
    ({"search": "04a"}, [1, 3]),
    ({"search": "strasse"}, [1]),
    ({"search": "  "}, [1, 2, 3, 4]),
    ({"search": "xyzzy"}, []),
    ({"search": "p-1", "known": BitMap64([2])}, [2]),
    ({"search": "04a", "known": BitMap64([1])}, [1]),
    ({"search": "smith", "known": BitMap64([2])}, [1, 3]),
    ({"search": "04a", "search_tags": False}, []),
    ({"home_site_id": DEPOT.id, "company_id": 7, "search": "dan", "enabled": True}, [4]),
    ({"home_site_id": DEPOT.id, "reference_id": "SAP"}, []),
    ({"home_site_id": DEPOT.id, "external_id": "P-1"}, [1]),
    ({"company_id": 7, "search": "p-1"}, [1]),
]


@pytest.mark.parametrize(("wanted", "found"), DESCRIPTIONS)
def test_drivers_are_found_by_what_is_known_of_them(wanted: dict[str, Any], found: list[int]) -> None:
    assert list(find(KNOWN, DriverQuery(**wanted))) == found
    assert list(find(KNOWN, DriverQuery(**wanted), BitMap64([2, 3, 4]))) == [each for each in found if each != 1]


@pytest.mark.parametrize(("wanted", "found"), DESCRIPTIONS)
def test_one_by_one_the_same_drivers_are_found(wanted: dict[str, Any], found: list[int]) -> None:
    for among in (None, BitMap64([2, 3, 4])):
        drivers, fits = narrowed(KNOWN, DriverQuery(**wanted), among)
        one_by_one = [each for each in drivers if fits(KNOWN.drivers[each])]
        assert one_by_one == list(find(KNOWN, DriverQuery(**wanted), among))


def test_everybody_is_there_disabled_and_without_a_home_too() -> None:
    assert list(everybody(network())) == [each.id for each in FACTS.drivers]
    assert FRANK.id in everybody(network())
    assert list(everybody(Network())) == []


def test_by_name_case_does_not_count_and_the_same_name_goes_by_id() -> None:
    them = called(*NAMES)
    everyone = everybody(them)
    assert ids(page(them, everyone, "name", False, 0, 100)) == [2, 3, 10, 1, 4, 5, 6, 9, 7, 8]
    assert ids(page(them, everyone, "id", False, 0, 100)) == list(range(1, 11))
    assert ids(page(them, everyone, "name", True, 0, 100)) == [8, 7, 9, 6, 5, 4, 1, 10, 3, 2]


@pytest.mark.parametrize("few", [0, 2_000])
@pytest.mark.parametrize("order", ["id", "name"])
@pytest.mark.parametrize("among", [set(range(1, 11)), {1, 4, 5, 9}, {7}, set()])
def test_pages_joined_are_the_whole_in_its_order_both_ways(
    monkeypatch: pytest.MonkeyPatch, few: int, order: search_drivers.Order, among: set[int]
) -> None:
    monkeypatch.setattr(search_drivers, "FEW", few)
    them = called(*NAMES)
    drivers = BitMap64(among)
    key = (lambda each: each.id) if order == "id" else (lambda each: (each.name.casefold(), each.id))
    whole = sorted((them.drivers[each] for each in among), key=key)
    for descending in (False, True):
        expected = ids(whole[::-1] if descending else whole)
        for count in (1, 3, 10, 11):
            starts = range(0, len(among) + count, count)
            pages = [ids(page(them, drivers, order, descending, start, count)) for start in starts]
            assert [each for one in pages for each in one] == expected
            assert all(len(each) <= count for each in pages)
        assert page(them, drivers, order, descending, 10**12, 100) == []


@pytest.mark.parametrize("few", [0, 2_000])
@pytest.mark.parametrize("order", ["id", "name"])
@pytest.mark.parametrize("among", [set(range(1, 11)), {1, 4, 5, 9}, {7}, set()])
def test_after_each_driver_and_after_one_who_is_gone_come_those_that_follow(
    monkeypatch: pytest.MonkeyPatch, few: int, order: search_drivers.Order, among: set[int]
) -> None:
    monkeypatch.setattr(search_drivers, "FEW", few)
    monkeypatch.setattr(search_drivers, "IDS_AT_ONCE", 2)
    them, key = called(*NAMES), DRIVER_KEYS[order]
    whole = sorted((them.drivers[each] for each in among), key=key)
    for descending in (False, True):
        assert [*drivers_after(them, BitMap64(among), order, descending, None)] == whole[:: -1 if descending else 1]
        for last in map(key, them.drivers.values()):
            behind = [each for each in whole if (key(each) < last if descending else key(each) > last)]
            found = [*drivers_after(them, BitMap64(among), order, descending, last)]
            assert found == behind[:: -1 if descending else 1]


@given(st.sets(st.integers(1, 30)), st.integers(-3, 40), st.booleans())
def test_numbers_come_in_order_from_any_on(numbers: set[int], first: int, descending: bool) -> None:
    expected = sorted(
        (each for each in numbers if (each <= first if descending else each >= first)), reverse=descending
    )
    assert [*ids_from(BitMap64(numbers), descending, first)] == expected


@given(facts(), st.data())
def test_the_order_by_name_is_the_same_after_changes_as_built_anew(start: Facts, data: st.DataObject) -> None:
    changed = network(start)
    drivers = {each.id: each for each in start.drivers}
    for _ in range(data.draw(st.integers(1, 6))):
        driver = drivers[data.draw(st.sampled_from(sorted(drivers)))]
        if data.draw(st.booleans()):
            renamed = replace(driver, name=data.draw(st.sampled_from(NAMES)))
            put_driver(changed, renamed)
            drivers[driver.id] = renamed
        elif len(drivers) > 1:
            remove_driver(changed, driver.id)
            del drivers[driver.id]
        assert changed.by_name == network(start._replace(drivers=list(drivers.values()))).by_name
        assert changed.by_name == sorted((each.name.casefold(), each.id) for each in drivers.values())


def test_a_fork_is_renamed_apart() -> None:
    them = called("Alpha", "Beta")
    fork = them.fork()
    put_driver(fork, Driver(1, "Zeta"))
    assert them.by_name == [("alpha", 1), ("beta", 2)]
    assert fork.by_name == [("beta", 2), ("zeta", 1)]
