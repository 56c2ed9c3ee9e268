"""Changes of a session's row by a message: reported columns and derived columns.

Nothing here reads the database. The result depends neither on the order of messages nor on repetition.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ...rights.identifiers import tag_key
from ..personal_tables import ERASED
from .energy import Registers, by_instant
from .session_notices import SessionNotice
from .sessions import EndedBy

LOST = (EndedBy.NEXT_START, EndedBy.BOOT, EndedBy.AVAILABLE, EndedBy.OPERATOR)
"""Ends that do not report the instant and meter value."""
REVOCABLE = (None, EndedBy.BOOT, EndedBy.AVAILABLE)
"""Sessions that may still go on."""

Row = dict[str, Any]
"""A row of `sessions`, also of a transaction without a start."""


def merge(row: Row, notice: SessionNotice) -> None:
    """Merges the message into the row of its session."""
    says, at = notice.says, notice.occurred_at
    for name in ("site_id", "evse_id", "connector_id"):
        if row[name] is None:
            row[name] = says.get(name)
    if "id_tag" in says and _is_first_tag(row, says, at):
        row |= {name: says.get(name) for name in ("id_tag", "tag_key", "driver_id", "reason")}
        row["tagged_at"] = at
    if notice.begins and row["started_at"] is None:
        row |= {"started_at": says["started_at"], "begun_at": at}
    if notice.ends and (row["ended_by"] != EndedBy.CHARGER or row["stopped_at"] is None):
        row |= {name: says.get(name) for name in ("stopped_at", "stop_reason", "stop_id_tag")}
        row |= {"ended_by": EndedBy.CHARGER, "marked_at": None}
    elif row["stop_id_tag"] is None:
        row["stop_id_tag"] = says.get("stop_id_tag")
    if row["id_tag"] == ERASED:  # most drivers stop with the card that began: it would name who was erased
        row["stop_id_tag"] = None
    if not notice.begins and not notice.ends and _goes_on(row, notice):
        reopen(row)
    row["last_at"] = max(row["last_at"] or at, at)
    registers = Registers(row["registers"])
    if row["registers"] is None:  # written by a version that kept only these
        registers.say(row["meter_start"], row["meter_stop"])
    registers.say(says.get("meter_start"), says.get("meter_stop"))
    for instant, samples in by_instant((each.at, each.samples) for each in notice.readings).items():
        registers.merge(instant, samples, says["started_at"] if notice.begins else None, notice.ends)
    row["registers"] = registers.kept()
    derive(row)


def derive(row: Row) -> None:
    """Sets the derived columns."""
    energy = Registers(row["registers"]).energy(row["started_at"])
    if row["registers"] is not None:
        row["meter_start"] = energy.start
    if row["ended_by"] in LOST:
        last_at = row["last_at"] or row["begun_at"]
        row["stopped_at"] = max(min(last_at, row["marked_at"]), row["begun_at"])
        row["meter_stop"] = energy.stop
    elif row["ended_by"] == EndedBy.CHARGER:
        row["meter_stop"] = energy.stop
    elif row["ended_by"] is None or _is_below(row["meter_stop"], row["meter_start"]):
        row["meter_stop"] = None


def stop_key(says: Row) -> str | None:
    """Returns the key of the tag of a stop.

    Messages of earlier versions do not have it.
    """
    shown = says.get("stop_id_tag")
    return says.get("stop_tag_key") or (None if shown is None else tag_key(shown))


def _is_below(stop: float | None, start: float | None) -> bool:
    return stop is not None and start is not None and stop < start


def _is_first_tag(row: Row, says: Row, at: datetime) -> bool:
    """Tells whether the tag at that instant began the session.

    The first tag does, else the first message without one.
    """
    if row["tagged_at"] is None or row["id_tag"] == ERASED:
        return row["id_tag"] is None
    if (row["id_tag"] is None) != (says["id_tag"] is None):
        return row["id_tag"] is None
    is_earlier: bool = at < row["tagged_at"]
    return is_earlier


def _goes_on(row: Row, notice: SessionNotice) -> bool:
    """Tells whether the message shows that a session marked as ended goes on."""
    if row["ended_by"] not in (EndedBy.BOOT, EndedBy.AVAILABLE):
        return False
    return notice.occurred_at > row["marked_at"] or (row["ended_by"] == EndedBy.BOOT and notice.is_live)


def reopen(row: Row) -> None:
    ends = ("stopped_at", "meter_stop", "stop_reason", "stop_id_tag", "ended_by", "marked_at")
    row |= dict.fromkeys(ends)


def place_of(row: Row) -> tuple[str, int] | None:
    """Returns the place of the session: an EVSE of 2.x, a connector of 1.6.

    At most one session runs there at a time.
    """
    if row["evse_id"]:
        return "evse_id", row["evse_id"]
    return ("connector_id", row["connector_id"]) if row["connector_id"] and row["evse_id"] is None else None


def end_of(row: Any) -> datetime | None:
    """Returns until when meter values of its connector belong to the session."""
    end_at: datetime | None = row["marked_at"] if row["ended_by"] in LOST else row["stopped_at"]
    return end_at
