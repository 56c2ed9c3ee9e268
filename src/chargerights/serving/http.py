"""HTTP/1 by uvicorn and llhttp, with limits for slow, silent or greedy clients.

A client sends a head (request line and headers), then a body, then nothing until it has the answer. Each has its time
limit; a body and the reading of an answer also have a minimum rate, measured over `max_stall_seconds`. While the
server makes the client wait (it does not read on, or has not answered), no time counts.
"""

from __future__ import annotations

import asyncio
import fcntl
import sys
import termios
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .configuration import Config
from .limits import Gated, note_cut

PIPELINED_AT_ONCE = 32
"""Maximum number of requests that wait for an earlier answer; each costs some kilobytes."""
LINGER_SECONDS = 3.0
DRAINED = HIGH_WATER_LIMIT // 2
"""Minimum number of bytes that a client has read when writing continues after a pause."""


class Phase(Enum):
    """The part of a request that the client sends next."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class RequestRefusal(Exception):
    """A request that is not read any further."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class LimitedHttp(Gated, HttpToolsProtocol):
    """One connection, until an upgrade to a WebSocket."""

    def __init__(self, config: Config, *given: Any, **named: Any) -> None:
        super().__init__(config, *given, **named)
        self._limits = config.gate.limits
        self._phase = Phase.HEAD  # who connects has something to say
        self._since = 0.0
        self._window = 0.0
        """Start of the measurement of a body's rate."""
        self._received = 0
        """Bytes of a head, or of a body since `_window`."""
        self._beside_body = 0
        """Number of consecutive bytes outside the body: a chunk's extensions, trailers."""
        self._is_cut = False
        self._cycles: list[RequestResponseCycle] = []
        """Requests whose answers are not complete: uvicorn tells only the last of them that its client has gone."""
        self._resumed = 0
        self._unread_since: float | None = None
        self._unread = 0

    # -- the connection ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        refused = self._gate.enter(self, self._host)
        self._gate.watch(self)
        if refused is not None:
            self._refuse(RequestRefusal(refused, "too many connections are open: try again later"), linger=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gate.leave(self)
        self._gate.unwatch(self)
        self._tell_gone()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._gate.leave(self)
        self._gate.unwatch(self)
        super().handle_websocket_upgrade()

    @property
    def _answers(self) -> bool:
        """Returns whether a request waits for the end of its answer."""
        return self.cycle is not None and not self.cycle.response_complete

    # -- what comes in ----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._is_cut:
            return
        self._unset_keepalive_if_required()
        if self._phase is Phase.NOTHING:
            self._begin(Phase.HEAD)
        self._received += len(data)
        self._beside_body += len(data)
        try:
            self.parser.feed_data(data)
            if self._phase is Phase.HEAD:
                self._check_head(self._received)
            elif self._phase is Phase.BODY:
                self._check_head(self._beside_body)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
        except RequestRefusal as refusal:
            self._refuse(refusal)
        except httptools.HttpParserError as error:
            ours = error.__context__  # of an error in a callback
            self._refuse(
                ours
                if isinstance(ours, RequestRefusal)
                else RequestRefusal(HTTPStatus.BAD_REQUEST, "this is not HTTP/1.1")
            )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._phase is Phase.NOTHING:  # behind another request, in the same data
            self._begin(Phase.HEAD)
            self._received = 1  # at least

    def on_headers_complete(self) -> None:
        if self._received > self._limits.max_header_bytes:  # perhaps with a body behind it
            self._check_head(len(self.url) + sum(len(name) + len(value) for name, value in self.headers))
        if len(self.pipeline) >= PIPELINED_AT_ONCE:
            raise RequestRefusal(HTTPStatus.TOO_MANY_REQUESTS, "more requests than answers: wait for answers")
        super().on_headers_complete()
        self._cycles = [*(cycle for cycle in self._cycles if not cycle.response_complete), self.cycle]
        self._begin(Phase.BODY)

    def on_body(self, body: bytes) -> None:
        self._beside_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._begin(Phase.NOTHING)

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()

    def _begin(self, phase: Phase) -> None:
        self._phase = phase
        self._since = self._window = self.loop.time()
        self._received = self._beside_body = 0

    def _check_head(self, size: int) -> None:
        if size > self._limits.max_header_bytes:
            text = f"the headers are longer than {self._limits.max_header_bytes} bytes"
            raise RequestRefusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)

    # -- what comes too slowly, and what is not read ------------------------------------------------

    def look(self, now: float) -> None:
        """Ends the connection if its client is too slow. Called about once a second."""
        try:
            self._look_at_reader(now)
            self._look_at_sender(now)
        except RequestRefusal as refusal:
            self._refuse(refusal)

    def resume_writing(self) -> None:
        self._resumed += 1
        super().resume_writing()

    def _look_at_reader(self, now: float) -> None:
        unread = self._unread_bytes()
        if not unread:
            self._unread_since = None
        elif self._unread_since is None:
            self._unread_since, self._unread, self._resumed = now, unread, 0
        elif (seconds := now - self._unread_since) >= self._limits.max_stall_seconds:
            read = max(0, self._unread - unread) + self._resumed * DRAINED
            if read < self._limits.min_bytes_per_second * seconds:
                self._cut("reads too slowly")
            self._unread_since, self._unread, self._resumed = now, unread, 0

    def _unread_bytes(self) -> int:
        """Returns the unread bytes of an answer while writing waits for the client.

        The system's buffer is included: it contains megabytes, and allows further writing only when a third of it is
        free.
        """
        ours = self.transport.get_write_buffer_size()
        if not ours:
            return 0
        number = self.transport.get_extra_info("socket").fileno()
        return ours + int.from_bytes(fcntl.ioctl(number, termios.TIOCOUTQ, bytes(4)), sys.byteorder)

    def _look_at_sender(self, now: float) -> None:
        if self._is_cut or self.transport.is_closing():
            return
        limits, seconds = self._limits, now - self._since
        if self._phase is Phase.BODY:
            if self.flow.read_paused or self.cycle.waiting_for_100_continue:
                self._since = self._window = now
                self._received = 0
            elif seconds >= limits.max_body_seconds:
                raise RequestRefusal(
                    HTTPStatus.REQUEST_TIMEOUT, f"the body takes longer than {limits.max_body_seconds:g} seconds"
                )
            elif now - self._window >= limits.max_stall_seconds:
                if self._received < limits.min_bytes_per_second * (now - self._window):
                    least = limits.min_bytes_per_second
                    raise RequestRefusal(
                        HTTPStatus.REQUEST_TIMEOUT, f"the body comes slower than {least} bytes a second"
                    )
                self._window, self._received = now, 0
        elif self._answers:
            self._since = now
        elif self._phase is Phase.HEAD:
            if seconds >= limits.max_header_seconds:
                text = f"the headers take longer than {limits.max_header_seconds:g} seconds"
                raise RequestRefusal(HTTPStatus.REQUEST_TIMEOUT, text)
        elif seconds >= limits.keep_alive_seconds:
            self.transport.close()

    # -- the end ----------------------------------------------------------------------------------

    def _refuse(self, refusal: RequestRefusal, linger: bool = True) -> None:
        """Sends the reason, unless an answer is under way, and ends the connection.

        `linger`: further input is discarded for a while. If the connection were closed at once, the system would
        reset it before the client reads the reason.
        """
        self._is_cut = True
        note_cut(self._host, refusal.status.phrase)
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
            return
        if self._answers:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if refusal.status is HTTPStatus.REQUEST_TIMEOUT and self._phase is Phase.HEAD and not self._received:
            self.transport.close()  # nothing has come that could be answered
            return
        text = f"{refusal}\n".encode()
        lines = (
            STATUS_LINE[refusal.status],
            b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(text),
            text,
        )
        self.transport.write(b"".join(lines))
        if linger and self.transport.can_write_eof():
            self.transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def _cut(self, cause: str) -> None:
        self._is_cut = True
        note_cut(self._host, cause)
        self._tell_gone()
        self.transport.abort()

    def _tell_gone(self) -> None:
        for cycle in self._cycles:
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
