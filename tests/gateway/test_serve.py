"""`chargerights serve` as an operator starts it: security profiles, and proxies that are believed."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.gateway.client import V16, basic
from tests.gateway.server import World
from tests.support.servers import Server, serving

pytestmark = pytest.mark.slow

BY_TLS = {"X-Forwarded-Proto": "https"}


async def status(
    server: Server,
    world: World,
    headers: Mapping[str, str],
    password: bool = True,
    trusted: ssl.SSLContext | None = None,
) -> int:
    """The status of a handshake of DEP-1."""
    proof = {"Authorization": basic("DEP-1", world.passwords["DEP-1"])} if password else {}
    try:
        async with connect(
            f"{server.url.replace('http', 'ws')}/ocpp/DEP-1",
            subprotocols=[Subprotocol(V16)],
            additional_headers={**proof, **headers},
            proxy=None,
            ssl=trusted,
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_by_default_a_password_is_enough_and_needed(world: World) -> None:
    with serving(world.url) as server:
        assert await status(server, world, {}) == 101
        assert await status(server, world, {}, password=False) == 401


async def test_at_profile_2_tls_is_believed_of_named_proxies_only(world: World) -> None:
    everyone = {"FORWARDED_ALLOW_IPS": "*"}  # which uvicorn reads where it is let
    with serving(world.url, "--ocpp-security-profile", "2", settings=everyone) as server:
        assert await status(server, world, {}) == 401
        assert await status(server, world, BY_TLS) == 401
    settings = {"CHARGERIGHTS_TRUSTED_PROXIES": "127.0.0.1"}
    with serving(world.url, "--ocpp-security-profile", "2", settings=settings) as server:
        assert await status(server, world, {}) == 401
        assert await status(server, world, BY_TLS, password=False) == 401
        assert await status(server, world, BY_TLS) == 101


async def test_settings_name_the_profile_and_the_header_of_certificates(world: World) -> None:
    settings = {
        "CHARGERIGHTS_OCPP_SECURITY_PROFILE": "3",
        "CHARGERIGHTS_OCPP_SUBJECT_HEADER": "X-Subject",
        "CHARGERIGHTS_TRUSTED_PROXIES": "127.0.0.0/8",
    }
    with serving(world.url, settings=settings) as server:
        assert await status(server, world, BY_TLS) == 401
        assert await status(server, world, {"X-Subject": "CN=DEP-1"}, password=False) == 401
        assert await status(server, world, BY_TLS | {"X-Subject": "CN=GF-1"}) == 403
        assert await status(server, world, BY_TLS | {"X-Subject": "CN=DEP-1"}, password=False) == 101


def test_settings_that_would_let_strangers_in_stop_the_program(world: World) -> None:
    """The other settings: tests/cli/test_serve_refusals.py."""
    settings = {"CHARGERIGHTS_METRICS_TOKEN": "short"}
    with pytest.raises(RuntimeError, match="does not start") as ended, serving(world.url, settings=settings):
        pass
    assert "CHARGERIGHTS_METRICS_TOKEN cannot be" in str(ended.value)
    assert "Traceback" not in str(ended.value)


@pytest.fixture(scope="module")
def issuer() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(issuer: trustme.CA, tmp_path: Path) -> tuple[str, str]:
    """Of a certificate for this machine, and of its key."""
    made = issuer.issue_cert("127.0.0.1")
    made.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    made.private_key_pem.write_to_path(tmp_path / "key.pem")
    return str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_the_server_speaks_tls_itself_which_is_profile_2(
    world: World, issuer: trustme.CA, files: tuple[str, str], workers: str
) -> None:
    trusted = ssl.create_default_context()
    issuer.configure_trust(trusted)
    options = ("--tls-certificate", files[0], "--tls-key", files[1], "--ocpp-security-profile", "2")
    with serving(world.url, *options, "--workers", workers, trusted=trusted) as server:
        assert await status(server, world, {}, trusted=trusted) == 101
        assert await status(server, world, {}, password=False, trusted=trusted) == 401
        with server.client(world.key) as client:
            assert client.get("/api/groups").status_code == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            await status(server, world, {}, trusted=ssl.create_default_context())
