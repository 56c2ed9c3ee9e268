"""A random walk of changes: after each, the image that followed the journal is the image that is loaded afresh."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from chargerights.replica.images import NetworkReplicas, NetworkSnapshot, Pin
from chargerights.rights import apply as core
from chargerights.rights.errors import DomainError
from chargerights.rights.listing import drivers_of_site
from chargerights.rights.model import (
    AccessGroup,
    Charger,
    Connector,
    Driver,
    ExternalId,
    Hours,
    Location,
    Place,
    PlaceKind,
    Right,
    Site,
    Tag,
)
from chargerights.rights.network import Network
from chargerights.storage import journal, revisions
from chargerights.storage.changes import rights as right_changes
from chargerights.storage.database import Database
from chargerights.storage.entity_types import Entity
from chargerights.storage.journal import Actor
from chargerights.storage.revisions import revise
from tests.storage.writing import OCCASION, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.world import NOW

STEPS = 50
SITES, CHARGERS, GROUPS, DRIVERS = (1, 2, 3, 4, 2**63 - 1), ("A", "B", "C"), (1, 2), (1, 2, 3, 2**63 - 1)
PUT: dict[type, Callable[[Network, Any], None]] = {
    Site: core.put_site,
    Charger: core.put_charger,
    AccessGroup: core.put_access_group,
    Driver: core.put_driver,
}
DROP: dict[type, Callable[[Network, Any], None]] = {
    Site: core.remove_site,
    Charger: core.remove_charger,
    AccessGroup: core.remove_access_group,
    Driver: core.remove_driver,
}


class Walk:
    """Draws changes that the core accepts, and keeps the network that they must lead to."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.network = Network()
        self._numbers = iter(range(10**6, 10**7))

    def changes(self) -> list[tuple[Entity, bool]]:
        """One revision's worth: entities, and whether each is put or removed."""
        wanted, found = self.random.choice((1, 1, 1, 2, 4)), []
        while len(found) < wanted:
            draw = self.random.choice((self._site, self._charger, self._group, self._driver, self._driver))
            entity, putting = draw(), self.random.random() < 0.8
            after = self.network.fork()
            try:
                if putting:
                    PUT[type(entity)](after, entity)
                else:
                    known = self._known(entity)
                    DROP[type(entity)](after, known)
                    entity = self._entity(entity, known)
            except (DomainError, KeyError):
                continue
            self.network = after
            found.append((entity, putting))
        return found

    def _known(self, entity: Entity) -> Any:
        return entity.charger_id if isinstance(entity, Charger) else entity.id

    def _entity(self, like: Entity, key: Any) -> Entity:
        """The entity of that key as the network had it."""
        kinds: dict[type, dict[Any, Any]] = {
            Site: self.network.sites,
            Charger: self.network.chargers,
            AccessGroup: self.network.access_groups,
            Driver: self.network.drivers,
        }
        found: Entity = kinds[type(like)][key]
        return found

    def _site(self) -> Site:
        zone = self.random.choice((None, "Europe/Helsinki"))
        where = Location(1.5, city="Å") if self.random.random() < 0.3 else Location()
        parent = self.random.choice((None, *SITES))
        return Site(self.random.choice(SITES), f"S{next(self._numbers)}", parent, timezone=zone, location=where)

    def _charger(self) -> Charger:
        charger_id = self.random.choice(CHARGERS)
        plugs = [Connector(number) for number in self.random.sample((1, 2, 3), self.random.randint(0, 3))]
        number = CHARGERS.index(charger_id) + 1
        properties = (("b", "1"), ("a", "2")) if self.random.random() < 0.3 else ()
        site_id = self.random.choice(SITES)
        return Charger(number, charger_id, site_id, connectors=tuple(plugs), custom_properties=properties)

    def _group(self) -> AccessGroup:
        members = frozenset(self.random.sample(CHARGERS, self.random.randint(0, 3)))
        return AccessGroup(self.random.choice(GROUPS), "G", members)

    def _driver(self) -> Driver:
        driver_id = self.random.choice(DRIVERS)
        texts = self.random.sample(("04A2", "straße", "STRASSE 2", "Łódź"), self.random.randint(0, 2))
        tags = [Tag(next(self._numbers), driver_id, text, *self._window()) for text in texts]
        rights = [self._right() for _ in range(self.random.randint(0, 4))]
        self.random.shuffle(rights)
        known = [ExternalId("b", "1"), ExternalId("a", "2", effective_from=NOW)][: self.random.randint(0, 2)]
        home = self.random.choice((None, *SITES))
        enabled = self.random.random() < 0.8
        return Driver(driver_id, "D", home, None, None, None, enabled, tuple(known), tuple(tags), tuple(rights))

    def _right(self) -> Right:
        return Right(next(self._numbers), self._place(), *self._window(), self._hours())

    def _place(self) -> Place:
        return self.random.choice(
            [
                Place(PlaceKind.SITE, self.random.choice(SITES)),
                Place(PlaceKind.CHARGER, self.random.choice(CHARGERS)),
                Place(PlaceKind.ACCESS_GROUP, self.random.choice(GROUPS)),
            ]
        )

    def _window(self) -> tuple[datetime | None, datetime | None]:
        if self.random.random() < 0.6:
            return None, None
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.random.randint(0, 10**7), microseconds=1)
        return self.random.choice(((start, None), (None, start), (start, start + timedelta(days=30))))

    def _hours(self) -> tuple[Hours, ...]:
        return (Hours(5, 1320, 120), Hours(1, 480, 1020)) if self.random.random() < 0.2 else ()


def write(connection: Connection, customer: int, them: list[tuple[Entity, bool]]) -> journal.JournalEntry | None:
    """Returns the entry as readers of the journal get it, or None if nothing was changed."""
    with revise(connection, customer, at=NOW, actor=Actor("test"), action="test") as revision:
        for entity, putting in them:
            if putting:
                revision.put(entity)
            else:
                revision.remove(entity)
    if revision.entry is not None:
        assert journal.since(connection, customer, revision.number - 1, 10_000) == [revision.entry]
    return revision.entry


def answers(network: Network) -> dict[int, list[int]]:
    return {site_id: list(drivers_of_site(network, site_id, NOW).drivers) for site_id in sorted(network.sites)}


class Holders:
    """Readers who hold images for a while and see that they stay as they were."""

    def __init__(self, random: random.Random) -> None:
        self._random = random
        self._held: list[tuple[NetworkSnapshot, Pin, int, Network]] = []

    def look(self, image: NetworkSnapshot) -> None:
        for held, _, revision, network in self._held:
            assert held.revision == revision
            assert held.network == network
        if self._random.random() < 0.3:
            self._held.append((image, image.pin(), image.revision, image.network.fork()))
        if self._held and self._random.random() < 0.3:
            del self._held[self._random.randrange(len(self._held))]


def grant(database: Database, customer: int, walk: Walk) -> None:
    """As the doors do; the walk's network gets what the answer says."""
    driver = walk.random.choice([*walk.network.drivers.values()])
    where = walk.random.choice([Place(PlaceKind.SITE, each) for each in walk.network.sites])
    right = database.write_now(revisions.make, customer, OCCASION, right_changes.grant, driver.id, where).right
    if right not in driver.rights:
        core.put_driver(walk.network, replace(driver, rights=(*driver.rights, right)))


def load(database: Database, customer: int, walk: Walk, site: Site) -> None:
    store_facts(database, customer, Facts([site]))
    core.put_site(walk.network, site)


@pytest.mark.parametrize("seed", [1, 2])
async def test_an_image_that_follows_is_the_image_that_is_loaded(database: Database, customer: int, seed: int) -> None:
    walk, images = Walk(seed), NetworkReplicas(database, lambda: NOW)
    holders = Holders(walk.random)
    for step in range(STEPS):
        for _ in range(walk.random.choice((1, 1, 3))):
            entry = database.write_now(write, customer, walk.changes())
            if entry is not None and walk.random.random() < 0.5:
                images.prefetch(customer, entry)
        if walk.random.random() < 0.1:
            load(database, customer, walk, Site(1000 + step, "Loaded"))
        if walk.random.random() < 0.2 and walk.network.drivers and walk.network.sites:
            grant(database, customer, walk)
        revision = revision_of(database, customer)
        image = await images.fresh(customer, revision)
        assert image.revision == revision
        assert image.network == stored(database, customer), f"step {step}"
        assert answers(image.network) == answers(walk.network), f"step {step}"
        holders.look(image)
    await database.close()
