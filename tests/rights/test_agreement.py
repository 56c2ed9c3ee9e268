"""The answers agree: with the oracle, and the forward, the reverse and the explaining one with each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from chargerights.rights.decide import Cause, decide, decide_driver
from chargerights.rights.driver_sets import DriverSet
from chargerights.rights.explain import explain, explain_driver
from chargerights.rights.listing import (
    chargers_of_driver,
    drivers_of_charger,
    drivers_of_site,
    drivers_of_sites,
    held_by_name,
    sites_of_driver,
)
from chargerights.rights.model import Charger, PlaceKind
from tests.rights.strategies import facts, instants, shown_tags
from tests.support import oracle
from tests.support.oracle import Facts
from tests.support.world import AN_INSTANT, network


def without_hours(facts: Facts) -> Facts:
    """The same rights at every hour of the week: lists do not ask the hour."""
    drivers = [
        replace(driver, rights=tuple(replace(right, hours=()) for right in driver.rights)) for driver in facts.drivers
    ]
    return facts._replace(drivers=drivers)


def without_blocks(facts: Facts) -> Facts:
    """The same rights at chargers in use: lists do not ask whether a charger is blocked."""
    return facts._replace(chargers=[replace(charger, blocked_until=None) for charger in facts.chargers])


def span_of(listing: DriverSet) -> Callable[[datetime], bool]:
    return lambda at: listing.since <= at < listing.until


OF_THE_DRIVER = (
    *(Cause.RIGHT_STANDS, Cause.NO_RIGHT_HERE, Cause.NO_RIGHT_NOW),
    *(Cause.DRIVER_DISABLED, Cause.CHARGER_BLOCKED),
)
"""Causes that any tag of the driver would meet."""


@given(facts(), st.lists(shown_tags, min_size=1), instants)
def test_a_decision_is_the_oracles(facts: Facts, shown: list[str], at: datetime) -> None:
    asked = network(facts)
    for id_tag in shown:
        for charger_id in (*asked.chargers, "NONE"):
            assert decide(asked, id_tag, charger_id, at).reason == oracle.may_charge(facts, id_tag, charger_id, at)


@given(facts(), instants)
def test_a_list_is_the_oracles(facts: Facts, at: datetime) -> None:
    asked = network(facts)
    for site_id in asked.sites:
        listed = oracle.drivers_of_site(facts, site_id, at)
        assert list(drivers_of_site(asked, site_id, at).drivers) == sorted(listed)
    for charger_id in asked.chargers:
        listed = oracle.drivers_of_charger(facts, charger_id, at)
        assert list(drivers_of_charger(asked, charger_id, at).drivers) == sorted(listed)


@given(facts(), instants)
def test_where_a_driver_may_charge_is_where_he_is_listed(facts: Facts, at: datetime) -> None:
    asked = network(facts)
    for driver in facts.drivers:
        listing = {site_id for site_id in asked.sites if driver.id in drivers_of_site(asked, site_id, at).drivers}
        assert sites_of_driver(asked, driver.id, at) == listing
        accepting = {each for each in asked.chargers if driver.id in drivers_of_charger(asked, each, at).drivers}
        assert chargers_of_driver(asked, driver.id, at) == accepting


@given(facts(), instants)
def test_a_charger_lists_a_driver_exactly_when_it_would_accept_him_hours_tags_and_blocks_aside(
    facts: Facts, at: datetime
) -> None:
    asked, deciding = network(facts), network(without_blocks(without_hours(facts)))
    for charger_id in asked.chargers:
        accepted = [
            each.id for each in deciding.drivers.values() if decide_driver(deciding, each, charger_id, at).allowed
        ]
        assert list(drivers_of_charger(asked, charger_id, at).drivers) == sorted(accepted)


@given(facts(), instants)
def test_a_site_where_every_site_has_a_charger_lists_a_driver_exactly_when_some_charger_there_would_accept_him(
    facts: Facts, at: datetime
) -> None:
    a_charger_each = [Charger(100 + i, f"EACH-{site.id}", site.id) for i, site in enumerate(facts.sites)]
    facts = facts._replace(chargers=[*facts.chargers, *a_charger_each])
    asked, deciding = network(facts), network(without_blocks(without_hours(facts)))
    for site_id in asked.sites:
        there = [charger_id for below in asked.subtree(site_id) for charger_id in asked.chargers_at(below)]
        accepted = {
            driver.id
            for driver in deciding.drivers.values()
            if any(decide_driver(deciding, driver, charger_id, at).allowed for charger_id in there)
        }
        assert set(drivers_of_site(asked, site_id, at).drivers) == accepted


@given(facts(), instants)
def test_a_site_without_chargers_lists_those_with_a_site_right_on_it_above_it_or_below_it(
    facts: Facts, at: datetime
) -> None:
    facts = Facts(
        facts.sites,
        drivers=[
            replace(each, rights=tuple(right for right in each.rights if right.place.kind is PlaceKind.SITE))
            for each in facts.drivers
        ],
    )
    asked = network(facts)
    for site_id in asked.sites:
        line = {*asked.chain(site_id), *asked.subtree(site_id)}
        holders = {
            driver.id
            for driver in facts.drivers
            if driver.enabled and not line.isdisjoint(held_by_name(asked, driver, at)[0])
        }
        assert set(drivers_of_site(asked, site_id, at).drivers) == holders


@given(facts(), st.lists(shown_tags, min_size=1), instants)
def test_whoever_is_accepted_is_listed_by_the_charger_and_every_site_above_it(
    facts: Facts, shown: list[str], at: datetime
) -> None:
    asked = network(facts)
    for id_tag in shown:
        for charger in asked.chargers.values():
            decision = decide(asked, id_tag, charger.charger_id, at)
            if decision.allowed:
                assert decision.driver is not None
                assert decision.driver.id in drivers_of_charger(asked, charger.charger_id, at).drivers
                for listing in drivers_of_sites(asked, asked.chain(charger.site_id), at).values():
                    assert decision.driver.id in listing.drivers


@given(facts(), st.lists(shown_tags, min_size=1), instants)
def test_a_tag_gives_no_more_than_its_driver_has(facts: Facts, shown: list[str], at: datetime) -> None:
    asked = network(facts)
    for id_tag in shown:
        for charger_id in asked.chargers:
            decision = decide(asked, id_tag, charger_id, at)
            if decision.cause in OF_THE_DRIVER:
                assert decision.driver is not None
                assert replace(decision, tag=None) == decide_driver(asked, decision.driver, charger_id, at)
            else:
                assert not decision.allowed


@given(facts(), st.lists(shown_tags, min_size=1), instants)
def test_a_block_turns_each_yes_into_a_no_until_it_ends_and_changes_nothing_else(
    facts: Facts, shown: list[str], at: datetime
) -> None:
    asked, in_use = network(facts), network(without_blocks(facts))
    for id_tag in shown:
        for charger in facts.chargers:
            decision, without = (decide(each, id_tag, charger.charger_id, at) for each in (asked, in_use))
            blocked = charger.blocked_until is not None and at < charger.blocked_until
            assert not (blocked and decision.allowed)
            assert decision.cause is (Cause.CHARGER_BLOCKED if blocked and without.allowed else without.cause)
            assert decision.verdicts == without.verdicts
            assert decision.paths == (without.paths if decision.allowed else ())


@given(facts(), instants)
def test_a_block_takes_nobody_from_a_list(facts: Facts, at: datetime) -> None:
    asked, in_use = network(facts), network(without_blocks(facts))
    for site_id in asked.sites:
        assert drivers_of_site(asked, site_id, at).drivers == drivers_of_site(in_use, site_id, at).drivers
    for charger_id in asked.chargers:
        assert drivers_of_charger(asked, charger_id, at).drivers == drivers_of_charger(in_use, charger_id, at).drivers
    for driver in facts.drivers:
        assert chargers_of_driver(asked, driver.id, at) == chargers_of_driver(in_use, driver.id, at)


@given(facts(), st.lists(shown_tags, min_size=1), instants)
def test_an_explanation_says_what_was_decided_and_judges_every_right_once(
    facts: Facts, shown: list[str], at: datetime
) -> None:
    asked = network(facts)
    for charger_id in asked.chargers:
        for id_tag in shown:
            explained = explain(asked, id_tag, charger_id, at)
            assert explained.decision == decide(asked, id_tag, charger_id, at)
            driver = explained.decision.driver
            assert [each.right for each in explained.verdicts] == list(driver.rights if driver else ())
            assert explained.sentence.startswith("Yes: " if explained.decision.allowed else "No: ")
        for driver in asked.drivers.values():
            explained = explain_driver(asked, driver.id, charger_id, at)
            assert explained.decision == decide_driver(asked, driver, charger_id, at)
            assert [each.right for each in explained.verdicts] == list(driver.rights)


@given(facts(), instants)
def test_what_a_driver_holds_by_name_is_within_what_he_may_charge_at(facts: Facts, at: datetime) -> None:
    asked = network(facts)
    for driver in facts.drivers:
        enabled = replace(driver, enabled=True)
        asked.drivers[driver.id] = enabled
        by_site, by_name = held_by_name(asked, enabled, at)
        below = {each for site_id in by_site for below in asked.subtree(site_id) for each in asked.chargers_at(below)}
        assert {*by_name} | below == chargers_of_driver(asked, driver.id, at)


@given(facts(), instants, st.data())
def test_a_listing_stays_the_same_from_since_until_until(facts: Facts, at: datetime, data: st.DataObject) -> None:
    for site_id in network(facts).sites:
        listing = drivers_of_site(network(facts), site_id, at)
        assert span_of(listing)(at)
        within = data.draw(instants.filter(span_of(listing)))
        for other in (listing.since, within, listing.until - AN_INSTANT):
            assert drivers_of_site(network(facts), site_id, other).drivers == listing.drivers


@given(facts(), st.lists(instants, min_size=2))
def test_earlier_questions_change_no_answer_in_whatever_order_their_instants_come(
    facts: Facts, times: list[datetime]
) -> None:
    remembering = network(facts)
    for at in times:
        for site_id in remembering.sites:
            fresh = drivers_of_site(network(facts), site_id, at)
            listing = drivers_of_site(remembering, site_id, at)
            assert (listing.drivers, listing.since, listing.until) == (fresh.drivers, fresh.since, fresh.until)


@given(facts(), instants)
def test_since_the_last_window_opened_or_closed_no_list_changed(facts: Facts, at: datetime) -> None:
    since = network(facts).stable_since(at)
    assert since <= at
    for site_id in network(facts).sites:
        assert (
            drivers_of_site(network(facts), site_id, since).drivers
            == drivers_of_site(network(facts), site_id, at).drivers
        )
