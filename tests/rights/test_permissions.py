"""What operators may and see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chargerights.rights.model import AccessGroup, Place, PlaceKind
from chargerights.rights.network import Network
from chargerights.rights.permissions import Operator, Permission, Scope
from tests.support.world import (
    ALICE,
    CIR_1,
    CIRCUIT_A,
    COMPANY,
    DEP_1,
    DEPOT,
    FACTS,
    GF_1,
    GROUND_FLOOR,
    HEIDI,
    JUDY,
    OFF_1,
    OFFICE,
    VISITORS,
    YARD,
    network,
    place,
)

EMPTY = AccessGroup(2, "Empty", frozenset())
FLOOR = AccessGroup(3, "Floor", frozenset({GF_1.charger_id}))
GROUPS = FACTS._replace(access_groups=(VISITORS, EMPTY, FLOOR))
UNLIMITED = None


def scope(*site_ids: int, over: Network | None = None) -> Scope:
    return Scope(over or network(GROUPS), site_ids)


def everywhere() -> Scope:
    return Scope(network(GROUPS), UNLIMITED)


def test_a_permission_reads_or_changes() -> None:
    reading = {each.value for each in Permission if each.reads}
    assert reading == {"ReadSites", "ReadChargers", "ReadDrivers", "ReadTags", "ReadAuditLogs"}


ADMIN = Operator(1, "Admin", frozenset({Permission.GLOBAL_ADMIN}))


def test_who_may_do_everything_everywhere_administers() -> None:
    assert ADMIN.administers


@pytest.mark.parametrize(
    "less",
    [
        {"enabled": False},
        {"site_ids": (1,)},
        {"site_ids": ()},
        {"permissions": frozenset(Permission) - ADMIN.permissions},
    ],
)
def test_who_may_less_does_not(less: dict[str, object]) -> None:
    assert not replace(ADMIN, **less).administers  # type: ignore[arg-type]


def test_without_limits_all_is_seen() -> None:
    all_of_it = everywhere()
    assert all_of_it.unlimited
    assert all_of_it.sites == set(network().sites)
    assert all_of_it.roots == (COMPANY.id, OFFICE.id)
    assert all_of_it.can_see_site(None)
    assert all_of_it.can_see_charger("OFF-1")
    assert not all_of_it.can_see_charger("RIV-1")
    assert all_of_it.can_see_driver(HEIDI)
    assert all(all_of_it.can_see_group(each) and all_of_it.holds_group(each) for each in GROUPS.access_groups)
    assert all(all_of_it.covers(each) for each in (None, (), (OFFICE.id,), (99,)))


def test_a_site_is_seen_with_all_below_it_and_nothing_else() -> None:
    depot = scope(DEPOT.id)
    assert not depot.unlimited
    assert depot.sites == {DEPOT.id, GROUND_FLOOR.id, CIRCUIT_A.id}
    assert [depot.can_see_site(each) for each in (DEPOT.id, CIRCUIT_A.id, COMPANY.id, YARD.id, None)] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert [depot.can_see_charger(each) for each in ("DEP-1", "CIR-2", "OFF-1", "RIV-1")] == [True, True, False, False]


def test_the_topmost_of_his_sites_are_told_each_once_by_id() -> None:
    assert scope(OFFICE.id, CIRCUIT_A.id, DEPOT.id, YARD.id).roots == (DEPOT.id, YARD.id, OFFICE.id)
    assert scope().roots == ()


def test_drivers_are_seen_by_home_site_disabled_ones_too() -> None:
    depot = scope(DEPOT.id)
    assert list(depot.drivers) == [1, 3, 4, 5, 6, 7]
    assert depot.can_see_driver(ALICE)
    assert not depot.can_see_driver(JUDY)
    assert not depot.can_see_driver(HEIDI)
    assert list(scope(CIRCUIT_A.id).drivers) == []


def test_a_site_that_has_gone_brings_nothing() -> None:
    gone = scope(99)
    assert not gone.unlimited
    assert (gone.sites, list(gone.drivers)) == (frozenset(), [])


def test_a_group_is_seen_by_one_of_its_chargers_and_held_by_all() -> None:
    depot, both = scope(DEPOT.id), scope(DEPOT.id, OFFICE.id)
    assert [depot.can_see_group(each) for each in (VISITORS, EMPTY, FLOOR)] == [True, True, True]
    assert [depot.holds_group(each) for each in (VISITORS, EMPTY, FLOOR)] == [False, True, True]
    assert both.holds_group(VISITORS)
    assert [scope(YARD.id).can_see_group(each) for each in (VISITORS, EMPTY, FLOOR)] == [False, True, False]


def test_rights_are_his_to_give_on_what_is_his_whole() -> None:
    depot = scope(DEPOT.id)
    given = [DEPOT, GROUND_FLOOR, DEP_1, FLOOR]
    assert [depot.can_manage(place(each)) for each in given] == [True] * 4
    assert [depot.can_manage(place(each)) for each in (COMPANY, OFFICE, OFF_1, VISITORS)] == [False] * 4
    unknown = [Place(PlaceKind.SITE, 99), Place(PlaceKind.CHARGER, "RIV-1"), Place(PlaceKind.ACCESS_GROUP, 99)]
    assert [depot.can_manage(each) for each in unknown] == [False] * 3


def test_of_a_site_above_his_he_sees_his_own() -> None:
    depot = scope(CIRCUIT_A.id, YARD.id, OFFICE.id)
    assert depot.visible(YARD.id) == (YARD.id,)
    assert depot.visible(COMPANY.id) == (CIRCUIT_A.id, YARD.id)
    assert depot.visible(DEPOT.id) == (CIRCUIT_A.id,)
    assert scope(YARD.id).visible(DEPOT.id) == ()
    assert everywhere().visible(COMPANY.id) == (COMPANY.id,)


def test_site_access_is_covered_by_the_same_or_more() -> None:
    depot = scope(DEPOT.id)
    assert [depot.covers(each) for each in ((DEPOT.id,), (CIRCUIT_A.id, GROUND_FLOOR.id), (), (99,))] == [True] * 4
    assert [depot.covers(each) for each in ((COMPANY.id,), (DEPOT.id, YARD.id), (OFFICE.id, 99), None)] == [False] * 4


def test_a_right_above_a_site_reaches_it_and_one_beside_it_does_not() -> None:
    facts = network(GROUPS)
    at_circuit, at_office = Scope(facts, [CIRCUIT_A.id]), Scope(facts, [OFFICE.id])
    for what, circuit, office in (
        (CIRCUIT_A, True, False),
        (DEPOT, True, False),
        (YARD, False, False),
        (CIR_1, True, False),
        (GF_1, False, False),
        (VISITORS, True, True),
        (FLOOR, False, False),
        (EMPTY, False, False),
    ):
        assert (at_circuit.reached_from(place(what)), at_office.reached_from(place(what))) == (circuit, office), what
        assert Scope(facts, UNLIMITED).reached_from(place(what)) is (what is not EMPTY)
