"""An import applies to the network as it is when it is stored, even if others write while its file is read."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from chargerights.files.spreadsheets.drivers_file import Mode
from chargerights.importing import bounds, plan_and_store
from chargerights.importing.plan_and_store import ImportReport, Order
from chargerights.storage import callers
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor, ChangeContext, UnknownCustomer
from tests.files.spreadsheets.books import ods
from tests.files.spreadsheets.sheets import csv_bytes
from tests.storage.writing import add_customer, everything, put, put_facts, revision_of, stored
from tests.support.servers import opened
from tests.support.world import ALICE, BOB, FACTS, NOW, driver

OCCASION = ChangeContext(NOW, Actor("test"), plan_and_store.ACTION)
NEW = [["Name", "RFID tag", "Site access"], ["Zoe", "Z1", "Depot"], ["Yan", "Y1", "Yard"]]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as found:
        yield found


class Meanwhile:
    """Does something each time the import begins a phase."""

    def __init__(self, phase: str = "", work: Callable[[int], object] = lambda times: None) -> None:
        self.phases: list[str] = []
        self._phase, self._work = phase, work

    def begin(self, what: str, total: int) -> None:
        self.phases.append(what)
        if what == self._phase:
            self._work(self.phases.count(what))

    def advance(self, count: int) -> None:
        pass


def customer_of(database: Database) -> int:
    customer = add_customer(database)
    put_facts(database, customer, FACTS, reserve=200)
    return customer


def run(database: Database, customer: int, rows: list[list[str]], mode: Mode, meanwhile: Meanwhile) -> ImportReport:
    return plan_and_store.run(database, Order(customer, csv_bytes(rows), mode), OCCASION, meanwhile)


def test_nobody_waits_for_an_import_that_is_read_and_planned(database: Database) -> None:
    """Another writes at every phase but that of storing, which alone holds the customer."""
    customer = customer_of(database)
    other = Meanwhile("reading", lambda times: database.write_now(put, customer, replace(BOB, name="Robert")))
    found = run(database, customer, NEW, Mode.ADD, other)
    assert other.phases == ["opening", "reading", "checking", "storing"]
    assert found.revision == revision_of(database, customer)
    assert {each.name for each in stored(database, customer).drivers.values()} >= {"Robert", "Zoe", "Yan"}


@pytest.mark.parametrize("times", [1, 2])
def test_what_another_writes_while_the_plan_is_made_makes_it_planned_anew(database: Database, times: int) -> None:
    """After two attempts the customer is held while it is planned, so that an import always comes to its end."""
    customer = customer_of(database)

    def write(time: int) -> None:
        if time <= times:
            database.write_now(put, customer, replace(ALICE, name=f"Alice {time}"))

    other = Meanwhile("checking", write)
    rows = [["RFID tag", "Site access"], ["alice", "Yard"], ["bob", "Yard"]]
    found = run(database, customer, rows, Mode.UPDATE, other)
    assert found.plan is not None
    assert found.plan.counts["changed"] == 2
    assert other.phases.count("checking") == times + 1
    after = stored(database, customer).drivers
    assert (after[ALICE.id].name, after[ALICE.id].rights[0].place.id) == (f"Alice {times}", 5)


def test_a_key_that_is_added_meanwhile_gets_another_number(database: Database) -> None:
    customer = customer_of(database)

    def add_key(time: int) -> None:
        if time == 1:
            database.write_now(callers.add_key, customer, at=NOW)

    run(database, customer, NEW, Mode.ADD, Meanwhile("checking", add_key))
    found = database.read_now(callers.keys.load, customer)
    ids = [each.id for each in stored(database, customer).drivers.values()]
    assert not {each.id for each in found} & {*ids}


def test_who_was_added_meanwhile_is_not_added_twice(database: Database) -> None:
    customer = customer_of(database)
    zoe = driver(150, "Zoe")
    zoe = replace(zoe, tags=(replace(zoe.tags[0], id_tag="z1"),))
    other = Meanwhile("checking", lambda time: time == 1 and database.write_now(put, customer, zoe))
    found = run(database, customer, NEW, Mode.ADD, other)
    assert [str(each) for each in found.problems.errors.first] == [
        "B2 (RFID tag): is driver 150, Zoe already; mode add only adds: use mode update, or leave the row out"
    ]
    assert len(stored(database, customer).drivers) == len(FACTS.drivers) + 1


def test_nothing_is_written_when_nothing_changes(database: Database) -> None:
    customer = customer_of(database)
    revision = revision_of(database, customer)
    found = run(database, customer, [["RFID tag", "Name"], ["alice", "Alice"]], Mode.UPDATE, Meanwhile())
    assert (found.revision, revision_of(database, customer)) == (None, revision)


def test_an_import_for_nobody_is_refused(database: Database) -> None:
    before = database.read_now(everything)
    with pytest.raises(UnknownCustomer):
        run(database, 404, NEW, Mode.ADD, Meanwhile())
    assert database.read_now(everything) == before


def test_tags_change_hands_within_one_import(database: Database) -> None:
    customer = customer_of(database)
    rows = [["Driver id", "Name", "RFID tag"], ["1", "Alice", "bob"], ["2", "Bob", "alice"]]
    run(database, customer, rows, Mode.REPLACE_ALL, Meanwhile())
    after = stored(database, customer).drivers
    assert [(each.name, each.tags[0].id_tag.casefold()) for each in after.values()] == [
        ("Alice", "bob"),
        ("Bob", "alice"),
    ]


def test_an_import_waits_until_another_is_stored(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one writer, and storing a large file takes longer than a write waits."""
    monkeypatch.setattr("chargerights.storage.engines.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    ending = threading.Timer(1, other.rollback)

    def hold(_: int) -> None:
        other.execute("BEGIN IMMEDIATE")
        ending.start()

    with opened(sqlite_url) as database:
        found = run(database, customer_of(database), NEW, Mode.ADD, Meanwhile("checking", hold))
    ending.join()
    other.close()
    assert found.revision is not None


@pytest.mark.parametrize("kind", ["repeated rows", "one long text"])
def test_a_file_that_needs_too_much_memory_is_refused_in_the_process_that_reads_it(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(bounds, "MAX_MEMORY", 16 << 20)
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>".format
    if kind == "repeated rows":
        row = f'<table:table-row table:number-rows-repeated="1000000">{cell("Ada") * 5}</table:table-row>'
    else:
        row = f"<table:table-row>{cell('Ada' * (50 << 20))}</table:table-row>"
    limits = resource.getrlimit(resource.RLIMIT_AS)
    with opened(sqlite_url) as database:
        customer = customer_of(database)
        order = Order(customer, ods(cells=f"<table:table-row>{cell('Name')}</table:table-row>{row}"), Mode.ADD)
        before = database.read_now(everything)
        found = plan_and_store.run(database, order, OCCASION, Meanwhile())
        assert database.read_now(everything) == before
    assert [str(each) for each in found.problems.errors.first] == ["the file needs more than 4 GB of memory: split it"]
    assert resource.getrlimit(resource.RLIMIT_AS) == limits
