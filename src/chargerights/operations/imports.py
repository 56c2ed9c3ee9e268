"""Imports of drivers from files.

A caller that is limited to some sites sees only their own imports.
"""

from __future__ import annotations

from contextlib import suppress
from secrets import token_hex
from typing import BinaryIO

from ..importing.runner import Job
from ..rights.identifiers import is_int64
from ..storage import idempotency, imports
from ..storage.callers import Caller
from ..storage.database import DatabaseFault
from ..storage.idempotency import Once
from ..storage.imports import GOING, UNDONE, Attempt, Import, ImportRequest, ImportState, Stage, UnknownImport
from ..storage.journal import ChangeContext
from ..storage.revisions import Revision
from .paging import Paging, Part, part_of
from .services import Services


async def order(services: Services, caller: Caller, asked: ImportRequest, file: BinaryIO, once: Once | None) -> int:
    """Orders an import, which then owns and closes the file. Returns its id.

    A request that was sent before gets the same import, which is started again if it was interrupted; otherwise the
    file is closed. Raises TooManyImports, KeyReused.
    """
    try:
        import_id, attempt = await _attempt(services, caller, asked, once)
        if attempt is not None:
            job = Job(attempt, caller.operator_id, caller.site_ids, asked.mode, asked.dry_run, file)
            services.importer.start(job)
    except BaseException:
        file.close()
        raise
    if attempt is None:
        file.close()
    return import_id


async def page(services: Services, caller: Caller, asked: Paging) -> Part[Import]:
    """Takes the part of the imports that the caller sees, the newest first."""
    asked.key_among("id")
    operator_id = None if caller.site_ids is None else caller.operator_id
    found, total = await services.database.read(
        imports.page, caller.customer_id, operator_id, asked.start, asked.count, asked.after_number()
    )
    current = [await _current(services, caller, import_) for import_ in found]
    return part_of(current, asked, lambda import_: (import_.id,), total)


async def one(services: Services, caller: Caller, import_id: int) -> Import:
    """The import. Raises UnknownImport also for one that the caller does not see."""
    if not is_int64(import_id):
        raise UnknownImport((import_id,))
    found = await services.database.read(imports.find, caller.customer_id, import_id)
    if caller.site_ids is not None and found.operator_id != caller.operator_id:
        raise UnknownImport((import_id,))
    return await _current(services, caller, found)


def stage(services: Services, caller: Caller, import_: Import) -> Stage:
    """The progress of the import, which the process that works on it knows best."""
    here = services.importer.stage(caller.customer_id, import_.id)
    return here or Stage(import_.phase, import_.done, import_.total)


async def _attempt(
    services: Services, caller: Caller, asked: ImportRequest, once: Once | None
) -> tuple[int, Attempt | None]:
    """The import's id, and a new attempt at it if it needs one."""
    services.importer.check(caller.customer_id)
    at, name = services.clock(), token_hex(8)

    def add(revision: Revision) -> int:
        import_id = revision.next_id()
        imports.add(revision.connection, Attempt(caller.customer_id, import_id, name), asked, at)
        return import_id

    context = ChangeContext(at, caller.actor, "import.order")
    import_id = (await services.database.write(idempotency.make, caller.customer_id, context, once, add)).result
    attempt = Attempt(caller.customer_id, import_id, name)
    found = await one(services, caller, import_id)
    new = found.attempt == name
    if not new and found.state in UNDONE:
        new = await services.database.write(imports.again, attempt, at)
    return import_id, attempt if new else None


async def _current(services: Services, caller: Caller, import_: Import) -> Import:
    """The import, marked as interrupted if no process works on it any more.

    Once an answer says that an import has succeeded, this process decides by its result, although a child process
    wrote that.
    """
    report = import_.report or {}
    if import_.state is ImportState.SUCCEEDED and (revision := report.get("revision")) is not None:
        await services.images.reach(caller.customer_id, revision)
    now = services.clock()
    here = services.importer.stage(caller.customer_id, import_.id) is not None
    if import_.state not in GOING or here or import_.alive_until >= now:
        return import_
    with suppress(DatabaseFault):  # an SQLite that is being written to: by that import, then
        await services.database.write(imports.interrupt, caller.customer_id, import_.id, now)
    return await services.database.read(imports.find, caller.customer_id, import_.id)
