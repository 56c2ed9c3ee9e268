"""Rate limits: a token bucket for each operator, whatever key they use.

A bucket holds `BURST_SECONDS` of the rate; each request takes a token, and tokens come back at the rate. Each process
has its own buckets, so a server of several workers or nodes lets through that many times the rate.
"""

from __future__ import annotations

import math
from datetime import datetime

from ...rights.errors import DomainError

BURST_SECONDS = 10
BUCKETS_KEPT = 10_000


class TooManyRequests(DomainError):
    """An operator has asked more often than they may. `seconds`: when to ask again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"this operator's keys ask too often: try again in {seconds} s")

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}


class RateLimits:
    """The buckets of all operators that have asked. A rate of 0 limits nothing."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._buckets: dict[tuple[int, int], tuple[float, datetime]] = {}

    def take(self, customer_id: int, operator_id: int, at: datetime) -> None:
        """Takes a token of the operator's. Raises TooManyRequests."""
        if not self._rate:
            return
        key = (customer_id, operator_id)
        most = max(1.0, self._rate * BURST_SECONDS)
        left, since = self._buckets.pop(key, (most, at))
        left = min(most, left + max(0.0, (at - since).total_seconds()) * self._rate)
        taken = left >= 1
        self._buckets[key] = (left - 1 if taken else left, at)
        if len(self._buckets) > BUCKETS_KEPT:  # the one that asked longest ago
            del self._buckets[next(iter(self._buckets))]
        if not taken:
            raise TooManyRequests(max(1, math.ceil((1 - left) / self._rate)))
