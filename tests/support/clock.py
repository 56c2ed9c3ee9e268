"""A clock that a test sets."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.support.world import NOW


class Clock:
    """Stands still until a test moves it."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
