"""Starts that an operator has ordered without asking whether the tag may charge.

The charger asks about the tag itself before or after it starts. Then the tag is accepted there, for that start only.
The process that holds the charger's socket knows these starts. Those that were sent to the charger through another
process or connection are loaded from the database (see `ordered_starts`).
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
    """A start that an operator has ordered.

    `id`: the command's id. `place`: EVSE and connector, None where the charger chooses. `transaction_id`: the
    transaction that the charger has begun for it.
    """

    id: str
    tag_key: str
    place: Place
    until: datetime
    transaction_id: str | None = None


class RemoteStarts:
    """The ordered starts of one charger."""

    def __init__(self) -> None:
        self._starts = deque[RemoteStart](maxlen=REMEMBERED)
        self._connected_at: datetime | None = None

    def connected(self, at: datetime) -> None:
        """Notes a new connection: starts sent to the charger before may not be known here."""
        self._connected_at = at

    def may_lack(self, at: datetime) -> bool:
        """Returns whether a start may count that is not known here."""
        return self._connected_at is not None and at - self._connected_at < VALID

    def learn(self, starts: Iterable[RemoteStart]) -> None:
        """Adds all starts that were sent to the charger before it connected.

        Starts that are known already stay as they are.
        """
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
        """Adds a start that is being sent to the charger."""
        start = RemoteStart(id, tag_key, place, at + VALID)
        self._starts.append(start)
        return start

    def withdraw(self, start: RemoteStart) -> None:
        """Withdraws a start that the charger has refused, unless it has begun already."""
        start.until = NEVER

    def expects(self, tag_key: str, at: datetime) -> bool:
        """Returns whether a start with the tag is yet to come."""
        return any(self._is_due(start, tag_key, at) for start in self._starts)

    def allows(self, tag_key: str, place: Place, transaction_id: str | None, at: datetime) -> bool:
        """Returns whether the tag is accepted.

        The first transaction with it at the place is the start that was ordered.
        """
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
    """Returns whether the place is the one ordered, as far as both are known."""
    return all(None in pair or pair[0] == pair[1] for pair in zip(ordered, place, strict=True))
