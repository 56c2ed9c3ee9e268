"""What has taken chargers out of use: a block, or an operator's command.

A charger keeps it over restarts, and cannot be asked why it is so.

After a block a charger is put back into use once, and only as far as no operator had taken it out himself. Of chargers
that nothing has taken out nothing is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select

from ..schema import chargers
from ..schema import out_of_use as rows

WHOLE = 0
"""The whole charger, where a socket could be named."""


@dataclass(frozen=True, slots=True)
class OutOfUse:
    """`by_block`: it was told to go out of use by a block, and not yet that this is over. `by_operator`: the sockets
    that an operator took out of use, or WHOLE."""

    by_block: bool = False
    by_operator: frozenset[int] = frozenset()


IN_USE = OutOfUse()


def get(connection: Connection, customer_id: int, charger_id: str) -> OutOfUse:
    """What has taken the charger out of use."""
    row = connection.execute(select(rows).where(_mine(customer_id, charger_id))).one_or_none()
    return IN_USE if row is None else OutOfUse(row.by_block, frozenset(row.by_operator))


def by_block(connection: Connection, customer_id: int, charger_id: str, is_out: bool) -> None:
    """A block takes the charger out of use, or this is over."""
    _put(connection, customer_id, charger_id, replace(get(connection, customer_id, charger_id), by_block=is_out))


def by_operator(connection: Connection, customer_id: int, charger_id: str, socket_id: int, is_out: bool) -> None:
    """An operator has taken that socket, or WHOLE, out of use or put it back; with the whole, every socket is back."""
    before = get(connection, customer_id, charger_id)
    if is_out:
        sockets = before.by_operator | {socket_id}
    elif socket_id == WHOLE:
        sockets = frozenset()
    else:
        sockets = before.by_operator - {socket_id}
    _put(connection, customer_id, charger_id, replace(before, by_operator=sockets))


def _put(connection: Connection, customer_id: int, charger_id: str, out: OutOfUse) -> None:
    """Of a charger that there is not, nothing is kept."""
    mine = (chargers.c.customer_id == customer_id) & (chargers.c.charger_id == charger_id)
    connection.execute(delete(rows).where(_mine(customer_id, charger_id)))
    if out != IN_USE and connection.scalar(select(exists().where(mine))):
        sockets = sorted(out.by_operator)
        row = {"customer_id": customer_id, "charger_id": charger_id, "by_block": out.by_block, "by_operator": sockets}
        connection.execute(insert(rows).values(row))


def _mine(customer_id: int, charger_id: str) -> Any:
    return (rows.c.customer_id == customer_id) & (rows.c.charger_id == charger_id)
