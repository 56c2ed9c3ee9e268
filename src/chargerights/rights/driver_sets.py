"""Sets of drivers that rights reach, with the span in which they stay the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from pyroaring import BitMap64

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
NO_DRIVERS = BitMap64()

DriverWindow = tuple[int, datetime, datetime]
"""A driver and the half-open window of one of their rights."""


class DriverSet:
    """Drivers, and the half-open span in which they stay the same if no fact changes."""

    __slots__ = ("drivers", "since", "until")

    def __init__(self, drivers: BitMap64, since: datetime = BEGINNING, until: datetime = END) -> None:
        self.drivers = drivers
        self.since = since
        self.until = until

    def holds(self, instant: datetime) -> bool:
        return self.since <= instant < self.until


class WindowedDrivers:
    """Drivers with windows.

    Caches its last answer for as long as it is valid.
    """

    __slots__ = ("_last", "windows")

    def __init__(self, windows: tuple[DriverWindow, ...]) -> None:
        self.windows = windows
        self._last = DriverSet(NO_DRIVERS, since=END)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WindowedDrivers) and self.windows == other.windows

    __hash__ = None  # type: ignore[assignment]

    def at(self, instant: datetime) -> DriverSet:
        last = self._last  # read once: forks share this object, and another thread may ask about another instant
        if not last.holds(instant):
            self._last = last = self._evaluate(instant)
        return last

    def _evaluate(self, instant: datetime) -> DriverSet:
        since, until, inside = BEGINNING, END, []
        for driver_id, start, end in self.windows:
            if start <= instant < end:
                inside.append(driver_id)
            for edge in (start, end):
                if edge <= instant:
                    since = max(since, edge)
                else:
                    until = min(until, edge)
        return DriverSet(BitMap64(inside), since, until)


NO_WINDOWS = WindowedDrivers(())


def union(listings: Iterable[DriverSet]) -> DriverSet:
    """Returns the drivers of all sets.

    The span is the intersection of all spans.
    """
    parts = [*listings]
    return DriverSet(
        BitMap64.union(NO_DRIVERS, *(part.drivers for part in parts)),
        max((part.since for part in parts), default=BEGINNING),
        min((part.until for part in parts), default=END),
    )
