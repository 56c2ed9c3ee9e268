"""What the tests of storage write and read back, in few words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select

from chargerights.rights.network import Network
from chargerights.storage import callers, networks, schema
from chargerights.storage.database import Database
from chargerights.storage.entity_types import Entity
from chargerights.storage.journal import Actor, ChangeContext
from chargerights.storage.revisions import revise
from tests.support.oracle import Facts
from tests.support.world import NOW

TEST = Actor("test")
OCCASION = ChangeContext(NOW, TEST, "test")


def add_customer(database: Database, name: str = "Customer") -> int:
    return database.write_now(callers.add_customer, name, NOW).id


def put(connection: Connection, customer_id: int, *entities: Entity, reserve: int = 0) -> int:
    """Puts the entities in one revision and reserves ids as far as that; the revision's number."""
    with revise(connection, customer_id, at=NOW, actor=Actor("test"), action="test") as revision:
        revision.reserve(reserve)
        for entity in entities:
            revision.put(entity)
        return revision.number


def put_facts(database: Database, customer_id: int, facts: Facts, reserve: int = 0) -> int:
    return database.write_now(put, customer_id, *entities_of(facts), reserve=reserve)


def store_facts(database: Database, customer_id: int, facts: Facts) -> int:
    """Stores new facts in bulk, as `chargerights load` does; the revision's number."""

    def work(connection: Connection) -> int:
        with revise(connection, customer_id, at=NOW, actor=Actor("test"), action="network.load") as revision:
            networks.store(revision, *facts)
            return revision.number

    return database.write_now(work)


def entities_of(facts: Facts) -> Iterable[Entity]:
    return [*facts.sites, *facts.chargers, *facts.access_groups, *facts.drivers]


def stored(database: Database, customer_id: int) -> Network:
    """The customer's network as the database has it."""
    return database.read_now(networks.load, customer_id).network


def revision_of(database: Database, customer_id: int) -> int:
    return {each.id: each.revision for each in database.read_now(callers.list_customers)}[customer_id]


def count_rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has; customers' own counters are not rows."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in schema.metadata.sorted_tables
    }


def everything(connection: Connection) -> dict[str, list[Any]]:
    """All rows of all tables, to see that nothing changed."""
    return {
        table.name: sorted(map(repr, connection.execute(select(table)).all()))
        for table in schema.metadata.sorted_tables
    }


def wait_for_writers(database: Database) -> None:
    """Returns when no customer is being written to any more: a killed client's transaction outlives it a little."""
    database.write_now(lambda connection: connection.execute(select(schema.customers.c.id).with_for_update()).all())
