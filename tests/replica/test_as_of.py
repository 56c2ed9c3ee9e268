"""The network as it was: the journal undone, held to a recorded history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete

from chargerights.replica.as_of import AsOfNetworks
from chargerights.replica.images import NetworkReplicas, NetworkSnapshot
from chargerights.rights.decide import Cause, decide
from chargerights.rights.network import Network
from chargerights.storage import journal_rewind, personal, revisions, schema
from chargerights.storage.database import Database, DatabaseFault
from chargerights.storage.entity_types import Entity, key_of, kind_of
from chargerights.storage.journal import ERASURE, ChangeContext
from chargerights.storage.journal_rewind import BEGINS, LOADED, BeforeHistory
from chargerights.storage.revisions import Revision, revise
from tests.replica.test_images_walk import Walk
from tests.storage.writing import TEST, add_customer, put_facts, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.world import ALICE, AN_INSTANT, BOB, DEP_1, DEPOT, FACTS, GF_1, NOW, OFFICE, YARD, network

A_MINUTE = timedelta(minutes=1)


def at_minute(number: int) -> datetime:
    return NOW + number * A_MINUTE


def change(database: Database, customer: int, at: datetime, *work: Callable[[Revision], None]) -> int:
    """One revision, at that instant; its number."""

    def do(connection: Connection) -> int:
        with revise(connection, customer, at=at, actor=TEST, action="test") as revision:
            for each in work:
                each(revision)
            return revision.number

    return database.write_now(do)


def put(*them: Entity) -> Callable[[Revision], None]:
    def work(revision: Revision) -> None:
        for each in them:
            revision.put(each)

    return work


def drop(entity: Entity) -> Callable[[Revision], None]:
    """Removes it as it is loaded."""
    kind = kind_of(entity)
    return lambda revision: revision.remove(*kind.load(revision.connection, revision.customer_id, [key_of(entity)]))


async def image_of(database: Database, customer: int) -> NetworkSnapshot:
    return await NetworkReplicas(database, lambda: NOW).fresh(customer, revision_of(database, customer))


async def pasts(
    past: AsOfNetworks, image: NetworkSnapshot, instants: list[datetime]
) -> list[tuple[int, Network] | BeforeHistory]:
    """The revision and the network at each instant; a fork of it, for it may be walked on from."""
    return await past.ask(image, [(at, lambda found, revision: (revision, found.fork())) for at in instants])


@pytest.mark.parametrize("one_by_one", [0, 10, 10_000])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_as_of_answers_agree_with_a_recorded_history(
    database: Database, customer: int, seed: int, one_by_one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_rewind, "ONE_BY_ONE", one_by_one)
    walk, past = Walk(seed), AsOfNetworks(database)
    recorded: list[tuple[datetime, int, Network]] = [(NOW - A_MINUTE, 0, Network())]
    for step in range(30):
        change(
            database,
            customer,
            at_minute(step),
            *(put(each) if putting else drop(each) for each, putting in walk.changes()),
        )
        recorded.append((at_minute(step), revision_of(database, customer), stored(database, customer)))
        if walk.random.random() < 0.4:
            image = await image_of(database, customer)
            asked = walk.random.choices(recorded, k=walk.random.choice((1, 1, 6)))
            instants = [at + walk.random.choice((timedelta(0), A_MINUTE - AN_INSTANT)) for at, _, _ in asked]
            assert await pasts(past, image, instants) == [(revision, then) for _, revision, then in asked], f"at {step}"
            assert image.network == stored(database, customer)


async def test_an_instant_before_the_first_revision_finds_nothing_there(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    image = await image_of(database, customer)
    assert await pasts(AsOfNetworks(database), image, [NOW - AN_INSTANT]) == [(0, Network())]


async def test_a_change_counts_from_its_instant_on(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    change(database, customer, at_minute(1), put(replace(ALICE, rights=())))
    image = await image_of(database, customer)
    asked = [(at, lambda found, _: decide(found, "ALICE", "DEP-1", NOW).cause) for at in (at_minute(1) - AN_INSTANT,)]
    assert await AsOfNetworks(database).ask(image, asked) == [Cause.RIGHT_STANDS]
    assert await pasts(AsOfNetworks(database), image, [at_minute(1)]) == [(image.revision, image.network)]


async def test_whether_a_charger_was_blocked_then_is_known_afterwards(database: Database, customer: int) -> None:
    """A block has no start of its own: the journal knows it."""
    put_facts(database, customer, FACTS)
    change(database, customer, at_minute(1), put(replace(DEP_1, blocked_until=at_minute(10))))
    change(database, customer, at_minute(3), put(DEP_1))
    image = await image_of(database, customer)

    def asked(at: datetime) -> Any:
        return at, lambda found, _: decide(found, "ALICE", "DEP-1", at).cause

    times = [at_minute(1) - AN_INSTANT, at_minute(1), at_minute(3) - AN_INSTANT, at_minute(3)]
    assert await AsOfNetworks(database).ask(image, [asked(each) for each in times]) == [
        *(Cause.RIGHT_STANDS, Cause.CHARGER_BLOCKED, Cause.CHARGER_BLOCKED, Cause.RIGHT_STANDS)
    ]


async def test_what_was_asked_for_later_is_not_yet_true_though_it_was_written_first(
    database: Database, customer: int
) -> None:
    put_facts(database, customer, FACTS)
    first = revision_of(database, customer)
    change(database, customer, at_minute(2), put(replace(ALICE, rights=())))
    change(database, customer, at_minute(1), put(replace(BOB, name="Robert")))
    image = await image_of(database, customer)
    ((between, then), (after, now)) = await pasts(AsOfNetworks(database), image, [at_minute(1), at_minute(2)])
    assert (between, decide(then, "ALICE", "DEP-1", NOW).cause) == (first, Cause.RIGHT_STANDS)
    assert (after, now) == (first + 2, image.network)


async def test_before_a_bulk_load_there_is_no_answer_and_the_refusal_says_from_when_on_there_are(
    database: Database, customer: int
) -> None:
    put_facts(database, customer, Facts([replace(YARD, parent_id=None)]))
    store_facts(database, customer, Facts([replace(OFFICE, id=60)]))  # at the same instant
    change(database, customer, at_minute(5), put(replace(OFFICE, id=60, name="Later")))
    image = await image_of(database, customer)
    early, late, now = await pasts(AsOfNetworks(database), image, [NOW - AN_INSTANT, NOW, at_minute(5)])
    assert isinstance(early, BeforeHistory)
    assert str(early) == f"there is no answer before 2026-06-03T09:00:00Z: {LOADED}"
    assert isinstance(late, tuple)
    assert (late[0], late[1].sites[60].name) == (2, "Office")
    assert now == (3, image.network)


async def test_before_the_journal_begins_there_is_no_answer(database: Database, customer: int) -> None:
    put_facts(database, customer, Facts([replace(YARD, parent_id=None)]))
    for minute in (1, 2, 3):
        change(database, customer, at_minute(minute), put(replace(OFFICE, name=f"Name {minute}")))

    def forget(connection: Connection) -> None:
        for table in (schema.journal_changes, schema.journal):
            connection.execute(delete(table).where(table.c.customer_id == customer, table.c.revision <= 2))

    database.write_now(forget)
    image = await image_of(database, customer)
    *early, then, now = await pasts(AsOfNetworks(database), image, [at_minute(minute) for minute in range(4)])
    assert [str(each) for each in early] == [f"there is no answer before 2026-06-03T09:02:00Z: {BEGINS}"] * 2
    assert isinstance(then, tuple)
    assert (then[0], then[1].sites[OFFICE.id].name, now) == (3, "Name 2", (4, image.network))


async def test_two_drivers_who_changed_tags_in_one_revision_have_them_back(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    before = stored(database, customer)
    swapped = [
        replace(ALICE, tags=(replace(BOB.tags[0], driver_id=ALICE.id),)),
        replace(BOB, tags=(replace(ALICE.tags[0], driver_id=BOB.id),)),
    ]
    change(database, customer, at_minute(1), lambda revision: revision.put_drivers(swapped))
    image = await image_of(database, customer)
    assert image.network.tag("ALICE") != before.tag("ALICE")
    assert await pasts(AsOfNetworks(database), image, [NOW]) == [(1, before)]


@pytest.mark.parametrize("one_by_one", [0, 10_000])
async def test_an_erased_drivers_past_rights_stay_without_his_name_and_tags(
    database: Database, customer: int, one_by_one: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_rewind, "ONE_BY_ONE", one_by_one)
    put_facts(database, customer, FACTS)
    change(database, customer, at_minute(1), lambda revision: revision.remove(ALICE))
    impostor = replace(BOB, tags=(replace(BOB.tags[0], id_tag=f"TAG {ALICE.tags[0].id}"),))
    change(database, customer, at_minute(2), put(impostor))  # has as a tag the placeholder of Alice's

    def forget(connection: Connection) -> None:
        personal = schema.journal_personal
        connection.execute(delete(personal).where(personal.c.driver_id == ALICE.id))

    database.write_now(forget)
    image = await image_of(database, customer)
    ((_, then),) = [each for each in await pasts(AsOfNetworks(database), image, [NOW]) if isinstance(each, tuple)]
    expected = replace(ALICE, name=f"driver {ALICE.id}", tags=())
    assert then.drivers[ALICE.id] == expected
    assert then == network(FACTS._replace(drivers=[expected, *FACTS.drivers[1:]]))


async def test_a_remembered_past_is_not_asked_of_the_journal_again_and_stays_as_it_was(
    database: Database, customer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_facts(database, customer, FACTS)
    recorded = {0: stored(database, customer)}
    for minute in range(1, 8):
        change(database, customer, at_minute(minute), put(replace(DEPOT, name=f"Depot {minute}")))
        recorded[minute] = stored(database, customer)
    past, image = AsOfNetworks(database), await image_of(database, customer)
    for minute in (4, 2, 6, 0, 1, 3, 5):
        assert await pasts(past, image, [at_minute(minute)]) == [(minute + 1, recorded[minute])]
    monkeypatch.setattr(journal_rewind, "apply_states", None)
    assert await pasts(past, image, [at_minute(minute) for minute in (5, 3, 1, 7)]) == [
        (minute + 1, recorded[minute]) for minute in (5, 3, 1, 7)
    ]
    with pytest.raises(TypeError):
        await pasts(past, image, [at_minute(6)])  # not one of the last


async def test_a_remembered_past_that_names_an_erased_driver_is_forgotten(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    change(database, customer, at_minute(1), put(replace(BOB, rights=())))
    past = AsOfNetworks(database)
    ((_, named),) = [each for each in await pasts(past, await image_of(database, customer), [NOW]) if each]
    assert named.drivers[ALICE.id] == ALICE
    database.write_now(revisions.make, customer, ChangeContext(at_minute(2), TEST, ERASURE), personal.erase, ALICE.id)
    ((_, nameless),) = [each for each in await pasts(past, await image_of(database, customer), [NOW]) if each]
    assert nameless.drivers[ALICE.id] == replace(ALICE, name=f"driver {ALICE.id}", tags=())


async def test_a_change_that_comes_while_the_past_is_asked_is_not_seen_there(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    change(database, customer, at_minute(1), put(replace(GF_1, site_id=OFFICE.id)))
    images, loop = NetworkReplicas(database, lambda: NOW), asyncio.get_running_loop()
    image = await images.fresh(customer, 2)

    def look(found: Network, revision: int) -> tuple[int, str]:
        change(database, customer, at_minute(2), put(replace(DEPOT, name="Changed meanwhile")))
        newer = asyncio.run_coroutine_threadsafe(images.fresh(customer, 3), loop).result()
        assert newer.network.sites[DEPOT.id].name == "Changed meanwhile"
        return revision, found.sites[DEPOT.id].name

    assert await AsOfNetworks(database).ask(image, [(at_minute(1), look)]) == [(2, "Depot")]
    await database.close()


async def test_a_journal_that_contradicts_the_network_is_a_fault_and_no_answer(
    database: Database, customer: int
) -> None:
    put_facts(database, customer, FACTS)
    change(database, customer, at_minute(1), put(replace(DEPOT, name="New")))

    def spoil(connection: Connection) -> None:
        connection.execute(
            schema.journal_changes.update()
            .where(schema.journal_changes.c.revision == 2)
            .values(before={"id": DEPOT.id, "name": "Depot", "parent_id": 12345})
        )

    database.write_now(spoil)
    image = await image_of(database, customer)
    with pytest.raises(DatabaseFault, match=f"the journal of customer {customer} cannot be undone"):
        await pasts(AsOfNetworks(database), image, [NOW])


async def test_another_customers_journal_is_not_looked_at(database: Database, customer: int) -> None:
    other = add_customer(database, "Other")
    put_facts(database, customer, Facts([OFFICE]))
    put_facts(database, other, Facts([replace(OFFICE, name="Theirs")]))
    change(database, other, at_minute(1), put(replace(OFFICE, name="Theirs, later")))
    image = await image_of(database, customer)
    assert await pasts(AsOfNetworks(database), image, [NOW, at_minute(9)]) == [(1, image.network)] * 2
    theirs = await image_of(database, other)
    ((revision, then),) = [
        each for each in await pasts(AsOfNetworks(database), theirs, [NOW]) if isinstance(each, tuple)
    ]
    assert (revision, then.sites[OFFICE.id].name) == (1, "Theirs")
