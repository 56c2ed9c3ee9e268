"""Images: as new as the request, never half-changed, and still while somebody reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, insert, update

from chargerights.replica import images as images_module
from chargerights.replica.images import NetworkReplicas, NetworkSnapshot
from chargerights.rights.decide import decide
from chargerights.rights.live import LiveCharger
from chargerights.rights.model import Driver, Place, PlaceKind, Right, Site
from chargerights.storage import journal, networks, revisions, schema
from chargerights.storage.charging import live
from chargerights.storage.database import Database, DatabaseAway
from chargerights.storage.journal import Actor, UnknownCustomer
from tests.storage.writing import add_customer, put, put_facts, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.waiting import PATIENCE
from tests.support.world import COMPANY, DAN, DEP_1, DEPOT, FACTS, NOW, OFF_1, OFFICE, place

DAN_MAY = replace(DAN, rights=(Right(900, place(DEPOT)),))


@pytest.fixture
async def images(database: Database) -> AsyncIterator[NetworkReplicas]:
    yield NetworkReplicas(database, lambda: NOW)
    await database.close()


@pytest.fixture
def cast(database: Database, customer: int) -> int:
    put_facts(database, customer, FACTS)
    return customer


class Loads:
    """Counts how often a network is loaded whole."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        load = networks.load

        def counting(connection: Connection, customer_id: int) -> networks.Snapshot:
            self.number += 1
            return load(connection, customer_id)

        monkeypatch.setattr(networks, "load", counting)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    return Loads(monkeypatch)


async def latest(images: NetworkReplicas, database: Database, customer: int) -> NetworkSnapshot:
    return await images.fresh(customer, revision_of(database, customer))


def forget(connection: Connection, customer: int, revision: int) -> None:
    """Takes the revision's changes out of the journal."""
    for table in (schema.journal_personal, schema.journal_changes):
        connection.execute(delete(table).where(table.c.customer_id == customer, table.c.revision == revision))


def rewrite(connection: Connection, customer: int, revision: int, *changes: tuple[str, int | str, Any]) -> None:
    """Makes the journal say something else."""
    forget(connection, customer, revision)
    for position, (kind, entity_id, after) in enumerate(changes):
        key = {"customer_id": customer, "revision": revision, "position": position}
        row = {**key, "kind": kind, "entity_id": str(entity_id), "after": after}
        connection.execute(insert(schema.journal_changes).values(row))


async def test_a_customer_that_there_is_not_has_no_image(images: NetworkReplicas, cast: int) -> None:
    with pytest.raises(UnknownCustomer):
        await images.fresh(cast + 1, 0)
    assert images.current(cast + 1) is None


async def test_there_is_no_image_before_the_first_question(
    images: NetworkReplicas, database: Database, cast: int
) -> None:
    assert images.current(cast) is None
    image = await latest(images, database, cast)
    assert images.current(cast) is image


async def test_an_image_that_is_new_enough_asks_the_database_nothing(
    images: NetworkReplicas, database: Database, cast: int, loads: Loads
) -> None:
    image = await latest(images, database, cast)
    asked: list[str] = []
    event.listen(database._readers.sync_engine, "before_cursor_execute", lambda *them: asked.append(them[2]))
    for revision in (image.revision, image.revision - 1, 0):
        assert await images.fresh(cast, revision) is image
    assert (loads.number, asked) == (1, [])


async def test_changes_are_followed_not_loaded(
    images: NetworkReplicas, database: Database, cast: int, loads: Loads
) -> None:
    await latest(images, database, cast)
    database.write_now(put, cast, DAN_MAY)
    image = await latest(images, database, cast)
    assert decide(image.network, "DAN", DEP_1.charger_id, NOW).allowed
    database.write_now(put, cast, DAN)
    image = await latest(images, database, cast)
    assert not decide(image.network, "DAN", DEP_1.charger_id, NOW).allowed
    assert loads.number == 1
    assert image.network == stored(database, cast)


async def test_more_changes_than_are_worth_following_load_anew(
    images: NetworkReplicas, database: Database, cast: int, loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images_module, "CHANGES_WORTH_APPLYING", 3)
    monkeypatch.setattr(images_module, "CHANGES_PER_STEP", 2)
    image = await latest(images, database, cast)
    for changes, expected in ((3, 1), (4, 2)):
        for number in range(changes):
            database.write_now(put, cast, replace(COMPANY, name=f"{changes}/{number}"))
        image = await latest(images, database, cast)
        assert loads.number == expected
    assert image.network == stored(database, cast)


async def test_a_bulk_write_loads_anew(images: NetworkReplicas, database: Database, cast: int, loads: Loads) -> None:
    await latest(images, database, cast)
    database.write_now(put, cast, replace(COMPANY, name="Before"))
    store_facts(database, cast, Facts([Site(500, "Loaded")]))
    database.write_now(put, cast, replace(OFFICE, name="After"))
    image = await latest(images, database, cast)
    assert image.network == stored(database, cast)
    assert loads.number == 2 + 1  # the last one is `stored` itself


async def test_chargers_are_decided_from_the_image_that_was_while_a_bulk_write_is_loaded(
    images: NetworkReplicas, database: Database, cast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await latest(images, database, cast)
    store_facts(database, cast, Facts([Site(500, "Loaded")]))
    loading, go_on, load = threading.Event(), threading.Event(), networks.load

    def slow(connection: Connection, customer_id: int) -> networks.Snapshot:
        loading.set()
        assert go_on.wait(PATIENCE)
        return load(connection, customer_id)

    monkeypatch.setattr(networks, "load", slow)
    revision = revision_of(database, cast)
    following = asyncio.create_task(images.fresh(cast, revision))
    await asyncio.to_thread(loading.wait)
    meanwhile = images.current(cast)
    assert meanwhile is not None
    assert meanwhile.revision == revision - 1
    assert decide(meanwhile.network, "ALICE", DEP_1.charger_id, NOW).allowed
    go_on.set()
    assert (await following).revision == revision
    assert images.current(cast) is await following


HALF = ("driver", 4, {"id": 4, "name": "Half"})


def lose_entry(connection: Connection, customer: int, revision: int) -> None:
    forget(connection, customer, revision)
    table = schema.journal
    connection.execute(delete(table).where(table.c.customer_id == customer, table.c.revision == revision))


def contradict(connection: Connection, customer: int, revision: int) -> None:
    """The first change is right and the second cannot be: the image is half-changed when that is seen."""
    rewrite(connection, customer, revision, HALF, ("charger", "X", {"id": 9, "charger_id": "X", "site_id": 404}))


def speak_a_newer_tongue(connection: Connection, customer: int, revision: int) -> None:
    rewrite(connection, customer, revision, HALF, ("spaceship", 1, {}))


def garble(connection: Connection, customer: int, revision: int) -> None:
    rewrite(connection, customer, revision, HALF, ("site", 1, {"id": "one"}))


@pytest.mark.parametrize("spoil", [lose_entry, contradict, speak_a_newer_tongue, garble])
async def test_a_journal_that_cannot_be_followed_loads_anew(
    images: NetworkReplicas, database: Database, cast: int, loads: Loads, spoil: Callable[..., None]
) -> None:
    image = await latest(images, database, cast)
    held, was = image.pin(), image.revision
    before = image.network.fork()
    database.write_now(put, cast, replace(COMPANY, name="First"))
    database.write_now(put, cast, DAN_MAY)
    database.write_now(put, cast, replace(COMPANY, name="Third"))
    database.write_now(spoil, cast, was + 2)
    newer = await latest(images, database, cast)
    assert loads.number == 2
    assert newer.network == stored(database, cast)
    assert images.current(cast) is newer
    assert (image.revision, image.network == before) == (was, True)
    del held


@pytest.mark.parametrize("spoil", [contradict, speak_a_newer_tongue, garble])
async def test_a_half_changed_image_is_read_by_nobody_even_when_it_cannot_be_loaded_anew(
    images: NetworkReplicas, database: Database, cast: int, monkeypatch: pytest.MonkeyPatch, spoil: Callable[..., None]
) -> None:
    image = await latest(images, database, cast)
    database.write_now(put, cast, DAN_MAY)
    database.write_now(spoil, cast, image.revision + 1)

    def away(connection: Connection, customer_id: int) -> networks.Snapshot:
        raise DatabaseAway(OSError())

    with monkeypatch.context() as patched:
        patched.setattr(networks, "load", away)
        with pytest.raises(DatabaseAway):
            await latest(images, database, cast)
        current = images.current(cast)
        assert current is None or current.network.drivers[DAN.id] == DAN
    assert (await latest(images, database, cast)).network == stored(database, cast)


async def test_a_held_image_stays_as_it_is_while_changes_come(
    images: NetworkReplicas, database: Database, cast: int
) -> None:
    held = await latest(images, database, cast)
    token, was, before = held.pin(), held.revision, held.network.fork()
    for name in ("One", "Two"):
        database.write_now(put, cast, replace(COMPANY, name=name), DAN_MAY)
        newer = await latest(images, database, cast)
        assert newer is not held
        assert newer.network.sites[COMPANY.id].name == name
        assert held.network == before
        assert held.revision == was
    del token


async def test_an_image_that_nobody_holds_is_changed_in_place(
    images: NetworkReplicas, database: Database, cast: int
) -> None:
    image = await latest(images, database, cast)
    token = image.pin()
    del token
    database.write_now(put, cast, DAN_MAY)
    assert await latest(images, database, cast) is image


async def test_each_of_several_readers_holds_his_own_revision(
    images: NetworkReplicas, database: Database, cast: int
) -> None:
    held = []
    for number in range(4):
        database.write_now(put, cast, replace(COMPANY, name=f"{number}"))
        image = await latest(images, database, cast)
        held.append((image, image.pin(), image.pin()))
    del held[1]
    database.write_now(put, cast, replace(COMPANY, name="last"))
    await latest(images, database, cast)
    assert [image.network.sites[COMPANY.id].name for image, *_ in held] == ["0", "2", "3"]


async def test_first_questions_at_the_same_time_load_once(
    images: NetworkReplicas, database: Database, cast: int, loads: Loads
) -> None:
    revision = revision_of(database, cast)
    found = await asyncio.gather(*(images.fresh(cast, revision) for _ in range(20)))
    assert loads.number == 1
    assert all(image is found[0] for image in found)


async def test_a_first_load_that_fails_is_tried_again_by_the_next(
    images: NetworkReplicas, database: Database, cast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision, load, failed = revision_of(database, cast), networks.load, []

    def once_away(connection: Connection, customer_id: int) -> networks.Snapshot:
        if not failed:
            failed.append(True)
            raise DatabaseAway(OSError())
        return load(connection, customer_id)

    monkeypatch.setattr(networks, "load", once_away)
    found = await asyncio.gather(*(images.fresh(cast, revision) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in found] == [DatabaseAway, NetworkSnapshot, NetworkSnapshot]


async def test_questions_at_the_same_time_each_get_what_they_asked_for(
    images: NetworkReplicas, database: Database, cast: int
) -> None:
    await latest(images, database, cast)
    for number in range(60):  # more than a step
        database.write_now(put, cast, replace(COMPANY, name=f"{number}"))
    top = revision_of(database, cast)
    wanted = [top - 59, top, top - 30, top, 1]
    for revision, image in zip(
        wanted, await asyncio.gather(*(images.fresh(cast, each) for each in wanted)), strict=True
    ):
        assert image.revision >= revision
    current = images.current(cast)
    assert current is not None
    assert current.network == stored(database, cast)


async def test_a_question_that_is_given_up_leaves_a_whole_image(
    images: NetworkReplicas, database: Database, cast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client has gone: the task ends between two steps."""
    image = await latest(images, database, cast)
    before = stored(database, cast)
    begun, apply = asyncio.Event(), journal.apply

    def noted(*those: Any) -> None:
        begun.set()
        apply(*those)

    monkeypatch.setattr(journal, "apply", noted)
    for number in range(images_module.CHANGES_PER_STEP * 3):
        database.write_now(put, cast, replace(COMPANY, name=f"{number}"))
    top = revision_of(database, cast)
    following = asyncio.create_task(images.fresh(cast, top))
    await begun.wait()
    assert not following.done()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert images.current(cast) is image
    assert image.network == before
    assert (await images.fresh(cast, top)).network == stored(database, cast)


async def test_an_image_that_is_behind_is_no_answer_when_the_database_is_away(
    images: NetworkReplicas, database: Database, cast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = await latest(images, database, cast)

    async def away(*_: object) -> None:
        raise DatabaseAway(OSError())

    monkeypatch.setattr(database, "read", away)
    with pytest.raises(DatabaseAway):
        await images.fresh(cast, image.revision + 1)
    with pytest.raises(DatabaseAway):
        await images.fresh(cast, image.revision, image.live_version + 1)
    current = images.current(cast)
    assert current is image
    assert decide(current.network, "ALICE", DEP_1.charger_id, NOW).allowed


async def test_a_charger_that_is_removed_and_comes_again_has_none_of_its_old_state(
    images: NetworkReplicas, database: Database, cast: int
) -> None:
    alone = replace(OFF_1, charger_id="ALONE", id=77)
    database.write_now(put, cast, alone)
    database.write_now(live.record, cast, [LiveCharger("ALONE", True)], NOW)
    assert "ALONE" in (await images.fresh(cast, revision_of(database, cast), 1)).live

    def remove(connection: Connection) -> None:
        with revisions.revise(connection, cast, at=NOW, actor=Actor("test"), action="test") as revision:
            revision.remove(alone)

    database.write_now(remove)
    database.write_now(put, cast, alone)
    image = await latest(images, database, cast)
    assert image.live == database.read_now(networks.load, cast).live == {}


async def test_a_customer_without_anything_has_an_empty_image(images: NetworkReplicas, database: Database) -> None:
    customer = add_customer(database)
    image = await images.fresh(customer, 0)
    assert image.network == stored(database, customer)
    database.write_now(put, customer, COMPANY, Driver(1, "D", rights=(Right(1, Place(PlaceKind.SITE, COMPANY.id)),)))
    assert (await images.fresh(customer, 1)).network == stored(database, customer)


async def test_an_entry_from_nowhere_is_not_waited_for(images: NetworkReplicas, database: Database, cast: int) -> None:
    """A revision without its entry, as a restored backup may have it: the image is loaded, once, and is right."""
    await latest(images, database, cast)

    def bare(connection: Connection) -> None:
        customers = schema.customers
        connection.execute(update(customers).where(customers.c.id == cast).values(revision=customers.c.revision + 1))
        connection.execute(insert(schema.sites).values(customer_id=cast, id=800, name="Restored", type="SITE"))

    database.write_now(bare)
    image = await latest(images, database, cast)
    assert image.network.sites[800].name == "Restored"
