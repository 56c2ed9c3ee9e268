"""Imports of files as jobs: their operators, progress and reports.

A job is worked on in attempts. An attempt sends a sign of life from time to time. Any reader marks one as interrupted
that has not for a while. An import's data and its success are written in one transaction, which fails when the attempt
was interrupted in between. So an import that was interrupted or has failed has stored nothing, and can be retried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Update, delete, func, insert, select, update

from ..rights.errors import Conflict, NotFound
from .schema import imports

ALIVE = timedelta(seconds=30)
"""A sign of life is valid for that long."""
KEPT = 200
"""Kept of a customer. Older imports are deleted."""


class UnknownImport(NotFound):
    what = "import"


class AttemptOver(Conflict):
    """An attempt that was interrupted or has ended, and so cannot go on."""


class ImportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


GOING = (ImportState.QUEUED, ImportState.RUNNING)
UNDONE = (ImportState.INTERRUPTED, ImportState.FAILED)


class ImportRequest(NamedTuple):
    """The file to import, and the operator it is for."""

    operator_id: int
    mode: str
    dry_run: bool
    file_name: str | None


class Stage(NamedTuple):
    """Progress of an import: done of total in its current phase."""

    phase: str | None = None
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """The current state of an import. `report` is set when it has ended."""

    id: int
    operator_id: int
    mode: str
    dry_run: bool
    file_name: str | None
    state: ImportState
    phase: str | None
    done: int
    total: int
    attempt: str
    alive_until: datetime
    created_at: datetime
    ended_at: datetime | None
    report: dict[str, Any] | None


class Attempt(NamedTuple):
    """One attempt at one import."""

    customer_id: int
    import_id: int
    name: str


_COLUMNS = [imports.c[name] for name in Import.__dataclass_fields__]


def add(connection: Connection, attempt: Attempt, asked: ImportRequest, at: datetime) -> None:
    """Adds a waiting import, and deletes the oldest when there are too many."""
    connection.execute(
        insert(imports).values(
            customer_id=attempt.customer_id,
            id=attempt.import_id,
            **asked._asdict(),
            state=ImportState.QUEUED,
            done=0,
            total=0,
            attempt=attempt.name,
            alive_until=at + ALIVE,
            created_at=at,
        )
    )
    mine = imports.c.customer_id == attempt.customer_id
    old = select(imports.c.id).where(mine).order_by(imports.c.id.desc()).offset(KEPT)
    connection.execute(delete(imports).where(mine, imports.c.id.in_(connection.scalars(old).all())))


def find(connection: Connection, customer_id: int, import_id: int) -> Import:
    """Returns the import. Raises UnknownImport."""
    row = connection.execute(_those(customer_id).where(imports.c.id == import_id)).one_or_none()
    if row is None:
        raise UnknownImport((import_id,))
    return _import(row)


def page(
    connection: Connection,
    customer_id: int,
    operator_id: int | None,
    start: int,
    limit: int,
    before: int | None = None,
) -> tuple[list[Import], int]:
    """Returns a page of imports, newest first, and their total.

    They are of one operator, or of all. `before` selects those with lower ids.
    """
    query = _those(customer_id)
    if operator_id is not None:
        query = query.where(imports.c.operator_id == operator_id)
    count = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    if before is not None:
        query = query.where(imports.c.id < before)
    rows = connection.execute(query.order_by(imports.c.id.desc()).offset(start).limit(limit))
    return [_import(row) for row in rows], count


def alive(connection: Connection, attempt: Attempt, stage: Stage, at: datetime) -> None:
    """Records a sign of life and the progress. Raises AttemptOver."""
    values = {
        **stage._asdict(),
        "state": ImportState.RUNNING if stage.phase else ImportState.QUEUED,
        "alive_until": at + ALIVE,
    }
    _go_on(connection, attempt, values)


def end(
    connection: Connection, attempt: Attempt, state: ImportState, at: datetime, report: dict[str, Any] | None
) -> None:
    """Ends the attempt in that state. Raises AttemptOver."""
    _go_on(connection, attempt, {"state": state, "phase": None, "ended_at": at, "report": report})


def interrupt(connection: Connection, customer_id: int, import_id: int, at: datetime) -> None:
    """Ends the attempt if its last sign of life is no longer valid at that instant."""
    going = _going(customer_id, import_id).where(imports.c.alive_until < at)
    connection.execute(going.values(state=ImportState.INTERRUPTED, phase=None, ended_at=at))


def again(connection: Connection, attempt: Attempt, at: datetime) -> bool:
    """Starts another attempt at an import that was interrupted or has failed.

    Tells whether it did.
    """
    columns = imports.c
    mine = (columns.customer_id == attempt.customer_id) & (columns.id == attempt.import_id)
    query = update(imports).where(mine, columns.state.in_(UNDONE))
    values = {"state": ImportState.QUEUED, "done": 0, "total": 0, "attempt": attempt.name, "alive_until": at + ALIVE}
    return connection.execute(query.values(**values, ended_at=None, report=None)).rowcount == 1


def forget_reports(connection: Connection, customer_id: int) -> None:
    """Deletes the reports of the customer's imports, which may name any person.

    The imports themselves stay listed.
    """
    connection.execute(update(imports).where(imports.c.customer_id == customer_id).values(report=None, file_name=None))


def _those(customer_id: int) -> Select[Any]:
    return select(*_COLUMNS).where(imports.c.customer_id == customer_id)


def _going(customer_id: int, import_id: int) -> Update:
    columns = imports.c
    mine = (columns.customer_id == customer_id) & (columns.id == import_id)
    return update(imports).where(mine, columns.state.in_(GOING))


def _go_on(connection: Connection, attempt: Attempt, values: dict[str, Any]) -> None:
    query = _going(attempt.customer_id, attempt.import_id).where(imports.c.attempt == attempt.name)
    if connection.execute(query.values(values)).rowcount != 1:
        raise AttemptOver(f"import {attempt.import_id} was interrupted; send the file again")


def _import(row: Sequence[Any]) -> Import:
    members = dict(zip(Import.__dataclass_fields__, row, strict=True))
    return Import(**{**members, "state": ImportState(members["state"])})
