"""Web sockets that flood with what is no message, and handshakes that are not taken."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.serving.small import Small, small


@pytest.fixture
async def server() -> AsyncIterator[Small]:
    async with small() as found:
        yield found


def url(server: Small) -> str:
    return f"ws://127.0.0.1:{server.port}/"


async def flooded(socket: ClientConnection, frame: Frame, count: int) -> tuple[int, str]:
    """Returns how the server closes the connection after that number of such frames."""
    data = b"".join(frame.serialize(mask=True) for _ in range(count))
    socket.transport.write(data)
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG])
async def test_a_flood_of_pings_or_pongs_is_closed(server: Small, opcode: Opcode) -> None:
    async with connect(url(server), proxy=None) as socket:
        assert await flooded(socket, Frame(opcode, b"x" * 125), 2_000) == (1008, "too many pings")


async def test_pings_now_and_then_are_answered(server: Small) -> None:
    async with connect(url(server), proxy=None) as socket:
        for _ in range(10):
            await (await socket.ping())
        await socket.send("still here")
        assert await socket.recv() == "still here"


async def test_a_message_of_endless_empty_fragments_is_closed(server: Small) -> None:
    async with connect(url(server), proxy=None) as socket:
        socket.transport.write(Frame(Opcode.TEXT, b"a", fin=False).serialize(mask=True))
        code, reason = await flooded(socket, Frame(Opcode.CONT, b"", fin=False), 20_000)
        assert (code, reason) == (1008, "a message has too many fragments")


async def test_a_message_in_some_fragments_is_taken(server: Small) -> None:
    async with connect(url(server), proxy=None) as socket:
        await socket.send(["a"] * 1_000)
        assert await socket.recv() == "a" * 1_000


@pytest.mark.parametrize("headers", [{"Long": "y" * 20_000}, {f"H{number}": "y" for number in range(200)}])
async def test_a_handshake_with_headers_that_are_not_taken_is_answered(server: Small, headers: dict[str, str]) -> None:
    """And does not hang."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url(server), proxy=None, additional_headers=headers):
            pass
    assert refused.value.response.status_code == 431
