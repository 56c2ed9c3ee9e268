"""Local authorization lists as they were sent.

A list is kept after it was sent, so that differences suffice after a restart. A charger reports the version of its
list, and no version is ever sent twice: if the versions differ, the charger does not have what is kept here.
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
    """The reason why a charger's list is out of date."""

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
    """The list of one charger.

    `tags` are its entries by `tag_key`, or None if they are unknown. `wanted` is the number of entries that it should
    have. `reason` says why it is out of date.
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
    """Writes the lists of chargers that exist."""
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
    """Returns the charger's list, if it ever had one."""
    mine = (local_lists.c.customer_id == customer_id) & (local_lists.c.charger_id == charger_id)
    row = connection.execute(select(local_lists).where(mine)).one_or_none()
    if row is None:
        return None
    reason = None if row.reason is None else OutOfStep(row.reason)
    tags = None if row.entries is None else {tag_key(each[0]): _entry(*each) for each in row.entries}
    return KeptList(row.charger_id, row.version, row.wanted, reason, tags, row.updated_at)


def forget_tags(connection: Connection, customer_id: int, tag_keys: Collection[str]) -> None:
    """Erases the entries of lists that have one of the tags.

    They are sent in full again then.
    """
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
