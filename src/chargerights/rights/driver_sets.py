"""Sets of drivers that rights reach, and for how long they stay the same while no fact changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from pyroaring import BitMap64

BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
NOBODY = BitMap64()

DriverWindow = tuple[int, datetime, datetime]
"""A driver and the half-open window of one right of his."""


class DriverSet:
    """Drivers, and the half-open span of time in which they stay the same if no fact changes."""

    __slots__ = ("drivers", "since", "until")

    def __init__(self, drivers: BitMap64, since: datetime = BEGINNING, until: datetime = END) -> None:
        self.drivers = drivers
        self.since = since
        self.until = until

    def holds(self, instant: datetime) -> bool:
        return self.since <= instant < self.until


class WindowedDrivers:
    """Drivers with windows; remembers its last answer for as long as that answer holds."""

    __slots__ = ("_last", "windows")

    def __init__(self, windows: tuple[DriverWindow, ...]) -> None:
        self.windows = windows
        self._last = DriverSet(NOBODY, since=END)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WindowedDrivers) and self.windows == other.windows

    __hash__ = None  # type: ignore[assignment]

    def at(self, instant: datetime) -> DriverSet:
        last = self._last  # of one look: forks share this object, and another thread may ask about another instant
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
    """The drivers of all the listings, for as long as every one of them stays the same."""
    found = [*listings]
    return DriverSet(
        BitMap64.union(NOBODY, *(each.drivers for each in found)),
        max((each.since for each in found), default=BEGINNING),
        min((each.until for each in found), default=END),
    )
