"""A database without customers, of either kind, and a customer in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, delete

from chargerights.storage import schema
from chargerights.storage.database import Database
from tests.conftest import Databases
from tests.servers import opened
from tests.storage.writing import add_customer


@pytest.fixture(scope="session")
def one_postgres_url(databases: Databases) -> str:
    """A database for many tests: making one takes longer than most of them."""
    return databases.new("postgresql")


@pytest.fixture
def database_url(database_kind: str, databases: Databases, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database without rows; the test runs once on SQLite and once on PostgreSQL."""
    if database_kind == "sqlite":
        yield databases.new(database_kind)
        return
    url = request.getfixturevalue("one_postgres_url")
    yield url
    with opened(url) as database:
        database.write_now(_delete_rows)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """For plain threads; the test runs once on SQLite and once on PostgreSQL."""
    with opened(database_url) as database:
        yield database


@pytest.fixture
def customer(database: Database) -> int:
    """A customer's id."""
    return add_customer(database)


def _delete_rows(connection: Connection) -> None:
    for table in reversed(schema.metadata.sorted_tables):
        connection.execute(delete(table))
