"""A server that generated clients ask, and a key that may do everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Databases
from tests.support.servers import Caller, Server, new_customer, opened, serving


@pytest.fixture
def caller(databases: Databases) -> Iterator[tuple[Server, Caller]]:
    url = databases.new("sqlite")
    with opened(url) as database:
        caller = new_customer(database)
    with serving(url) as server:
        yield server, caller
