"""The audit log's pages are what the journal holds, whatever is asked for and however it is looked up."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from datetime import timedelta
from itertools import product

import pytest

from chargerights.rights.model import Driver, Site
from chargerights.storage import audit
from chargerights.storage.audit import AuditQuery, Record
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor
from chargerights.storage.revisions import revise
from tests.conftest import Databases
from tests.storage.writing import add_customer
from tests.support.servers import opened
from tests.support.world import NOW

ACTORS = (Actor("key 5", 1), Actor("key 6", 2), Actor("cli"), Actor("import 3", 2))
ENTRIES = 60


@pytest.fixture(scope="module")
def full(database_kind: str, databases: Databases) -> Iterator[Database]:
    """A journal of sixty entries by four, of two kinds, with clocks that do not agree; and another customer's."""
    url = databases.new(database_kind)
    chance = random.Random(1)
    with opened(url) as database:
        for customer in (add_customer(database), add_customer(database, "Other")):
            for number in range(ENTRIES):
                at = NOW + timedelta(minutes=number // 4 + chance.randrange(-2, 3))
                actor = chance.choice(ACTORS)
                database.write_now(_write, customer, at, actor, number % 7, chance.randrange(3))
        yield database
    databases.drop(url)


def _write(connection: object, customer: int, at: object, actor: Actor, number: int, kind: int) -> None:
    with revise(connection, customer, at=at, actor=actor, action=f"command.{kind}") as revision:  # type: ignore[arg-type]
        name = f"At {at}, {revision.number}"
        if kind == 0:
            revision.put(Site(number + 1, name))
        else:
            revision.put(Driver(number + 1, name))
            if kind == 2:
                revision.put(Driver(number + 1, f"{name} again"))
                revision.put(Driver(number + 2, name))


WANTED = [
    AuditQuery(*each)
    for each in product(
        (None, "command.1", "command.9"), (None, 2), (None, True, False), (None, NOW + timedelta(minutes=3)),
        (None, NOW + timedelta(minutes=9)),
    )
] + [
    AuditQuery(action, operator_id, None, start, None, kind, entity_id)
    for action in (None, "command.2")
    for operator_id in (None, 2)
    for start in (None, NOW + timedelta(minutes=3))
    for kind, entity_id in (("driver", None), ("site", None), ("driver", "3"), ("site", "3"), ("driver", "99"))
]  # fmt: skip


def plainly(everything: Iterable[Record], wanted: AuditQuery) -> list[Record]:
    """What is wanted of all records, asked one by one."""
    return [
        each
        for each in everything
        if wanted.action in (None, each.action)
        and wanted.operator_id in (None, each.operator_id)
        and wanted.by_api in (None, each.actor.startswith("key"))
        and (wanted.start is None or each.at >= wanted.start)
        and (wanted.end is None or each.at < wanted.end)
        and (wanted.kind is None or any(_of(each, wanted)))
    ]


def _of(record: Record, wanted: AuditQuery) -> Iterator[bool]:
    for change in record.changes:
        yield change.kind == wanted.kind and wanted.entity_id in (None, change.id)


@pytest.mark.parametrize("few", [2, 1_000])
def test_pages_hold_what_is_wanted_newest_first(full: Database, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "FEW", few)
    everything, total, more = full.read_now(audit.page, 1, AuditQuery(), 0, 1_000)
    assert (len(everything), total, more) == (ENTRIES, ENTRIES, False)
    assert everything == sorted(everything, key=lambda each: (each.at, each.revision), reverse=True)
    assert len({each.at for each in everything}) > 5
    sizes = set()
    for wanted in WANTED:
        expected = plainly(everything, wanted)
        sizes.add(len(expected))
        for start, count in ((0, 1_000), (0, 5), (5, 5), (50, 100)):
            found = full.read_now(audit.page, 1, wanted, start, count)
            numbers = [each.revision for each in expected]
            assert [each.revision for each in found.records] == numbers[start : start + count], wanted
            assert (found.total, found.more) == (len(expected), start + count < len(expected)), wanted
            for record in found.records:
                assert all(_of(record, wanted)) or wanted.kind is None
    assert min(sizes) == 0
    assert len(sizes) > 10


def test_entries_are_counted_as_far_as_is_worth_it(full: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "COUNTED", 10)
    assert full.read_now(audit.page, 1, AuditQuery(), 0, 5)[1:] == (ENTRIES, True)
    everything = full.read_now(audit.page, 1, AuditQuery(by_api=True), 0, 1_000)
    assert everything.total == len(everything.records) > 20
    assert full.read_now(audit.page, 1, AuditQuery(by_api=True), 0, 5)[1:] == (10, True)
    assert full.read_now(audit.page, 1, AuditQuery(by_api=True), 10, 5)[1:] == (16, True)


def test_no_customer_reads_anothers_log(full: Database) -> None:
    for wanted in (AuditQuery(), AuditQuery(kind="driver", entity_id="3"), AuditQuery(action="command.1")):
        ours, theirs = [full.read_now(audit.page, customer, wanted, 0, 100).records for customer in (1, 2)]
        assert {str(astuple(each)) for each in ours}.isdisjoint(str(astuple(each)) for each in theirs)
        assert ours
        assert theirs
