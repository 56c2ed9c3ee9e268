"""A webhook's receiver: a real HTTP server with a behaviour that tests choose. It keeps what it received."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from tests.support.waiting import PATIENCE


@dataclass(frozen=True, slots=True)
class Message:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def number(self) -> int:
        return int(self.event["number"])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        message = Message(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.take(message)
        self.server.behaviour(self, message)

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        self.server.connections += 1
        try:
            super().handle()
        except OSError:  # the sender hung up
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Says nothing."""


Behaviour = Callable[[Handler, Message], None]


def accepts(handler: Handler, _: Message) -> None:
    handler.reply()


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    return lambda handler, _: handler.reply(status, body, **headers)


def hangs(handler: Handler, _: Message) -> None:
    """Never answers: until the sender hangs up, or the receiver is closed."""
    while not handler.server.closing.is_set():
        handler.connection.settimeout(0.05)
        try:
            if not handler.connection.recv(1):
                break
        except TimeoutError:
            continue
    handler.close_connection = True


def drips(handler: Handler, _: Message) -> None:
    """An answer that never ends, a byte at a time."""
    handler.send_response(200)
    handler.send_header("content-length", "1000000")
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(b"x")
        time.sleep(0.02)


def floods(handler: Handler, _: Message) -> None:
    """An answer of many megabytes."""
    handler.reply(200, b"x" * 20_000_000)


def closes_early(handler: Handler, _: Message) -> None:
    """Hangs up where an answer should come."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def babbles(handler: Handler, _: Message) -> None:
    """What comes back is no HTTP."""
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    handler.close_connection = True


class Receiver(ThreadingHTTPServer):
    """`behaviour` may be changed while it runs."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.messages: list[Message] = []
        self.connections = 0
        self.closing = threading.Event()
        self._got = threading.Condition()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events?of=chargerights"

    @property
    def numbers(self) -> list[int]:
        return [message.number for message in self.messages]

    def take(self, message: Message) -> None:
        with self._got:
            self.messages.append(message)
            self._got.notify_all()

    def wait_for(self, enough: Callable[[list[Message]], bool]) -> None:
        with self._got:
            assert self._got.wait_for(lambda: enough(self.messages), PATIENCE), f"only {self.numbers}"

    def handle_error(self, *_: object) -> None:
        """A handshake that fails is the sender's to tell."""


@contextmanager
def receiving(behaviour: Behaviour = accepts, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that runs; over TLS with that context."""
    receiver = Receiver(behaviour)
    if context is not None:
        receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.closing.set()
        receiver.shutdown()
        receiver.server_close()
        thread.join()


@dataclass(slots=True)
class Turns:
    """Behaves in turns, the last of them for good."""

    behaviours: list[Behaviour]
    taken: int = field(default=0)

    def __call__(self, handler: Handler, message: Message) -> None:
        behaviour = self.behaviours[min(self.taken, len(self.behaviours) - 1)]
        self.taken += 1
        behaviour(handler, message)
