"""HTTP client that takes little processor time.

It has one keep-alive connection, reads the answer into one buffer and throws it away.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import NamedTuple, Self

BUFFER_BYTES = 1024 * 1024
KEPT_ALIVE = 2
"""Seconds; a server may end a connection that was idle for longer."""
CHUNKED_END = b"\r\n0\r\n\r\n"


class Answer(NamedTuple):
    """Answer to a request, with its times.

    `first` and `total` are seconds from sending the request to the first and the last byte of the body.
    """

    status: int
    headers: Mapping[str, str]
    size: int
    first: float
    total: float


class Connection:
    """Keep-alive connection to a server on this machine.

    It reconnects before a request that follows `KEPT_ALIVE` seconds without one.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._open()
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=600)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._used = perf_counter()

    def ask(self, request: bytes, keep: Callable[[memoryview], object] | None = None) -> Answer:
        """Sends the request and reads its whole answer.

        `keep` receives the body part by part, with the frames of chunks, if any.
        """
        if perf_counter() - self._used > KEPT_ALIVE:
            self._socket.close()
            self._open()
        self.send(request)
        return self.receive(perf_counter(), keep)

    def send(self, request: bytes) -> None:
        self._socket.sendall(request)

    def receive(self, start: float, keep: Callable[[memoryview], object] | None = None) -> Answer:
        """Reads the answer of the request that was sent at `start`."""
        status, headers, body = self._head()
        first = perf_counter()
        if keep is not None and body:
            keep(memoryview(body))
        size = len(body)
        if "content-length" in headers or status == 304:
            wanted = int(headers.get("content-length", 0))
            while size < wanted:
                size += self._more(keep)
        else:
            tail = body[-len(CHUNKED_END) :]
            while tail != CHUNKED_END:
                count = self._more(keep)
                size += count
                tail = (tail + bytes(self._view[max(0, count - len(CHUNKED_END)) : count]))[-len(CHUNKED_END) :]
        self._used = perf_counter()
        return Answer(status, headers, size, first - start, self._used - start)

    def _head(self) -> tuple[int, dict[str, str], bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            count = self._more(None)
            got += self._view[:count]
        head, _, body = got.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:])
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}, body

    def _more(self, keep: Callable[[memoryview], object] | None) -> int:
        count = self._socket.recv_into(self._buffer)
        if not count:
            raise ConnectionError("the server closed the connection")
        if keep is not None:
            keep(self._view[:count])
        return count


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def unchunked(raw: bytes) -> bytes:
    """The body of a chunked answer, without its frames."""
    parts: list[bytes] = []
    position = 0
    while True:
        end = raw.index(b"\r\n", position)
        size = int(raw[position:end], 16)
        if not size:
            return b"".join(parts)
        parts.append(raw[end + 2 : end + 2 + size])
        position = end + 2 + size + 2


def requests_per_second(port: int, requests: Sequence[bytes], at_once: int) -> float:
    """Asks them all, `at_once` connections at a time."""
    connections = [Connection(port) for _ in range(at_once)]
    start = perf_counter()
    for position in range(0, len(requests), at_once):
        asked = list(zip(connections, requests[position : position + at_once], strict=False))
        for connection, each in asked:
            connection.send(each)
        for connection, _ in asked:
            if (answer := connection.receive(start)).status != 200:
                raise RuntimeError(f"status {answer.status}")
    taken = perf_counter() - start
    for connection in connections:
        connection.__exit__()
    return len(requests) / taken
