"""The network of `tests.api.network`, with a value for every member, behind the API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api import network
from tests.api.client import Api, our_world
from tests.conftest import Databases


@pytest.fixture(scope="module")
async def harbour_api(databases: Databases) -> AsyncIterator[Api]:
    """Shared by a module's tests, which only read."""
    api = our_world(databases.new("sqlite"), network.FACTS)
    await api.report(network.HAR_1, network.PIE_1, network.SHE_1)
    yield api
    await api.close()
