"""The energy of a session, computed from the samples of its meter values.

The register of imported energy is reported in many samples: at the start, now and then, at the end, in any order and
more than once. `Registers` keeps the few of them that can be the start or stop value. Merging a sample is cheap, and
the result does not depend on the order. OCPP 1.6 also reports `meterStart` and `meterStop`. These come first, unless
both are 0 and the samples have both: such a charger does not read its meter for them.

A sample counts when its measurand is `Energy.Active.Import.Register` (the default) and its value a number that is not
negative. Samples have a source: a location (Outlet, the default, before all others), as a total or as the sum of the
phases (totals first). Phases are added up when they have one instant, location and context. They are a sum when they
are all phases that the session has at that location. Start and stop value come from one source, the first that has
both; else from two, of which each is a total or has three phases.

* Start value: the first sample with the context `Transaction.Begin`, else the sample closest to the start among those
  of the start message and those within `NEAR_START` of it.
* Stop value: the last sample with the context `Transaction.End`, else the last sample after the start. Where the times
  of all samples are the same, the one of the stop message. When these are below the start value, the highest sample
  after the start.

A stop value is never below the start value: chargers that cannot read their meter send 0. Then the next candidate
counts, and without one the stop value is unknown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

REGISTER = "Energy.Active.Import.Register"
BEGIN, END = "Transaction.Begin", "Transaction.End"
OUTLET = "Outlet"
LOCATIONS = (OUTLET, "Cable", "EV", "Body", "Inlet")
"""In the order of preference. Other words come after them."""
TOTAL = (OUTLET, ())
PHASES = {"L1": "L1", "L2": "L2", "L3": "L3", "L1-N": "L1", "L2-N": "L2", "L3-N": "L3"}
THREE = ("L1", "L2", "L3")
KILO = {"kwh": "wh", "kw": "w", "kvarh": "varh", "kvar": "var", "kva": "va"}
NEAR_START = timedelta(seconds=60)
ROUNDING = 1.0
"""The most by which a stop of 1.6, in whole Wh, can be below a reading."""
MAX_ENERGY, MAX_POWER = 10**18, 9

_DEFAULTS = {"measurand": REGISTER, "context": "Sample.Periodic", "location": OUTLET, "format": "Raw"}
_NUMBER = re.compile(r"\s*[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})(e[+-]?\d{1,3})?\s*", re.ASCII | re.IGNORECASE)
"""A decimal number without a comma: in 604,213 it may stand for a point, or for nothing."""

Source = tuple[str, tuple[str, ...]]
"""A location, and the phases that were added up. A total has no phases."""


class ToldEnergy(NamedTuple):
    """A register in Wh, and the instant of the reading."""

    at: datetime
    value: float


class Sample(NamedTuple):
    """One register of a meter value."""

    source: Source
    context: str
    value: float


class Energy(NamedTuple):
    """Start and stop value of a session in Wh."""

    start: float | None = None
    stop: float | None = None


class _Source:
    """The samples of one source that can be a start or stop value."""

    __slots__ = ("begin", "closing", "end", "first", "highest", "last", "opening")

    def __init__(self, kept: Mapping[str, Any]) -> None:
        for name in self.__slots__:
            told = kept.get(name)
            setattr(self, name, None if told is None else ToldEnergy(datetime.fromisoformat(told[0]), told[1]))

    begin: ToldEnergy | None
    opening: ToldEnergy | None
    first: ToldEnergy | None
    highest: ToldEnergy | None
    last: ToldEnergy | None
    closing: ToldEnergy | None
    end: ToldEnergy | None

    def merge(self, told: ToldEnergy, context: str, started_at: datetime | None, in_stop: bool) -> None:
        """Adds a sample. `started_at` is set if the sample came in the start message."""
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
        self.highest = max(self.highest or told, told, key=lambda each: (each.value, each.at))

    def start(self, started_at: datetime | None) -> ToldEnergy | None:
        if self.begin is not None or started_at is None:
            return self.begin
        near = [] if self.opening is None else [self.opening]
        if self.first is not None and abs(self.first.at - started_at) <= NEAR_START:
            near.append(self.first)
        return min(near, key=lambda told: (abs(told.at - started_at), told), default=None)

    def stop(self, start: ToldEnergy | None, started_at: datetime | None, least: float | None) -> ToldEnergy | None:
        """Returns the stop value, which is not below `least`."""
        after = started_at if start is None else start.at
        later = [
            told if told is not None and (after is None or told.at > after) else None
            for told in (self.last, self.highest)
        ]
        closing = None if self.closing == start else self.closing
        candidates = [told for told in (self.end, later[0], closing, later[1]) if told is not None]
        return next((told for told in candidates if least is None or told.value >= least), None)

    def kept(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: [each.at.isoformat(), each.value] for name, each in told.items() if each is not None}


class Registers:
    """The registers that were reported for one session."""

    def __init__(self, kept: Mapping[str, Any] | None) -> None:
        """Restores what `kept` returned."""
        kept = kept or {}
        self.said = Energy(*kept.get("said", ()))
        """OCPP 1.6: meterStart and meterStop."""
        self._sources = {_source(name): _Source(source) for name, source in kept.get("sources", {}).items()}

    def say(self, start: float | None, stop: float | None) -> None:
        """Takes the values of 1.6. The first valid value of each counts."""
        given = zip(self.said, (start, stop), strict=True)
        self.said = Energy(*(said if told is None or told < 0 or said is not None else told for said, told in given))

    def merge(self, at: datetime, samples: Any, started_at: datetime | None = None, in_stop: bool = False) -> None:
        """Adds a meter value. `started_at` is set if it came in the start message."""
        for sample in read(samples):
            source = self._sources.setdefault(sample.source, _Source({}))
            source.merge(ToldEnergy(at, sample.value), sample.context, started_at, in_stop)

    def energy(self, started_at: datetime | None) -> Energy:
        """Returns the session's start and stop value, as far as they are known.

        The stop value is not below the start value.
        """
        said, pairs = self.said, []
        is_unread = said == (0, 0)
        for key in self._whole():
            source = self._sources[key]
            start = source.start(started_at)
            first = start.value if start is not None and (is_unread or said.start is None) else said.start
            stop = source.stop(start, started_at, first)
            pairs.append((key[1], Energy(start and start.value, stop and stop.value)))
        told = next((pair for _, pair in pairs if None not in pair), None)
        if told is None:
            alike = [pair for phases, pair in pairs if phases in ((), THREE)] or [pair for _, pair in pairs]
            told = Energy(
                next((pair.start for pair in alike if pair.start is not None), None),
                next((pair.stop for pair in alike if pair.stop is not None), None),
            )
        if is_unread and told.start is not None and told.stop is not None and told.stop >= told.start:
            return told
        first = told.start if said.start is None else said.start
        stops = [said.stop, told.stop] if said.stop or not told.stop else [told.stop]
        return Energy(first, next((stop for stop in stops if stop is not None and stop >= (first or 0)), None))

    def contradicts(self, end: Registers) -> bool:
        """Tells whether a register of the session was above this end's.

        Then the end is another session's.
        """
        seen, last = self._highest(), end._highest()
        return any(last[key] <= seen[key] - ROUNDING for key in seen.keys() & last.keys())

    def _highest(self) -> dict[Source, float]:
        """Returns the highest value of each source.

        The values of 1.6 are the total at the outlet. Three phases are a total, too.
        """
        found = {key: each.highest.value for key, each in self._sources.items() if each.highest is not None}
        found |= {
            (place, ()): found.get((place, ()), value) for (place, phases), value in found.items() if phases == THREE
        }
        said = [value for value in (*self.said, found.get(TOTAL)) if value is not None]
        return found | ({TOTAL: max(said)} if said else {})

    def _whole(self) -> list[Source]:
        """Returns the sources that are totals or have all phases, best first."""
        phases: dict[str, set[str]] = {}
        for location, names in self._sources:
            phases.setdefault(location, set()).update(names)
        return sorted((key for key in self._sources if not key[1] or {*key[1]} == phases[key[0]]), key=_rank)

    def kept(self) -> dict[str, Any]:
        """Returns everything as JSON."""
        sources = {f"{'+'.join(phases)}={place}": each.kept() for (place, phases), each in self._sources.items()}
        return {"said": list(self.said), "sources": sources}


def by_instant(readings: Iterable[tuple[datetime, Any]]) -> dict[datetime, list[Any]]:
    """Returns the samples of each instant, as some chargers send phases separately."""
    found: dict[datetime, list[Any]] = {}
    for at, samples in readings:
        found.setdefault(at, []).extend(samples if isinstance(samples, list) else ())
    return found


def read(samples: Any) -> Iterator[Sample]:
    """Yields the registers of imported energy at one instant (OCPP 1.6 or 2.x), in Wh.

    A phase with two values gives two sums: the lowest and the highest.
    """
    phases: dict[tuple[str, str], dict[str, list[float]]] = {}
    for sample in samples if isinstance(samples, list) else ():
        if not isinstance(sample, dict) or _word(sample, "measurand") != REGISTER:
            continue
        value, phase = _watt_hours(sample), sample.get("phase") or None
        if value is None or _word(sample, "format") != "Raw":  # signed data can look like a number
            continue
        location, context = _word(sample, "location"), _word(sample, "context")
        if phase is None:
            yield Sample((location, ()), context, value)
        elif phase in PHASES:
            phases.setdefault((location, context), {}).setdefault(PHASES[phase], []).append(value)
    for (location, context), values in phases.items():
        source = location, tuple(sorted(values))
        for pick in (min, max):
            yield Sample(source, context, math.fsum(map(pick, values.values())))


def phases_in(samples: Any) -> list[Any]:
    """Returns the samples of single phases."""
    return (
        [each for each in samples if isinstance(each, dict) and each.get("phase")] if isinstance(samples, list) else []
    )


def identities(samples: Any) -> dict[bytes, Any]:
    """Returns the samples by an identity that does not depend on how they are written.

    Defaults may be left out, and numbers may be text.
    """
    found = {}
    for sample in samples if isinstance(samples, list) else ():
        members = dict(sample) if isinstance(sample, dict) else {"value": sample}
        value, (unit, power) = _number(members.get("value")), _unit(members)
        members |= {name: _word(members, name) for name in _DEFAULTS}
        if value is not None and power is not None:
            members |= {"value": _plain(value.scaleb(power)), "unit": unit}
            members.pop("unitOfMeasure", None)
        given = {name: member for name, member in members.items() if member not in (None, "")}
        found[orjson.dumps(given, option=orjson.OPT_SORT_KEYS)] = sample
    return found


def _word(sample: Mapping[str, Any], name: str) -> str:
    word = sample.get(name)
    return word if isinstance(word, str) and word else _DEFAULTS[name]


def _unit(sample: Mapping[str, Any]) -> tuple[str, int | None]:
    """Returns the unit in lower case without its kilo, and the power of ten.

    The power is None if it is not valid.
    """
    given = sample.get("unitOfMeasure")
    given = given if isinstance(given, dict) else sample
    unit, power = given.get("unit"), given.get("multiplier")
    unit = unit.strip().lower() if isinstance(unit, str) and unit else "wh"
    power = 0 if power is None else power
    if type(power) not in (int, float) or not abs(power) <= MAX_POWER or power != int(power):
        return unit, None
    return (KILO[unit], int(power) + 3) if unit in KILO else (unit, int(power))


def _watt_hours(sample: Mapping[str, Any]) -> float | None:
    value, (unit, power) = _number(sample.get("value")), _unit(sample)
    if value is None or power is None or unit != "wh":
        return None
    found = value.scaleb(power)
    return float(found) if 0 <= found < MAX_ENERGY else None


def _number(value: Any) -> Decimal | None:
    """Returns the number, which may be written as text."""
    written = str(value) if type(value) in (int, float, str) else ""
    return Decimal(written.strip()) if _NUMBER.fullmatch(written) else None


def _plain(value: Decimal) -> str:
    """Returns the number in its one normal form."""
    return "0" if value == 0 else str(value.normalize())


def _source(name: str) -> Source:
    phases, _, location = name.partition("=")
    return location, tuple(phases.split("+")) if phases else ()


def _rank(source: Source) -> tuple[int, str, bool]:
    location, phases = source
    return (LOCATIONS.index(location) if location in LOCATIONS else len(LOCATIONS), location, bool(phases))
