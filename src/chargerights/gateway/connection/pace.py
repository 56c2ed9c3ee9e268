"""The pace at which a charger's messages are read.

Messages that come faster wait in the socket. They are not refused.
"""

from __future__ import annotations

from collections.abc import Callable

MESSAGES_PER_SECOND, MESSAGES_AT_ONCE = 200, 400
BYTES_PER_MESSAGE = 8192
"""A longer message counts as several."""


class Pace:
    """The pace of one socket: after MESSAGES_AT_ONCE messages, MESSAGES_PER_SECOND."""

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._paid_until = time()

    def read(self, size: int) -> float:
        """Counts a message of that many bytes, and returns the seconds to wait."""
        now = self._time()
        messages = 1 + size / BYTES_PER_MESSAGE
        self._paid_until = max(self._paid_until, now) + messages / MESSAGES_PER_SECOND
        return max(0.0, self._paid_until - now - MESSAGES_AT_ONCE / MESSAGES_PER_SECOND)
