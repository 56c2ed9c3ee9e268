"""A fresh database of either kind, opened, and a customer in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chargerights.storage.database import Database
from tests.servers import opened
from tests.storage.writing import add_customer


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """For plain threads; the test runs once on SQLite and once on PostgreSQL."""
    with opened(database_url) as database:
        yield database


@pytest.fixture
def customer(database: Database) -> int:
    """A customer's id."""
    return add_customer(database)
