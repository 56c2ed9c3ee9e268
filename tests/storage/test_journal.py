"""Revisions: one write, one transaction, one number, one entry."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from chargerights.rights.model import Charger, Connector, Driver, Place, PlaceKind, Right, Site, Tag
from chargerights.rights.network import Network
from chargerights.storage import journal, revisions
from chargerights.storage.callers import list_customers
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor, UnknownCustomer
from chargerights.storage.revisions import revise
from chargerights.storage.schema import journal as journal_table
from tests.storage.test_entity_types import EVERYTHING
from tests.storage.writing import add_customer, everything, put, put_facts, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.servers import opened
from tests.support.world import ALICE, COMPANY, DEP_1, DEPOT, FACTS, NOW, TOMORROW

WRITERS, WRITES = 4, 12


def entries(database: Database, customer_id: int, after: int = 0, limit: int = 10_000) -> list[journal.JournalEntry]:
    return database.read_now(journal.since, customer_id, after, limit)


def follow(network: Network, entry: journal.JournalEntry) -> None:
    """Brings the network of the revision before to the entry's."""
    for change in entry.changes or ():
        journal.apply(network, change)


def numbers(database: Database, customer_id: int) -> list[int]:
    return [entry.revision for entry in entries(database, customer_id)]


class Interrupted(Exception):
    pass


def test_a_driver_is_noted_as_he_is_loaded(database: Database, customer: int) -> None:
    """In the order of the tags' and rights' numbers, in whatever order they are given."""
    put_facts(database, customer, FACTS)
    whose = replace(ALICE, rights=(Right(92, ALICE.rights[0].place, valid_until=TOMORROW), *ALICE.rights))
    whose = replace(whose, tags=(Tag(91, ALICE.id, "Second"), *ALICE.tags))
    many = [
        replace(each, rights=each.rights[::-1], tags=(Tag(200 + each.id, each.id, f"Second {each.id}"), *each.tags))
        for each in FACTS.drivers
    ]

    def work(connection: Connection, *them: Driver) -> list[revisions.JournalChange]:
        with revise(connection, customer, at=NOW, actor=Actor("test"), action="test") as revision:
            revision.put(them[0]) if len(them) == 1 else revision.put_drivers(them)
        return revision.changes

    for them in ([whose], many):
        changes = database.write_now(work, *them)
        assert len(changes) == len(them)
        loaded = stored(database, customer).drivers
        assert [each.after for each in changes] == [loaded[int(each.id)] for each in changes]


def put_and_fail(connection: Connection, customer_id: int) -> None:
    with revise(connection, customer_id, at=NOW, actor=Actor("test"), action="test") as revision:
        revision.put(COMPANY)
        revision.put(replace(DEPOT, name="Half"))
        raise Interrupted


def put_and_fail_after(connection: Connection, customer_id: int) -> None:
    put(connection, customer_id, COMPANY)
    raise Interrupted


@pytest.mark.parametrize("work", [put_and_fail, put_and_fail_after])
async def test_a_failed_write_leaves_neither_rows_nor_a_revision(database: Database, customer: int, work: Any) -> None:
    before = database.read_now(everything)
    with pytest.raises(Interrupted):
        database.write_now(work, customer)
    assert database.read_now(everything) == before
    with pytest.raises(Interrupted):
        await database.write(work, customer)
    assert database.read_now(everything) == before
    assert await database.write(put, customer, COMPANY) == 1
    await database.close()


@pytest.mark.parametrize(
    "refused",
    [
        Site(2, "Orphan", 404),
        Charger(1, "C-1", 404),
        Driver(1, "D", 404),
        Driver(1, "D", rights=(Right(1, Place(PlaceKind.CHARGER, "404")),)),
        Driver(1, "D", tags=(Tag(1, 1, "card"), Tag(2, 1, "CARD"))),
        Charger(1, "C-1", 1, connectors=(Connector(1), Connector(1))),
    ],
)
def test_a_write_that_the_database_refuses_leaves_neither_rows_nor_a_revision(
    database: Database, customer: int, refused: Any
) -> None:
    before = database.read_now(everything)
    with pytest.raises(IntegrityError):
        database.write_now(put, customer, COMPANY, refused)
    assert database.read_now(everything) == before


def test_a_customer_that_there_is_not_has_no_revisions(database: Database, customer: int) -> None:
    before = database.read_now(everything)
    with pytest.raises(UnknownCustomer):
        database.write_now(put, customer + 1, COMPANY)
    assert database.read_now(everything) == before


def test_revisions_count_from_one_without_gaps(database: Database, customer: int) -> None:
    for number in (1, 2, 3):
        assert database.write_now(put, customer, replace(COMPANY, name=f"{number}")) == number
        assert revision_of(database, customer) == number
    with pytest.raises(Interrupted):
        database.write_now(put_and_fail, customer)
    assert database.write_now(put, customer, COMPANY) == 4
    assert numbers(database, customer) == [1, 2, 3, 4]


def test_writers_at_the_same_time_get_revisions_without_gaps_that_commit_in_order(
    database: Database, database_url: str, customer: int
) -> None:
    """Each entry's before is the entry's after that came before it, which is so only when they commit in order."""
    wrong: list[tuple[int, list[int]]] = []
    looks: list[int] = []
    done = threading.Event()

    def look(connection: Connection) -> None:
        """In one snapshot: every revision there is has its entry."""
        revision = {each.id: each.revision for each in list_customers(connection)}[customer]
        found = [entry.revision for entry in journal.since(connection, customer, 0, 10_000)]
        looks.append(revision)
        if found != list(range(1, revision + 1)):
            wrong.append((revision, found))

    def watch() -> None:
        with opened(database_url) as watching:
            while not done.is_set():
                watching.read_now(look)

    def write(writer: int) -> list[int]:
        with opened(database_url) as mine:
            return [mine.write_now(put, customer, replace(COMPANY, name=f"{writer}/{i}")) for i in range(WRITES)]

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        watcher = pool.submit(watch)
        written = list(pool.map(write, range(WRITERS)))
        done.set()
        watcher.result()
    assert sorted(number for each in written for number in each) == list(range(1, WRITERS * WRITES + 1))
    assert all(each == sorted(each) for each in written)
    history = entries(database, customer)
    assert [entry.revision for entry in history] == list(range(1, WRITERS * WRITES + 1))
    names = [
        (change["before"] and change["before"]["name"], change["after"]["name"])
        for entry in history
        for change in entry.changes or ()
    ]
    assert [before for before, _ in names] == [None, *(after for _, after in names[:-1])]
    assert wrong == []
    assert len(looks) > 1


async def test_tasks_of_one_process_get_revisions_without_gaps(database_url: str) -> None:
    database = Database(database_url)
    customer = add_customer(database)
    written = await asyncio.gather(*(database.write(put, customer, replace(COMPANY, name=f"{i}")) for i in range(30)))
    assert sorted(written) == list(range(1, 31)) == numbers(database, customer)
    await database.close()


def test_an_entry_holds_what_was_and_what_is(database: Database, customer: int) -> None:
    renamed = replace(COMPANY, name="Renamed", payer_id=7)
    database.write_now(put, customer, COMPANY, DEPOT)
    database.write_now(put, customer, renamed)

    def remove(connection: Connection) -> None:
        with revise(connection, customer, at=TOMORROW, actor=Actor("key 3"), action="site.remove") as revision:
            revision.remove(DEPOT)

    database.write_now(remove)
    first, second, third = (entry.changes for entry in entries(database, customer))
    assert first is not None
    assert [(change["kind"], change["id"], change["before"]) for change in first] == [
        ("site", 1, None),
        ("site", 2, None),
    ]
    company = {"id": 1, "name": "Company"}
    assert second == [
        {"kind": "site", "id": 1, "before": company, "after": {"id": 1, "name": "Renamed", "payer_id": 7}}
    ]
    depot = {"id": 2, "name": "Depot", "parent_id": 1, "type": "SITE", "timezone": "Europe/Helsinki"}
    assert third == [{"kind": "site", "id": 2, "before": depot, "after": None}]

    def last(connection: Connection) -> Any:
        table = journal_table.c
        query = select(table.at, table.actor, table.action).order_by(table.revision.desc()).limit(1)
        return connection.execute(query).one()

    assert tuple(database.read_now(last)) == (TOMORROW, "key 3", "site.remove")


@pytest.mark.parametrize("entity", [COMPANY, EVERYTHING.sites[0]])
def test_putting_what_is_there_already_makes_no_revision(database: Database, customer: int, entity: Any) -> None:
    database.write_now(put, customer, entity)
    database.write_now(put, customer, entity)
    assert [len(entry.changes or ()) for entry in entries(database, customer)] == [1]
    assert revision_of(database, customer) == 1


def test_putting_all_of_a_network_again_makes_no_revision(database: Database, customer: int) -> None:
    put_facts(database, customer, EVERYTHING)
    put_facts(database, customer, EVERYTHING)
    assert entries(database, customer, 1) == []
    assert revision_of(database, customer) == 1


def test_the_journal_of_a_network_makes_the_network(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    (entry,) = entries(database, customer)
    network = Network()
    follow(network, entry)
    assert network == stored(database, customer)


def test_what_the_journal_makes_is_what_is_loaded_whatever_the_order_of_the_parts(
    database: Database, customer: int
) -> None:
    disordered = Facts(
        [Site(1, "S")],
        [Charger(1, "C-1", 1, connectors=(Connector(2), Connector(1)))],
        (),
        [
            Driver(
                1,
                "D",
                tags=(Tag(5, 1, "B"), Tag(4, 1, "A")),
                rights=(Right(9, Place(PlaceKind.SITE, 1)), Right(8, Place(PlaceKind.CHARGER, "C-1"))),
            )
        ],
    )
    put_facts(database, customer, disordered)
    network = Network()
    for entry in entries(database, customer):
        follow(network, entry)
    assert network == stored(database, customer)


def test_a_bulk_write_is_one_entry_without_its_changes(database: Database, customer: int) -> None:
    store_facts(database, customer, FACTS)
    assert [(each.revision, each.changes) for each in entries(database, customer)] == [(1, None)]


def test_the_entries_after_a_revision_come_in_order_and_no_more_than_asked_for(
    database: Database, customer: int
) -> None:
    for number in range(1, 13):
        database.write_now(put, customer, replace(COMPANY, name=f"{number}"))
    assert [each.revision for each in entries(database, customer, after=9)] == [10, 11, 12]
    assert [each.revision for each in entries(database, customer, after=2, limit=3)] == [3, 4, 5]
    assert entries(database, customer, after=12) == []


def test_the_journal_of_one_customer_has_nothing_of_anothers(database: Database, customer: int) -> None:
    other = add_customer(database, "Other")
    put_facts(database, customer, Facts([COMPANY, DEPOT], [DEP_1], (), [ALICE]))
    assert entries(database, other) == []
    assert revision_of(database, other) == 0
    assert database.write_now(put, other, COMPANY) == 1
    assert numbers(database, customer) == [1]
