"""A clock that was wrong for a while: changes stay in order, and questions about the past are answered as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from chargerights.replica.as_of import AsOfNetworks
from chargerights.replica.images import NetworkReplicas
from chargerights.storage import audit, revisions
from chargerights.storage.database import Database
from chargerights.storage.journal import ChangeContext
from chargerights.storage.journal_rewind import BeforeHistory
from tests.storage.writing import TEST, put_facts, revision_of
from tests.support.world import FACTS, NOW

IN_2040 = NOW.replace(year=2040)
IN_2000 = NOW.replace(year=2000)


def at_minute(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


def rename(database: Database, customer: int, name: str, at: datetime) -> None:
    def work(revision: revisions.Revision) -> None:
        revision.put(replace(FACTS.sites[0], name=name))

    database.write_now(revisions.make, customer, ChangeContext(at, TEST, "site.change"), work)


async def names(database: Database, customer: int, now: datetime, *instants: datetime) -> list[str | None]:
    """The site's name at each instant, asked about at that moment; None where the journal does not reach."""
    image = await NetworkReplicas(database, lambda: now).fresh(customer, revision_of(database, customer))
    asked = [(at, lambda found, _: found.sites[1].name if 1 in found.sites else None) for at in instants]
    found = await AsOfNetworks(database).ask(image, asked, now)
    return [None if isinstance(each, BeforeHistory) else each for each in found]


def instants(database: Database, customer: int) -> list[datetime]:
    records = database.read_now(audit.page, customer, audit.AuditQuery(), 0, 10).records
    return [each.at for each in reversed(records)]


async def test_changes_after_a_clock_was_ahead_stay_in_order_and_the_past_is_as_it_was(
    database: Database, customer: int
) -> None:
    put_facts(database, customer, FACTS)
    rename(database, customer, "by the wrong clock", IN_2040)
    with structlog.testing.capture_logs() as logs:
        rename(database, customer, "put right", at_minute(10))
        rename(database, customer, "later", at_minute(20))
    assert instants(database, customer) == [NOW, IN_2040, IN_2040, IN_2040]
    asked = (at_minute(5), at_minute(10), at_minute(19), at_minute(20))
    assert await names(database, customer, at_minute(30), *asked) == ["Company", "put right", "put right", "later"]
    assert [(each["log_level"], each["clock"], each["last"]) for each in logs] == [
        ("warning", at_minute(minute).isoformat(), IN_2040.isoformat()) for minute in (10, 20)
    ]


async def test_changes_while_a_clock_was_behind_stay_in_order_and_did_not_stand_before(
    database: Database, customer: int
) -> None:
    put_facts(database, customer, FACTS)
    rename(database, customer, "by the wrong clock", IN_2000)
    rename(database, customer, "put right", at_minute(10))
    assert instants(database, customer) == [NOW, NOW, at_minute(10)]
    asked = (IN_2000, NOW, at_minute(9), at_minute(10))
    wrong = "by the wrong clock"
    assert await names(database, customer, at_minute(30), *asked) == [None, wrong, wrong, "put right"]


def test_that_a_clock_is_behind_is_not_said_with_every_change(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    rename(database, customer, "by the wrong clock", IN_2040)
    with structlog.testing.capture_logs() as logs:
        for second in range(30):
            rename(database, customer, f"name {second}", NOW + timedelta(seconds=second))
    assert len(logs) == 1


def test_small_differences_of_clocks_are_no_jump(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    with structlog.testing.capture_logs() as logs:
        rename(database, customer, "by another node", NOW - timedelta(seconds=59))
    assert (logs, instants(database, customer)) == ([], [NOW, NOW])
