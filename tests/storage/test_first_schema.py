"""A database of the first version, with data, brought to this one: nobody's key stops and no history is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Connection

from chargerights.rights.model import Driver, Place, PlaceKind, Right, Tag
from chargerights.rights.permissions import Permission
from chargerights.storage import audit, callers, journal, networks
from chargerights.storage.audit import AuditQuery
from chargerights.storage.database import Database
from chargerights.storage.migration import migrate
from chargerights.storage.rows import keys, operators
from tests.storage.test_migrations import alembic
from tests.storage.writing import everything
from tests.support.servers import opened
from tests.support.world import NOW, YESTERDAY

SECRET = "crk_1_" + "ab" * 32
OTHERS = "crk_2_" + "cd" * 32
BEFORE = {
    "id": 5, "name": "Alice", "home_site_id": 1, "external_id": "P-17", "payer_id": 3,
    "external_ids": [{"reference_id": "SAP", "external_id": "P-17"}],
    "tags": [{"id": 6, "driver_id": 5, "id_tag": "04AB", "token_name": "blue"}],
}  # fmt: skip
AFTER = {**BEFORE, "rights": [{"id": 7, "place": ["site", 1]}]}
SITE = {"id": 1, "name": "Depot"}
ENTRIES: list[tuple[int, str, str, Any]] = [
    (1, "cli", "network.load", None),
    (2, "key 1", "site.add", [{"kind": "site", "id": 1, "before": None, "after": SITE}]),
    (3, "key 1", "driver.add", [{"kind": "driver", "id": 5, "before": None, "after": BEFORE}]),
    (4, "key 1", "right.grant", [{"kind": "driver", "id": 5, "before": BEFORE, "after": AFTER}]),
]
"""Of the journal, as the first version wrote it."""
ALICE = Driver(5, "Alice", 1, "P-17", 3, tags=(Tag(6, 5, "04AB", token_name="blue"),))


def fill(connection: Connection) -> None:
    """Customer 1 with a site, a driver, keys and a journal; customer 2 with a key."""

    def add(table: str, **row: Any) -> None:
        columns = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        given = {name: orjson.dumps(each).decode() if isinstance(each, list) else each for name, each in row.items()}
        connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), given)

    at = str(YESTERDAY)
    for customer_id, next_id in ((1, 8), (2, 2)):
        add("customers", id=customer_id, name=f"Customer {customer_id}", created_at=at, revision=0, next_id=next_id)
        add("live_versions", customer_id=customer_id, version=0)
    for customer_id, key_id, secret in ((1, 1, SECRET), (2, 1, OTHERS)):
        made = {"name": "old", "hash": keys.hash_of(secret), "last_characters": secret[-4:], "created_at": at}
        add("api_keys", customer_id=customer_id, id=key_id, **made)
    add("sites", customer_id=1, id=1, name="Depot", type="SITE")
    add("drivers", customer_id=1, id=5, name="Alice", home_site_id=1, external_id="P-17", payer_id=3)
    tag = {"id_tag": "04AB", "tag_key": "04AB", "token_name": "blue", "invoicable": False, "blocked": False}
    add("tags", customer_id=1, id=6, driver_id=5, **tag)
    add("rights", customer_id=1, id=7, driver_id=5, site_id=1)
    for number, actor, action, changes in ENTRIES:
        row = {"customer_id": 1, "revision": number, "at": at, "actor": actor, "action": action, "changes": changes}
        add("journal", **row)
    connection.execute(sa.text("UPDATE customers SET revision = 4 WHERE id = 1"))


@pytest.fixture
def old(empty_database_url: str) -> Iterator[Database]:
    with opened(empty_database_url) as database:
        database.write_now(alembic, command.upgrade, "0001")
        database.write_now(fill)
        migrate(empty_database_url)
        yield database


def test_every_customer_gets_an_operator_who_may_do_everything_and_whose_the_keys_are(old: Database) -> None:
    for customer_id, secret in ((1, SECRET), (2, OTHERS)):
        (operator,) = old.read_now(operators.load, customer_id)
        assert (operator.name, operator.administers) == ("Administrator", True)
        caller = old.read_now(callers.authenticate, secret, NOW)
        assert caller is not None
        assert (caller.customer_id, caller.operator_id) == (customer_id, operator.id)
        assert caller.may(Permission.WRITE_DRIVERS)


def test_the_network_is_as_it_was(old: Database) -> None:
    found = old.read_now(networks.load, 1)
    assert found.revision == 4
    assert found.network.drivers[5].rights == (Right(7, Place(PlaceKind.SITE, 1)),)
    assert found.network.tag("04ab") == ALICE.tags[0]


def test_the_journal_can_be_followed_from_any_revision(old: Database) -> None:
    entries = old.read_now(journal.since, 1, 0, 100)
    assert [(each.revision, each.changes) for each in entries] == [(each[0], each[3]) for each in ENTRIES]


def test_the_audit_log_tells_what_was_done_then(old: Database) -> None:
    records = old.read_now(audit.page, 1, AuditQuery(), 0, 10).records
    assert [(each.action, each.at, each.by_api, each.bulk, each.count) for each in records] == [
        ("right.grant", YESTERDAY, True, False, 1),
        ("driver.add", YESTERDAY, True, False, 1),
        ("site.add", YESTERDAY, True, False, 1),
        ("network.load", YESTERDAY, False, True, 0),
    ]
    assert records[0].changes[0].after == AFTER


def test_a_driver_of_then_can_be_erased_from_the_journal(old: Database) -> None:
    old.write_now(lambda connection: connection.exec_driver_sql("DELETE FROM journal_personal"))
    rows = old.read_now(everything)
    for name in ("Alice", "04AB", "P-17", "blue", "SAP"):
        assert name not in repr([rows["journal"], rows["journal_changes"]])
    (grant,) = old.read_now(audit.page, 1, AuditQuery(action="right.grant"), 0, 10).records
    assert grant.changes[0].after == {
        "id": 5, "name": "driver 5", "home_site_id": 1, "rights": AFTER["rights"],
        "tags": [{"id": 6, "driver_id": 5, "id_tag": "tag 6"}],
    }  # fmt: skip


def test_new_ids_are_none_of_the_old(old: Database) -> None:
    made, _ = old.write_now(callers.add_key, 2, at=NOW)
    assert made.id not in (1, old.read_now(operators.load, 2)[0].id)
    assert sorted(each.id for each in old.read_now(keys.load, 2)) == sorted([1, made.id])


def test_what_was_written_goes_back_as_far_as_it_can(old: Database) -> None:
    old.write_now(alembic, command.downgrade, "0001")
    old.write_now(alembic, command.upgrade, "head")
    assert old.read_now(callers.authenticate, SECRET, NOW) is not None
    assert old.read_now(networks.load, 1).revision == 4
