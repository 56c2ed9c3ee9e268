"""Chargers whose socket this process holds: what it knows of them before the database does."""

from __future__ import annotations

from typing import Protocol

from ..rights.live import LiveCharger


class ConnectedState(Protocol):
    """A charger as its socket's holder sees it."""

    charger_id: str

    def state(self) -> LiveCharger:
        """Its state now."""


class UnwrittenStates:
    """One customer's chargers whose state changed and is not yet shown in the image, or not yet written.

    A charger's state is made into a value only when somebody wants it: chargers say far more than is asked.
    """

    __slots__ = ("_writing", "unshown", "unwritten")

    def __init__(self) -> None:
        self.unshown: dict[str, ConnectedState] = {}
        self.unwritten: dict[str, ConnectedState] = {}
        self._writing: dict[str, ConnectedState] = {}

    def note(self, charger: ConnectedState) -> None:
        """Its state has changed."""
        self.unshown[charger.charger_id] = self.unwritten[charger.charger_id] = charger

    def forget(self, charger_id: str) -> None:
        """Others know more of it."""
        for known in (self.unshown, self.unwritten):
            known.pop(charger_id, None)

    def show_all(self) -> None:
        """An image was loaded that knows only what is written."""
        self.unshown.update(self._writing)
        self.unshown.update(self.unwritten)

    def begin(self) -> tuple[ConnectedState, ...]:
        """What is to be written now; `written` ends that."""
        self._writing, self.unwritten = self.unwritten, {}
        return tuple(self._writing.values())

    def written(self) -> None:
        self._writing = {}

    def is_ahead_of(self, charger_id: str) -> bool:
        """Whether this process knows more of the charger than the database."""
        return charger_id in self.unwritten or charger_id in self._writing

    @property
    def is_ahead(self) -> bool:
        return bool(self.unwritten or self._writing)
