"""Changes that are tried: the same impact as the change made, and nothing kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from chargerights.replica import preview as preview_module
from chargerights.replica.as_of import AsOfNetworks
from chargerights.replica.images import NetworkReplicas, NetworkSnapshot
from chargerights.replica.preview import Preview, preview
from chargerights.rights.errors import UnknownDriver
from chargerights.rights.impact import Impact, impact
from chargerights.rights.model import Place, PlaceKind, Site
from chargerights.storage import networks, revisions
from chargerights.storage.changes import rights
from chargerights.storage.database import Database
from chargerights.storage.journal import UnknownCustomer
from chargerights.storage.revisions import Revision
from tests.replica.test_as_of import drop, put
from tests.replica.test_images_walk import Walk
from tests.storage.writing import OCCASION, everything, put_facts, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.world import ALICE, BOB, DAN, DEPOT, FACTS, NOW, OFFICE, TOMORROW, On, driver

Work = Callable[[Revision], Any]
ON_OFFICE = Place(PlaceKind.SITE, OFFICE.id)


def all_of(*them: Work) -> Work:
    return lambda revision: [each(revision) for each in them]


def made(customer: int, work: Work) -> Callable[[Connection], Any]:
    return lambda connection: revisions.make(connection, customer, OCCASION, work)


class Doors:
    """What a process has to preview changes with."""

    def __init__(self, database: Database, images: NetworkReplicas | None = None) -> None:
        self.database = database
        self.images = images or NetworkReplicas(database, lambda: NOW)
        self.history = AsOfNetworks(database)

    async def preview(self, customer: int, work: Work) -> Preview[Any]:
        return await preview(self.database, self.images, self.history, customer, NOW, made(customer, work))


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_impact_of_a_try_is_that_of_the_change_made(database: Database, customer: int, seed: int) -> None:
    walk, doors = Walk(seed), Doors(database)
    for step in range(30):
        work = all_of(*(put(each) if putting else drop(each) for each, putting in walk.changes()))
        before, rows = stored(database, customer), database.read_now(everything)
        tried = await doors.preview(customer, work)
        assert database.read_now(everything) == rows, f"step {step}"
        assert (tried.before, tried.revision) == (before, revision_of(database, customer))
        database.write_now(made(customer, work))
        after = stored(database, customer)
        assert (tried.after, tried.impact) == (after, impact(before, after, NOW)), f"step {step}"
    await database.close()


async def test_a_try_answers_what_the_change_would(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS, reserve=1000)
    tried = await Doors(database).preview(customer, lambda revision: rights.grant(revision, DAN.id, ON_OFFICE))
    granted = database.write_now(made(customer, lambda revision: rights.grant(revision, DAN.id, ON_OFFICE)))
    assert tried.answer == granted
    assert {key: list(each.gained) for key, each in tried.impact.chargers.items()} == {"OFF-1": [DAN.id]}
    await database.close()


async def test_a_try_that_is_refused_raises_the_refusal_and_keeps_nothing(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    rows = database.read_now(everything)
    with pytest.raises(UnknownDriver, match="99"):
        await Doors(database).preview(customer, all_of(put(OFFICE), lambda each: rights.grant(each, 99, ON_OFFICE)))
    assert database.read_now(everything) == rows


async def test_a_customer_that_there_is_not_has_nothing_to_try(database: Database) -> None:
    with pytest.raises(UnknownCustomer):
        await Doors(database).preview(99, put(OFFICE))


async def test_a_try_that_changes_nothing_has_no_impact(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    tried = await Doors(database).preview(customer, put(ALICE))
    assert (tried.revision, tried.impact) == (1, Impact(NOW, {}, {}, None))
    await database.close()


async def test_a_try_of_two_drivers_who_change_tags_is_that_of_the_change(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    swapped = [
        replace(ALICE, tags=(replace(BOB.tags[0], driver_id=ALICE.id),), rights=()),
        replace(BOB, tags=(replace(ALICE.tags[0], driver_id=BOB.id),)),
    ]
    tried = await Doors(database).preview(customer, lambda revision: revision.put_drivers(swapped))
    assert list(tried.impact.losing) == [ALICE.id]
    database.write_now(made(customer, lambda revision: revision.put_drivers(swapped)))
    assert tried.after == stored(database, customer)
    await database.close()


@pytest.mark.parametrize("limit", [None, "ONE_BY_ONE", "CHANGES_WORTH_READING"])
async def test_a_bulk_change_and_one_of_many_drivers_are_tried_too(
    database: Database, customer: int, limit: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit is not None:
        monkeypatch.setattr(preview_module, limit, 10)
    put_facts(database, customer, FACTS)
    new = [driver(100 + number, f"New {number}", On(OFFICE)) for number in range(30)]
    annex = Site(77, "Annex", OFFICE.id)

    def load(revision: Revision) -> None:
        networks.store(revision, [annex], [], [], new)

    for work in (load, all_of(put(annex), lambda revision: revision.put_drivers(new))):
        tried = await Doors(database).preview(customer, work)
        assert list(tried.impact.gaining) == [each.id for each in new]
        assert tried.impact.sites.keys() == {annex.id, OFFICE.id}
    assert stored(database, customer).sites.keys() == {each.id for each in FACTS.sites}
    await database.close()


async def test_what_others_change_meanwhile_is_no_part_of_the_impact(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)

    class Late(NetworkReplicas):
        """Somebody else's change comes between the try and the comparison."""

        async def fresh(self, customer_id: int, revision: int, live_version: int = 0) -> NetworkSnapshot:
            database.write_now(made(customer, put(replace(BOB, rights=()))))
            return await super().fresh(customer_id, revision + 1, live_version)

    tried = await Doors(database, Late(database, lambda: NOW)).preview(customer, put(replace(ALICE, rights=())))
    assert (list(tried.impact.losing), tried.revision) == ([ALICE.id], 1)
    assert tried.after.drivers[BOB.id] == BOB
    await database.close()


async def test_a_try_that_a_load_overtakes_is_made_again(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    loads = iter([Site(77, "Annex", DEPOT.id)])

    class Late(NetworkReplicas):
        """Somebody loads a site below the Depot between the first try and its comparison."""

        async def fresh(self, customer_id: int, revision: int, live_version: int = 0) -> NetworkSnapshot:
            for site in loads:
                store_facts(database, customer, Facts([site]))
                revision += 1
            return await super().fresh(customer_id, revision, live_version)

    tried = await Doors(database, Late(database, lambda: NOW)).preview(customer, put(replace(ALICE, rights=())))
    assert (tried.revision, 77 in tried.impact.sites) == (2, True)
    await database.close()


async def test_a_try_is_of_its_instant(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    doors = Doors(database)
    work = made(customer, put(driver(DAN.id, "Dan", On(DEPOT, valid_from=TOMORROW))))
    found = [await preview(database, doors.images, doors.history, customer, at, work) for at in (NOW, TOMORROW)]
    assert [list(each.impact.gaining) for each in found] == [[], [DAN.id]]
    await database.close()
