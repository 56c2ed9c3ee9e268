"""Chargers with one id that replace each other's connections.

The newer connection wins, after a pause that doubles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

AT_ONCE = 3
"""How often a newer connection wins at once: on a bad network, a charger connects again before its old socket ends."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 10.0, 300.0
CALM_SECONDS = 900.0
"""Seconds without a rival after which all is forgotten."""
PROBLEM = (
    "connections with this charger's id replace each other again and again: two chargers have this id, or one opens"
    " several connections. Give each charger an id of its own"
)


@dataclass(slots=True)
class _Rivalry:
    count: int
    replaced_at: float
    seen_at: float


class Rivals:
    """Counts how often open connections were replaced, by charger id.

    `time` returns seconds.
    """

    def __init__(self, time: Callable[[], float]) -> None:
        self._time = time
        self._found: dict[str, _Rivalry] = {}

    def replaced(self, charger_id: str) -> None:
        """Notes that a newer connection has replaced an open one."""
        now, rivalry = self._time(), self._current(charger_id)
        if rivalry is None:
            self._found[charger_id] = _Rivalry(1, now, now)
        else:
            rivalry.count, rivalry.replaced_at, rivalry.seen_at = rivalry.count + 1, now, now

    def pause(self, charger_id: str) -> float:
        """Returns the seconds until a newer connection may replace the open one."""
        now, rivalry = self._time(), self._current(charger_id)
        if rivalry is None or rivalry.count < AT_ONCE:
            return 0.0
        rivalry.seen_at = now
        pause = FIRST_PAUSE_SECONDS * 2.0 ** min(rivalry.count - AT_ONCE, 10)
        return max(0.0, rivalry.replaced_at + min(pause, LONGEST_PAUSE_SECONDS) - now)

    def problem(self, charger_id: str) -> str:
        """Returns the problem with the charger's connection, or ""."""
        rivalry = self._current(charger_id)
        return PROBLEM if rivalry is not None and rivalry.count >= AT_ONCE else ""

    def _current(self, charger_id: str) -> _Rivalry | None:
        found = self._found.get(charger_id)
        if found is not None and self._time() - found.seen_at > CALM_SECONDS:
            del self._found[charger_id]
            return None
        return found
