"""Changes of chargers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ...rights.errors import IdTaken, InvalidWindow, StillReferenced
from ...rights.model import Charger
from ..revisions import Revision
from ..rows import chargers
from ..schema import access_group_chargers
from ..schema import rights as right_rows
from . import facts


def add(revision: Revision, charger: Charger) -> Charger:
    """Adds a charger and assigns its id. Raises UnknownSite, IdTaken."""
    facts.site(revision, charger.site_id)
    if chargers.taken(revision.connection, [charger.charger_id]):
        raise IdTaken(f"charger id {charger.charger_id} is taken: charger ids are unique across all customers")
    at = revision.at
    charger = replace(charger, id=revision.next_id(), created_at=at, updated_at=at)
    revision.put(charger)
    return charger


def change(revision: Revision, charger_id: str, **members: Any) -> Charger:
    """Changes members of the charger. Raises UnknownCharger, UnknownSite."""
    before = facts.charger(revision, charger_id)
    after = replace(before, **members)
    if after.site_id != before.site_id:
        facts.site(revision, after.site_id)
    if after != before:
        after = replace(after, updated_at=revision.at)
        revision.put(after)
    return after


def block(revision: Revision, charger_id: str, until: datetime) -> Charger:
    """Blocks the charger until that instant.

    Raises UnknownCharger, InvalidWindow.
    """
    if until <= revision.at:
        raise InvalidWindow(f"it has passed: a block ends after now, which is {revision.at.isoformat()}")
    return _blocked(revision, charger_id, until)


def unblock(revision: Revision, charger_id: str) -> Charger:
    """Ends the block of the charger. Raises UnknownCharger."""
    return _blocked(revision, charger_id, None)


def _blocked(revision: Revision, charger_id: str, until: datetime | None) -> Charger:
    """Sets or ends the block.

    The charger keeps its `updated_at`, as no entered data changes.
    """
    charger = replace(facts.charger(revision, charger_id), blocked_until=until)
    revision.put(charger)
    return charger


def remove(revision: Revision, charger_id: str) -> None:
    """Removes a charger that nothing else needs.

    Raises UnknownCharger, StillReferenced.
    """
    charger = facts.charger(revision, charger_id)
    for table, one, many in (
        (access_group_chargers, "access group holds it", "access groups hold it"),
        (right_rows, "right is on it", "rights are on it"),
    ):
        users = facts.count(revision, table, table.c.charger_id, charger_id)
        if users:
            raise StillReferenced(
                f"charger {charger_id} cannot be removed: {users} {one if users == 1 else many}; remove"
                f" {'that' if users == 1 else 'those'} first"
            )
    revision.remove(charger)
