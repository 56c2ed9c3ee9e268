"""The proxies of deploy/, with a real server behind each: the API, chargers, and what no client may claim."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
import trustme
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.typing import Subprotocol

from tests.deploy.conftest import METRICS_TOKEN
from tests.deploy.proxies import PARAMETERS, PROXIES, Certificates, Proxy
from tests.gateway.client import V16, basic
from tests.gateway.server import World
from tests.support.servers import Server
from tests.support.waiting import PATIENCE

CHARGER = "DEP-1"
pytestmark = pytest.mark.slow
UPGRADE = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": V16,
}
WITH_CERTIFICATES = ("nginx", "caddy")
"""Proxies that hand the subject of a client certificate on."""


class Scene(NamedTuple):
    """A proxy with a server behind it that asks for security profile 2."""

    name: str
    proxy: Proxy
    world: World
    certificates: Certificates

    @property
    def password(self) -> dict[str, str]:
        return {"Authorization": basic(CHARGER, self.world.passwords[CHARGER])}

    async def status(self, headers: Mapping[str, str], trusted: ssl.SSLContext | None = None) -> int:
        """The status of the charger's handshake."""
        try:
            async with connect(
                f"{self.proxy.https.replace('https', 'wss')}/ocpp/{CHARGER}",
                subprotocols=[Subprotocol(V16)],
                additional_headers=headers,
                ssl=trusted or self.certificates.client(),
                proxy=None,
            ):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.proxy.https,
            headers={"x-api-key": self.world.key},
            verify=self.certificates.client(),
            trust_env=False,
            timeout=PATIENCE,
        )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.made(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module", params=PARAMETERS)
def scene(
    request: pytest.FixtureRequest,
    world: World,
    server: Server,
    certificates: Certificates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp(request.param)
    with PROXIES[request.param](server.url, certificates, folder) as proxy:
        yield Scene(request.param, proxy, world, certificates)


def test_requests_and_large_bodies_go_through(scene: Scene) -> None:
    with scene.client() as client:
        assert client.get("/api/groups").status_code == 200
        assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
        spreadsheet = b"no columns that are known\n" * 200_000
        sent = client.post("/v2/imports", params={"mode": "update", "dryRun": "true"}, content=spreadsheet)
        assert sent.status_code == 202, sent.text


async def test_a_charger_talks_through_a_web_socket(scene: Scene) -> None:
    async with connect(
        f"{scene.proxy.https.replace('https', 'wss')}/ocpp/{CHARGER}",
        subprotocols=[Subprotocol(V16)],
        additional_headers=scene.password,
        ssl=scene.certificates.client(),
        proxy=None,
    ) as socket:
        await socket.send(json.dumps([2, "7", "Heartbeat", {}]))
        kind, number, payload = json.loads(await socket.recv())
        assert (kind, number, list(payload)) == (3, "7", ["currentTime"])
        assert await (await socket.ping())


async def test_without_a_password_a_charger_is_refused_whatever_it_claims(scene: Scene) -> None:
    assert await scene.status({}) == 401
    assert await scene.status({"X-Client-Subject": f"CN={CHARGER}"}) == 401
    assert await scene.status({"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}) == 401


async def test_with_a_password_claims_make_no_difference(scene: Scene) -> None:
    claims = {"X-Client-Subject": "CN=GF-1", "X-Forwarded-Proto": "http", "X-Forwarded-For": "127.0.0.1"}
    assert await scene.status(scene.password | claims) == 101


async def test_a_certificate_of_the_chargers_issuer_is_enough(scene: Scene) -> None:
    chargers = scene.certificates.chargers
    if scene.name not in WITH_CERTIFICATES:
        assert await scene.status({}, scene.certificates.client(chargers, CHARGER)) == 401
        return
    assert await scene.status({}, scene.certificates.client(chargers, CHARGER)) == 101
    claim = {"X-Client-Subject": f"CN={CHARGER}"}
    assert await scene.status(claim, scene.certificates.client(chargers, "GF-1")) == 403


async def test_a_certificate_of_another_issuer_is_worth_nothing(scene: Scene) -> None:
    stranger = scene.certificates.client(trustme.CA(), CHARGER)
    try:
        status = await scene.status({"X-Client-Subject": f"CN={CHARGER}"}, stranger)
    except (ssl.SSLError, ConnectionError, InvalidMessage):
        return
    assert status in (400, 401)


def test_a_charger_that_names_no_server_in_its_handshake_connects(scene: Scene) -> None:
    with_certificate = scene.certificates.client(scene.certificates.chargers, CHARGER)
    proofs = [(scene.password, scene.certificates.client()), ({}, with_certificate)]
    for headers, context in proofs if scene.name in WITH_CERTIFICATES else proofs[:1]:
        context.check_hostname = False  # else Python names it
        address = urlsplit(scene.proxy.https)
        with (
            socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as plain,
            context.wrap_socket(plain) as encrypted,
        ):
            lines = [
                f"GET /ocpp/{CHARGER} HTTP/1.1",
                *(f"{name}: {value}" for name, value in (headers | UPGRADE).items()),
            ]
            encrypted.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
            assert encrypted.recv(100).startswith(b"HTTP/1.1 101")


def test_plain_http_is_sent_to_https(scene: Scene) -> None:
    answer = httpx.get(f"{scene.proxy.http}/api/groups", trust_env=False)
    assert answer.status_code in (301, 308)
    assert answer.headers["location"].startswith("https://localhost")


def test_metrics_are_not_published(scene: Scene, server: Server) -> None:
    token = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    with scene.client() as client, server.client() as inside:
        assert inside.get("/metrics", headers=token).status_code == 200
        assert client.get("/metrics", headers=token).status_code == 404


def test_no_key_is_in_the_access_log(scene: Scene) -> None:
    key = scene.world.key
    with scene.client() as client:
        assert client.get("/api/groups", params={"code": key}).status_code == 200
        assert client.get("/v2/sites", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    text = scene.proxy.log.read_text()
    assert "GET" in text
    assert key not in text
    assert key[-16:] not in text
