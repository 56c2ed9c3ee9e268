"""Finding the session that a message belongs to, by its key or its transaction id.

The key is that of a start of OCPP 1.6, the same in every copy of it. The ids of OCPP 1.6 are the server's and name one
session. The ids of 2.x are the charger's, which may use one again: then each start has a session of its own, and other
messages go by their time.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam

from ..personal_tables import ERASED
from .energy import Registers
from .session_notices import OCPP_2X, OCPP_16
from .session_rows import Row, stop_key
from .session_writing import ALL, ROW, Writing
from .sessions import EndedBy

AFTER_END = timedelta(seconds=60)
"""How long after its stop a message of 2.x can belong to the same session."""
OTHER = {OCPP_16: OCPP_2X, OCPP_2X: OCPP_16}

_BY_KEY = ALL.where(ROW.key == bindparam("key"))
BY_TRANSACTION = ALL.where(ROW.transaction_id == bindparam("transaction"))


def find(writing: Writing) -> Row | None:
    """Returns the row of the message's session, or of a transaction without a start."""
    notice = writing.notice
    if notice.key is not None and notice.ocpp != OCPP_2X:
        return next(iter(writing.rows(_BY_KEY, key=notice.key)), None)
    rows = writing.rows(BY_TRANSACTION, transaction=notice.transaction_id)
    if notice.ocpp is not None:
        rows = [row for row in rows if row["ocpp"] != OTHER[notice.ocpp]]
    begun, waiting = [row for row in rows if row["begun_at"]], [row for row in rows if not row["begun_at"]]
    if notice.ocpp == OCPP_2X:
        if notice.begins:
            return _begun_before(writing, begun) or _waits_for_start(writing, begun, waiting)
        return _holding(writing, begun) or _waiting(writing, waiting) or _only_one(writing, begun)
    if begun:
        return begun[-1]
    return next((row for row in waiting if notice.ends and _is_same_stop(writing, row)), None)


def _begun_before(writing: Writing, begun: list[Row]) -> Row | None:
    """Returns the session of which this start is a copy."""
    says = writing.notice.says
    for row in begun:
        tags = {row["tag_key"], says.get("tag_key")} - {None, ERASED}
        if row["started_at"] == says["started_at"] and len(tags) < 2:
            return row
    return None


def _waits_for_start(writing: Writing, begun: list[Row], waiting: list[Row]) -> Row | None:
    """Returns the row of the transaction that this start begins."""
    for row in waiting:
        between = [each for each in begun if writing.at < each["begun_at"] <= row["last_at"]]
        if row["last_at"] is not None and row["last_at"] >= writing.at and not between:
            return row
    return None


def _holding(writing: Writing, begun: list[Row]) -> Row | None:
    """Returns the session of 2.x during which the message was made."""
    after = timedelta(0) if writing.notice.ends else AFTER_END
    for row in reversed(begun):
        is_over = row["ended_by"] == EndedBy.CHARGER and writing.at > row["stopped_at"] + after
        if row["begun_at"] <= writing.at and not is_over:
            return row
    return None


def _waiting(writing: Writing, waiting: list[Row]) -> Row | None:
    """Returns the row of the transaction whose start has not arrived yet."""
    for row in waiting:
        stopped_at, last_at = row["stopped_at"], row["last_at"]
        if writing.notice.ends:
            fits = stopped_at == writing.notice.says["stopped_at"] if stopped_at else last_at and writing.at >= last_at
        else:
            fits = stopped_at is None or writing.at <= stopped_at + AFTER_END
        if fits:
            return row
    return None


def _only_one(writing: Writing, begun: list[Row]) -> Row | None:
    """Returns the only session of that id if it runs.

    The charger's clock was set back then.
    """
    if len(begun) != 1 or begun[0]["ended_by"] == EndedBy.CHARGER:
        return None
    evse_id = writing.notice.says.get("evse_id")
    return begun[0] if None in (evse_id, begun[0]["evse_id"]) or evse_id == begun[0]["evse_id"] else None


def _is_same_stop(writing: Writing, row: Row) -> bool:
    """Tells whether the stop is a copy.

    A stop without a readable time has that of its receipt, which differs from copy to copy.
    """
    says = writing.notice.says
    if says["stopped_at"] not in (row["stopped_at"], writing.notice.received_at):
        return False
    again = Registers(None)
    again.say(None, says.get("meter_stop"))
    return (row["tag_key"], Registers(row["registers"]).said.stop) == (stop_key(says), again.said.stop)
