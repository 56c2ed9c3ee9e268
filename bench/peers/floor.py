"""Floor for HTTP: a server that only sends answers from memory.

`python -m bench.peers.floor PORT FOLDER`

It is the same uvicorn with the same settings and the same middleware, and sends an answer whole or in chunks as ours
is sent. A request for `/NAME` is answered with the content of FOLDER/NAME, and one for `/_lag` with the longest hold
of the event loop since the last such request (see `bench.loop_lag`).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_compress import CompressMiddleware

from bench.loop_lag import serve
from chargerights import telemetry
from chargerights.api.v1.json_stream import CHUNK_BYTES
from chargerights.api.v1.responses import WHOLE_BYTES


class Floor:
    """Sends what it holds."""

    def __init__(self, folder: Path) -> None:
        self._answers = {f"/{each.name}": _cut(each.read_bytes()) for each in folder.iterdir()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = Request(scope, receive)
        await request.body()
        chunks = self._answers[scope["path"]]
        response: ASGIApp
        if len(chunks) == 1:
            response = Response(chunks[0], media_type="application/json")
        else:
            response = StreamingResponse(_body(chunks), media_type="application/json")
        await response(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})


async def _body(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(0)


def _cut(answer: bytes) -> list[bytes]:
    step = CHUNK_BYTES if len(answer) > WHOLE_BYTES else max(len(answer), 1)
    return [answer[start : start + step] for start in range(0, max(len(answer), 1), step)]


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    telemetry.configure("json", "info")
    app = CompressMiddleware(Floor(folder), minimum_size=1024, gzip_level=1, brotli_quality=1, zstd_level=1)
    serve(telemetry.AccessLog(app), port)


if __name__ == "__main__":
    main()
