"""State of the chargers connected to this process that is not written yet."""

from __future__ import annotations

from typing import Protocol

from ..rights.live import LiveCharger


class ConnectedState(Protocol):
    """A charger that is connected to this process."""

    charger_id: str

    def state(self) -> LiveCharger:
        """Returns its current state."""


class UnwrittenStates:
    """One customer's chargers whose state is not yet shown or not yet written.

    States are shown in the snapshot, and written to the database. A charger's state is built only when it is needed:
    chargers report far more often than anyone asks.
    """

    __slots__ = ("_writing", "unshown", "unwritten")

    def __init__(self) -> None:
        self.unshown: dict[str, ConnectedState] = {}
        self.unwritten: dict[str, ConnectedState] = {}
        self._writing: dict[str, ConnectedState] = {}

    def note(self, charger: ConnectedState) -> None:
        """Notes that the charger's state has changed."""
        self.unshown[charger.charger_id] = self.unwritten[charger.charger_id] = charger

    def forget(self, charger_id: str) -> None:
        """Forgets the charger, as another node has newer state."""
        for known in (self.unshown, self.unwritten):
            known.pop(charger_id, None)

    def show_all(self) -> None:
        """Marks all unwritten states as not shown, for a snapshot that was just loaded."""
        self.unshown.update(self._writing)
        self.unshown.update(self.unwritten)

    def begin(self) -> tuple[ConnectedState, ...]:
        """Returns the chargers to write now. `written` confirms them."""
        self._writing, self.unwritten = self.unwritten, {}
        return tuple(self._writing.values())

    def written(self) -> None:
        self._writing = {}

    def is_ahead_of(self, charger_id: str) -> bool:
        """Tells whether this process has newer state of the charger than the database."""
        return charger_id in self.unwritten or charger_id in self._writing

    @property
    def is_ahead(self) -> bool:
        return bool(self.unwritten or self._writing)
