"""The machine's clock, trusted after a jump only once it has stayed there.

Events that time makes, and events that it deletes, cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

JUMP = timedelta(minutes=1)
BELIEVED_SECONDS = 300.0

log = structlog.get_logger()


class SteadyClock:
    """A clock that a jump of the machine's clock does not mislead.

    `time` is monotonic, in seconds.
    """

    def __init__(self, clock: Callable[[], datetime], time: Callable[[], float]) -> None:
        self._clock = clock
        self._time = time
        self._believed, self._believed_at = clock(), time()
        self._doubted_at: float | None = None

    def __call__(self) -> datetime:
        """Returns the clock's instant.

        For a while after a jump it is at most the last trusted instant plus the time that has really passed.
        """
        shown, now = self._clock(), self._time()
        expected = self._believed + timedelta(seconds=now - self._believed_at)
        if abs(shown - expected) > JUMP:
            if self._doubted_at is None:
                self._doubted_at = now
                log.warning("the clock has jumped", clock=shown.isoformat(), expected=expected.isoformat())
            if now - self._doubted_at < BELIEVED_SECONDS:
                return min(shown, expected)
        self._believed, self._believed_at, self._doubted_at = shown, now, None
        return shown
