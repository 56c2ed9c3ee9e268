"""A small application behind the real protocols, in the test's process, with real sockets.

The gate looks at its connections when a test says so (`Small.look`), at an instant that the test names; so no test
waits for time to pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import uvicorn

from chargerights.serving import limits
from chargerights.serving.configuration import Config
from chargerights.serving.http import LimitedHttp
from chargerights.serving.proxies import Believing, Proxies
from chargerights.settings import Settings
from tests.support.servers import free_port
from tests.support.waiting import PATIENCE, until

CHUNK = b"x" * 65_536
CHUNKS = 200
"""More than the system's buffers take for a client that does not read."""
Message = dict[str, Any]


class Application:
    """`/count` says how long the body is, `/large` sends much, `/hold` answers when it may, `/early` reads no body."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.under_way = 0
        self.left: list[str] = []
        """Paths whose client went away."""

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._echo(receive, send)
            return
        self.under_way += 1
        try:
            await self._answer(scope["path"], receive, send)
        finally:
            self.under_way -= 1

    async def _answer(self, path: str, receive: Any, send: Any) -> None:
        size, message = 0, {"more_body": path != "/early"}
        if path == "/hold":
            await self.may_answer.wait()
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.append(path)
                return
            size += len(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(CHUNKS if path == "/large" else 0):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        await send({"type": "http.response.body", "body": b"%d" % size})

    async def _echo(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": message["text"]})


class Client:
    """A TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(PATIENCE):
            await self._writer.drain()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        await self.send(request)
        return await self.answer()

    async def answer(self) -> tuple[int, bytes]:
        """Status and body; status 0: the connection was closed without an answer."""
        async with asyncio.timeout(PATIENCE):
            try:
                head = await self._reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return 0, b""
            status = int(head.split()[1])
            if b"content-length" in head:
                length = int(head.partition(b"content-length: ")[2].split()[0])
                return status, await self._reader.readexactly(length)
            body = b""
            while (size := int(await self._reader.readline(), 16)) or not body:
                body += await self._reader.readexactly(size + 2)
            await self._reader.readline()
            return status, body[:-2]

    async def read(self, size: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readexactly(size)

    async def is_closed(self) -> bool:
        """Reads on until the other end closes."""
        async with asyncio.timeout(PATIENCE):
            try:
                while await self._reader.read(1_000_000):
                    pass
            except ConnectionError:
                pass
        return True

    def close(self) -> None:
        self._writer.transport.abort()


class Small:
    """The server."""

    def __init__(self, port: int, config: Config, application: Application) -> None:
        self.port = port
        self.gate = config.gate
        self.application = application
        self._clients: list[Client] = []

    async def client(self, buffer: int | None = None) -> Client:
        """A new connection, which the server has taken. `buffer`: bytes that it takes in unread, more or less."""
        before = set(self.gate._watched)
        options = {} if buffer is None else {"limit": buffer}
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, **options))
        self._clients.append(client)
        await until(lambda: set(self.gate._watched) - before or client._reader._eof)
        return client

    @property
    def connection(self) -> LimitedHttp:
        """The server's end of the only connection."""
        (found,) = self.gate._watched
        assert isinstance(found, LimitedHttp)
        return found

    def look(self, seconds: float) -> None:
        """Lets the gate look as if that many seconds had passed."""
        at = asyncio.get_running_loop().time() + seconds
        for each in [*self.gate._watched]:
            each.look(at)

    async def received(self, size: int) -> None:
        """Returns once the server has that many bytes of the request under way."""
        await until(lambda: self.connection._received >= size)

    def close(self) -> None:
        for each in self._clients:
            each.close()


@asynccontextmanager
async def small(trusted: str = "", **settings: Any) -> AsyncIterator[Small]:
    """The server, on a free port."""
    application, proxies = Application(), Proxies.of(trusted)
    app = Believing(application, proxies)
    config = Config(app, Settings(**settings), proxies, port=free_port(), loop="none", lifespan="off")
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    looked, limits.LOOK_SECONDS = limits.LOOK_SECONDS, 3_600.0
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    found = Small(config.port, config, application)
    try:
        yield found
    finally:
        application.may_answer.set()
        found.close()
        server.should_exit = True
        await serving
        limits.LOOK_SECONDS = looked
