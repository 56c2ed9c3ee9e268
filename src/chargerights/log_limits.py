"""Limits for log lines about chargers.

A broken charger must not fill the disk or hide other lines.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from structlog import DropEvent
from structlog.typing import EventDict

ALIKE, ALIKE_SECONDS = 10, 300.0
"""Maximum number of lines of one kind about one charger in that time. Then one line says that others are left out."""
MAX_KINDS = 20_000
MAX_CAUSE = 300
NEVER_LEFT_OUT = frozenset({"command"})
"""Kinds of lines about actions of operators."""


class FewAlike:
    """Leaves out log lines about a charger after ten of their kind in five minutes.

    Of their tracebacks only the first is kept. The kind of a line is its event and OCPP action. Lines with the
    charger None are about all unknown chargers together.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._kinds: OrderedDict[tuple[Any, ...], tuple[float, int]] = OrderedDict()

    def __call__(self, logger: Any, method: str, line: EventDict) -> EventDict:
        if "charger" not in line or line["event"] in NEVER_LEFT_OUT:
            return line
        kind = line["charger"], line["event"], line.get("action")
        now = self._seconds()
        since, count = self._kinds.get(kind, (now, 0))
        if now - since >= ALIKE_SECONDS:
            if count > ALIKE:
                line["left_out_before"] = count - ALIKE
            since, count = now, 0
        self._kinds[kind] = since, count + 1
        self._kinds.move_to_end(kind)
        if len(self._kinds) > MAX_KINDS:
            self._kinds.popitem(last=False)
        if count > ALIKE:
            raise DropEvent
        if count == ALIKE:
            line["more"] = f"others like it are left out for {since + ALIKE_SECONDS - now:.0f} seconds"
        if count and (error := line.pop("exc_info", None)) is not None:
            line["cause"] = f"{type(error).__name__}: {error}"[:MAX_CAUSE]
        return line


def without_traceback_of_peers(record: logging.LogRecord) -> bool:
    """Filters uvicorn's log: a text that is not UTF-8 is its sender's fault."""
    if record.msg == "Invalid UTF-8 sequence received from client.":
        record.exc_info = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True
