"""Reports of a charger's faults, updates and security events, without repetitions.

Chargers repeat themselves: a StatusNotification has an error code each time, and a firmware status comes every minute.
So a report is made only when something changes: a fault begins, becomes another one, or ends. Faults are part of the
charger's live state, so that other nodes and later processes know them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import structlog

from ...rights.live import MAX_FAULTS, ChargerFault
from ...storage.charging.charger_reports import ChargerReport, ReportKind
from ..ocpp import lenient_parsing
from ..ports import CustomerContext

MOST_PER_MINUTE = 60
"""Reports of one charger that are stored, at most."""
IDLE = "Idle"

log = structlog.get_logger()

Place = tuple[str | None, int | None, int | None]
"""The place of a fault: the variable that reports it (OCPP 2.x), the EVSE and the connector."""


class FaultReports:
    """The faults of one charger, and the reports that it has sent."""

    def __init__(self, charger_id: str, customer: CustomerContext, known: Iterable[ChargerFault]) -> None:
        self._charger_id = charger_id
        self._customer = customer
        self._faults: dict[Place, ChargerFault] = {
            (fault.variable, fault.evse_id, fault.connector_id): fault for fault in known
        }
        self._words: dict[ReportKind, tuple[str, int | None]] = {}
        self._minute, self._count = 0.0, 0

    @property
    def faults(self) -> tuple[ChargerFault, ...]:
        """Those that there are now, the oldest first."""
        return tuple(sorted(self._faults.values(), key=lambda fault: fault.since))

    def has(self, message: str, place: Place, fault: ChargerFault | None, said_at: Any) -> None:
        """Sets the fault at that place, or None when there is none.

        A report is made only when that differs from before.
        """
        before = self._faults.get(place)
        if fault is None:
            if before is not None:
                del self._faults[place]
                self._tell(message, place, before, said_at, ended=True)
        elif before is None and len(self._faults) >= MAX_FAULTS:
            return
        elif before is None or before.content != fault.content:
            self._faults[place] = fault
            self._tell(message, place, fault, said_at, ended=False)

    def _tell(self, message: str, place: Place, fault: ChargerFault, said_at: Any, ended: bool) -> None:
        members = asdict(fault)
        code = members.pop("code")
        del members["since"]
        said = place, fault.content, ended
        self.add(ReportKind.FAULT, message, code, said_at, said, ended=ended, **members)

    def step(self, kind: ReportKind, message: str, word: str, request_id: int | None) -> None:
        """A step of an update or upload, which has no instant of the charger's."""
        last = self._words.get(kind)
        self._words[kind] = word, request_id
        if last == (word, request_id) or (word == IDLE and (last is None or last[0] == IDLE)):
            return
        self.add(kind, message, word, None, (), request_id=request_id)

    def add(
        self, kind: ReportKind, message: str, code: str, said_at: Any, said: tuple[object, ...], **members: Any
    ) -> None:
        """Stores a report.

        `said` and the charger's instant, where there is one, tell it from other reports.
        """
        at = self._customer.clock()
        reported_at = None if said_at is None else lenient_parsing.instant(said_at, at)
        digest = (
            None if said_at is None else hashlib.blake2b(repr((said, said_at)).encode(), digest_size=16).hexdigest()
        )
        report = ChargerReport(
            at, self._charger_id, kind, message, code, reported_at=reported_at, digest=digest, **members
        )
        if self._is_flooding():
            return
        self._customer.write_buffer.reported(report)

    def _is_flooding(self) -> bool:
        minute = self._customer.clock().timestamp() // 60
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        if self._count == MOST_PER_MINUTE + 1:
            log.warning("a charger reports too much: the rest of this minute is left out", charger=self._charger_id)
        return self._count > MOST_PER_MINUTE
