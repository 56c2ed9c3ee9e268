"""The energy of a session, read from the samples of its meter values.

The register of imported energy is reported in many samples: at the start, now and then, at the end, in any order and
more than once. `Registers` keeps the few of them that can be the start or stop value. Merging a sample is cheap, and
the result does not depend on the order. OCPP 1.6 also says `meterStart` and `meterStop`, which come first.

A sample counts when its measurand is `Energy.Active.Import.Register` (the default). Samples have a source: a location
(Outlet, the default, before all others), as a total or as the sum of the phases (totals first). Start and stop value
come from one source, the first that has both.

* Start value: the first sample with the context `Transaction.Begin`, else the sample closest to the start among those
  of the start message and those within `NEAR_START` of it.
* Stop value: the last sample with the context `Transaction.End`, else the last sample after the start. Where the times
  of all samples are the same, the one of the stop message.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

REGISTER = "Energy.Active.Import.Register"
BEGIN, END = "Transaction.Begin", "Transaction.End"
OUTLET = "Outlet"
LOCATIONS = (OUTLET, "Cable", "EV", "Body", "Inlet")
"""In the order of preference; other words come after them."""
PHASES = {"L1": "L1", "L2": "L2", "L3": "L3", "L1-N": "L1", "L2-N": "L2", "L3-N": "L3"}
NEAR_START = timedelta(seconds=60)
MAX_ENERGY, MAX_POWER = 1e18, 9

_DEFAULTS = {"measurand": REGISTER, "context": "Sample.Periodic", "location": OUTLET, "format": "Raw"}


class Told(NamedTuple):
    """A register in Wh, and when the meter showed it."""

    at: datetime
    value: float


class Sample(NamedTuple):
    """One register of a meter value; `is_sum`: added up from the phases."""

    location: str
    is_sum: bool
    context: str
    value: float


class Energy(NamedTuple):
    """Start and stop value of a session in Wh."""

    start: float | None = None
    stop: float | None = None


class _Source:
    """What one source has told that can be a start or stop value."""

    __slots__ = ("begin", "closing", "end", "first", "last", "opening")

    def __init__(self, kept: Mapping[str, Any]) -> None:
        for name in self.__slots__:
            told = kept.get(name)
            setattr(self, name, None if told is None else Told(datetime.fromisoformat(told[0]), told[1]))

    begin: Told | None
    opening: Told | None
    first: Told | None
    last: Told | None
    closing: Told | None
    end: Told | None

    def merge(self, told: Told, context: str, started_at: datetime | None, in_stop: bool) -> None:
        """Adds a sample; `started_at` is given when the sample came in the start message."""
        if context == BEGIN:
            self.begin = min(self.begin or told, told)
        if context == END:
            self.end = max(self.end or told, told)
        if started_at is not None:
            self.opening = min(self.opening or told, told, key=lambda each: (abs(each.at - started_at), each))
        if in_stop and context != BEGIN:
            self.closing = max(self.closing or told, told)
        self.first = min(self.first or told, told)
        self.last = max(self.last or told, told)

    def start(self, started_at: datetime | None) -> Told | None:
        if self.begin is not None or started_at is None:
            return self.begin
        near = [] if self.opening is None else [self.opening]
        if self.first is not None and abs(self.first.at - started_at) <= NEAR_START:
            near.append(self.first)
        return min(near, key=lambda told: (abs(told.at - started_at), told), default=None)

    def stop(self, start: Told | None, started_at: datetime | None) -> Told | None:
        after = started_at if start is None else start.at
        if self.end is not None:
            return self.end
        if self.last is not None and (after is None or self.last.at > after):
            return self.last
        return None if self.closing == start else self.closing

    def kept(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: [each.at.isoformat(), each.value] for name, each in told.items() if each is not None}


class Registers:
    """What was told of the energy of one session."""

    def __init__(self, kept: Mapping[str, Any] | None) -> None:
        """From what `kept` gave."""
        kept = kept or {}
        self.said = Energy(*kept.get("said", ()))
        """OCPP 1.6: meterStart and meterStop."""
        self._sources = {
            (name[1:], name[0] == "+"): _Source(source) for name, source in kept.get("sources", {}).items()
        }

    def say(self, start: float | None, stop: float | None) -> None:
        """Takes what 1.6 says; the first value that can be one counts."""
        given = zip(self.said, (start, stop), strict=True)
        self.said = Energy(*(said if told is None or told < 0 or said is not None else told for said, told in given))

    def merge(self, at: datetime, samples: Any, started_at: datetime | None = None, in_stop: bool = False) -> None:
        """Adds a meter value; `started_at` is given when it came in the start message."""
        for sample in read(samples):
            source = self._sources.setdefault((sample.location, sample.is_sum), _Source({}))
            source.merge(Told(at, sample.value), sample.context, started_at, in_stop)

    def energy(self, started_at: datetime | None) -> Energy:
        """The session's start and stop value, as far as they are known."""
        pairs = []
        for key in sorted(self._sources, key=_rank):
            source = self._sources[key]
            start = source.start(started_at)
            stop = source.stop(start, started_at)
            pairs.append(Energy(start and start.value, stop and stop.value))
        told = next((pair for pair in pairs if None not in pair), None) or Energy(
            next((pair.start for pair in pairs if pair.start is not None), None),
            next((pair.stop for pair in pairs if pair.stop is not None), None),
        )
        first = told.start if self.said.start is None else self.said.start
        stops = [stop for stop in (self.said.stop, told.stop) if stop is not None]
        plausible = [stop for stop in stops if first is None or stop >= first]
        return Energy(first, next(iter(plausible or stops), None))

    def kept(self) -> dict[str, Any]:
        """All of it as JSON."""
        sources = {f"{'+' if is_sum else '='}{place}": each.kept() for (place, is_sum), each in self._sources.items()}
        return {"said": list(self.said), "sources": sources}


def read(samples: Any) -> Iterator[Sample]:
    """The registers of imported energy in a meter value of OCPP 1.6 or 2.x, in Wh."""
    phases: dict[tuple[str, str], dict[str, float]] = {}
    for sample in samples if isinstance(samples, list) else ():
        if not isinstance(sample, dict) or _word(sample, "measurand") != REGISTER:
            continue
        value, phase = _watt_hours(sample), sample.get("phase")
        if value is None or _word(sample, "format") != "Raw":  # signed data can look like a number
            continue
        location, context = _word(sample, "location"), _word(sample, "context")
        if phase is None:
            yield Sample(location, False, context, value)
        elif phase in PHASES:
            phases.setdefault((location, context), {})[PHASES[phase]] = value
    for (location, context), values in phases.items():
        yield Sample(location, True, context, math.fsum(values.values()))


def identities(samples: Any) -> dict[bytes, Any]:
    """The samples, each by what stays the same however it is written: with or without defaults, number or text."""
    found = {}
    for sample in samples if isinstance(samples, list) else ():
        members = dict(sample) if isinstance(sample, dict) else {"value": sample}
        value = _number(members.get("value"))
        members |= {name: _word(members, name) for name in _DEFAULTS}
        members |= {"value": members.get("value") if value is None else value, "unit": _unit(members)}
        members.pop("unitOfMeasure", None)
        given = {name: member for name, member in members.items() if member is not None}
        found[orjson.dumps(given, option=orjson.OPT_SORT_KEYS)] = sample
    return found


def _word(sample: Mapping[str, Any], name: str) -> str:
    word = sample.get(name)
    return word if isinstance(word, str) else _DEFAULTS[name]


def _unit(sample: Mapping[str, Any]) -> tuple[str, int]:
    """The unit in lower case and its power of ten."""
    given = sample.get("unitOfMeasure")
    given = given if isinstance(given, dict) else sample
    unit, power = given.get("unit"), given.get("multiplier")
    power = int(power) if isinstance(power, int | float) and abs(power) <= MAX_POWER else 0
    return unit.strip().lower() if isinstance(unit, str) else "wh", power


def _watt_hours(sample: Mapping[str, Any]) -> float | None:
    value, (unit, power) = _number(sample.get("value")), _unit(sample)
    factor = {"wh": 1.0, "kwh": 1000.0}.get(unit)
    if value is None or factor is None:
        return None
    found = value * factor * 10.0**power
    return found if abs(found) < MAX_ENERGY else None


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _rank(source: tuple[str, bool]) -> tuple[int, str, bool]:
    location, is_sum = source
    return (LOCATIONS.index(location) if location in LOCATIONS else len(LOCATIONS), location, is_sum)
