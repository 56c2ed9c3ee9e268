"""Imports as jobs: an attempt goes on only while it is the one that counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chargerights.storage import imports, journal, personal, revisions
from chargerights.storage.changes import drivers
from chargerights.storage.database import Database
from chargerights.storage.imports import (
    ALIVE,
    KEPT,
    Attempt,
    AttemptOver,
    ImportRequest,
    ImportState,
    Stage,
    UnknownImport,
)
from chargerights.storage.journal import ChangeContext
from tests.storage.writing import OCCASION, TEST, add_customer
from tests.support.world import NOW

ASKED = ImportRequest(1, "add", False, "drivers.csv")
LATER = NOW + ALIVE + timedelta(seconds=1)


@pytest.fixture
def attempt(database: Database, customer: int) -> Attempt:
    """A first attempt at import 50."""
    made = Attempt(customer, 50, "first")
    database.write_now(imports.add, made, ASKED, NOW)
    return made


def found(database: Database, attempt: Attempt) -> imports.Import:
    return database.read_now(imports.find, attempt.customer_id, attempt.import_id)


def test_another_customers_import_is_not_there(database: Database, attempt: Attempt) -> None:
    rival = add_customer(database, "Rival")
    with pytest.raises(UnknownImport):
        database.read_now(imports.find, rival, attempt.import_id)
    assert database.read_now(imports.page, rival, None, 0, 10) == ([], 0)
    with pytest.raises(AttemptOver):
        database.write_now(imports.alive, attempt._replace(customer_id=rival), Stage("reading"), NOW)


def test_an_import_says_how_far_it_is_and_what_came_of_it(database: Database, attempt: Attempt) -> None:
    assert found(database, attempt).state is ImportState.QUEUED
    database.write_now(imports.alive, attempt, Stage("reading", 3, 10), NOW)
    stands = found(database, attempt)
    assert (stands.state, stands.phase, stands.done, stands.total) == (ImportState.RUNNING, "reading", 3, 10)
    database.write_now(imports.end, attempt, ImportState.SUCCEEDED, LATER, {"counts": None})
    stands = found(database, attempt)
    assert (stands.state, stands.ended_at, stands.report) == (ImportState.SUCCEEDED, LATER, {"counts": None})


def test_an_attempt_that_is_alive_is_not_interrupted(database: Database, attempt: Attempt) -> None:
    database.write_now(imports.interrupt, attempt.customer_id, attempt.import_id, NOW + ALIVE)
    database.write_now(imports.alive, attempt, Stage("reading"), LATER)
    database.write_now(imports.interrupt, attempt.customer_id, attempt.import_id, LATER)
    assert found(database, attempt).state is ImportState.RUNNING


def test_an_interrupted_attempt_can_neither_go_on_nor_end(database: Database, attempt: Attempt) -> None:
    database.write_now(imports.interrupt, attempt.customer_id, attempt.import_id, LATER)
    for work, *arguments in ((imports.alive, Stage("storing")), (imports.end, ImportState.SUCCEEDED)):
        more = [LATER, None] if work is imports.end else [LATER]
        with pytest.raises(AttemptOver):
            database.write_now(work, attempt, *arguments, *more)
    assert found(database, attempt).state is ImportState.INTERRUPTED


def test_only_an_interrupted_import_is_attempted_again_and_only_once(database: Database, attempt: Attempt) -> None:
    second, third = attempt._replace(name="second"), attempt._replace(name="third")
    assert not database.write_now(imports.again, second, NOW)
    database.write_now(imports.interrupt, attempt.customer_id, attempt.import_id, LATER)
    assert database.write_now(imports.again, second, LATER)
    assert not database.write_now(imports.again, third, LATER)
    with pytest.raises(AttemptOver):
        database.write_now(imports.end, attempt, ImportState.SUCCEEDED, LATER, None)
    database.write_now(imports.end, second, ImportState.SUCCEEDED, LATER, None)


def test_an_import_that_failed_is_attempted_again(database: Database, attempt: Attempt) -> None:
    database.write_now(imports.end, attempt, ImportState.FAILED, NOW, {"errorCount": 1})
    assert database.write_now(imports.again, attempt._replace(name="second"), LATER)
    stands = found(database, attempt)
    assert (stands.state, stands.report, stands.ended_at) == (ImportState.QUEUED, None, None)


def test_what_has_ended_stays_so(database: Database, attempt: Attempt) -> None:
    database.write_now(imports.end, attempt, ImportState.REFUSED, NOW, None)
    database.write_now(imports.interrupt, attempt.customer_id, attempt.import_id, LATER)
    assert not database.write_now(imports.again, attempt, LATER)
    assert found(database, attempt).state is ImportState.REFUSED


def test_the_oldest_imports_are_forgotten(database: Database, customer: int) -> None:
    for number in range(1, KEPT + 3):
        database.write_now(imports.add, Attempt(customer, number, "first"), ASKED, NOW)
    them, total = database.read_now(imports.page, customer, None, 0, KEPT)
    assert (total, them[0].id, them[-1].id) == (KEPT, KEPT + 2, 3)
    assert database.read_now(imports.page, customer, 2, 0, 10) == ([], 0)


def test_when_a_driver_is_erased_no_report_names_anybody_any_more(database: Database, attempt: Attempt) -> None:
    report = {"losers": [{"name": "Ursula"}]}
    database.write_now(imports.end, attempt, ImportState.SUCCEEDED, LATER, report)
    driver = database.write_now(revisions.make, attempt.customer_id, OCCASION, drivers.add, "Ursula")
    erasure = ChangeContext(LATER, TEST, journal.ERASURE)
    database.write_now(revisions.make, attempt.customer_id, erasure, personal.erase, driver.id)
    stands = found(database, attempt)
    assert (stands.state, stands.report, stands.file_name) == (ImportState.SUCCEEDED, None, None)
