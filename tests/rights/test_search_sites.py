"""Sites and chargers looked up as in a directory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chargerights.rights import search_sites
from chargerights.rights.apply import put_charger, remove_charger
from chargerights.rights.model import Charger, Location, Site
from chargerights.rights.network import Network
from chargerights.rights.search_sites import SiteQuery, Size, Sizes, chargers_at, find_sites
from tests.support.world import CIRCUIT_A, COMPANY, DEP_1, DEPOT, GF_1, GROUND_FLOOR, OFFICE, YARD, network

PORT = Site(
    1,
    "Straße",
    public_name="Hafen",
    external_id="ext-1",
    cost_id="C1",
    location=Location(city="Åbo", country="FI"),
)
PIER = Site(2, "Pier", PORT.id, location=Location(city="Helsinki", country="FI"))


def test_a_site_is_as_large_as_what_lies_at_it_and_below_it() -> None:
    sizes = Sizes(network())
    assert sizes.of(CIRCUIT_A.id) == Size(2, 2, 0, 0)
    assert sizes.of(COMPANY.id) == Size(0, 4, 2, 4)
    assert sizes.of(GROUND_FLOOR.id) == Size(1, 3, 1, 1)
    assert sizes.of(YARD.id) == Size(0, 0, 0, 0)


def test_what_lies_below_is_counted_once_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    chargers_of = Network.chargers_at

    def counting(self: Network, site_id: int) -> tuple[str, ...]:
        counted.append(site_id)
        return chargers_of(self, site_id)

    monkeypatch.setattr(Network, "chargers_at", counting)
    sizes = Sizes(network())
    for site in (CIRCUIT_A, DEPOT, COMPANY, OFFICE, DEPOT):
        sizes.of(site.id)
    assert sorted(counted) == [1, 2, 3, 4, 5, 6]


def test_sites_as_deep_as_they_come_are_counted_without_recursion() -> None:
    deep = Network.build([Site(each, "S", each - 1 or None) for each in range(1, 5_001)], (), (), ())
    assert Sizes(deep).of(1) == Size(0, 0, 1, 4_999)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SiteQuery(), {1, 2}),
        (SiteQuery(ids={2, 9}), {2}),
        (SiteQuery(ids=()), set()),
        (SiteQuery(country="fi"), {1, 2}),
        (SiteQuery(country="F"), set()),
        (SiteQuery(city=" åBO"), {1}),
        (SiteQuery(cost_id="C1"), {1}),
        (SiteQuery(cost_id="c1"), set()),
        (SiteQuery(external_id="ext-1"), {1}),
        (SiteQuery(external_id="EXT-1"), set()),
        (SiteQuery(search=" "), {1, 2}),
        (SiteQuery(search="STRASSE"), {1}),
        (SiteQuery(search="afe"), {1}),
        (SiteQuery(search="T-1"), {1}),
        (SiteQuery(search="None"), set()),
        (SiteQuery(country="FI", search="pi"), {2}),
    ],
)
def test_sites_are_found_by_all_that_is_wanted_of_them(wanted: SiteQuery, found: set[int]) -> None:
    assert {each.id for each in find_sites(Network.build([PORT, PIER], (), (), ()), wanted, [1, 2])} == found


def test_only_those_among_are_found() -> None:
    assert find_sites(Network.build([PORT, PIER], (), (), ()), SiteQuery(), [2]) == [PIER]


def test_chargers_come_by_name_without_case_and_those_without_one_by_their_id() -> None:
    facts = network()
    put_charger(facts, Charger(9, "ZZZ", DEPOT.id, "alpha"))
    assert [each.charger_id for each in chargers_at(facts)] == ["ZZZ", "CIR-1", "CIR-2", "DEP-1", "GF-1", "OFF-1"]
    put_charger(facts, replace(DEP_1, name=None))
    put_charger(facts, replace(GF_1, name="Alpha"))
    remove_charger(facts, "CIR-1")
    assert [each.charger_id for each in chargers_at(facts)] == ["GF-1", "ZZZ", "CIR-2", "DEP-1", "OFF-1"]


@pytest.mark.parametrize("few", [0, 3, 2_000])
def test_the_chargers_of_some_sites_come_in_that_order_too(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_sites, "FEW", few)
    found = chargers_at(network(), {OFFICE.id, DEPOT.id, CIRCUIT_A.id, YARD.id})
    assert [each.charger_id for each in found] == ["CIR-1", "CIR-2", "DEP-1", "OFF-1"]
    assert chargers_at(network(), frozenset()) == []
