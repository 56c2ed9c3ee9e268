"""The reports: what ends soon, what is unused, what looks wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chargerights.rights.apply import put_driver, put_site
from chargerights.rights.model import Driver, Tag
from chargerights.rights.network import Network
from chargerights.rights.reports import (
    Below,
    Finding,
    by_driver,
    by_end,
    by_name,
    by_reach,
    duplicate_names,
    expiring,
    high_rights,
    never_used,
    tags_of_disabled,
)
from tests.support.world import (
    ALICE,
    AN_INSTANT,
    BOB,
    CAROL,
    DAN,
    DEPOT,
    ERIN,
    FRANK,
    GF_1,
    GRACE,
    HEIDI,
    IVAN,
    NOW,
    OFFICE,
    PEGGY,
    TOMORROW,
    YARD,
    YESTERDAY,
    On,
    driver,
    network,
)

A_DAY = timedelta(days=1)


def with_drivers(*them: Driver) -> Network:
    found = network()
    for each in them:
        put_driver(found, each)
    return found


def test_nothing_of_the_cast_ends_soon_for_what_ended_is_past() -> None:
    assert expiring(network(), NOW, timedelta(days=365)) == []


def test_what_ends_soon_is_listed_by_its_end() -> None:
    dan = driver(4, "Dan", On(DEPOT, valid_until=TOMORROW), On(YARD), expires_at=TOMORROW - AN_INSTANT)
    assert expiring(with_drivers(dan), NOW, A_DAY) == [
        Finding(DAN.id, tag=dan.tags[0]),
        Finding(DAN.id, right=dan.rights[0]),
    ]


def test_what_ends_later_than_asked_is_not_listed_nor_what_ends_at_this_instant() -> None:
    later = driver(4, "Dan", On(DEPOT, valid_until=TOMORROW + AN_INSTANT), expires_at=NOW)
    assert expiring(with_drivers(later), NOW, A_DAY) == []
    ending = driver(4, "Dan", On(DEPOT, valid_until=NOW), expires_at=NOW + AN_INSTANT)
    assert expiring(with_drivers(ending), NOW, A_DAY) == [Finding(DAN.id, tag=ending.tags[0])]


def test_what_a_disabled_driver_or_a_blocked_tag_loses_is_of_no_interest() -> None:
    disabled = driver(4, "Dan", On(DEPOT, valid_until=TOMORROW), expires_at=TOMORROW, enabled=False)
    blocked = driver(7, "Grace", On(DEPOT), blocked=True, expires_at=TOMORROW)
    assert expiring(with_drivers(disabled, blocked), NOW, A_DAY) == []


def test_tags_that_could_be_used_and_never_were_are_listed_by_driver() -> None:
    unused = never_used(network(), NOW, {"BOB", "JUDY", "NIAJ", "OLIVIA", "PEGGY"})
    assert [finding.driver_id for finding in unused] == [ALICE.id, CAROL.id, DAN.id, 5]
    assert {FRANK.id, GRACE.id, HEIDI.id, IVAN.id}.isdisjoint(finding.driver_id for finding in unused)
    assert unused[0].tag == ALICE.tags[0]


def test_a_tag_counts_as_used_in_any_case() -> None:
    found = with_drivers(replace(ALICE, tags=(Tag(1, ALICE.id, "alice"),)))
    assert ALICE.id not in {finding.driver_id for finding in never_used(found, NOW, {"ALICE"})}


def test_a_tag_is_unused_from_its_start_until_it_expires() -> None:
    found = with_drivers(driver(4, "Dan", starts_at=NOW, expires_at=TOMORROW))
    times = (NOW - AN_INSTANT, NOW, TOMORROW - AN_INSTANT, TOMORROW)
    listed = [DAN.id in {finding.driver_id for finding in never_used(found, at, ())} for at in times]
    assert listed == [False, True, True, False]


def test_drivers_of_one_name_are_listed_together_case_and_spaces_aside() -> None:
    assert duplicate_names(network()) == []
    found = with_drivers(
        replace(DAN, id=50, name="  dan\u00a0", tags=(), rights=()),
        replace(BOB, id=40, name="BOB", tags=(), rights=()),
        replace(BOB, id=41, name="Bob", tags=(), rights=(), enabled=False),
    )
    assert duplicate_names(found) == [
        Finding(BOB.id, namesakes=(40, 41)),
        Finding(40, namesakes=(BOB.id, 41)),
        Finding(41, namesakes=(BOB.id, 40)),
        Finding(DAN.id, namesakes=(50,)),
        Finding(50, namesakes=(DAN.id,)),
    ]


def test_tags_of_disabled_drivers_are_listed_blocked_or_not() -> None:
    two = driver(7, "Grace", blocked=True, enabled=False)
    assert tags_of_disabled(with_drivers(two)) == [
        Finding(FRANK.id, tag=FRANK.tags[0]),
        Finding(GRACE.id, tag=two.tags[0]),
    ]


def test_rights_high_in_the_tree_are_those_with_many_chargers_below_the_widest_first() -> None:
    found = with_drivers(driver(20, "Walter", On(OFFICE), On(GF_1)))
    assert [(each.driver_id, each.below) for each in high_rights(found, NOW, 4)] == [
        (ALICE.id, Below(4, 3)),
        (BOB.id, Below(4, 4)),
        *((each.id, Below(4, 3)) for each in (ERIN, GRACE, HEIDI, IVAN, PEGGY)),
    ]
    assert {each.driver_id for each in high_rights(found, NOW, 1)} == {
        each.id for each in (ALICE, BOB, ERIN, GRACE, HEIDI, IVAN, PEGGY)
    } | {20}
    assert high_rights(found, NOW, 5) == []


def test_an_ended_right_is_not_high_one_that_begins_later_is() -> None:
    listed = {each.driver_id for each in high_rights(network(), YESTERDAY - AN_INSTANT, 4)}
    assert listed >= {CAROL.id, 13}
    assert CAROL.id not in {each.driver_id for each in high_rights(network(), YESTERDAY, 4)}


def test_disabled_drivers_hold_no_high_right() -> None:
    assert FRANK.id not in {each.driver_id for each in high_rights(network(), NOW, 1)}


def test_a_right_may_be_high_by_the_levels_below_it() -> None:
    found = network()
    for number in range(3):
        put_site(found, replace(YARD, id=70 + number, parent_id=YARD.id if number == 0 else 69 + number))
    assert high_rights(found, NOW, 99) == []
    assert high_rights(found, NOW, 99, levels=4) == [
        Finding(BOB.id, right=BOB.rights[0], below=Below(4, 5)),
        Finding(12, right=found.drivers[12].rights[0], below=Below(0, 4)),
    ]


def test_each_report_is_in_the_order_of_its_key_which_tells_every_finding_from_the_rest() -> None:
    ends = [driver(n, f"New {n}", On(DEPOT, valid_until=TOMORROW), On(YARD), expires_at=TOMORROW) for n in (22, 21)]
    ends = [replace(each, name="Namesake") for each in (*ends, driver(20, "New 20"))]
    disabled = [replace(driver(n, f"Gone {n}"), enabled=False) for n in (31, 30)]
    them = with_drivers(*ends, *disabled)
    for found, key in (
        (expiring(them, NOW, A_DAY), by_end),
        (never_used(them, NOW, ()), by_driver),
        (tags_of_disabled(them), by_driver),
        (duplicate_names(them), by_name(them)),
        (high_rights(them, NOW, 1), by_reach),
    ):
        keys = [key(each) for each in found]
        assert len(keys) > 2
        assert keys == sorted(set(keys))
