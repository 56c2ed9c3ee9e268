"""Rows of sessions that one message reads and writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, select, update

from ..schema import sessions
from .session_notices import SessionNotice
from .session_rows import Row, derive
from .sessions import EndedBy

ROW = sessions.c
_NAMES = ROW.keys()
PLACES = ("evse_id", "connector_id")
"""Columns of the places that `place_of` gives. Where there are two statements, they are by column."""


def is_at(columns: Any, place: str) -> ColumnElement[bool]:
    """Returns the condition for rows at the place that is bound as `number`."""
    here: ColumnElement[bool] = columns[place] == bindparam("number")
    return here if place == "evse_id" else here & columns["evse_id"].is_(None)


# Building a statement takes longer than running it, so those that most messages need are built once.
MINE = and_(ROW.customer_id == bindparam("customer"), ROW.charger_id == bindparam("charger"))
ALL = select(sessions).where(MINE)
_UPDATE = update(sessions).where(ROW.customer_id == bindparam("customer"), ROW.id == bindparam("session"))


class Writing:
    """One message, and the connection that writes it under a live version."""

    def __init__(self, connection: Connection, customer_id: int, version: int, notice: SessionNotice) -> None:
        self.connection = connection
        self.customer_id = customer_id
        self.version = version
        self.notice = notice
        self.at = notice.occurred_at
        self.here = {"customer": customer_id, "charger": notice.charger_id}

    def rows(self, query: Select[Any], **given: Any) -> list[Row]:
        """Returns rows of the charger by their starts, those without a start first.

        Sorted here: told to sort, SQLite reads all sessions of the customer instead of these.
        """
        found = self.connection.execute(query, self.here | given)
        rows = [dict(zip(_NAMES, row, strict=True)) for row in found]
        return sorted(
            rows, key=lambda row: (row["begun_at"] is not None, row["begun_at"] or row["received_at"], row["id"])
        )

    def write(self, row: Row, before: Row) -> None:
        """Writes what has changed in the row since it was read."""
        news = {name: value for name, value in row.items() if value != before[name]}
        if news:
            row["version"] = self.version
            its = {"customer": self.customer_id, "session": row["id"]}
            self.connection.execute(_UPDATE, {**news, "version": self.version, **its})

    def mark(self, row: Row, by: EndedBy, at: datetime) -> None:
        """Marks the session as ended at that instant or before."""
        before = dict(row)
        row |= {"ended_by": by, "marked_at": at}
        derive(row)
        self.write(row, before)
