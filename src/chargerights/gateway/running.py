"""Which tags are in a session now, for customers who allow a tag one session at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..storage.sessions import Running

Place = tuple[str, int | None, int | None]


class RunningSessions:
    """By tag, where it charges. A session at the same connector ends the one before it there."""

    def __init__(self) -> None:
        self.version = -1
        """The live version up to which the database's sessions are known."""
        self._places: dict[Place, tuple[str, str]] = {}
        self._by_tag: dict[str, set[Place]] = {}

    def begin(self, tag_key: str, place: Place, transaction_id: str) -> None:
        self._leave(place)
        self._places[place] = tag_key, transaction_id
        self._by_tag.setdefault(tag_key, set()).add(place)

    def end(self, charger_id: str, transaction_id: str) -> None:
        for place, (_, running) in [*self._places.items()]:
            if place[0] == charger_id and running == transaction_id:
                self._leave(place)

    def holds(self, tag_key: str, charger_id: str, transaction_id: str | None) -> bool:
        """Whether the tag is in another session than that one; without one, in a session at another charger."""
        for place in self._by_tag.get(tag_key, ()):
            here = place[0] == charger_id
            if not here or (transaction_id is not None and self._places[place][1] != transaction_id):
                return True
        return False

    def follow(self, version: int, found: Iterable[Running], is_here: Callable[[str], bool]) -> None:
        """What the database says up to that version. Of chargers that are connected here more is known already, but
        for the first time."""
        first = self.version < 0
        for each in found:
            if is_here(each.charger_id) and not first:
                continue
            if each.is_open:
                connector_id = each.connector_id if each.evse_id is None else None  # an EVSE serves one car at a time
                self.begin(each.tag_key, (each.charger_id, each.evse_id, connector_id), each.transaction_id)
            else:
                self.end(each.charger_id, each.transaction_id)
        self.version = version

    def _leave(self, place: Place) -> None:
        before = self._places.pop(place, None)
        if before is not None:
            places = self._by_tag[before[0]]
            places.discard(place)
            if not places:
                del self._by_tag[before[0]]
