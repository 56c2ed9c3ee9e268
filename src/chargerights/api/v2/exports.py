"""Exports of drivers with tags and rights as CSV and Excel files.

Imports of such a file change nothing.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from ...files.spreadsheets.drivers_file import write_csv, write_xlsx
from ...operations.view import View
from ...rights.network import Network
from ...rights.permissions import Scope
from ..common.auth import Authenticated
from .dependencies import viewing
from .imports import READ
from .shapes import REFUSALS

router = APIRouter(prefix="/v2/exports", tags=["Imports and exports"], route_class=Authenticated, responses=REFUSALS)

CHUNK_BYTES = 256 * 1024
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Writer = Callable[[Network, Scope, BinaryIO], None]


def _binary(media_type: str) -> dict[int | str, dict[str, object]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": "The file", "content": content}}


@router.get(
    "/drivers.csv",
    operation_id="exportDriversAsCsv",
    summary="All drivers with tags and rights as CSV",
    response_class=Response,
    responses=_binary("text/csv"),
)
async def drivers_csv(view: Annotated[View, Depends(viewing(*READ))]) -> Response:
    """Exports the drivers that you see, with their rights at your sites.

    UTF-8 with a byte order mark, commas.
    """
    return await _export(view, write_csv, CSV, "drivers.csv")


@router.get(
    "/drivers.xlsx",
    operation_id="exportDriversAsExcel",
    summary="All drivers with tags and rights as an Excel workbook",
    response_class=Response,
    responses=_binary(XLSX),
)
async def drivers_xlsx(view: Annotated[View, Depends(viewing(*READ))]) -> Response:
    """Exports the drivers that you see, with their rights at your sites."""
    return await _export(view, write_xlsx, XLSX, "drivers.xlsx")


async def _export(view: View, write: Writer, media_type: str, name: str) -> Response:
    """The file, written whole beside the event loop.

    The image stays as it is until it is.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 closed when it is sent
    reading = view.image.pin()
    try:
        async with view.services.exporting:
            await asyncio.to_thread(write, view.network, view.scope, file)
    except BaseException:
        file.close()
        raise
    finally:
        del reading
    size = file.tell()
    file.seek(0)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    return StreamingResponse(_chunks(file), media_type=media_type, headers={**headers, "Cache-Control": "no-store"})


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
