"""States of a revision, applied to a network together, leave the network that is built from the resulting facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chargerights.rights.decide import decide
from chargerights.rights.entity_states import EntityState, NetworkEntity, apply_states, rebuild
from chargerights.rights.errors import StillReferenced, TagTaken
from chargerights.rights.model import AccessGroup, Charger, Driver, Site
from tests.support.world import (
    ALICE,
    BOB,
    DEP_1,
    GF_1,
    GROUND_FLOOR,
    NIAJ,
    NOW,
    OFFICE,
    YARD,
    On,
    driver,
    network,
)

ATTIC = Site(7, "Attic", YARD.id)
NEW_1 = Charger(9, "NEW-1", ATTIC.id)
NEIGHBOURS = AccessGroup(2, "Neighbours", frozenset({NEW_1.charger_id}))
NEWCOMER = driver(99, "Newcomer", On(NEW_1), On(NEIGHBOURS), home=ATTIC)


def put(entity: NetworkEntity) -> EntityState:
    return EntityState(type(entity), entity.charger_id if isinstance(entity, Charger) else entity.id, entity)


def gone(entity: NetworkEntity) -> EntityState:
    return put(entity)._replace(entity=None)


def with_tags_of(who: Driver, other: Driver) -> Driver:
    """The driver with the other's tags instead."""
    return replace(who, tags=tuple(replace(tag, driver_id=who.id) for tag in other.tags))


REVISIONS = {
    "nothing": [],
    "a new branch of the tree, and a driver there": [put(ATTIC), put(NEW_1), put(NEIGHBOURS), put(NEWCOMER)],
    "the driver before the places": [put(NEWCOMER), put(ATTIC), put(NEW_1), put(NEIGHBOURS)],
    "two drivers exchange their tags": [put(with_tags_of(ALICE, BOB)), put(with_tags_of(BOB, ALICE))],
    "a driver gets the tag of one who is removed": [put(with_tags_of(ALICE, BOB)), gone(BOB)],
    "rights alone": [put(replace(ALICE, rights=())), put(replace(BOB, rights=NIAJ.rights))],
    "a charger goes with the rights on it": [gone(GF_1), put(replace(NIAJ, rights=()))],
    "a site moves under a driver": [put(replace(GROUND_FLOOR, parent_id=YARD.id)), put(replace(BOB, enabled=False))],
    "the last state of a driver counts": [gone(ALICE), put(with_tags_of(ALICE, BOB)), gone(BOB), put(ALICE)],
    "a driver that was added and removed": [put(NEWCOMER), gone(NEWCOMER)],
}


@pytest.mark.parametrize("states", REVISIONS.values(), ids=REVISIONS)
def test_applying_and_rebuilding_give_the_same_network(states: list[EntityState]) -> None:
    before, changed = network(), network()
    apply_states(changed, states)
    assert changed == rebuild(before, states)
    assert before == network()


def test_a_tag_that_changed_hands_is_its_new_driver_s() -> None:
    changed = network()
    apply_states(changed, REVISIONS["two drivers exchange their tags"])
    decision = decide(changed, BOB.tags[0].id_tag, DEP_1.charger_id, NOW)
    assert decision.driver is not None
    assert decision.driver.id == ALICE.id


def test_states_that_contradict_each_other_are_rejected() -> None:
    with pytest.raises(TagTaken):
        apply_states(network(), [put(with_tags_of(ALICE, BOB))])
    with pytest.raises(StillReferenced):
        apply_states(network(), [gone(OFFICE)])
