"""Which tags a charger must know when it is offline, held to what `decide` says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargerights.rights.apply import put_access_group, put_charger, put_driver, put_site, remove_driver
from chargerights.rights.decide import decide
from chargerights.rights.driver_sets import END
from chargerights.rights.errors import DomainError, UnknownCharger
from chargerights.rights.identifiers import tag_key
from chargerights.rights.local_list import (
    DRIVERS_PER_STEP,
    ListedTag,
    list_in_steps,
    look_up,
    places_of,
    tags_of_charger,
)
from chargerights.rights.local_list_changes import AffectedLists, chargers_at
from chargerights.rights.model import AccessGroup, Charger, Driver, Place, PlaceKind, Site, Tag
from chargerights.rights.network import Network
from tests.rights.strategies import CHARGER_IDS, DRIVER_IDS, TAGS, drivers, facts, instants
from tests.rights.strategies import places as places_among
from tests.rights.test_agreement import without_blocks, without_hours
from tests.support.oracle import Facts
from tests.support.world import (
    AN_INSTANT,
    CIR_2,
    DEP_1,
    DEPOT,
    FACTS,
    NOW,
    TOMORROW,
    VISITORS,
    WEEKDAYS_8_TO_17,
    YESTERDAY,
    On,
    driver,
    network,
)


def listed(asked: Network, charger_id: str, at: datetime = NOW, **more: bool) -> dict[str, ListedTag]:
    return tags_of_charger(asked, charger_id, at, **more).tags


@given(facts(), instants)
def test_a_tag_is_listed_exactly_when_it_is_accepted_by_a_right_without_hours_blocks_aside(
    facts: Facts, at: datetime
) -> None:
    asked, deciding = network(facts), network(without_blocks(facts))
    for charger_id in asked.chargers:
        found = listed(asked, charger_id, at)
        for key, tag in asked.tags.items():
            decision = decide(deciding, tag.id_tag, charger_id, at)
            by = [each.right for each in decision.paths if not each.right.hours]
            assert (key in found) == bool(by)
            if by:
                assert found[key][:2] == (tag.id_tag, tag.driver_id)
        assert found.keys() <= asked.tags.keys()


@given(facts(), instants)
def test_where_nobody_has_hours_the_list_is_what_is_accepted_until_the_entries_end(facts: Facts, at: datetime) -> None:
    facts = without_hours(facts)
    asked, deciding = network(facts), network(without_blocks(facts))
    for charger_id in asked.chargers:
        found = listed(asked, charger_id, at)
        accepted = {key for key, tag in asked.tags.items() if decide(deciding, tag.id_tag, charger_id, at).allowed}
        assert found.keys() == accepted
        for entry in found.values():
            if entry.until is not None:
                assert entry.until > at
                assert decide(deciding, entry.id_tag, charger_id, entry.until - AN_INSTANT).allowed


@given(facts(), instants)
def test_with_hours_too_whoever_may_ever_charge_in_this_window_is_listed(facts: Facts, at: datetime) -> None:
    asked, plain = network(facts), network(without_hours(facts))
    for charger_id in asked.chargers:
        assert listed(asked, charger_id, at, hours_too=True) == listed(plain, charger_id, at)


@given(facts(), instants, st.data())
def test_a_list_stays_as_it_is_until_its_next_instant(facts: Facts, at: datetime, data: st.DataObject) -> None:
    asked = network(facts)
    for charger_id in asked.chargers:
        found = tags_of_charger(asked, charger_id, at)
        assert found.until > at
        later = data.draw(st.datetimes(at.replace(tzinfo=None), datetime(2027, 1, 1)))  # noqa: DTZ001
        then = later.replace(tzinfo=at.tzinfo)
        if then < found.until:
            assert listed(asked, charger_id, then) == found.tags


@given(facts(), instants)
def test_chargers_with_the_same_places_have_the_same_list(facts: Facts, at: datetime) -> None:
    asked = network(facts)
    seen: dict[frozenset[Place], Any] = {}
    for charger_id in asked.chargers:
        found = tags_of_charger(asked, charger_id, at)
        assert seen.setdefault(places_of(asked, charger_id), found) == found


Made = Driver | Site | Charger | AccessGroup


@given(facts(), instants, st.data())
def test_what_no_change_touches_stays_on_the_lists_as_it_was(facts: Facts, at: datetime, data: st.DataObject) -> None:
    asked = network(facts)
    before = {each: listed(asked, each, at) for each in asked.chargers}
    touched, changes = AffectedLists(), []
    for _ in range(data.draw(st.integers(1, 3))):
        changes += data.draw(st.sampled_from((move_site, put_any_charger, regroup, put_any_driver, drop_driver)))(
            asked, data
        )
    for old, new in changes:
        touched.add(asked, old, new)
    tags: dict[str, set[str]] = {}
    for place, keys in touched.tags.items():
        for charger_id in chargers_at(asked, place):
            tags.setdefault(charger_id, set()).update(keys)
    for charger_id in asked.chargers:
        if charger_id in touched.chargers:
            continue
        after = listed(asked, charger_id, at)
        differing = {key for key in before[charger_id].keys() | after if before[charger_id].get(key) != after.get(key)}
        assert differing <= tags.get(charger_id, set())
        if before[charger_id].keys() - after.keys():
            assert any(charger_id in chargers_at(asked, place) for place in touched.narrowed)


Changes = list[tuple[Made | None, Made | None]]


def move_site(asked: Network, data: st.DataObject) -> Changes:
    old = asked.sites[data.draw(st.sampled_from(sorted(asked.sites)))]
    new = Site(old.id, old.name, data.draw(st.sampled_from((None, *asked.sites))), timezone=old.timezone)
    return put(asked, put_site, old, new)


def put_any_charger(asked: Network, data: st.DataObject) -> Changes:
    charger_id = data.draw(st.sampled_from(CHARGER_IDS))
    new = Charger(CHARGER_IDS.index(charger_id), charger_id, data.draw(st.sampled_from(sorted(asked.sites))))
    return put(asked, put_charger, asked.chargers.get(charger_id), new)


def regroup(asked: Network, data: st.DataObject) -> Changes:
    new = AccessGroup(1, "G1", data.draw(st.frozensets(st.sampled_from(sorted(asked.chargers)))))
    return put(asked, put_access_group, asked.access_groups.get(1), new)


def put_any_driver(asked: Network, data: st.DataObject) -> Changes:
    driver_id = data.draw(st.sampled_from(DRIVER_IDS))
    among = places_among([*asked.sites], [*asked.chargers], [*asked.access_groups])
    texts = data.draw(st.sets(st.sampled_from(TAGS), max_size=2))
    new = data.draw(drivers(driver_id, texts, [*asked.sites], among))
    return put(asked, put_driver, asked.drivers.get(driver_id), new)


def drop_driver(asked: Network, data: st.DataObject) -> Changes:
    old = data.draw(st.sampled_from([None, *asked.drivers.values()]))
    if old is not None:
        remove_driver(asked, old.id)
    return [(old, None)]


def put(asked: Network, change: Any, old: Made | None, new: Made) -> Changes:
    try:
        change(asked, new)
    except DomainError:
        return []
    return [(old, new)]


def test_a_tag_with_hours_stays_out_and_one_that_has_not_begun_enters_when_it_begins() -> None:
    late = driver(1, "Late", On(DEPOT, valid_from=TOMORROW))
    night = driver(2, "Night", On(DEPOT, hours=WEEKDAYS_8_TO_17))
    both = driver(3, "Both", On(DEPOT, hours=WEEKDAYS_8_TO_17), On(DEP_1, valid_until=TOMORROW))
    asked = network(Facts(FACTS.sites, FACTS.chargers, FACTS.access_groups, [late, night, both]))
    now = tags_of_charger(asked, "DEP-1", NOW)
    assert now.tags == {"BOTH": ListedTag("BOTH", 3, TOMORROW)}
    assert now.until == TOMORROW
    assert listed(asked, "DEP-1", TOMORROW).keys() == {"LATE"}
    assert listed(asked, "DEP-1", hours_too=True).keys() == {"NIGHT", "BOTH"}


def test_an_entry_ends_with_its_tag_or_with_the_last_of_its_rights() -> None:
    short = driver(1, "Short", On(DEPOT), On(DEP_1, valid_until=TOMORROW), expires_at=TOMORROW)
    long = driver(2, "Long", On(DEPOT, YESTERDAY, NOW.replace(year=2030)), On(DEP_1, valid_until=TOMORROW))
    ever = driver(3, "Ever", On(DEPOT), On(DEP_1, valid_until=TOMORROW))
    found = listed(network(Facts(FACTS.sites, FACTS.chargers, FACTS.access_groups, [short, long, ever])), "DEP-1")
    assert {key: entry.until for key, entry in found.items()} == {
        "SHORT": TOMORROW,
        "LONG": NOW.replace(year=2030),
        "EVER": None,
    }


def test_a_tag_that_nobody_has_or_that_is_blocked_is_on_no_list_until_somebody_changes_it() -> None:
    asked = network(FACTS)
    assert look_up(asked, "STRANGER", "DEP-1", NOW) == (None, END)
    assert look_up(asked, "grace", "DEP-1", NOW) == (None, END)
    assert look_up(asked, "ivan", "DEP-1", NOW) == (None, TOMORROW)


def test_an_unknown_charger_has_no_list_and_one_that_nobody_may_use_an_empty_one() -> None:
    with pytest.raises(UnknownCharger):
        listed(network(FACTS), "NOPE")
    empty = network(Facts(FACTS.sites, FACTS.chargers, FACTS.access_groups, []))
    assert tags_of_charger(empty, "DEP-1", NOW) == tags_of_charger(empty, "CIR-2", NOW)
    assert tags_of_charger(empty, "DEP-1", NOW).until == END


def test_others_may_run_while_a_long_list_is_made() -> None:
    count = 3 * DRIVERS_PER_STEP
    many = [driver(number, f"D{number}", On(DEPOT)) for number in range(1, count + 1)]
    asked = network(Facts(FACTS.sites, FACTS.chargers, FACTS.access_groups, many))
    assert len([*list_in_steps(asked, "DEP-1", NOW)]) == 3
    assert len(listed(asked, "DEP-1")) == count


def test_a_new_name_touches_no_list() -> None:
    asked = network(FACTS)
    touched = AffectedLists()
    for what in (*FACTS.sites, *FACTS.chargers, *FACTS.drivers):
        touched.add(asked, what, replace(what, name="Other"))
    touched.add(asked, VISITORS, replace(VISITORS, name="Other"))
    assert touched == AffectedLists()


@given(facts(), instants)
def test_a_block_changes_no_list_at_its_beginning_and_none_at_its_end(facts: Facts, at: datetime) -> None:
    asked, in_use = network(facts), network(without_blocks(facts))
    touched = AffectedLists()
    for charger in facts.chargers:
        for hours_too in (False, True):
            found = tags_of_charger(asked, charger.charger_id, at, hours_too)
            assert found == tags_of_charger(in_use, charger.charger_id, at, hours_too)
        touched.add(asked, in_use.chargers[charger.charger_id], charger)
        touched.add(in_use, charger, in_use.chargers[charger.charger_id])
    assert touched == AffectedLists()


def test_a_new_right_takes_nothing_from_anybody_and_one_withdrawn_may() -> None:
    before = driver(1, "Alice", On(DEPOT))
    after = driver(1, "Alice", On(DEPOT), On(VISITORS))
    given, taken = AffectedLists(), AffectedLists()
    given.add(network(FACTS), before, after)
    taken.add(network(FACTS), after, before)
    assert given.tags == taken.tags == {place: {"ALICE"} for place in _places(DEPOT, VISITORS)}
    assert given.narrowed == set()
    assert taken.narrowed == _places(DEPOT, VISITORS)


def _places(*of: Any) -> set[Place]:
    return {right.place for right in driver(1, "Alice", *(On(each) for each in of)).rights}


def test_a_place_that_is_gone_has_no_chargers() -> None:
    asked = network(FACTS)
    assert list(chargers_at(asked, Place(PlaceKind.SITE, 99))) == []
    assert list(chargers_at(asked, Place(PlaceKind.ACCESS_GROUP, 99))) == []
    assert set(chargers_at(asked, Place(PlaceKind.ACCESS_GROUP, VISITORS.id))) == {CIR_2.charger_id, "OFF-1"}


def test_a_tag_written_in_another_case_is_one_entry() -> None:
    who = driver(1, "Alice", On(DEPOT))
    who = replace(who, tags=(Tag(1, 1, "aLiCe"),))
    found = listed(network(Facts(FACTS.sites, FACTS.chargers, FACTS.access_groups, [who])), "DEP-1")
    assert found == {tag_key("alice"): ListedTag("aLiCe", 1, None)}
