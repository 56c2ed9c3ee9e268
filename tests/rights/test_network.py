"""What the network finds around a site, a charger or a tag, and what it remembers."""

from __future__ import annotations

import random

import pytest

from chargerights.rights.apply import put_charger, put_driver
from chargerights.rights.driver_sets import BEGINNING, END
from chargerights.rights.listing import drivers_of_site
from chargerights.rights.model import Charger, Place, PlaceKind, Site
from chargerights.rights.network import Network
from tests.support.oracle import Facts
from tests.support.world import (
    ALICE,
    AN_INSTANT,
    CIRCUIT_A,
    COMPANY,
    DEP_1,
    DEPOT,
    FACTS,
    FRANK,
    GF_1,
    GROUND_FLOOR,
    NOW,
    OFFICE,
    TOMORROW,
    VISITORS,
    YARD,
    YESTERDAY,
    On,
    driver,
    network,
    place,
)


def test_the_order_in_which_facts_come_does_not_matter() -> None:
    shuffled = Facts._make(random.Random(1).sample(facts, len(facts)) for facts in FACTS)
    assert shuffled != FACTS
    assert network(shuffled) == network()


def test_a_network_of_other_facts_is_another() -> None:
    for kind, facts in FACTS._asdict().items():
        assert network(FACTS._replace(**{kind: facts[1:]})) != network()


def test_a_sites_chain_leads_from_it_to_its_root() -> None:
    assert network().chain(CIRCUIT_A.id) == (CIRCUIT_A.id, GROUND_FLOOR.id, DEPOT.id, COMPANY.id)
    assert network().chain(OFFICE.id) == (OFFICE.id,)


def test_a_subtree_names_each_site_after_the_one_above_it_and_sisters_by_id() -> None:
    assert list(network().subtree(COMPANY.id)) == [COMPANY.id, DEPOT.id, GROUND_FLOOR.id, CIRCUIT_A.id, YARD.id]
    assert list(network().subtree(YARD.id)) == [YARD.id]


def test_sites_chargers_and_groups_around_are_found_by_id() -> None:
    asked = network()
    assert asked.subsites(None) == (COMPANY.id, OFFICE.id)
    assert asked.subsites(COMPANY.id) == (DEPOT.id, YARD.id)
    assert asked.subsites(YARD.id) == ()
    assert asked.chargers_at(CIRCUIT_A.id) == ("CIR-1", "CIR-2")
    assert asked.chargers_at(YARD.id) == ()
    assert asked.groups_of("CIR-2") == (VISITORS.id,)
    assert asked.groups_of("CIR-1") == ()


def test_a_right_names_its_charger_or_those_of_its_group() -> None:
    assert set(network().named_chargers(place(DEP_1))) == {"DEP-1"}
    assert set(network().named_chargers(place(VISITORS))) == {"CIR-2", "OFF-1"}


def test_at_home_are_the_enabled_drivers_of_that_home_site() -> None:
    assert list(network().at_home(DEPOT.id)) == [1, 3, 4, 5, 7]
    assert list(network().at_home(None)) == [8, 9, 11, 12, 13]
    assert list(network().at_home(YARD.id)) == []


def test_a_time_zone_is_inherited_and_at_last_utc() -> None:
    asked = network()
    assert [asked.timezone(each.id) for each in (COMPANY, DEPOT, GROUND_FLOOR, CIRCUIT_A)] == [
        "UTC",
        *["Europe/Helsinki"] * 3,
    ]


def test_a_tag_is_found_in_any_spelling() -> None:
    assert network().tag(" aliCE ") == ALICE.tags[0]
    assert network().tag("MALLORY") is None


def test_a_place_has_the_name_that_people_gave_it_or_its_charger_id() -> None:
    named = [network().name_of(place(each)) for each in (DEPOT, VISITORS, DEP_1, GF_1)]
    assert named == ["Depot", "Visitors", "Gate", "GF-1"]


@pytest.mark.parametrize("what", [COMPANY, DEP_1, VISITORS])
def test_a_place_that_is_there_is_not_refused(what: object) -> None:
    network().require_place(place(what))  # type: ignore[arg-type]


def test_holders_of_a_place_have_a_valid_right_on_it_itself_disabled_drivers_too() -> None:
    held = network().holders(place(DEPOT), NOW)
    assert list(held.drivers) == [1, 5, FRANK.id, 7, 8, 9]
    assert (held.since, held.until) == (YESTERDAY, TOMORROW)
    tomorrow = network().holders(place(DEPOT), TOMORROW)
    assert list(tomorrow.drivers) == [1, 5, FRANK.id, 7, 8, 9, 13]
    none = network().holders(Place(PlaceKind.CHARGER, "CIR-1"), NOW)
    assert (list(none.drivers), none.since, none.until) == ([], BEGINNING, END)


def test_who_has_rights_on_a_place_is_told_whatever_their_windows() -> None:
    facts = network()
    assert set(facts.with_rights_on(place(DEPOT))) == {1, 3, 5, 6, 7, 8, 9, 13}
    assert set(facts.with_rights_on(place(GF_1))) == {11}
    assert set(facts.with_rights_on(place(DEP_1))) == set()


def test_what_is_reached_below_is_remembered_for_each_site_below() -> None:
    asked = network()
    reached = asked.reached_below(DEPOT.id, NOW)
    assert list(reached.drivers) == [1, 5, FRANK.id, 7, 8, 9, 10, 11]
    assert (reached.since, reached.until) == (YESTERDAY, TOMORROW)
    assert set(asked.below) == {DEPOT.id, GROUND_FLOOR.id, CIRCUIT_A.id}
    assert asked.reached_below(DEPOT.id, NOW) is reached


def test_what_is_remembered_below_is_used_above() -> None:
    asked = network()
    below = asked.reached_below(GROUND_FLOOR.id, NOW)
    asked.reached_below(COMPANY.id, NOW)
    assert asked.below[GROUND_FLOOR.id] is below


def test_a_window_that_opens_is_asked_for_again_where_it_is_and_above_and_nowhere_else() -> None:
    asked = network()
    asked.reached_below(COMPANY.id, NOW)
    before = dict(asked.below)
    tomorrow = asked.reached_below(COMPANY.id, TOMORROW)
    assert 13 in tomorrow.drivers
    changed = {site_id for site_id, each in asked.below.items() if each is not before[site_id]}
    assert changed == {COMPANY.id, DEPOT.id}


def test_sites_as_deep_as_they_come_are_asked_without_recursion() -> None:
    deep = Network.build([Site(n, "deep", n - 1 or None) for n in range(1, 3000)], (), (), ())
    assert list(deep.reached_below(1, NOW).drivers) == []


def test_since_the_last_window_that_opened_or_closed_only_facts_changed_who_is_listed() -> None:
    asked = network()
    assert asked.stable_since(YESTERDAY - AN_INSTANT) == BEGINNING
    assert [asked.stable_since(at) for at in (YESTERDAY, NOW, TOMORROW - AN_INSTANT)] == [YESTERDAY] * 3
    assert asked.stable_since(TOMORROW) == TOMORROW


def test_a_fork_knows_all_that_the_network_knew_and_remembered() -> None:
    asked = network()
    listing = drivers_of_site(asked, COMPANY.id, NOW)
    fork = asked.fork()
    assert fork == asked
    assert fork.below == asked.below != {}
    assert drivers_of_site(fork, COMPANY.id, NOW) is listing


def test_a_fork_and_its_network_change_apart() -> None:
    asked = network()
    drivers_of_site(asked, COMPANY.id, NOW)
    fork = asked.fork()
    put_driver(fork, driver(20, "Trent", On(DEPOT)))
    put_charger(asked, Charger(20, "NEW-1", YARD.id))
    assert asked == network(FACTS._replace(chargers=[*FACTS.chargers, Charger(20, "NEW-1", YARD.id)]))
    assert fork == network(FACTS._replace(drivers=[*FACTS.drivers, driver(20, "Trent", On(DEPOT))]))
    assert 20 in drivers_of_site(fork, COMPANY.id, NOW).drivers
    assert 20 not in drivers_of_site(asked, COMPANY.id, NOW).drivers


def test_two_thousand_levels_of_sites_are_answered_as_one_is() -> None:
    """No question recurses, so a mistaken import cannot make one that fails."""
    sites = [Site(i, f"Level {i}", i - 1 if i > 1 else None) for i in range(1, 2001)]
    asked = network(Facts(sites, drivers=[driver(1, "Alice", On(sites[-1])), driver(2, "Bob", On(sites[0]))]))
    assert list(drivers_of_site(asked, 1, NOW).drivers) == [1, 2]
    assert list(drivers_of_site(asked, 2000, NOW).drivers) == [1, 2]
    assert len(asked.chain(2000)) == 2000
