"""`chargerights serve` without a proxy: TLS, and each limit as a setting, with time that really passes."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator

import pytest
import trustme

from tests.api.client import MISSION
from tests.api.common.test_server import big_network
from tests.conftest import Databases
from tests.support.servers import Caller, Server, new_customer, opened, serving
from tests.support.waiting import PATIENCE

SETTINGS = {
    "CHARGERIGHTS_MAX_HEADER_BYTES": "2000",
    "CHARGERIGHTS_MAX_HEADER_SECONDS": "1",
    "CHARGERIGHTS_MAX_BODY_SECONDS": "3",
    "CHARGERIGHTS_MAX_STALL_SECONDS": "1",
    "CHARGERIGHTS_MIN_BYTES_PER_SECOND": "500",
    "CHARGERIGHTS_KEEP_ALIVE_SECONDS": "2",
    "CHARGERIGHTS_MAX_CONNECTIONS_PER_ADDRESS": "5",
    "CHARGERIGHTS_LOG_LEVEL": "info",
}


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    return databases.new("sqlite")


@pytest.fixture(scope="module")
def caller(url: str) -> Caller:
    with opened(url) as database:
        return new_customer(database, big_network())


@pytest.fixture(scope="module")
def trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


@pytest.fixture(scope="module")
def server(
    url: str, caller: Caller, trusted: ssl.SSLContext, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    issuer, folder = trustme.CA(), tmp_path_factory.mktemp("tls")
    issuer.configure_trust(trusted)
    made = issuer.issue_cert("127.0.0.1")
    made.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    made.private_key_pem.write_to_path(folder / "key.pem")
    options = ("--tls-certificate", str(folder / "certificate.pem"), "--tls-key", str(folder / "key.pem"))
    with serving(url, *options, settings=SETTINGS, trusted=trusted) as running:
        yield running


def connected(server: Server, trusted: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port(server)), timeout=PATIENCE)
    return trusted.wrap_socket(plain, server_hostname="127.0.0.1")


def port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def status(client: ssl.SSLSocket) -> int:
    """0: closed without an answer."""
    found = client.recv(1_000)
    return int(found.split()[1]) if found else 0


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", 0),
        (b"GET /health HT", 408),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nLong: " + b"y" * 3_000 + b"\r\n\r\n", 431),
        (b"POST /api/group/add HTTP/1.1\r\nHost: x\r\nx-api-key: KEY\r\nContent-Length: 9000\r\n\r\n{", 408),
    ],
)
def test_each_limit_is_a_setting_and_holds_over_tls(
    server: Server, caller: Caller, trusted: ssl.SSLContext, sent: bytes, expected: int
) -> None:
    with connected(server, trusted) as client:
        client.sendall(sent.replace(b"KEY", caller.key.encode()))
        assert status(client) == expected


def test_a_connection_is_closed_that_asks_nothing_more(server: Server, trusted: ssl.SSLContext) -> None:
    with connected(server, trusted) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status(client) == 200
        while client.recv(1_000):
            pass


def test_a_large_answer_that_is_not_read_ends(server: Server, caller: Caller, trusted: ssl.SSLContext) -> None:
    """It keeps an image of the network in memory as long as it lasts."""
    with connected(server, trusted) as client:
        head = f"POST {MISSION} HTTP/1.1\r\nHost: x\r\nx-api-key: {caller.key}\r\nContent-Length: 3\r\n\r\n[1]"
        client.sendall(head.encode())
        until_logged(server, event="connection cut", cause="reads too slowly")
        until_logged(server, event="request", path=MISSION, status=200)


def test_more_connections_of_one_address_than_the_setting_says_are_refused(
    server: Server, trusted: ssl.SSLContext
) -> None:
    kept = [connected(server, trusted) for _ in range(5)]
    try:
        with connected(server, trusted) as more:
            assert status(more) == 429
    finally:
        for each in kept:
            each.close()


def until_logged(server: Server, **members: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{") and line.endswith("}")]
        if any(members.items() <= each.items() for each in lines):
            return
        time.sleep(0.05)
    raise AssertionError(f"{members} is not logged:\n{server.log()}")
