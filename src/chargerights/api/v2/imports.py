"""Imports of drivers with tags and rights from CSV and Excel files."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import Field
from pydantic.alias_generators import to_camel

from ...files.spreadsheets.drivers_file import Mode
from ...operations import imports as operations
from ...rights.permissions import Permission
from ...storage.callers import Caller
from ...storage.idempotency import Once
from ...storage.imports import GOING, Import, ImportRequest, ImportState
from ..common.auth import Authenticated, permitted
from ..common.body import InvalidBody
from ..common.state import AppState, state_of
from .answers import answer
from .paging import Sorted, listed
from .path_ids import ImportId
from .shapes import REFUSALS, Shape, page_of

router = APIRouter(prefix="/v2/imports", tags=["Imports and exports"], route_class=Authenticated, responses=REFUSALS)

MAX_BYTES = 64 * 1024 * 1024
READ = (Permission.READ_DRIVERS, Permission.READ_TAGS)
WRITE = (Permission.WRITE_DRIVERS, Permission.WRITE_TAGS)
FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, CSV or a workbook; what it is is found by its content",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ImportFinding(Shape):
    """An error or a warning.

    One that is the same in several cells of a column stands once, at the first of them.
    """

    row: int | None = Field(None, description="As spreadsheets number rows")
    column: str | None = Field(None, description="The column's heading, or its letters")
    cell: str | None = Field(None, description="The cell as spreadsheets name it", examples=["Drivers!C4"])
    message: str
    count: int = Field(1, description="Number of cells that it is about")
    cells: list[str] = Field(default_factory=list, description="The first five of them")


class ImportCounts(Shape):
    """Drivers by what becomes of them."""

    added: int
    changed: int
    removed: int
    unchanged: int


class LosingDriver(Shape):
    """A driver that is removed, and where they were listed before."""

    driver_id: int
    name: str
    sites: int = Field(description="At how many sites")
    chargers: int = Field(description="At how many chargers")


class ImportProgress(Shape):
    """Progress of an import's current phase."""

    phase: str
    done: int
    total: int = Field(description="0: not known")


class ImportSummary(Shape):
    """An import, as lists show it."""

    id: int
    state: ImportState = Field(
        description="queued, running; succeeded, refused (the file has errors); failed, interrupted. Only of succeeded"
        " ones something is stored, and that whole"
    )
    mode: Mode
    dry_run: bool
    file_name: str | None = None
    operator_id: int = Field(description="The operator that ordered it")
    created_at: datetime
    ended_at: datetime | None = None
    progress: ImportProgress | None = Field(None, description="While it runs")
    counts: ImportCounts | None = Field(None, description="Changes that were made, or that a dry run would make")
    error_count: int | None = Field(None, description="Cells and rows with errors")
    warning_count: int | None = None
    revision: int | None = Field(None, description="The revision that it made; none where nothing changed")


class ImportShape(ImportSummary):
    """An import with what was found in its file."""

    read_as: str | None = Field(None, description="How the file was understood")
    errors: list[ImportFinding] | None = Field(None, description="The first 1,000, in the order of rows")
    warnings: list[ImportFinding] | None = Field(None, description="The first 1,000, in the order of rows")
    losers: list[LosingDriver] | None = Field(None, description="The first 1,000 drivers who are removed")


@router.post(
    "",
    status_code=202,
    operation_id="importDrivers",
    summary="Import drivers with tags and rights from a CSV or Excel file",
    response_model=ImportShape,
    openapi_extra=FILE,
)
async def import_drivers(
    request: Request,
    caller: Annotated[Caller, Depends(permitted(*WRITE))],
    mode: Annotated[
        Mode, Query(description="add: only new drivers; update: only known ones; replace-all: all drivers")
    ],
    dry_run: Annotated[bool, Query(alias="dryRun", description="Only say what would be done")] = False,
    file_name: Annotated[str | None, Query(alias="fileName", max_length=255, description="For people")] = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Names this request: sent again, its import is shown, and started again if it was interrupted",
            min_length=1,
            max_length=255,
        ),
    ] = None,
) -> Response:
    """Starts an import and answers at once.

    Poll the import at its Location until it has ended. Either everything is imported or nothing. An operator that is
    limited to some sites imports only drivers with a home site among them, and rights there.
    """
    state = state_of(request)
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        once = await _received(request, file, caller, idempotency_key)
        stack.pop_all()  # from here on, the order closes the file
    order = ImportRequest(caller.operator_id, mode, dry_run, file_name)
    import_id = await operations.order(state, caller, order, file, once)
    response = await _shown(state, caller, import_id, 202)
    response.headers["Location"] = f"{request.url.path}/{import_id}"
    return response


@router.get("", operation_id="listImports", summary="List imports", response_model=page_of(ImportSummary))
async def list_imports(
    request: Request,
    caller: Annotated[Caller, Depends(permitted(*READ))],
    asked: Sorted,
) -> Response:
    """Lists the last 200 imports, the newest first.

    An operator that is limited to some sites sees only their own imports.
    """
    state = state_of(request)
    part = await operations.page(state, caller, asked)
    return listed(part, lambda import_: _summary(state, caller, import_))


@router.get("/{importId}", operation_id="getImport", summary="Show how far an import is", response_model=ImportShape)
async def get_import(
    request: Request,
    caller: Annotated[Caller, Depends(permitted(*READ))],
    import_id: ImportId,
) -> Response:
    """Returns an import, with errors and warnings when it has ended.

    An operator that is limited to some sites sees only their own imports.
    """
    return await _shown(state_of(request), caller, import_id)


async def _received(request: Request, file: BinaryIO, caller: Caller, key: str | None) -> Once | None:
    """Writes the body to the file, and identifies the request if it has a key.

    Raises InvalidBody.
    """
    digest = hashlib.blake2b(repr((request.url.path, sorted(request.query_params.items()))).encode(), digest_size=16)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise InvalidBody(f"the body holds more than {MAX_BYTES // 1024**2} MB: split the file")
        file.write(chunk)
        digest.update(chunk)
    if not size:
        raise InvalidBody("the body is empty: send the file itself")
    file.seek(0)
    return None if key is None else Once(caller.operator_id, key, digest.hexdigest())


async def _shown(state: AppState, caller: Caller, import_id: int, status: int = 200) -> Response:
    found = await operations.one(state, caller, import_id)
    report = found.report or {}
    details: dict[str, Any] = {}
    if all(map(caller.may, READ)):  # a caller who may only write is shown that the import was ordered
        details = {name: report.get(to_camel(name)) for name in ("read_as", "errors", "warnings", "losers")}
    return answer(ImportShape(**_members(state, caller, found), **details), status)


def _summary(state: AppState, caller: Caller, found: Import) -> ImportSummary:
    return ImportSummary(**_members(state, caller, found))


def _members(state: AppState, caller: Caller, found: Import) -> dict[str, Any]:
    """Members that lists show of the import.

    Only the process that works on it knows its current progress.
    """
    stage = operations.stage(state, caller, found)
    going = found.state in GOING
    report = found.report or {}
    return {
        "id": found.id,
        "state": (ImportState.RUNNING if stage.phase else ImportState.QUEUED) if going else found.state,
        "mode": found.mode,
        "dry_run": found.dry_run,
        "file_name": found.file_name,
        "operator_id": found.operator_id,
        "created_at": found.created_at,
        "ended_at": found.ended_at,
        "progress": stage._asdict() if going and stage.phase else None,
        "counts": report.get("counts"),
        "error_count": report.get("errorCount"),
        "warning_count": report.get("warningCount"),
        "revision": report.get("revision"),
    }
