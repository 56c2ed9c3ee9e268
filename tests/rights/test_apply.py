"""What one change does to the answers. That any changes leave the right network is in test_changes_agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chargerights.rights.apply import (
    put_access_group,
    put_charger,
    put_driver,
    put_site,
    remove_access_group,
    remove_charger,
    remove_driver,
    remove_site,
)
from chargerights.rights.decide import decide
from chargerights.rights.errors import SiteTooDeep
from chargerights.rights.identifiers import MAX_SITE_DEPTH
from chargerights.rights.listing import drivers_of_site
from chargerights.rights.model import AccessGroup, Charger, Driver, Hours, Site
from chargerights.rights.network import Network
from tests.support.world import (
    ALICE,
    BOB,
    CIR_1,
    CIR_2,
    CIRCUIT_A,
    COMPANY,
    DEP_1,
    DEPOT,
    FACTS,
    FRANK,
    GF_1,
    GROUND_FLOOR,
    JUDY,
    NIAJ,
    NOW,
    OFFICE,
    OLIVIA,
    VISITORS,
    YARD,
    On,
    driver,
    network,
)

ATTIC = Site(7, "Attic", YARD.id)
NEW_1 = Charger(9, "NEW-1", YARD.id)


def listed(network: Network) -> dict[int, set[int]]:
    return {site_id: set(drivers_of_site(network, site_id, NOW).drivers) for site_id in network.sites}


def rights(who: Driver, *on: On) -> Driver:
    """The same driver with those rights instead."""
    return replace(who, rights=driver(who.id, who.name, *on).rights)


def put_all(network: Network, *facts: Site | Charger | AccessGroup | Driver) -> None:
    for fact in facts:
        match fact:
            case Site():
                put_site(network, fact)
            case Charger():
                put_charger(network, fact)
            case AccessGroup():
                put_access_group(network, fact)
            case Driver():
                put_driver(network, fact)


CHANGES: dict[str, tuple[Callable[[Network], None], dict[int, tuple[set[int], set[int]]]]] = {
    "a right on a site lists its holder there, above and below": (
        lambda net: put_driver(net, rights(OLIVIA, On(GROUND_FLOOR))),
        {
            DEPOT.id: (set(), {OLIVIA.id}),
            GROUND_FLOOR.id: (set(), {OLIVIA.id}),
            CIRCUIT_A.id: (set(), {OLIVIA.id}),
            YARD.id: ({OLIVIA.id}, set()),
        },
    ),
    "a right on a charger lists its holder there and above": (
        lambda net: put_driver(net, rights(NIAJ, On(GF_1), On(CIR_1))),
        {CIRCUIT_A.id: (set(), {NIAJ.id})},
    ),
    "a right on an access group lists its holder wherever it has chargers": (
        lambda net: put_driver(net, rights(ALICE, On(VISITORS))),
        {OFFICE.id: (set(), {ALICE.id})},
    ),
    "a revoked right lists no driver": (
        lambda net: put_driver(net, rights(BOB)),
        {site.id: ({BOB.id}, set()) for site in (COMPANY, DEPOT, GROUND_FLOOR, CIRCUIT_A, YARD)},
    ),
    "weekly hours change no list": (
        lambda net: put_driver(net, rights(ALICE, On(DEPOT, hours=(Hours(7, 0, 1),)))),
        {},
    ),
    "a right that ended lists no driver": (
        lambda net: put_driver(net, rights(OLIVIA, On(YARD, valid_until=NOW))),
        {COMPANY.id: ({OLIVIA.id}, set()), YARD.id: ({OLIVIA.id}, set())},
    ),
    "a driver who is disabled is listed nowhere": (
        lambda net: put_driver(net, replace(JUDY, enabled=False)),
        {site.id: ({JUDY.id}, set()) for site in (COMPANY, DEPOT, GROUND_FLOOR, CIRCUIT_A, OFFICE)},
    ),
    "a driver who is enabled is listed again": (
        lambda net: put_driver(net, replace(FRANK, enabled=True)),
        {site.id: (set(), {FRANK.id}) for site in (COMPANY, DEPOT, GROUND_FLOOR, CIRCUIT_A)},
    ),
    "a driver who is removed is listed nowhere": (
        lambda net: remove_driver(net, OLIVIA.id),
        {COMPANY.id: ({OLIVIA.id}, set()), YARD.id: ({OLIVIA.id}, set())},
    ),
    "a home site changes no list": (lambda net: put_driver(net, replace(ALICE, home_site_id=OFFICE.id)), {}),
    "a site that moves takes along the drivers that may charge there, and comes under the rights above its new place": (
        lambda net: put_site(net, replace(GROUND_FLOOR, parent_id=OFFICE.id)),
        {
            COMPANY.id: ({JUDY.id, NIAJ.id}, set()),
            DEPOT.id: ({JUDY.id, NIAJ.id}, set()),
            GROUND_FLOOR.id: ({1, 2, 5, 7, 8, 9}, set()),
            CIRCUIT_A.id: ({1, 2, 5, 7, 8, 9}, set()),
            OFFICE.id: (set(), {NIAJ.id}),
        },
    ),
    "a site that becomes a root is out of reach of the rights above": (
        lambda net: put_site(net, replace(YARD, parent_id=None)),
        {COMPANY.id: ({OLIVIA.id}, set()), YARD.id: ({BOB.id}, set())},
    ),
    "a site that is renamed keeps its lists": (lambda net: put_site(net, replace(DEPOT, name="Old depot")), {}),
    "a charger that moves takes along the drivers that may charge there": (
        lambda net: put_charger(net, replace(GF_1, site_id=YARD.id)),
        {DEPOT.id: ({NIAJ.id}, set()), GROUND_FLOOR.id: ({NIAJ.id}, set()), YARD.id: (set(), {NIAJ.id})},
    ),
    "a charger of an access group that moves takes along the group's": (
        lambda net: put_charger(net, replace(CIR_2, site_id=YARD.id)),
        {
            **{site.id: ({JUDY.id}, set()) for site in (DEPOT, GROUND_FLOOR, CIRCUIT_A)},
            YARD.id: (set(), {JUDY.id}),
        },
    ),
    "a charger that is renamed keeps its lists": (lambda net: put_charger(net, replace(GF_1, name="Lift")), {}),
    "a charger that leaves an access group is no longer opened by it": (
        lambda net: put_access_group(net, replace(VISITORS, charger_ids=frozenset({"OFF-1"}))),
        {site.id: ({JUDY.id}, set()) for site in (COMPANY, DEPOT, GROUND_FLOOR, CIRCUIT_A)},
    ),
    "a charger that joins an access group is opened by it": (
        lambda net: put_all(net, NEW_1, replace(VISITORS, charger_ids=VISITORS.charger_ids | {"NEW-1"})),
        {YARD.id: (set(), {JUDY.id})},
    ),
    "an access group that gets other chargers is listed at those": (
        lambda net: put_access_group(net, replace(VISITORS, charger_ids=frozenset({"DEP-1"}))),
        {site.id: ({JUDY.id}, set()) for site in (GROUND_FLOOR, CIRCUIT_A, OFFICE)},
    ),
}
"""What is done, and which drivers then leave and join which sites' lists; the other lists stay as they were."""


@pytest.mark.parametrize(("change", "differences"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_shows_in_lists_that_were_asked_for_before(
    change: Callable[[Network], None], differences: dict[int, tuple[set[int], set[int]]]
) -> None:
    asked = network()
    before = listed(asked)
    change(asked)
    after = listed(asked)
    assert {
        site_id: (before[site_id] - after[site_id], after[site_id] - before[site_id])
        for site_id in before
        if before[site_id] != after[site_id]
    } == differences


def test_whatever_nothing_needs_can_be_removed_again() -> None:
    asked = network()
    staff = AccessGroup(2, "Staff", frozenset({"NEW-1", "DEP-1"}))
    trent = driver(20, "Trent", On(ATTIC), On(NEW_1), On(staff), home=ATTIC)
    put_all(asked, ATTIC, replace(NEW_1, site_id=ATTIC.id), staff, trent)
    assert decide(asked, "TRENT", "DEP-1", NOW).allowed
    assert 20 in drivers_of_site(asked, COMPANY.id, NOW).drivers
    remove_driver(asked, 20)
    remove_access_group(asked, staff.id)
    remove_charger(asked, "NEW-1")
    remove_site(asked, ATTIC.id)
    assert asked == network()
    assert listed(asked) == listed(network())


def test_a_driver_may_keep_respell_and_give_up_his_tags() -> None:
    asked = network()
    put_driver(asked, replace(ALICE, name="Alicia"))
    put_driver(asked, replace(ALICE, tags=(replace(ALICE.tags[0], id_tag="alice"),)))
    assert decide(asked, "ALICE", "DEP-1", NOW).tag == replace(ALICE.tags[0], id_tag="alice")
    put_driver(asked, replace(ALICE, tags=()))
    put_driver(asked, replace(BOB, tags=(*BOB.tags, replace(BOB.tags[0], id_tag="ALICE"))))
    assert decide(asked, "ALICE", "DEP-1", NOW).driver == asked.drivers[BOB.id]


def test_a_removed_drivers_tag_is_unknown_and_free() -> None:
    asked = network()
    remove_driver(asked, ALICE.id)
    assert asked.tag("ALICE") is None
    put_driver(asked, driver(20, "Alice"))
    assert asked.tag("ALICE") == driver(20, "Alice").tags[0]


def test_a_change_forgets_what_is_remembered_of_the_sites_it_touches_and_of_no_other() -> None:
    asked = network()
    listed(asked)
    put_charger(asked, NEW_1)
    assert set(asked.below) == {DEPOT.id, GROUND_FLOOR.id, CIRCUIT_A.id, OFFICE.id}
    listed(asked)
    put_driver(asked, rights(NIAJ))
    assert set(asked.below) == {CIRCUIT_A.id, YARD.id, OFFICE.id}


@pytest.mark.parametrize(
    "change",
    [
        lambda net: put_site(net, replace(DEPOT, name="Old depot")),
        lambda net: put_charger(net, replace(DEP_1, name="Gate 2")),
        lambda net: put_access_group(net, replace(VISITORS, name="Guests")),
        lambda net: put_driver(net, replace(ALICE, name="Alicia", tags=(), home_site_id=None)),
    ],
    ids=["site", "charger", "access group", "driver"],
)
def test_a_new_name_forgets_nothing(change: Callable[[Network], None]) -> None:
    asked = network()
    remembered = {site_id: drivers_of_site(asked, site_id, NOW) for site_id in asked.sites}
    change(asked)
    assert all(drivers_of_site(asked, site_id, NOW) is each for site_id, each in remembered.items())


def test_a_change_replaces_the_values_that_somebody_may_still_be_reading() -> None:
    asked = network()
    holders, home, disabled = asked.holders(ALICE.rights[0].place, NOW), asked.home[DEPOT.id], asked.disabled
    subsites, members = asked.subsites(COMPANY.id), asked.groups_of("CIR-2")
    remove_driver(asked, ALICE.id)
    remove_driver(asked, FRANK.id)
    put_site(asked, Site(7, "Attic", COMPANY.id))
    put_access_group(asked, AccessGroup(2, "Staff", frozenset({"CIR-2"})))
    assert ALICE.id in holders.drivers
    assert ALICE.id in home
    assert FRANK.id in disabled
    assert subsites == (DEPOT.id, YARD.id)
    assert members == (VISITORS.id,)
    assert asked.subsites(COMPANY.id) == (DEPOT.id, YARD.id, 7)
    assert asked.groups_of("CIR-2") == (VISITORS.id, 2)


def test_the_facts_of_the_cast_can_be_put_one_by_one() -> None:
    grown = Network()
    put_all(grown, *FACTS.sites, *FACTS.chargers, *FACTS.access_groups, *FACTS.drivers)
    assert grown == network()


def test_a_site_is_not_put_deeper_than_readers_of_nested_answers_go() -> None:
    tower = Network.build([Site(n, "S", n - 1 or None) for n in range(1, MAX_SITE_DEPTH + 1)], (), (), ())
    for refused in (Site(99, "S", MAX_SITE_DEPTH), Site(1, "S", 50)):
        fork = tower.fork()
        put_site(fork, Site(50, "Other"))
        with pytest.raises(SiteTooDeep, match=f"a site tree has at most {MAX_SITE_DEPTH} levels"):
            put_site(fork, refused)
    put_site(tower, Site(99, "S", MAX_SITE_DEPTH - 1))
    put_site(tower, Site(MAX_SITE_DEPTH, "renamed", MAX_SITE_DEPTH - 1))
    put_site(tower, Site(50, "Other"))
    put_site(tower, Site(50, "Other", 1))
    assert tower.height(1) == MAX_SITE_DEPTH
