"""One server that the tests of this folder ask, directly and through proxies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Databases
from tests.gateway.server import World
from tests.support.servers import Server, serving

METRICS_TOKEN = "a-token-of-these-tests"


@pytest.fixture(scope="package")
def world(databases: Databases) -> World:
    return World(databases.new("sqlite"))


@pytest.fixture(scope="package")
def server(world: World) -> Iterator[Server]:
    """Set as the proxies of deploy/ say, and asking chargers for security profile 2."""
    settings = {
        "CHARGERIGHTS_TRUSTED_PROXIES": "127.0.0.1",
        "CHARGERIGHTS_OCPP_SUBJECT_HEADER": "X-Client-Subject",
        "CHARGERIGHTS_OCPP_SECURITY_PROFILE": "2",
        "CHARGERIGHTS_METRICS_TOKEN": METRICS_TOKEN,
    }
    with serving(world.url, settings=settings) as running:
        yield running
