"""Settings of a customer for charging, apart from rights.

A change is a revision, so that every node follows it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from .callers import HOST
from .entity_types import CHARGING_SETTINGS, ChargingSettings
from .revisions import JournalChange, revise
from .schema import charging_settings


def set_one_session_per_tag(connection: Connection, customer_id: int, only_one: bool, at: datetime) -> None:
    """Sets whether a tag that is in a session may not begin another one.

    Raises UnknownCustomer.
    """
    _set(connection, customer_id, at, one_session_per_tag=only_one)


def set_lists_hours_too(connection: Connection, customer_id: int, hours_too: bool, at: datetime) -> None:
    """Sets whether local lists have tags whose rights have weekly hours.

    On a list they are valid at every hour. Raises UnknownCustomer.
    """
    _set(connection, customer_id, at, lists_hours_too=hours_too)


def _set(connection: Connection, customer_id: int, at: datetime, **setting: bool) -> None:
    with revise(connection, customer_id, at=at, actor=HOST, action="customer.change") as revision:
        columns = charging_settings.c
        mine = columns.customer_id == customer_id
        row = connection.execute(select(columns.one_session_per_tag, columns.lists_hours_too).where(mine)).one_or_none()
        before = ChargingSettings() if row is None else ChargingSettings(*map(bool, row))
        after = replace(before, **setting)
        if after == before:
            return
        if row is None:
            connection.execute(insert(charging_settings).values(customer_id=customer_id, **setting))
        else:
            connection.execute(update(charging_settings).where(mine).values(setting))
        revision.changes.append(JournalChange(CHARGING_SETTINGS, before.id, before, after))
