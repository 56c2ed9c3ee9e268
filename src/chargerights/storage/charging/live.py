"""Live state of chargers: connection, status, firmware, configuration.

It is outside the revision, as it changes far more often than rights. It has its own version per customer: a batch of
changed chargers is written with the next version, and readers fetch the rows above the version they have. The
version's row is locked until the batch commits, so batches of one customer follow each other on all nodes.

A charger's connection is held by one node. Of two connections the later one counts, so the end of an old one changes
nothing. A node without a sign of life for `NODE_SILENT` has died: the first node that notices marks its chargers as
disconnected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, insert, select, update

from ...rights.live import ChargerFault, LiveCharger, LiveConnector, Reported
from ..journal import UnknownCustomer
from ..schema import chargers, live_chargers, live_nodes, live_versions
from . import statuses

NODE_SILENT = timedelta(seconds=30)
NODE_FORGOTTEN = timedelta(days=30)
"""How long messages in the spool of a node that has ended are still written only once."""
IDS_PER_QUERY = 500


_CONNECTORS = TypeAdapter(tuple[LiveConnector, ...])
_REPORTED = TypeAdapter(Reported)
_FAULTS = TypeAdapter(tuple[ChargerFault, ...])
_KEY = ("customer_id", "charger_id")


class NodeEnded(NamedTuple):
    """An orderly end of a node that could not mark its chargers as disconnected."""

    node: str
    at: datetime


def record(connection: Connection, customer_id: int, states: Iterable[LiveCharger], at: datetime) -> int:
    """Writes the chargers' whole states as the next live version, and returns it."""
    states = list(states)
    version = next_version(connection, customer_id)
    put(connection, customer_id, version, states, {state.charger_id for state in states}, at)
    return version


def next_version(connection: Connection, customer_id: int) -> int:
    """Takes the customer's next live version. Others wait until the transaction ends.

    Raises UnknownCustomer.
    """
    version: int | None = connection.scalar(
        update(live_versions)
        .where(live_versions.c.customer_id == customer_id)
        .values(version=live_versions.c.version + 1)
        .returning(live_versions.c.version)
    )
    if version is None:
        raise UnknownCustomer((customer_id,))
    return version


def put(
    connection: Connection,
    customer_id: int,
    version: int,
    states: Collection[LiveCharger],
    whole: Collection[str],
    at: datetime,
) -> list[str]:
    """Writes the states under a version just taken.

    Reported values are written only for the charger ids in `whole`. States of unknown chargers are left out. Returns
    the ids of chargers that have a newer connection.
    """
    if not states:
        return []
    with statuses.telling(
        connection, customer_id, live_chargers.c.charger_id.in_([state.charger_id for state in states]), at
    ):
        return _put(connection, customer_id, version, states, whole)


def _put(
    connection: Connection, customer_id: int, version: int, states: Collection[LiveCharger], whole: Collection[str]
) -> list[str]:
    known = _sockets(connection, customer_id, [state.charger_id for state in states])
    elsewhere, new, changed, touched = [], [], [], []
    for state in states:
        if state.charger_id not in known:
            continue
        socket = known[state.charger_id]
        if socket.is_newer(state):
            elsewhere.append(state.charger_id)
        elif socket.version is None:
            new.append(_row(customer_id, version, state, True))
        elif state.charger_id in whole:
            changed.append(_row(customer_id, version, state, True))
        else:
            touched.append(_row(customer_id, version, state, False))
    if new:
        connection.execute(insert(live_chargers), new)
    for rows in (changed, touched):
        if rows:
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name not in _KEY}
            mine = and_(*(live_chargers.c[name] == bindparam(f"new_{name}") for name in _KEY))
            given = [{f"new_{name}": value for name, value in row.items()} for row in rows]
            connection.execute(update(live_chargers).where(mine).values(values), given)
    return elsewhere


class _Socket(NamedTuple):
    """The connection that counts for a charger. Without a version it has no state yet."""

    version: int | None
    node: str | None
    connected_at: datetime | None

    def is_newer(self, state: LiveCharger) -> bool:
        """Tells whether it was opened at another node after that of the state."""
        if self.node == state.node or self.connected_at is None or state.connected_at is None:
            return False
        return self.connected_at > state.connected_at


def _sockets(connection: Connection, customer_id: int, charger_ids: list[str]) -> dict[str, _Socket]:
    """Returns the connections of the chargers that exist."""
    same = (live_chargers.c.customer_id == chargers.c.customer_id) & (
        live_chargers.c.charger_id == chargers.c.charger_id
    )
    columns = (chargers.c.charger_id, live_chargers.c.version, live_chargers.c.node, live_chargers.c.connected_at)
    query = (
        select(*columns)
        .select_from(chargers.outerjoin(live_chargers, same))
        .where(chargers.c.customer_id == customer_id, chargers.c.charger_id.in_(bindparam("ids", expanding=True)))
    )
    found: dict[str, _Socket] = {}
    for start in range(0, len(charger_ids), IDS_PER_QUERY):
        rows = connection.execute(query, {"ids": charger_ids[start : start + IDS_PER_QUERY]})
        found.update((charger_id, _Socket(*row)) for charger_id, *row in rows)
    return found


class NodeBefore(NamedTuple):
    """The row of a node before an update.

    `applied` is the number of the last message of its chargers that is in the database.
    """

    batch: int = 0
    gone: bool = False
    applied: int = 0


def note_node(
    connection: Connection, customer_id: int, node: str, batch: int, at: datetime, applied: int = 0
) -> NodeBefore:
    """Records that the node is alive and has written a batch, up to message `applied`.

    Call it under a version just taken. Returns the row before: a batch that was written before, because the answer to
    its COMMIT was lost, changes nothing.
    """
    before = _node(connection, customer_id, node)
    if before is None:
        values = {"seen_at": at, "batch": batch, "applied": applied}
        connection.execute(insert(live_nodes).values(customer_id=customer_id, node=node, **values))
    elif before.batch < batch:
        values = {"seen_at": at, "batch": batch, "gone": False, "applied": max(applied, before.applied)}
        connection.execute(update(live_nodes).where(_mine(customer_id, node)).values(values))
    return before or NodeBefore()


def note_messages(connection: Connection, customer_id: int, node: str, at: datetime, applied: int) -> int:
    """Records that messages of an ended node are written up to that number.

    Returns the number up to which they were.
    """
    before = _node(connection, customer_id, node)
    if before is None:
        values = {"seen_at": at, "batch": 0, "gone": True, "applied": applied}
        connection.execute(insert(live_nodes).values(customer_id=customer_id, node=node, **values))
        return 0
    newest = max(applied, before.applied)
    connection.execute(update(live_nodes).where(_mine(customer_id, node)).values(applied=newest))
    return before.applied


def _node(connection: Connection, customer_id: int, node: str) -> NodeBefore | None:
    columns = live_nodes.c
    row = connection.execute(
        select(columns.batch, columns.gone, columns.applied).where(_mine(customer_id, node))
    ).one_or_none()
    return None if row is None else NodeBefore(*row)


def _mine(customer_id: int, node: str) -> ColumnElement[bool]:
    return (live_nodes.c.customer_id == customer_id) & (live_nodes.c.node == node)


def silent_customers(connection: Connection, at: datetime) -> list[int]:
    """Returns customers with chargers of a node that is silent now."""
    query = select(live_nodes.c.customer_id).where(
        live_nodes.c.seen_at < at - NODE_SILENT, live_nodes.c.gone.is_(False)
    )
    return [*connection.scalars(query.distinct())]


def disconnect_silent(connection: Connection, customer_id: int, at: datetime) -> int:
    """Marks the chargers of silent nodes as disconnected, and returns their number."""
    version = next_version(connection, customer_id)
    mine = live_nodes.c.customer_id == customer_id
    silent = [
        *connection.scalars(
            select(live_nodes.c.node).where(mine, live_nodes.c.seen_at < at - NODE_SILENT, live_nodes.c.gone.is_(False))
        )
    ]
    if not silent:
        return 0
    connection.execute(update(live_nodes).where(mine, live_nodes.c.node.in_(silent)).values(gone=True))
    connection.execute(delete(live_nodes).where(mine, live_nodes.c.seen_at < at - NODE_FORGOTTEN))
    return _disconnect(connection, customer_id, version, silent, at)


def end_node(connection: Connection, customer_id: int, version: int, ended: NodeEnded, at: datetime) -> None:
    """Marks the chargers of an ended node as disconnected, under a new version."""
    _disconnect(connection, customer_id, version, [ended.node], at)


def _disconnect(connection: Connection, customer_id: int, version: int, nodes: list[str], at: datetime) -> int:
    """Marks the chargers of these nodes as disconnected, and returns their number."""
    held = (live_chargers.c.customer_id == customer_id) & live_chargers.c.node.in_(nodes) & live_chargers.c.connected
    lost = [*connection.scalars(select(live_chargers.c.charger_id).where(held))]
    with statuses.telling(connection, customer_id, live_chargers.c.charger_id.in_(lost), at):
        connection.execute(update(live_chargers).where(held).values(connected=False, version=version))
    return len(lost)


def since(connection: Connection, customer_id: int, version: int) -> tuple[int, list[LiveCharger]]:
    """Returns the live version, and the states written after the given one."""
    now = connection.scalar(select(live_versions.c.version).where(live_versions.c.customer_id == customer_id))
    query = select(live_chargers).where(live_chargers.c.customer_id == customer_id, live_chargers.c.version > version)
    rows = connection.execute(query).all()
    states = [
        LiveCharger(
            row.charger_id,
            row.connected,
            row.last_seen,
            row.last_message,
            row.status,
            _CONNECTORS.validate_python(row.connectors),
            _REPORTED.validate_python(row.reported),
            row.node,
            row.connected_at,
            _FAULTS.validate_python(row.faults or ()),
        )
        for row in rows
    ]
    # Rows may be newer than the version read before them: outside a snapshot these are two reads.
    return max([now or 0, *(row.version for row in rows)]), states


def _row(customer_id: int, version: int, state: LiveCharger, whole: bool) -> dict[str, Any]:
    row = {
        "customer_id": customer_id,
        "charger_id": state.charger_id,
        "version": version,
        "connected": state.connected,
        "last_seen": state.last_seen,
        "last_message": state.last_message,
        "status": state.status,
        "connectors": _CONNECTORS.dump_python(state.connectors, mode="json", exclude_defaults=True),
        "node": state.node,
        "connected_at": state.connected_at,
        "faults": _FAULTS.dump_python(state.faults, mode="json", exclude_defaults=True),
    }
    if whole:
        row["reported"] = _REPORTED.dump_python(state.reported, mode="json", exclude_defaults=True)
    return row
