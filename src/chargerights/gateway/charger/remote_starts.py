"""Starts that an operator has ordered without asking whether the tag may charge.

The charger asks for the tag itself before it starts, or when it has: that tag is accepted there, for that start only.
The process that holds the charger's socket knows them; those that the charger was told by way of another process or
connection are learned from the database (see `ordered_starts`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ...storage.charging.ordered_starts import VALID

REMEMBERED = 50
NEVER = datetime.min.replace(tzinfo=UTC)

Place = tuple[int | None, int | None]


@dataclass(slots=True, eq=False)
class RemoteStart:
    """`id`: the command's. `place`: EVSE and connector, None where the charger chooses. `transaction_id`: what it has
    become."""

    id: str
    tag_key: str
    place: Place
    until: datetime
    transaction_id: str | None = None


class RemoteStarts:
    """One charger's."""

    def __init__(self) -> None:
        self._starts = deque[RemoteStart](maxlen=REMEMBERED)
        self._connected_at: datetime | None = None

    def connected(self, at: datetime) -> None:
        """The charger has a new connection: what it was told before may not be known here."""
        self._connected_at = at

    def may_lack(self, at: datetime) -> bool:
        """Whether a start may count of which nothing is known here."""
        return self._connected_at is not None and at - self._connected_at < VALID

    def learn(self, starts: Iterable[RemoteStart]) -> None:
        """These are all that the charger was told before it connected. What is known here already counts."""
        known = {start.id: start for start in self._starts}
        new = []
        for start in starts:
            if start.id not in known:
                new.append(start)
            elif known[start.id].transaction_id is None:
                known[start.id].transaction_id = start.transaction_id
        self._starts = deque([*new, *self._starts], maxlen=REMEMBERED)
        self._connected_at = None

    def expect(self, id: str, tag_key: str, place: Place, at: datetime) -> RemoteStart:
        """The charger is being told to start."""
        start = RemoteStart(id, tag_key, place, at + VALID)
        self._starts.append(start)
        return start

    def withdraw(self, start: RemoteStart) -> None:
        """The charger does not start, unless it has already."""
        start.until = NEVER

    def expects(self, tag_key: str, at: datetime) -> bool:
        """Whether a start with the tag is yet to come."""
        return any(self._is_due(start, tag_key, at) for start in self._starts)

    def allows(self, tag_key: str, place: Place, transaction_id: str | None, at: datetime) -> bool:
        """Whether the tag is accepted. The first transaction with it at the place is the start that was ordered."""
        if not transaction_id:
            return self.expects(tag_key, at)
        known = [start for start in self._starts if start.transaction_id == transaction_id]
        if known:
            return known[0].tag_key == tag_key
        for start in self._starts:
            if self._is_due(start, tag_key, at) and _fits(start.place, place):
                start.transaction_id = transaction_id
                return True
        return False

    @staticmethod
    def _is_due(start: RemoteStart, tag_key: str, at: datetime) -> bool:
        return start.transaction_id is None and start.tag_key == tag_key and at < start.until


def _fits(ordered: Place, place: Place) -> bool:
    """Whether the place is the one ordered, as far as both are known."""
    return all(None in pair or pair[0] == pair[1] for pair in zip(ordered, place, strict=True))
