"""A database without customers, of either kind, and a customer in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, delete

from chargerights.storage import schema
from chargerights.storage.database import Database
from tests.conftest import Databases
from tests.storage.writing import add_customer
from tests.support.servers import opened


@pytest.fixture(scope="session")
def shared_url(database_kind: str, databases: Databases) -> str:
    """One database for many tests: making one, and an engine that knows its statements, takes longer than most."""
    return databases.new(database_kind)


@pytest.fixture(scope="session")
def shared_database(shared_url: str) -> Iterator[Database]:
    with opened(shared_url) as database:
        yield database


@pytest.fixture
def database(shared_database: Database) -> Iterator[Database]:
    """A migrated database without rows; the test runs once on SQLite and once on PostgreSQL."""
    yield shared_database
    shared_database.write_now(_delete_rows)


@pytest.fixture
def database_url(database: Database, shared_url: str) -> str:
    """Its URL, for other nodes."""
    return shared_url


@pytest.fixture
def customer(database: Database) -> int:
    """A customer's id."""
    return add_customer(database)


def _delete_rows(connection: Connection) -> None:
    for table in reversed(schema.metadata.sorted_tables):
        connection.execute(delete(table))
