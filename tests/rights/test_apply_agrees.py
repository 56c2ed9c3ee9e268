"""Any changes, in any order, with questions between them, leave the network that its facts would build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
from chargerights.rights.errors import DomainError
from chargerights.rights.listing import drivers_of_site
from chargerights.rights.model import AccessGroup, Charger, Driver, Site
from chargerights.rights.network import Network
from tests.rights.strategies import (
    CHARGER_IDS,
    DRIVER_IDS,
    GROUP_IDS,
    SITE_IDS,
    TAGS,
    ZONES,
    drivers,
    facts,
    instants,
    places,
)
from tests.support import oracle
from tests.support.oracle import Facts
from tests.support.world import NOW, network

ALL_PLACES = places(SITE_IDS, CHARGER_IDS, GROUP_IDS)
site_ids, charger_ids = st.sampled_from(SITE_IDS), st.sampled_from(CHARGER_IDS)
group_ids, driver_ids = st.sampled_from(GROUP_IDS), st.sampled_from(DRIVER_IDS)
parent_ids = st.one_of(st.none(), site_ids)
timezones = st.sampled_from(ZONES)
any_driver = st.builds(
    lambda driver_id, texts: drivers(driver_id, texts, SITE_IDS, ALL_PLACES),
    driver_ids,
    st.sets(st.sampled_from(TAGS), max_size=2),
).flatmap(lambda strategy: strategy)


@dataclass
class Branch:
    """A network and the facts that it must be the network of."""

    network: Network
    facts: Facts


class Changes(RuleBasedStateMachine):
    """Changes one of up to three networks, which were forked from each other, and sees that none is wrong after."""

    @initialize(start=facts())
    def begin(self, start: Facts) -> None:
        self.branches = [Branch(network(start), start)]

    @precondition(lambda self: len(self.branches) < 3)
    @rule()
    def fork(self) -> None:
        self.branches.insert(0, Branch(self.branches[0].network.fork(), self.branches[0].facts))

    @rule()
    def turn_to_the_next_network(self) -> None:
        self.branches.append(self.branches.pop(0))

    @rule(site_id=site_ids, at=instants)
    def ask(self, site_id: int, at: datetime) -> None:
        asked = self.branches[0]
        if site_id in asked.network.sites:
            listed = oracle.drivers_of_site(asked.facts, site_id, at)
            assert list(drivers_of_site(asked.network, site_id, at).drivers) == sorted(listed)

    @rule(
        site=st.builds(lambda i, parent, zone: Site(i, "Put", parent, timezone=zone), site_ids, parent_ids, timezones)
    )
    def put_site(self, site: Site) -> None:
        self.put(put_site, "sites", "id", site)

    @rule(
        charger=st.builds(
            lambda *members: Charger(9, *members), charger_ids, site_ids, st.sampled_from([None, "A", "b"])
        )
    )
    def put_charger(self, charger: Charger) -> None:
        self.put(put_charger, "chargers", "charger_id", charger)

    @rule(group=st.builds(lambda i, members: AccessGroup(i, "Put", members), group_ids, st.frozensets(charger_ids)))
    def put_access_group(self, group: AccessGroup) -> None:
        self.put(put_access_group, "access_groups", "id", group)

    @rule(driver=any_driver)
    def put_driver(self, driver: Driver) -> None:
        self.put(put_driver, "drivers", "id", driver)

    @rule(site_id=site_ids)
    def remove_site(self, site_id: int) -> None:
        self.remove(remove_site, "sites", "id", site_id)

    @rule(charger_id=charger_ids)
    def remove_charger(self, charger_id: str) -> None:
        self.remove(remove_charger, "chargers", "charger_id", charger_id)

    @rule(group_id=group_ids)
    def remove_access_group(self, group_id: int) -> None:
        self.remove(remove_access_group, "access_groups", "id", group_id)

    @rule(driver_id=driver_ids)
    def remove_driver(self, driver_id: int) -> None:
        self.remove(remove_driver, "drivers", "id", driver_id)

    def put(self, change: Callable[[Network, Any], None], kind: str, key: str, value: Any) -> None:
        others = self.without(kind, key, getattr(value, key))
        self.change(change, value, self.branches[0].facts._replace(**{kind: [*others, value]}), known=True)

    def remove(self, change: Callable[[Network, Any], None], kind: str, key: str, value: Any) -> None:
        others = self.without(kind, key, value)
        known = len(others) < len(getattr(self.branches[0].facts, kind))
        self.change(change, value, self.branches[0].facts._replace(**{kind: others}), known)

    def without(self, kind: str, key: str, value: Any) -> list[Any]:
        return [each for each in getattr(self.branches[0].facts, kind) if getattr(each, key) != value]

    def change(self, change: Callable[[Network, Any], None], value: Any, after: Facts, known: bool) -> None:
        """A change is refused exactly when what it removes is not there, or the facts after it would not agree."""
        branch = self.branches[0]
        if known and oracle.consistent(after):
            change(branch.network, value)
            branch.facts = after
        else:
            with pytest.raises(DomainError):
                change(branch.network, value)

    @invariant()
    def every_network_is_that_of_its_facts(self) -> None:
        for branch in self.branches:
            assert branch.network == network(branch.facts)

    @invariant()
    def every_network_answers_as_a_fresh_one(self) -> None:
        for branch in self.branches:
            warm, fresh = branch.network.fork(), network(branch.facts)  # a fork, to remember no more than was asked
            for site_id in fresh.sites:
                remembered, listing = drivers_of_site(warm, site_id, NOW), drivers_of_site(fresh, site_id, NOW)
                assert remembered.drivers == listing.drivers
                assert (remembered.since, remembered.until) == (listing.since, listing.until)


TestChanges = Changes.TestCase
TestChanges.settings = settings(stateful_step_count=30)
