"""Logs: one structured line per event, on standard error.

Query strings are never logged, because v1's may contain the key.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import sys
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor

from . import metrics
from .log_limits import FewAlike, without_traceback_of_peers

log = structlog.get_logger()
_INVISIBLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")
"""Control characters, line separators, direction marks and halves of surrogate pairs."""


def configure(log_format: str, log_level: str) -> None:
    """Sets up this process's logs, uvicorn's included.

    uvicorn's access lines are dropped (see AccessLog).
    """
    text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[log_level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Processor] = [structlog.processors.format_exc_info]
    if text:
        colors = sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        plain = structlog.dev.plain_traceback
        renderer += [_escaped, structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    else:
        renderer.append(structlog.processors.JSONRenderer())
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, FewAlike(), *shared[1:], *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").addFilter(without_traceback_of_peers)


def _escaped(_: object, __: str, event: EventDict) -> EventDict:
    """Escapes characters by which a client could forge a line or reorder text."""
    escaped = {_visible(key): _visible(value) if isinstance(value, str) else value for key, value in event.items()}
    if isinstance(trace := event.get("exception"), str):
        escaped["exception"] = "\n".join(f"    {_visible(line)}" for line in trace.split("\n"))
    return escaped


def _visible(text: str) -> str:
    return _INVISIBLE.sub(lambda each: each[0].encode("unicode_escape").decode(), text)


REQUEST_ID = b"x-request-id"
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
WATCHERS = frozenset({"/health", "/ready", "/metrics"})
"""Paths that machines request so often that they are logged only at the level debug."""


class AccessLog:
    """Logs and counts every request once its answer is sent.

    A line has method, path without the query, status and milliseconds. Each request has an id, its own
    (`X-Request-Id`) or a new one. The answer and every log line about the request contain it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == REQUEST_ID), b"")
        request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8).encode()
        structlog.contextvars.bind_contextvars(request=request_id.decode())
        status = 500
        began = time.perf_counter()

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (REQUEST_ID, request_id)]
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            seconds = time.perf_counter() - began
            metrics.request(scope["method"], getattr(scope.get("route"), "path", "none"), status, seconds)
            tell = log.debug if scope["path"] in WATCHERS else log.info
            tell("request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1))
