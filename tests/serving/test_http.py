"""Clients that send too much, too slowly or nothing, and clients that do not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog

from tests.serving.small import CHUNK, CHUNKS, Small, small
from tests.support.waiting import until

COUNT = b"POST /count HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /count HTTP/1.1\r\nHost: x\r\n\r\n"
LIMIT = 65_536


@pytest.fixture
async def server() -> AsyncIterator[Small]:
    async with small() as found:
        yield found


# -- heads --------------------------------------------------------------------------------------


async def test_headers_up_to_the_limit_are_taken_and_more_are_431(server: Small) -> None:
    client = await server.client()
    room = LIMIT - len(b"/counthostx") - len(b"long")
    assert await client.ask(GET[:-2] + b"Long: " + b"y" * room + b"\r\n\r\n") == (200, b"0")
    status, text = await client.ask(GET[:-2] + b"Long: " + b"y" * (room + 1) + b"\r\n\r\n")
    assert (status, text) == (431, b"the headers are longer than 65536 bytes\n")
    assert await client.is_closed()


@pytest.mark.parametrize(
    "head",
    [
        GET[:-2] + b"Long: " + b"y" * 2 * LIMIT,
        GET[:-2] + b"n" * 2 * LIMIT,
        GET[:-2] + b"A: b\r\n" * (LIMIT // 3),
        GET[:-2] + b"A: b\r\n" * (LIMIT // 2) + b"\r\n",
        b"GET /" + b"u" * 2 * LIMIT,
        b"GET /" + b"u" * 2 * LIMIT + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        GET[:-2] + b"Upgrade: websocket\r\nConnection: upgrade\r\nLong: " + b"y" * 2 * LIMIT + b"\r\n\r\n",
    ],
    ids=["endless value", "endless name", "endless headers", "many headers", "endless url", "long url", "upgrade"],
)
async def test_a_head_that_is_too_long_is_431_however_it_is_long(server: Small, head: bytes) -> None:
    client = await server.client()
    assert (await client.ask(head))[0] == 431
    assert await client.is_closed()


async def test_who_sends_a_head_of_megabytes_gets_to_read_why_it_is_refused(server: Small) -> None:
    """Closed at once, the connection is reset, and the client sees no answer."""
    client = await server.client()
    await client.send(GET[:-2] + b"Long: " + b"y" * 5_000_000 + b"\r\n\r\n")
    assert (await client.answer())[0] == 431
    assert await client.is_closed()


async def test_a_long_body_behind_a_short_head_is_no_long_head(server: Small) -> None:
    client = await server.client()
    body = b"z" * 4 * LIMIT
    assert await client.ask(COUNT + b"Content-Length: %d\r\n\r\n" % len(body) + body) == (200, b"%d" % len(body))


async def test_who_connects_and_says_nothing_is_closed(server: Small) -> None:
    client = await server.client()
    server.look(19)
    assert server.gate._watched
    server.look(21)
    assert await client.answer() == (0, b"")


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n", b"\r\n\r\nGET"])
async def test_a_head_that_does_not_end_in_time_is_408(server: Small, sent: bytes) -> None:
    client = await server.client()
    await client.send(sent)
    await server.received(len(sent))
    server.look(19)
    assert server.gate._watched
    server.look(21)
    assert (await client.answer())[0] == 408


async def test_a_byte_now_and_then_does_not_prolong_the_time_of_a_head(server: Small) -> None:
    client = await server.client()
    await client.ask(GET)
    for number, byte in enumerate((b"\r\n", b"\r\n", b"GET", b" /")):
        await client.send(byte)
        await server.received(sum(map(len, (b"\r\n", b"\r\n", b"GET", b" /")[: number + 1])))
    server.look(21)
    assert (await client.answer())[0] == 408


async def test_a_head_that_begins_right_behind_another_request_has_its_time_too(server: Small) -> None:
    client = await server.client()
    assert await client.ask(GET + b"GET /") == (200, b"0")
    server.look(19)
    assert server.gate._watched
    server.look(21)
    assert (await client.answer())[0] == 408


async def test_a_connection_that_is_kept_without_a_request_is_closed_in_time(server: Small) -> None:
    client = await server.client()
    assert await client.ask(GET) == (200, b"0")
    server.look(74)
    assert await client.ask(GET) == (200, b"0")
    server.look(76)
    assert await client.answer() == (0, b"")


async def test_who_waits_for_his_answer_is_not_cut_however_long_it_takes(server: Small) -> None:
    client = await server.client()
    await client.send(GET.replace(b"count", b"hold") + b"GET /")  # and has begun with the next
    await until(lambda: server.application.under_way)
    for seconds in (100, 10_000):
        server.look(seconds)
    server.application.may_answer.set()
    assert await client.answer() == (200, b"0")


async def test_requests_without_end_that_wait_for_no_answer_are_refused(server: Small) -> None:
    client = await server.client()
    await client.send(GET.replace(b"count", b"hold"))
    await until(lambda: server.application.under_way)
    await client.send(GET * 2_000)
    assert (await client.answer())[0] == 429
    assert server.application.under_way <= 1


async def test_what_is_no_http_is_400(server: Small) -> None:
    for nonsense in (
        b"SSH-2.0-OpenSSH\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET http:// x\r\n",
    ):
        client = await server.client()
        assert (await client.ask(nonsense))[0] == 400
        assert await client.is_closed()


# -- bodies -------------------------------------------------------------------------------------


async def test_a_body_that_comes_too_slowly_is_408_and_its_request_ends(server: Small) -> None:
    client = await server.client()
    await client.send(COUNT + b"Content-Length: 100000\r\n\r\n")
    await until(lambda: server.application.under_way)
    await client.send(b"z" * 30_000)
    await server.received(30_000)
    server.look(21)  # 1,400 bytes a second
    await client.send(b"z" * 15_000)
    await server.received(15_000)
    with structlog.testing.capture_logs() as logs:
        server.look(42)  # 700
    assert await client.answer() == (408, b"the body comes slower than 1000 bytes a second\n")
    await until(lambda: server.application.left == ["/count"])
    assert [each["event"] for each in logs] == ["connection cut"]


async def test_a_body_that_comes_fast_enough_but_takes_too_long_is_408(server: Small) -> None:
    assert server.gate.limits.max_body_seconds == 600, "a full import of 64 MB by 1 Mbit/s"
    client = await server.client()
    await client.send(COUNT + b"Transfer-Encoding: chunked\r\n\r\n")
    await until(lambda: server.application.under_way)
    for seconds in range(21, 599, 21):
        await client.send(b"ffff\r\n" + b"z" * 0xFFFF + b"\r\n")
        await server.received(0xFFFF)
        server.look(seconds)
        assert server.gate._watched
    server.look(601)
    assert await client.answer() == (408, b"the body takes longer than 600 seconds\n")


@pytest.mark.parametrize(
    "beside",
    [b"1;ext=" + b"y" * 9 * LIMIT, b"0\r\n" + b"Trailer: y\r\n" * 90_000, b"0\r\nLong: " + b"y" * 9 * LIMIT],
    ids=["extension", "trailers", "trailer"],
)
async def test_what_is_beside_a_body_has_the_limit_of_headers(server: Small, beside: bytes) -> None:
    client = await server.client()
    await client.send(COUNT + b"Transfer-Encoding: chunked\r\n\r\n1\r\nz\r\n")
    assert (await client.ask(beside))[0] == 431


async def test_while_the_server_does_not_read_a_body_no_time_runs(server: Small) -> None:
    client = await server.client()
    body = b"z" * 1_000_000
    head = COUNT.replace(b"count", b"hold") + b"Content-Length: %d\r\n\r\n" % len(body)
    sending = asyncio.create_task(client.send(head + body))
    await until(lambda: server.connection.flow is not None and server.connection.flow.read_paused)
    for seconds in (100, 10_000):
        server.look(seconds)
    server.application.may_answer.set()
    await sending
    assert await client.answer() == (200, b"1000000")


async def test_who_waits_to_be_asked_for_his_body_is_not_cut(server: Small) -> None:
    client = await server.client()
    await client.send(COUNT.replace(b"count", b"hold") + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    await until(lambda: server.application.under_way)
    server.look(100)
    server.application.may_answer.set()
    assert (await client.read(25)).startswith(b"HTTP/1.1 100 Continue")
    assert await client.ask(b"abc") == (200, b"3")


async def test_a_body_that_was_not_waited_for_has_its_time_too(server: Small) -> None:
    client = await server.client()
    await client.send(COUNT.replace(b"count", b"early") + b"Content-Length: 100000\r\n\r\n")
    assert (await client.answer())[0] == 200
    server.look(21)
    assert (await client.answer())[0] == 408


async def test_a_connection_whose_request_was_answered_before_its_body_came_is_not_kept_for_ever(
    server: Small,
) -> None:
    client = await server.client()
    await client.send(COUNT.replace(b"count", b"early") + b"Content-Length: 3\r\n\r\n")
    assert (await client.answer())[0] == 200
    await client.send(b"abc")
    await until(lambda: server.connection._phase.name == "NOTHING")
    server.look(76)
    assert await client.answer() == (0, b"")


# -- readers ------------------------------------------------------------------------------------

LARGE = GET.replace(b"count", b"large")


async def test_who_reads_nothing_of_a_large_answer_is_cut_and_the_request_ends(server: Small) -> None:
    client = await server.client(1)
    await client.send(LARGE)
    await until(lambda: server.connection.flow.write_paused)
    server.look(0)
    server.look(19)
    assert server.application.under_way
    server.look(21)
    await until(lambda: not server.application.under_way)
    assert not server.gate._watched


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_request_before_the_last_learns_that_its_client_has_gone(
    server: Small, leaves: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """It went on to write to a closed connection: an error with a traceback for what a client did."""
    client = await server.client(1)
    await client.send(LARGE * 2)
    await until(lambda: server.connection.flow.write_paused)
    if leaves:
        client.close()
    else:
        server.look(0)
        server.look(21)
    await until(lambda: not server.application.under_way)
    assert not caplog.records


async def test_who_reads_slower_than_the_least_rate_is_cut(server: Small) -> None:
    client = await server.client(1)
    await client.send(LARGE)
    await until(lambda: server.connection.flow.write_paused)
    server.look(0)
    server.connection._unread += 15_000  # as if it had read so much meanwhile
    server.look(20)
    await until(lambda: not server.application.under_way)


async def test_who_reads_fast_enough_gets_it_all(server: Small) -> None:
    client = await server.client(1)
    await client.send(LARGE)
    server.look(0)
    await until(lambda: server.connection.flow.write_paused)
    left = CHUNKS * (len(CHUNK) + len(b"10000\r\n\r\n"))
    for seconds in range(21, 210, 21):
        before, piece = server.connection._unread_bytes(), 8 * len(CHUNK)
        await client.read(piece)
        left -= piece
        await until(
            lambda least=before - piece // 2: server.connection._resumed or server.connection._unread_bytes() < least
        )
        server.look(seconds)
        assert server.gate._watched
    await client.read(left)
    await until(lambda: not server.application.under_way)


async def test_who_does_not_read_the_rest_of_an_answer_that_is_written_is_cut_too(server: Small) -> None:
    """A rest that fits into the buffer lets the request end; the connection would stay for ever."""
    client = await server.client(1)
    await client.send(LARGE)
    await until(lambda: server.connection.flow.write_paused)
    connection = server.connection
    connection.flow.resume_writing()  # as if there were room
    await until(lambda: connection.cycle.response_complete)
    connection.transport.close()
    server.look(0)
    server.look(21)
    await until(lambda: not server.gate._watched)
