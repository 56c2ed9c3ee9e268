"""Reports that a charger of OCPP 2.x sends in parts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from ...rights.live import ChargerConfiguration
from ..ocpp.variables import MAX_CONFIGURATIONS, of_report

MAX_REPORTS = 4
"""Reports that are received at the same time."""

Configurations = tuple[ChargerConfiguration, ...]


class Reports2x:
    """Reports by request id.

    Their parts come in any order, and parts of another report may come between them.
    """

    def __init__(self) -> None:
        self._ids = count(1)
        self._partial: dict[int, PartialReport] = {}
        self._awaited: dict[int, asyncio.Future[Configurations]] = {}

    def next_request(self) -> int:
        """Returns an id for a request whose answer comes in later messages."""
        return next(self._ids)

    @contextmanager
    def awaited(self) -> Iterator[tuple[int, asyncio.Future[Configurations]]]:
        """Provides a request id, and a future of the whole report for that request."""
        request_id = self.next_request()
        self._awaited[request_id] = asyncio.get_running_loop().create_future()
        try:
            yield request_id, self._awaited[request_id]
        finally:
            del self._awaited[request_id]

    def add(self, payload: dict[str, Any]) -> Configurations | None:
        """Adds a NotifyReport. Returns the whole report with its last part."""
        request_id = payload["requestId"]
        if request_id is None:
            request_id = next(reversed(self._awaited), 0)
        if request_id not in self._partial and len(self._partial) >= MAX_REPORTS:
            del self._partial[next(iter(self._partial))]
        report = self._partial.setdefault(request_id, PartialReport())
        part = report.parts if payload["seqNo"] is None else payload["seqNo"]
        report.add(part, payload.get("tbc", False), of_report(payload.get("reportData") or []))
        if not report.is_whole:
            return None
        del self._partial[request_id]
        awaited = self._awaited.get(request_id)
        if awaited is not None and not awaited.done():
            awaited.set_result(report.configurations)
        return report.configurations


class PartialReport:
    """A report whose parts are still coming."""

    def __init__(self) -> None:
        self._values: dict[str, ChargerConfiguration] = {}
        self._parts: set[int] = set()
        self._last: int | None = None

    def add(self, part: int, more: bool, values: dict[str, ChargerConfiguration]) -> None:
        self._parts.add(part)
        if len(self._values) < MAX_CONFIGURATIONS:
            self._values |= values
        if not more:
            self._last = part

    @property
    def parts(self) -> int:
        return len(self._parts)

    @property
    def is_whole(self) -> bool:
        return self._last is not None and len(self._parts) > self._last

    @property
    def configurations(self) -> Configurations:
        return tuple(self._values[name] for name in sorted(self._values))
