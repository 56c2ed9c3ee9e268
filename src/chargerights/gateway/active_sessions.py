"""The tags in a session now, for customers that allow one session per tag."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from ..storage.charging.sessions import EndedBy, Running

Place = tuple[int | None, int | None]
"""A place for one session at a time: the EVSE of OCPP 2.x without its connector, or the connector of 1.6."""
NOWHERE: Place = (None, None)
UNHEARD = frozenset({EndedBy.OPERATOR, EndedBy.UNMATCHED_STOP})
"""Ends that a charger's own messages do not tell."""


class ActiveSession(NamedTuple):
    tag_key: str
    transaction_id: str
    begun_at: datetime


class ActiveSessions:
    """The running sessions by charger and place.

    A session at the same place ends the one before it there.
    """

    def __init__(self) -> None:
        self.version = -1
        """The live version up to which the database's sessions are known."""
        self._chargers: dict[str, dict[Place, ActiveSession]] = {}
        self._resting: dict[str, dict[Place, ActiveSession]] = {}
        """Sessions that seem to have ended, and count again when they go on."""
        self._by_tag: dict[str, set[str]] = {}
        """The chargers where a tag is in a session."""

    def begin(self, tag_key: str | None, charger_id: str, place: Place, transaction_id: str, at: datetime) -> None:
        """A session begins there.

        Without a tag it is only the end of the one before.
        """
        if place == NOWHERE:
            place = self._place_of(charger_id, transaction_id) or NOWHERE
        else:
            self._leave(charger_id, place)
            self._rested(charger_id, place)
        if tag_key is not None:
            self.end(charger_id, transaction_id)
            self._chargers.setdefault(charger_id, {})[place] = ActiveSession(tag_key, transaction_id, at)
            self._by_tag.setdefault(tag_key, set()).add(charger_id)

    def end(self, charger_id: str, transaction_id: str) -> None:
        for places, leave in ((self._chargers, self._leave), (self._resting, self._rested)):
            for place, entry in [*places.get(charger_id, {}).items()]:
                if entry.transaction_id == transaction_id:
                    leave(charger_id, place)

    def rest(self, charger_id: str, at: datetime | None = None, where: Place | None = None) -> None:
        """Sets sessions aside that seem to have ended.

        The charger has started, or it is available at that place since that instant.
        """
        for place, entry in [*self._chargers.get(charger_id, {}).items()]:
            if where in (None, place) and (at is None or entry.begun_at < at):
                self._leave(charger_id, place)
                self._resting.setdefault(charger_id, {})[place] = entry

    def resume(self, charger_id: str, transaction_id: str) -> None:
        """A session goes on."""
        for place, entry in [*self._resting.get(charger_id, {}).items()]:
            if entry.transaction_id == transaction_id:
                self.begin(entry.tag_key, charger_id, place, transaction_id, entry.begun_at)

    def holds(
        self,
        tag_key: str,
        charger_id: str,
        transaction_id: str | None,
        place: Place = NOWHERE,
        is_lost: Callable[[str], bool] = lambda charger_id: False,
    ) -> bool:
        """Returns whether the tag is in another session than that transaction.

        The session at that place does not count either, since the new one would end it. Without a transaction only
        sessions at other chargers count. Sessions of lost chargers never do.
        """
        for other in self._by_tag.get(tag_key, ()):
            if other != charger_id:
                if not is_lost(other):
                    return True
            elif transaction_id is not None:
                for where, entry in self._chargers[other].items():
                    is_same = entry.transaction_id == transaction_id or (where == place != NOWHERE)
                    if entry.tag_key == tag_key and not is_same:
                        return True
        return False

    def follow(self, version: int, found: Iterable[Running], is_here: Callable[[str], bool]) -> None:
        """Takes what the database says up to that version.

        Chargers that are connected here have said more already; the first time is an exception.
        """
        first = self.version < 0
        for session in found:
            if is_here(session.charger_id) and not first and session.ended_by not in UNHEARD:
                continue
            if session.is_open:
                place = (session.evse_id, None if session.evse_id is not None else session.connector_id)
                self.begin(session.tag_key, session.charger_id, place, session.transaction_id, session.begun_at)
            else:
                self.end(session.charger_id, session.transaction_id)
        self.version = version

    def _place_of(self, charger_id: str, transaction_id: str) -> Place | None:
        places = self._chargers.get(charger_id, {})
        return next((place for place, entry in places.items() if entry.transaction_id == transaction_id), None)

    def _leave(self, charger_id: str, place: Place) -> None:
        places = self._chargers.get(charger_id, {})
        before = places.pop(place, None)
        if before is None:
            return
        if not places:
            del self._chargers[charger_id]
        if all(session.tag_key != before.tag_key for session in places.values()):
            chargers = self._by_tag[before.tag_key]
            chargers.discard(charger_id)
            if not chargers:
                del self._by_tag[before.tag_key]

    def _rested(self, charger_id: str, place: Place) -> None:
        places = self._resting.get(charger_id, {})
        if places.pop(place, None) is not None and not places:
            del self._resting[charger_id]
