"""The machine's clock, believed after a jump only once it has stayed there: what time tells and deletes cannot be taken
back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

JUMP = timedelta(minutes=1)
BELIEVED_SECONDS = 300.0

log = structlog.get_logger()


class SteadyClock:
    """`time` is seconds that pass whatever the clock says."""

    def __init__(self, clock: Callable[[], datetime], time: Callable[[], float]) -> None:
        self._clock = clock
        self._time = time
        self._believed, self._believed_at = clock(), time()
        self._doubted_at: float | None = None

    def __call__(self) -> datetime:
        """What the clock says; for a while after a jump, no more than has passed since before."""
        said, now = self._clock(), self._time()
        expected = self._believed + timedelta(seconds=now - self._believed_at)
        if abs(said - expected) > JUMP:
            if self._doubted_at is None:
                self._doubted_at = now
                log.warning("the clock has jumped", clock=said.isoformat(), expected=expected.isoformat())
            if now - self._doubted_at < BELIEVED_SECONDS:
                return min(said, expected)
        self._believed, self._believed_at, self._doubted_at = said, now, None
        return said
