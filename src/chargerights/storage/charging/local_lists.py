"""What chargers' local authorisation lists hold, as they were told: so that after a restart a difference will do.

It is kept after it was sent. A charger says the version of its list, and no version is ever sent twice: whoever finds
another version here than there knows that this is not what the charger has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from ...rights.identifiers import tag_key
from ...rights.local_list import ListedTag
from ..schema import chargers, local_lists

IDS_PER_QUERY = 500


class OutOfStep(StrEnum):
    """Why a charger's list is not in step."""

    NOT_CONNECTED = "notConnected"
    NOT_ASKED = "notAsked"
    NOT_SUPPORTED = "notSupported"
    SWITCHED_OFF = "switchedOff"
    TOO_SMALL = "tooSmall"
    REFUSED = "refused"
    NO_ANSWER = "noAnswer"
    DATABASE_AWAY = "databaseAway"


@dataclass(frozen=True, slots=True)
class KeptList:
    """One charger's.

    `tags`, by `tag_key`: what it holds; None: that is not known. `wanted`: how many tags there are to know. `reason`:
    why it is not in step.
    """

    charger_id: str
    version: int
    wanted: int
    reason: OutOfStep | None
    tags: Mapping[str, ListedTag] | None
    updated_at: datetime

    @property
    def size(self) -> int:
        return len(self.tags or ())

    @property
    def in_step(self) -> bool:
        return self.reason is None and self.tags is not None


def put(connection: Connection, customer_id: int, them: Sequence[KeptList]) -> None:
    """Keeps the lists; of chargers that there are not, none."""
    for start in range(0, len(them), IDS_PER_QUERY):
        step = them[start : start + IDS_PER_QUERY]
        ids = [each.charger_id for each in step]
        mine = (chargers.c.customer_id == customer_id) & chargers.c.charger_id.in_(bindparam("ids", expanding=True))
        known = {*connection.scalars(select(chargers.c.charger_id).where(mine), {"ids": ids})}
        old = (local_lists.c.customer_id == customer_id) & local_lists.c.charger_id.in_(
            bindparam("ids", expanding=True)
        )
        connection.execute(delete(local_lists).where(old), {"ids": ids})
        rows = [_row(customer_id, each) for each in step if each.charger_id in known]
        if rows:
            connection.execute(insert(local_lists), rows)


def get(connection: Connection, customer_id: int, charger_id: str) -> KeptList | None:
    """The charger's list, if it ever had one."""
    mine = (local_lists.c.customer_id == customer_id) & (local_lists.c.charger_id == charger_id)
    row = connection.execute(select(local_lists).where(mine)).one_or_none()
    if row is None:
        return None
    reason = None if row.reason is None else OutOfStep(row.reason)
    tags = None if row.entries is None else {tag_key(each[0]): _entry(*each) for each in row.entries}
    return KeptList(row.charger_id, row.version, row.wanted, reason, tags, row.updated_at)


def forget_tags(connection: Connection, customer_id: int, tag_keys: Collection[str]) -> None:
    """Forgets what the lists that hold one of the tags are known to hold; their chargers are told all anew then."""
    columns = local_lists.c
    kept = select(columns.charger_id, columns.entries).where(columns.customer_id == customer_id)
    naming = [
        {"id": charger_id}
        for charger_id, entries in connection.execute(kept.where(columns.entries.is_not(None)))
        if any(tag_key(entry[0]) in tag_keys for entry in entries)
    ]
    if naming:
        mine = (columns.customer_id == customer_id) & (columns.charger_id == bindparam("id"))
        connection.execute(update(local_lists).where(mine).values(entries=None), naming)


def _row(customer_id: int, each: KeptList) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "charger_id": each.charger_id,
        "version": each.version,
        "size": each.size,
        "wanted": each.wanted,
        "in_step": each.in_step,
        "reason": each.reason,
        "entries": None if each.tags is None else [[*each.tags[key]] for key in sorted(each.tags)],
        "updated_at": each.updated_at,
    }


def _entry(id_tag: str, driver_id: int, until: str | None) -> ListedTag:
    return ListedTag(id_tag, driver_id, None if until is None else datetime.fromisoformat(until))
