"""Rejected handshakes of the last hour, in memory.

They show an installer why a charger does not connect.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import NamedTuple

KEPT = timedelta(hours=1)
MAX_IDS, MAX_OF_ID = 1_000, 10
ALIKE = 0.8
"""The least similarity of two ids that may be one, mistyped, such as DEP-01 and DEP-1."""


class RejectedHandshake(NamedTuple):
    """A rejected handshake, with the HTTP status or close code of the answer."""

    charger_id: str
    at: datetime
    status: int
    text: str


class RejectedHandshakes:
    """The latest rejected handshakes of each id.

    Ids of chargers and other ids are kept apart, so that strangers displace only each other.
    """

    def __init__(self) -> None:
        self._known = _Kept()
        self._strangers = _Kept()

    def note(self, refusal: RejectedHandshake, is_known: bool) -> None:
        (self._known if is_known else self._strangers).put(refusal)

    def of(self, charger_id: str, at: datetime) -> list[RejectedHandshake]:
        """Returns the charger's rejected handshakes in the last hour, the latest first.

        Those of similar ids that no charger has are among them.
        """
        found = [*self._known.of(charger_id, at), *self._strangers.of(charger_id, at)]
        for stranger in self._strangers.ids():
            if stranger != charger_id and _are_alike(stranger, charger_id):
                found += self._strangers.of(stranger, at)
        return sorted(found, key=lambda each: each.at, reverse=True)


class _Kept:
    def __init__(self) -> None:
        self._by_id: OrderedDict[str, deque[RejectedHandshake]] = OrderedDict()

    def put(self, refusal: RejectedHandshake) -> None:
        self._by_id.setdefault(refusal.charger_id, deque(maxlen=MAX_OF_ID)).append(refusal)
        self._by_id.move_to_end(refusal.charger_id)
        if len(self._by_id) > MAX_IDS:
            self._by_id.popitem(last=False)

    def of(self, charger_id: str, at: datetime) -> list[RejectedHandshake]:
        return [rejection for rejection in self._by_id.get(charger_id, ()) if at - rejection.at < KEPT]

    def ids(self) -> list[str]:
        return [*self._by_id]


def _are_alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one.casefold(), other.casefold())
    return matcher.real_quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
