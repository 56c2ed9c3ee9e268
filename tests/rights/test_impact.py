"""What a change would mean: the drivers who gain and lose access, by charger, site and driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chargerights.rights import apply
from chargerights.rights.errors import DomainError
from chargerights.rights.impact import Difference, Footprint, Impact, impact
from chargerights.rights.model import AccessGroup, Charger, Driver, Hours, Site
from chargerights.rights.network import Network
from tests.rights.strategies import CHARGER_IDS, GROUP_IDS, SITE_IDS, facts, instants, places
from tests.rights.test_apply_agrees import any_driver, charger_ids, driver_ids, group_ids, parent_ids, site_ids
from tests.support import oracle
from tests.support.oracle import Facts
from tests.support.world import (
    ALICE,
    AN_INSTANT,
    BOB,
    CAROL,
    CIR_2,
    CIRCUIT_A,
    COMPANY,
    DAN,
    DEP_1,
    DEPOT,
    ERIN,
    FRANK,
    GF_1,
    GRACE,
    GROUND_FLOOR,
    HEIDI,
    IVAN,
    JUDY,
    NIAJ,
    NOW,
    OFF_1,
    OFFICE,
    OLIVIA,
    PEGGY,
    TOMORROW,
    VISITORS,
    YARD,
    On,
    driver,
    network,
)

Change = Callable[[Network], None]
DEPOT_CHARGERS = {"DEP-1", "GF-1", "CIR-1", "CIR-2"}
DEPOT_SITES = {DEPOT.id, GROUND_FLOOR.id, CIRCUIT_A.id}


def of(*them: Change, at: datetime = NOW) -> Impact:
    """The impact of these changes on the cast."""
    before = network()
    after = before.fork()
    for change in them:
        change(after)
    return impact(before, after, at)


def put(value: Any) -> Change:
    kinds: dict[type, Any] = {
        Site: apply.put_site,
        Charger: apply.put_charger,
        AccessGroup: apply.put_access_group,
        Driver: apply.put_driver,
    }
    return lambda after: kinds[type(value)](after, value)


def gained(found: Impact) -> dict[int | str, list[int]]:
    return _some(found, 0)


def lost(found: Impact) -> dict[int | str, list[int]]:
    return _some(found, 1)


def _some(found: Impact, which: int) -> dict[int | str, list[int]]:
    both: Iterable[tuple[int | str, Difference]] = [*found.chargers.items(), *found.sites.items()]
    return {key: list(difference[which]) for key, difference in both if difference[which]}


def test_a_change_that_touches_no_right_has_no_impact() -> None:
    renamed = put(replace(DEPOT, name="Depot East", timezone="Asia/Tokyo"))
    described = put(replace(DEP_1, name="Front gate"))
    at_home = put(replace(ALICE, name="Alicia", home_site_id=OFFICE.id))
    found = of(renamed, described, at_home)
    assert found == Impact(NOW, {}, {}, None)
    assert (list(found.gaining), list(found.losing)) == ([], [])


def test_weekly_hours_and_tags_have_no_impact_for_lists_do_not_ask_them() -> None:
    (right,) = ALICE.rights
    hours = put(replace(ALICE, rights=(replace(right, hours=(Hours(1, 0, 60),)),)))
    blocked = put(replace(BOB, tags=()))
    assert gained(of(hours, blocked)) == lost(of(hours, blocked)) == {}


def test_a_right_on_a_site_is_gained_at_the_site_all_below_it_and_the_sites_above_it() -> None:
    found = of(put(replace(DAN, rights=ALICE.rights)))
    assert gained(found) == {each: [DAN.id] for each in {*DEPOT_CHARGERS, *DEPOT_SITES, COMPANY.id}}
    assert lost(found) == {}
    assert (list(found.gaining), list(found.losing)) == ([DAN.id], [])


def test_a_right_on_a_charger_or_an_access_group_is_gained_there_and_at_the_sites_above() -> None:
    chain = {CIRCUIT_A.id, GROUND_FLOOR.id, DEPOT.id, COMPANY.id}
    by_name = of(put(driver(4, "Dan", On(CIR_2))))
    assert gained(by_name) == {each: [DAN.id] for each in {"CIR-2", *chain}}
    by_group = of(put(driver(4, "Dan", On(VISITORS))))
    assert gained(by_group) == {each: [DAN.id] for each in {"CIR-2", "OFF-1", OFFICE.id, *chain}}


def test_who_keeps_access_by_another_right_loses_nothing() -> None:
    both = driver(1, "Alice", On(DEPOT), On(COMPANY))
    before, after = network(), network()
    apply.put_driver(before, both)
    apply.put_driver(after, driver(1, "Alice", On(COMPANY)))
    assert impact(before, after, NOW) == Impact(NOW, {}, {}, None)


def test_a_removed_driver_loses_all_he_had() -> None:
    found = of(lambda after: apply.remove_driver(after, NIAJ.id))
    assert lost(found) == {each: [NIAJ.id] for each in ("GF-1", GROUND_FLOOR.id, DEPOT.id, COMPANY.id)}


def test_a_disabled_driver_loses_and_an_enabled_one_gains_what_his_rights_reach() -> None:
    found = of(put(replace(ALICE, enabled=False)), put(replace(FRANK, enabled=True)))
    reached = {*DEPOT_CHARGERS, *DEPOT_SITES, COMPANY.id}
    assert lost(found) == {each: [ALICE.id] for each in reached}
    assert gained(found) == {each: [FRANK.id] for each in reached}


def test_a_disabled_drivers_rights_have_no_impact() -> None:
    found = of(put(replace(FRANK, rights=())))
    assert gained(found) == lost(found) == {}
    assert of(put(driver(99, "New", On(COMPANY), enabled=False))) == Impact(NOW, {}, {}, None)


def test_a_moved_charger_changes_the_lists_of_its_old_and_its_new_sites() -> None:
    found = of(put(replace(GF_1, site_id=OFFICE.id)))
    by_the_depot = [each.id for each in (ALICE, BOB, ERIN, GRACE, HEIDI, IVAN)]
    assert lost(found) == {"GF-1": by_the_depot} | {each: [NIAJ.id] for each in (GROUND_FLOOR.id, DEPOT.id, COMPANY.id)}
    assert gained(found) == {OFFICE.id: [NIAJ.id]}


def test_a_moved_site_takes_its_own_rights_along_and_leaves_those_above() -> None:
    found = of(put(replace(YARD, parent_id=OFFICE.id)))
    assert gained(found) == {OFFICE.id: [OLIVIA.id]}
    assert lost(found) == {YARD.id: [BOB.id], COMPANY.id: [OLIVIA.id]}


def test_a_site_and_a_charger_that_are_new_are_gained_by_those_whose_rights_reach_them() -> None:
    annex = Site(7, "Annex", DEPOT.id)
    found = of(put(annex), put(Charger(9, "ANX-1", annex.id)))
    assert gained(found)["ANX-1"] == gained(found)[annex.id]
    assert set(gained(found)["ANX-1"]) >= {ALICE.id, BOB.id, ERIN.id}
    assert gained(found).keys() == {"ANX-1", annex.id}


def test_a_removed_charger_is_lost_by_all_who_had_it() -> None:
    found = of(lambda after: apply.remove_charger(after, DEP_1.charger_id))
    assert set(lost(found)["DEP-1"]) >= {ALICE.id, BOB.id}
    assert found.sites == {}


def test_a_charger_put_into_an_access_group_is_gained_by_its_holders() -> None:
    more = put(replace(VISITORS, charger_ids=VISITORS.charger_ids | {DEP_1.charger_id}))
    assert gained(of(more)) == {"DEP-1": [JUDY.id]}
    fewer = put(replace(VISITORS, charger_ids=frozenset({CIR_2.charger_id})))
    assert lost(of(fewer)) == {"OFF-1": [JUDY.id], OFFICE.id: [JUDY.id]}


def test_a_right_that_begins_later_has_its_impact_from_then_on_and_says_so() -> None:
    later = put(driver(4, "Dan", On(OFF_1, valid_from=TOMORROW)))
    now, before, then = (of(later, at=at) for at in (NOW, TOMORROW - AN_INSTANT, TOMORROW))
    assert (gained(now), now.changes_again_at) == ({}, TOMORROW)
    assert (gained(before), before.changes_again_at) == ({}, TOMORROW)
    assert (gained(then), then.changes_again_at) == ({"OFF-1": [DAN.id], OFFICE.id: [DAN.id]}, None)


def test_only_windows_that_the_change_touches_make_it_change_again() -> None:
    assert of(put(driver(4, "Dan", On(DEPOT)))).changes_again_at is None  # though Peggy's begins there tomorrow
    assert of(put(replace(PEGGY, enabled=False))).changes_again_at == TOMORROW
    assert of(put(replace(CAROL, rights=()))).changes_again_at is None  # it has ended


def test_a_driver_may_gain_here_and_lose_there() -> None:
    found = of(put(driver(11, "Niaj", On(OFF_1))))
    assert (list(found.gaining), list(found.losing)) == ([NIAJ.id], [NIAJ.id])
    assert found.footprints([NIAJ.id, ALICE.id]) == {NIAJ.id: Footprint(1, 1, 1, 3), ALICE.id: Footprint()}


def test_a_footprint_counts_every_charger_of_a_site() -> None:
    found = of(put(replace(DAN, rights=ALICE.rights)), put(replace(NIAJ, rights=())))
    assert found.footprints([DAN.id]) == {DAN.id: Footprint(chargers_gained=4, sites_gained=4)}
    assert found.footprints([NIAJ.id]) == {NIAJ.id: Footprint(chargers_lost=1, sites_lost=3)}


def test_an_impact_can_be_looked_at_within_some_sites_and_chargers() -> None:
    found = of(put(replace(DAN, rights=ALICE.rights))).within({DEPOT.id, OFFICE.id}, {"CIR-1", "OFF-1"})
    assert gained(found) == {DEPOT.id: [DAN.id], "CIR-1": [DAN.id]}
    assert list(found.gaining) == [DAN.id]
    assert list(found.within((), ()).gaining) == []


def test_the_first_network_of_a_customer_is_all_gain() -> None:
    found = impact(Network(), network(), NOW)
    assert lost(found) == {}
    assert gained(found).keys() == {*network().chargers, *network().sites}


ALL_PLACES = places(SITE_IDS, CHARGER_IDS, GROUP_IDS)
any_change = st.one_of(
    st.builds(lambda i, parent: put(Site(i, "Put", parent)), site_ids, parent_ids),
    st.builds(lambda charger_id, site_id: put(Charger(9, charger_id, site_id)), charger_ids, site_ids),
    st.builds(lambda i, members: put(AccessGroup(i, "Put", members)), group_ids, st.frozensets(charger_ids)),
    st.builds(put, any_driver),
    *(
        st.builds(lambda key, remove=remove: lambda after: remove(after, key), keys)
        for remove, keys in (
            (apply.remove_site, site_ids),
            (apply.remove_charger, charger_ids),
            (apply.remove_access_group, group_ids),
            (apply.remove_driver, driver_ids),
        )
    ),
)


def facts_of(network: Network) -> Facts:
    return Facts(
        [*network.sites.values()],
        [*network.chargers.values()],
        [*network.access_groups.values()],
        [*network.drivers.values()],
    )


def by_the_oracle(before: Facts, after: Facts, at: datetime) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Gained and lost, by asking for every charger and site of both."""
    more: dict[Any, Any] = {}
    less: dict[Any, Any] = {}
    chargers = {each.charger_id for each in (*before.chargers, *after.chargers)}
    sites = {each.id for each in (*before.sites, *after.sites)}
    for key in (*chargers, *sites):
        old, new = (_listed(facts, key, at) for facts in (before, after))
        if new - old:
            more[key] = sorted(new - old)
        if old - new:
            less[key] = sorted(old - new)
    return more, less


def _listed(facts: Facts, key: str | int, at: datetime) -> set[int]:
    if isinstance(key, str):
        known = any(each.charger_id == key for each in facts.chargers)
        return set(oracle.drivers_of_charger(facts, key, at)) if known else set()
    known = any(each.id == key for each in facts.sites)
    return set(oracle.drivers_of_site(facts, key, at)) if known else set()


@given(facts(), st.lists(any_change, min_size=1, max_size=6), st.lists(instants, min_size=1, max_size=3))
def test_an_impact_is_the_oracles(start: Facts, them: list[Change], asked: list[datetime]) -> None:
    before = network(start)
    after = before.fork()
    for change in them:
        try:
            change(after)
        except DomainError:
            continue
    for at in asked:
        found = impact(before, after, at)
        assert (gained(found), lost(found)) == by_the_oracle(start, facts_of(after), at)
        for driver_id, footprint in found.footprints(found.gaining | found.losing).items():
            differences = [*found.chargers.values()], [*found.sites.values()]
            assert footprint == Footprint(
                *(sum(driver_id in each[which] for each in kind) for kind in differences for which in (0, 1))
            )


@given(facts(), facts(), instants)
def test_an_impact_between_networks_that_share_nothing_is_the_oracles(one: Facts, other: Facts, at: datetime) -> None:
    found = impact(network(one), network(other), at)
    assert (gained(found), lost(found)) == by_the_oracle(one, other, at)
