"""What only a real server shows: streaming, memory, clients that go away, connections that stay, and its log."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

import orjson
import psutil
import pytest

from chargerights.app import create_app
from chargerights.storage.database import Database
from tests.api.client import MISSION, read
from tests.conftest import Databases
from tests.support.servers import Caller, Server, new_customer, opened, serving
from tests.support.waiting import PATIENCE, wait_until

DRIVERS, CHARGERS = 1200, 20
MEGABYTE = 1024 * 1024
TWO_MB = b"[" + b"1," * 1_000_000 + b"1]"


def big_network() -> dict[str, Any]:
    """Every driver shows the whole site with its chargers: tens of megabytes from a small network."""
    sockets = [{"id": number, "name": f"Socket {number}"} for number in (1, 2)]
    return {
        "sites": [{"id": 1, "name": "Garage"}, {"id": 2, "name": "Shed"}],
        "chargers": [{"chargerId": f"BIG-{n}", "siteId": 1, "sockets": sockets} for n in range(CHARGERS)],
        "drivers": [{"id": n, "name": f"Driver {n}", "rights": [{"siteId": 1}]} for n in range(1, DRIVERS + 1)],
    }


@pytest.fixture(scope="module")
def big_url(databases: Databases) -> str:
    return databases.new("sqlite")


@pytest.fixture(scope="module")
def caller(big_url: str) -> Caller:
    with opened(big_url) as database:
        return new_customer(database, big_network())


@pytest.fixture(scope="module")
def server(big_url: str, caller: Caller) -> Iterator[Server]:
    with serving(big_url) as running:
        yield running


def test_a_large_answer_comes_in_chunks_is_whole_and_hardly_needs_memory(server: Server, caller: Caller) -> None:
    memory = psutil.Process(server.process.pid).memory_info
    with server.client(caller.key) as client:
        client.post(MISSION, json=[1])
        before = peak = memory().rss
        size, chunks, body = 0, 0, bytearray()
        with client.stream("POST", MISSION, json=[1], headers={"accept-encoding": "identity"}) as response:
            assert response.status_code == 200
            assert "content-length" not in response.headers
            assert response.headers["transfer-encoding"] == "chunked"
            for chunk in response.iter_raw():
                size += len(chunk)
                chunks += 1
                peak = max(peak, memory().rss)
                body += chunk
        (site,) = orjson.loads(body)
    assert size > 20 * MEGABYTE
    assert chunks > 50
    assert [user["id"] for user in site["users"]] == list(range(1, DRIVERS + 1))
    assert peak - before < size / 2


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_streamed_answer_is_compressed_too_and_says_the_same(server: Server, caller: Caller, encoding: str) -> None:
    with server.client(caller.key) as client:
        plain = client.post(MISSION, json=[1], headers={"accept-encoding": "identity"})
        packed = client.post(MISSION, json=[1], headers={"accept-encoding": encoding})
    assert packed.headers["content-encoding"] == encoding
    assert packed.num_bytes_downloaded < plain.num_bytes_downloaded / 10
    assert packed.content == plain.content
    assert packed.headers["etag"] == plain.headers["etag"]


def test_many_requests_go_over_one_connection(server: Server, caller: Caller) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=PATIENCE)
    connection.connect()
    first = connection.sock
    headers = {"x-api-key": caller.key}
    asked = [
        ("POST", "/api/group/authorisedUsers?excludeDetails=true", b"[1]", 200),
        ("POST", MISSION, TWO_MB, 400),
        ("POST", MISSION, b"[77]", 404),
        ("GET", "/api/groups?excludeDetails=true", None, 200),
        ("GET", "/api/nothing", None, 404),
    ]
    try:
        for method, path, body, status in asked:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
            assert (response.status, path) == (status, path)
            assert connection.sock is first
    finally:
        connection.close()


def test_a_client_that_goes_away_midway_leaves_the_server_answering(server: Server, caller: Caller) -> None:
    port = int(server.url.rpartition(":")[2])
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as gone:
            body = b"[1]"
            gone.sendall(
                b"POST /api/group/authorisedUsers HTTP/1.1\r\nHost: x\r\nx-api-key: %b\r\nContent-Length: %d\r\n\r\n%b"
                % (caller.key.encode(), len(body), body)
            )
            assert gone.recv(100).startswith(b"HTTP/1.1 200")
    with server.client(caller.key) as client:
        assert len(client.post(MISSION + "?excludeDetails=true", json=[1]).json()[0]["users"]) == DRIVERS
    assert "Traceback" not in server.log()


async def test_a_client_that_goes_away_midway_leaves_no_image_held(big_url: str, caller: Caller) -> None:
    """Not even until the next garbage collection."""
    app = create_app(Database(big_url))
    started = asyncio.Event()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": MISSION, "raw_path": MISSION.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"x-api-key", caller.key.encode())], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    bodies = iter([{"type": "http.request", "body": b"[1]", "more_body": False}])

    async def receive() -> dict[str, Any]:
        if (body := next(bodies, None)) is not None:
            return body
        await started.wait()
        return {"type": "http.disconnect"}

    sent = 0

    async def send(message: dict[str, Any]) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))
        image = app.state.shared.images.current(caller.customer_id)
        if message["type"] == "http.response.body" and not started.is_set():
            assert len(image._readers) == 1
            started.set()
        await asyncio.sleep(0)

    await app(scope, receive, send)
    image = app.state.shared.images.current(caller.customer_id)
    assert 0 < sent < 8 * MEGABYTE
    assert len(image._readers) == 0
    await app.state.shared.close()


def test_the_key_in_the_query_is_in_no_line_of_the_log(server: Server, caller: Caller) -> None:
    wrong = "crk_1_" + "0" * 64
    with server.client() as client:
        for code in (caller.key, wrong):
            client.post(MISSION, params={"code": code, "clientId": "1", "excludeDetails": "true"}, json=[1])
            client.get("/api/groups", params={"code": code, "excludeDetails": "maybe"})
            client.get("/api/nothing", params={"code": code})
            client.put(MISSION, params={"code": code})
            client.get(f"/v2/access/explain?code={code}&chargerId=x")
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=PATIENCE) as broken:
        broken.sendall(f"GET /api/groups?code={caller.key} nonsense\r\n\r\n".encode())
        broken.recv(1000)
    log = server.log()
    assert caller.key not in log
    assert wrong not in log
    assert "code=" not in log


def test_every_request_is_a_line_of_json_with_its_path_and_status(server: Server, caller: Caller) -> None:
    with server.client(caller.key) as client:
        client.get("/api/group/authorisedUsers/424242?clientId=1")
        client.get("/api/groups?excludeDetails=true")  # the line of a request stands when the next is answered
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    (mine,) = [each for each in lines if each.get("path") == "/api/group/authorisedUsers/424242"]
    assert (mine["event"], mine["method"], mine["status"], mine["level"]) == ("request", "GET", 404, "info")
    assert mine["ms"] >= 0


def test_what_one_server_writes_the_next_one_answers(big_url: str, server: Server, caller: Caller) -> None:
    with serving(big_url) as beside, server.client(caller.key) as one, beside.client(caller.key) as other:
        other.get("/api/groups?excludeDetails=true")
        for number in range(3):
            made = one.post("/api/group/add", json={"name": f"New {number}"}).json()
            *_, newest = read(other.get("/api/groups?excludeDetails=true"), "BriefSite[]")
            assert newest == {"id": made, "groupName": f"New {number}", "groupType": 0, "subgroups": []}


def test_a_compressed_answer_is_one_that_other_programs_can_unpack(server: Server, caller: Caller) -> None:
    with (
        server.client(caller.key) as client,
        client.stream("POST", MISSION, json=[1], headers={"accept-encoding": "gzip"}) as response,
    ):
        packed = b"".join(response.iter_raw())
    assert orjson.loads(gzip.decompress(packed))[0]["groupId"] == 1


LEAVING = [
    ("POST", MISSION), ("POST", "/api/group/add"), ("POST", "/v2/drivers"), ("PATCH", "/v2/drivers/1"),
    ("DELETE", "/v2/drivers/1"), ("PUT", "/v2/partner-authorisation"), ("POST", "/v2/access/check"),
    ("POST", "/v2/imports?mode=add"), ("POST", "/v2/webhooks"), ("GET", "/v2/drivers/1"),
]  # fmt: skip
FRAMINGS = {
    "length": b'Content-Length: 1000\r\n\r\n{"a":',
    "chunked": b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n',
    "reset": b'Content-Length: 1000\r\n\r\n{"a":',
    "half closed": b'Content-Length: 1000\r\n\r\n{"a":',
}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_client_that_goes_away_during_its_body_is_no_fault_of_the_server(
    server: Server, caller: Caller, framing: str
) -> None:
    since = len(server.log())
    for method, path in LEAVING:
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=PATIENCE) as gone:
            head = (
                f"{method} {path} HTTP/1.1\r\nHost: x\r\nx-api-key: {caller.key}\r\nContent-Type: application/json\r\n"
            )
            gone.sendall(head.encode() + FRAMINGS[framing])
            if framing == "reset":
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if framing == "half closed":
                gone.shutdown(socket.SHUT_WR)
                gone.recv(1)
    wait_until(lambda: len(requests_in(server.log()[since:])) >= len(LEAVING))
    told = requests_in(server.log()[since:])
    assert sorted(each["path"] for each in told) == sorted(path.partition("?")[0] for _, path in LEAVING)
    assert {each["status"] for each in told} == {499}
    assert "Traceback" not in server.log()[since:]
    assert '"level": "error"' not in server.log()[since:]


@pytest.mark.parametrize("path", ["/v2/exports/drivers.csv", "/v2/exports/drivers.xlsx", "/api/groups", "/v2/drivers"])
def test_a_client_that_goes_away_before_or_during_its_answer_is_no_fault(
    server: Server, caller: Caller, path: str
) -> None:
    since = len(server.log())
    for size in (0, 1, 100):
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=PATIENCE) as gone:
            gone.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nx-api-key: {caller.key}\r\n\r\n".encode())
            if size:
                gone.recv(size)
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: len(requests_in(server.log()[since:])) >= 3)
    assert "Traceback" not in server.log()[since:]
    assert '"level": "error"' not in server.log()[since:]


def requests_in(log: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{") and line.endswith("}")]
    return [each for each in lines if each["event"] == "request"]
