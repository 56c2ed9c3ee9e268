"""`/ocpp/{chargerId}`: the handshake of a charger's web socket, and its life.

It stands before the application's own routes: their middleware would add a quarter to the time of each frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote, unquote

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import metrics
from ..rights import identifiers
from ..rights.errors import InvalidIdentifier
from .connection.answers import Actions
from .connection.connection import ChargerConnection
from .gateway import Gateway
from .handshake.certificates import subjects
from .handshake.handshake_auth import HandshakeRejected, NothingCommon, authenticate
from .messages import ocpp2x, ocpp16
from .ocpp.ocpp_j import V16, V21, V201

PREFIX = "/ocpp/"
GOING_SECONDS = 5.0
PROTOCOL_ERROR = 1002
MAX_PATH = 200
"""Characters of a path in the log."""
VERSIONS: Mapping[str, Actions] = {
    V21: ocpp2x.ACTIONS_21,
    V201: ocpp2x.ACTIONS_201,
    V16: ocpp16.ACTIONS,
}
"""By subprotocol, the best first."""

_ANSWER_TO_PEOPLE = PlainTextResponse(
    "Chargers connect here with a web socket: set this address in the charger.\n",
    426,
    {"upgrade": "websocket", "connection": "upgrade"},
)

log = structlog.get_logger()


class ChargerEndpoint:
    """Serves the web sockets of chargers. Everything else goes on to the application."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._serve(scope, receive, send)
        elif scope["type"] == "http" and f"{scope['path']}/".startswith(PREFIX):
            await _ANSWER_TO_PEOPLE(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # the handshake
        claimed = _claimed(scope)
        try:
            connection = await self._handshake(claimed, scope, receive, send)
        except HandshakeRejected as refused:
            is_known = self._gateway.refused(claimed, refused)
            log.info(
                "a charger is refused",
                charger=claimed if is_known else None,
                path=scope["path"][:MAX_PATH],
                status=refused.status,
                cause=refused.text,
            )
            await (_close if isinstance(refused, NothingCommon) else _refuse)(send, refused)
            await _gone(receive)
            return
        charger, at = connection.charger, self._gateway.clock()
        await send({"type": "websocket.accept", "subprotocol": connection.version})
        before = charger.connected(connection, at)
        self._gateway.connected(charger, before)
        structlog.contextvars.bind_contextvars(charger=charger.charger_id)
        log.info("charger connected", charger=charger.charger_id, version=connection.version)
        connected = metrics.CONNECTED.labels(connection.version)
        connected.inc()
        try:
            await connection.run()
        finally:
            connected.dec()
            charger.disconnected(connection)
            log.info("charger disconnected", charger=charger.charger_id)

    async def _handshake(self, charger_id: str | None, scope: Scope, receive: Receive, send: Send) -> ChargerConnection:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if charger_id is None or not scope["path"].startswith(PREFIX):
            address = f"{scope['scheme']}://{headers.get('host', '')}{PREFIX}{quote(charger_id or '{chargerId}', '{}')}"
            raise HandshakeRejected(
                404, f"chargers connect to {address}, case included; the last part is the charger's id"
            )
        known = await self._gateway.know(charger_id)
        policy = self._gateway.policy
        shown = subjects(scope, policy.subject_header)
        authenticate(charger_id, known, policy, headers, scope["scheme"] == "wss", shown)
        self._gateway.limit(charger_id)
        version = next((subprotocol for subprotocol in VERSIONS if subprotocol in scope["subprotocols"]), None)
        if version is None:
            raise NothingCommon(PROTOCOL_ERROR, f"offer a subprotocol that is spoken here: {', '.join(VERSIONS)}")
        charger = await self._gateway.arrive(charger_id, known, version == V16)
        return ChargerConnection(charger, version, VERSIONS[version], receive, send)


def _claimed(scope: Scope) -> str | None:
    """Returns the last segment of the path, percent-decoded.

    None when it cannot be a charger id.
    """
    raw = scope.get("raw_path")
    path = raw.decode("ascii", "replace") if raw else scope["path"]
    segment = path.rstrip("/").rpartition("/")[2]
    if f"/{segment}/" == PREFIX:
        return None
    try:
        return identifiers.charger_id(unquote(segment, errors="strict"))
    except (InvalidIdentifier, UnicodeDecodeError):
        return None


async def _close(send: Send, refused: HandshakeRejected) -> None:
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": refused.status, "reason": refused.text})


async def _gone(receive: Receive) -> None:
    """Waits until a rejected charger has gone.

    Otherwise uvicorn takes the handshake for forgotten, and logs it.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(GOING_SECONDS):
            for _ in ("the answer is out", "the connection is closed"):
                await receive()


async def _refuse(send: Send, refused: HandshakeRejected) -> None:
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
