"""`/ocpp/{chargerId}`: the handshake of a charger's web socket, and its life from then on.

It stands before the application's own routes: what they pass through would cost each frame a quarter of its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import unquote

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import metrics
from ..rights import identifiers
from ..rights.errors import InvalidIdentifier
from . import ocpp2x, ocpp16
from .admission import Refused, admit
from .certificates import subjects
from .frames import V16, V21, V201
from .gateway import Gateway
from .link import Actions, Link

PREFIX = "/ocpp/"
GOING_SECONDS = 5.0
VERSIONS: Mapping[str, Actions] = {
    V21: ocpp2x.ACTIONS_21,
    V201: ocpp2x.ACTIONS_201,
    V16: ocpp16.ACTIONS,
}
"""By subprotocol, the best first."""

log = structlog.get_logger()


class ChargersDoor:
    """Takes the web sockets of chargers; everything else goes on to the application."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"].startswith(PREFIX):
            await self._serve(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # the handshake
        try:
            link = await self._handshake(scope, receive, send)
        except Refused as refused:
            log.info("a charger is refused", path=scope["path"], status=refused.status, cause=refused.text)
            await _refuse(send, refused)
            await _gone(receive)
            return
        charger, at = link.charger, self._gateway.clock()
        await send({"type": "websocket.accept", "subprotocol": link.version})
        before = charger.connected(link, at)
        if before is not None:
            charger.customer.spawn(before.replaced())
        charger.customer.spawn(self._gateway.connected(charger))
        structlog.contextvars.bind_contextvars(charger=charger.charger_id)
        log.info("charger connected", charger=charger.charger_id, version=link.version)
        connected = metrics.CONNECTED.labels(link.version)
        connected.inc()
        try:
            await link.run()
        finally:
            connected.dec()
            charger.disconnected(link)
            log.info("charger disconnected", charger=charger.charger_id)

    async def _handshake(self, scope: Scope, receive: Receive, send: Send) -> Link:
        charger_id = _charger_id(scope)
        version = next((each for each in VERSIONS if each in scope["subprotocols"]), None)
        if version is None:
            raise Refused(400, f"no subprotocol that is spoken here was offered: {', '.join(VERSIONS)}")
        known = await self._gateway.know(charger_id)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        policy = self._gateway.policy
        shown = subjects(scope, policy.subject_header)
        admit(charger_id, known, policy, headers, scope["scheme"] == "wss", shown)
        charger = await self._gateway.arrive(charger_id, known, version == V16)
        return Link(charger, version, VERSIONS[version], receive, send)


def _charger_id(scope: Scope) -> str:
    """The last segment of the path, percent-decoded. Raises Refused."""
    raw = scope.get("raw_path")
    segment = raw.decode("ascii", "replace").rpartition("/")[2] if raw else scope["path"].removeprefix(PREFIX)
    try:
        return identifiers.charger_id(unquote(segment, errors="strict"))
    except (InvalidIdentifier, UnicodeDecodeError):
        raise Refused(404, "the path's last part is no charger id") from None


async def _gone(receive: Receive) -> None:
    """Waits until a refused charger has gone: before that, uvicorn takes the handshake for forgotten and logs it."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOING_SECONDS):
            for _ in ("the answer is out", "the connection is closed"):
                await receive()


async def _refuse(send: Send, refused: Refused) -> None:
    body = f"{refused.text}\n".encode()
    headers = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **refused.headers}
    await send(
        {
            "type": "websocket.http.response.start",
            "status": refused.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "websocket.http.response.body", "body": body})
