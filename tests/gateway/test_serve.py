"""`chargerights serve` as an operator starts it: security profiles, and proxies that are believed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.gateway.client import V16, basic
from tests.gateway.server import World
from tests.servers import Server, serving

BY_TLS = {"X-Forwarded-Proto": "https"}


async def status(server: Server, world: World, headers: Mapping[str, str], password: bool = True) -> int:
    """The status of a handshake of DEP-1."""
    proof = {"Authorization": basic("DEP-1", world.passwords["DEP-1"])} if password else {}
    try:
        async with connect(
            f"{server.url.replace('http', 'ws')}/ocpp/DEP-1",
            subprotocols=[Subprotocol(V16)],
            additional_headers={**proof, **headers},
            proxy=None,
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_by_default_a_password_is_enough_and_needed(world: World) -> None:
    with serving(world.url) as server:
        assert await status(server, world, {}) == 101
        assert await status(server, world, {}, password=False) == 401


async def test_at_profile_2_tls_is_believed_of_named_proxies_only(world: World) -> None:
    with serving(world.url, "--ocpp-security-profile", "2") as server:
        assert await status(server, world, {}) == 401
        assert await status(server, world, BY_TLS) == 401
    settings = {"CHARGERIGHTS_TRUSTED_PROXIES": "127.0.0.1"}
    with serving(world.url, "--ocpp-security-profile", "2", settings=settings) as server:
        assert await status(server, world, {}) == 401
        assert await status(server, world, BY_TLS, password=False) == 401
        assert await status(server, world, BY_TLS) == 101


async def test_settings_name_the_profile_and_the_header_of_certificates(world: World) -> None:
    settings = {"CHARGERIGHTS_OCPP_SECURITY_PROFILE": "3", "CHARGERIGHTS_OCPP_SUBJECT_HEADER": "X-Subject"}
    with serving(world.url, settings=settings) as server:
        assert await status(server, world, BY_TLS) == 401
        assert await status(server, world, {"X-Subject": "CN=GF-1"}) == 403
        assert await status(server, world, {"X-Subject": "CN=DEP-1"}, password=False) == 101


@pytest.mark.parametrize("profile", ["4", "-1", "two"])
def test_a_profile_that_there_is_not_stops_the_program(world: World, profile: str) -> None:
    with pytest.raises(RuntimeError, match="does not start"), serving(world.url, "--ocpp-security-profile", profile):
        pass
