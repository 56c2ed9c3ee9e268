"""Causes for which chargers are out of use: a block, or an operator's command.

A charger stays out of use over restarts, and cannot be asked why it is.

After a block it is put back into use once, except for what an operator had taken out of use. Chargers without a cause
have no row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select

from ..schema import chargers
from ..schema import out_of_use as rows

WHOLE = 0
"""The whole charger, instead of a socket."""


@dataclass(frozen=True, slots=True)
class OutOfUse:
    """The causes for one charger.

    `by_block` says that a block has taken it out of use and that its end has not been sent yet. `by_operator` has the
    sockets that an operator took out of use, or WHOLE.
    """

    by_block: bool = False
    by_operator: frozenset[int] = frozenset()


IN_USE = OutOfUse()


def get(connection: Connection, customer_id: int, charger_id: str) -> OutOfUse:
    """Returns the causes for which the charger is out of use."""
    row = connection.execute(select(rows).where(_mine(customer_id, charger_id))).one_or_none()
    return IN_USE if row is None else OutOfUse(row.by_block, frozenset(row.by_operator))


def by_block(connection: Connection, customer_id: int, charger_id: str, is_out: bool) -> None:
    """Records that a block takes the charger out of use, or that it is over."""
    _put(connection, customer_id, charger_id, replace(get(connection, customer_id, charger_id), by_block=is_out))


def by_operator(connection: Connection, customer_id: int, charger_id: str, socket_id: int, is_out: bool) -> None:
    """Records that an operator took that socket, or WHOLE, out of use or put it back.

    WHOLE puts every socket back.
    """
    before = get(connection, customer_id, charger_id)
    if is_out:
        sockets = before.by_operator | {socket_id}
    elif socket_id == WHOLE:
        sockets = frozenset()
    else:
        sockets = before.by_operator - {socket_id}
    _put(connection, customer_id, charger_id, replace(before, by_operator=sockets))


def _put(connection: Connection, customer_id: int, charger_id: str, out: OutOfUse) -> None:
    """Writes the row. Does nothing for a charger that does not exist."""
    mine = (chargers.c.customer_id == customer_id) & (chargers.c.charger_id == charger_id)
    connection.execute(delete(rows).where(_mine(customer_id, charger_id)))
    if out != IN_USE and connection.scalar(select(exists().where(mine))):
        sockets = sorted(out.by_operator)
        row = {"customer_id": customer_id, "charger_id": charger_id, "by_block": out.by_block, "by_operator": sockets}
        connection.execute(insert(rows).values(row))


def _mine(customer_id: int, charger_id: str) -> Any:
    return (rows.c.customer_id == customer_id) & (rows.c.charger_id == charger_id)
