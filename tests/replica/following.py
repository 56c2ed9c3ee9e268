"""A consumer of the log, as `docs/events.md` tells one to be: it keeps the last `inForce` of each right and tag."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from chargerights.storage import events
from chargerights.storage.database import Database
from chargerights.storage.events import Event

GONE = ("right.revoked", "tag.removed")


@dataclass(slots=True)
class Follower:
    """What it knows is by kind and number; it complains of an event that tells what it knew, or of what is unknown."""

    in_force: dict[tuple[str, int], bool] = field(default_factory=dict)
    last: int = 0
    complaints: list[str] = field(default_factory=list)

    def follow(self, database: Database, customer_id: int) -> None:
        for event in all_events(database, customer_id, self.last):
            self.take(event)

    def take(self, event: Event) -> None:
        if event.number != self.last + 1:
            self.complaints.append(f"{event.number} after {self.last}")
        self.last = event.number
        kind, _, what = event.type.partition(".")
        if kind not in ("right", "tag"):
            return
        key, stands = (kind, event.data[f"{kind}Id"]), event.data["inForce"]
        if (what in ("granted", "added")) == (key in self.in_force):
            self.complaints.append(f"{event} of {self.in_force.get(key)}")
        if (what == "began" and self.in_force.get(key)) or (what in ("ended", "expired") and stands):
            self.complaints.append(f"{event} of {self.in_force.get(key)}")
        self.in_force[key] = stands
        if event.type in GONE:
            del self.in_force[key]


def all_events(database: Database, customer_id: int, after: int = 0) -> list[Event]:
    return database.read_now(_all, customer_id, after)


def _all(connection: Connection, customer_id: int, after: int) -> list[Event]:
    found: list[Event] = []
    more = True
    while more:
        page = events.since(connection, customer_id, after, 1_000)
        found += page.events
        after, more = page.last, page.more
    return found


def types(found: list[Event]) -> list[str]:
    return [event.type for event in found]
