"""WebSocket client that takes little processor time.

It measures the server, not itself: it has blocking sockets, frames made beforehand and one thread. Frames are masked
with zeros, as the standard allows. Answers are only counted, and read where a benchmark wants it.
"""

from __future__ import annotations

import base64
import os
import selectors
import socket
import struct
from collections.abc import Sequence
from time import perf_counter
from typing import Self

BUFFER_BYTES = 64 * 1024
TEXT, PING, PONG = 1, 9, 10


def frame(text: bytes) -> bytes:
    """One text frame as a client sends it."""
    length = len(text)
    if length < 126:
        return bytes((0x81, 0x80 | length)) + bytes(4) + text
    return bytes((0x81, 0x80 | 126)) + struct.pack("!H", length) + bytes(4) + text


class WebSocket:
    """One open web socket."""

    def __init__(self, port: int, path: str, protocol: str, user: str = "", password: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""
        lines = [
            f"GET {path} HTTP/1.1", "host: localhost", "upgrade: websocket", "connection: Upgrade",
            f"sec-websocket-key: {base64.b64encode(os.urandom(16)).decode()}", "sec-websocket-version: 13",
            f"sec-websocket-protocol: {protocol}",
        ]  # fmt: skip
        if password:
            lines.append(f"authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def opened(self) -> Self:
        """Once the server has accepted it."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(4096)
        status, _, self._left = head.partition(b"\r\n\r\n")
        if b" 101 " not in status.split(b"\r\n")[0]:
            raise ConnectionError(head.decode())
        return self

    def receive(self) -> list[bytes]:
        """Returns the messages that have come, and waits until there is at least one."""
        while not (messages := self.read()):
            pass
        return messages

    def read(self) -> list[bytes]:
        """Reads once from the socket, and returns the complete messages, if any.

        Pings and calls are answered.
        """
        data = self.socket.recv(BUFFER_BYTES)
        if not data:
            raise ConnectionError("the server closed the web socket")
        return self._messages(self._left + data)

    def _messages(self, data: bytes) -> list[bytes]:
        found, at = [], 0
        while len(data) - at >= 2:
            length, begin = data[at + 1] & 0x7F, at + 2
            if length == 126:
                if len(data) - at < 4:
                    break
                length, begin = int.from_bytes(data[at + 2 : at + 4]), at + 4
            if len(data) - begin < length:
                break
            content, kind = data[begin : begin + length], data[at] & 0x0F
            if kind == TEXT and content.startswith(b"[2,"):  # the server asks, which this charger knows nothing of
                self.socket.sendall(frame(b'[4,"%s","NotImplemented","",{}]' % content.split(b'"')[1]))
            elif kind == TEXT:
                found.append(content)
            elif kind == PING:
                self.socket.sendall(bytes((0x80 | PONG, 0x80 | length)) + bytes(4) + content)
            at = begin + length
        self._left = data[at:]
        return found


def asked_per_second(sockets: Sequence[WebSocket], asked: Sequence[bytes], seconds: float) -> float:
    """Answers a second when every socket always has one question under way."""
    selector = selectors.DefaultSelector()
    for each in sockets:
        selector.register(each.socket, selectors.EVENT_READ, each)
    count, number = 0, 0
    for each in sockets:
        each.socket.sendall(asked[number % len(asked)])
        number += 1
    start = perf_counter()
    while (now := perf_counter()) - start < seconds:
        for key, _ in selector.select(1):
            for _ in key.data.read():
                count += 1
                key.data.socket.sendall(asked[number % len(asked)])
                number += 1
    taken = now - start
    for each in sockets:
        each.receive()
    return count / taken


def latencies(sockets: Sequence[WebSocket], asked: Sequence[bytes], per_second: float, seconds: float) -> list[float]:
    """Seconds from the instant at which each question was due until its answer.

    Questions are sent at an even rate, however late the answers are.
    """
    selector = selectors.DefaultSelector()
    due: dict[WebSocket, list[float]] = {}
    for each in sockets:
        selector.register(each.socket, selectors.EVENT_READ, each)
        due[each] = []
    found: list[float] = []
    start, number, total = perf_counter(), 0, int(per_second * seconds)
    while len(found) < total:
        now = perf_counter()
        while number < total and start + number / per_second <= now:
            target = sockets[number % len(sockets)]
            due[target].append(start + number / per_second)
            target.socket.sendall(asked[number % len(asked)])
            number += 1
        wait = max(0.0, start + number / per_second - perf_counter()) if number < total else 1.0
        for key, _ in selector.select(wait):
            answers = key.data.read()
            now = perf_counter()
            found += [now - due[key.data].pop(0) for _ in answers]
    return found
