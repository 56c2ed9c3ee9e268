"""A small, honest central system for tests: the `ocpp` package's server side over real sockets, all three versions. It
records every frame, holds each against the official schemas, answers as configured, and can send commands."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any, ClassVar, Self
from urllib.parse import unquote

import jsonschema_rs
from ocpp import v16, v21, v201
from ocpp.exceptions import OCPPError
from ocpp.routing import on
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from chargerights.simulator.background import Background
from tests.support.waiting import PATIENCE

CALL, RESULT = 2, 3
FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}
STARTED = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Frame:
    """A call that a charger made, in the order of arrival."""

    charger_id: str
    id: str
    action: str
    payload: dict[str, Any]


@cache
def validator(subprotocol: str, schema: str) -> jsonschema_rs.Validator:
    text = resources.files("ocpp").joinpath(FOLDERS[subprotocol], "schemas", f"{schema}.json").read_text("utf-8-sig")
    return jsonschema_rs.validator_for(json.loads(text))


@dataclass
class Central:
    """`tags` says what each tag gets, as wire members of idTagInfo or idTokenInfo; another tag is Invalid. `starts`
    says it for the start of a transaction, where it differs. `boots` are answered in turn, then Accepted."""

    passwords: dict[str, str] | None = None
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    starts: dict[str, dict[str, Any]] = field(default_factory=dict)
    boots: deque[tuple[str, int]] = field(default_factory=deque)
    silent: set[str] = field(default_factory=set)
    errors: dict[str, OCPPError] = field(default_factory=dict)
    subprotocols: tuple[str, ...] = tuple(FOLDERS)
    frames: list[Frame] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    handshakes: Counter[int] = field(default_factory=Counter)
    links: dict[str, Any] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    port: int = 0
    background: Background = field(default_factory=Background)
    _server: Server | None = None

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self.vanish()
        if kind is None:
            assert self.complaints == []

    @property
    def url(self) -> str:
        return f"{'ws' if self.tls is None else 'wss'}://127.0.0.1:{self.port}/ocpp"

    async def listen(self) -> None:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            subprotocols=self.subprotocols,
            process_request=self._admit,
            compression=None,
            close_timeout=0.2,
            ssl=self.tls,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def vanish(self) -> None:
        """Goes away without a word: every connection breaks, and its port is closed."""
        if self._server is None:
            return
        self._server.close(close_connections=False)
        for link in self.links.values():
            link.socket.transport.abort()
        await self._server.wait_closed()
        self._server = None

    def cut(self, charger_id: str) -> None:
        """Breaks one link without a close."""
        self.links[charger_id].socket.transport.abort()

    async def command(self, charger_id: str, action: str, **payload: Any) -> Any:
        """The charger's answer. Raises OCPPError for a CALLERROR."""
        link = self.links[charger_id]
        request = getattr(link._call, action)(**payload)
        return await link.call(request, suppress=False, skip_schema_validation=True)

    async def raw(self, charger_id: str, action: str, payload: Any) -> Any:
        """As `command`, of whatever is given."""
        link = self.links[charger_id]
        await link.socket.send(json.dumps([CALL, "raw", action, payload]))
        answer = await link._get_specific_response("raw", PATIENCE)
        raise answer.to_exception()

    async def until(self, fact: Callable[[], bool]) -> None:
        assert await self.background.until(fact, PATIENCE), f"it did not come about; {self.actions()}"

    async def heard(self, action: str, count: int = 1) -> list[dict[str, Any]]:
        """Returns the payloads of the calls of this kind, once there are at least `count`."""
        await self.until(lambda: len(self.payloads(action)) >= count)
        return self.payloads(action)

    def payloads(self, action: str) -> list[dict[str, Any]]:
        return [frame.payload for frame in self.frames if frame.action == action]

    def actions(self) -> list[str]:
        return [frame.action for frame in self.frames]

    def standing(self, tag: str, starting: bool = False) -> dict[str, Any]:
        known = self.tags | (self.starts if starting else {})
        return {each.casefold(): found for each, found in known.items()}.get(tag.casefold(), {"status": "Invalid"})

    def starts_of(self, charger_id: str) -> list[tuple[int, str]]:
        """The sessions that a 1.6 charger began, by connector and time: a resent start is the same."""
        starts = [each for each in self.frames if each.action == "StartTransaction" and each.charger_id == charger_id]
        return list(dict.fromkeys((each.payload["connectorId"], each.payload["timestamp"]) for each in starts))

    def next_boot(self) -> tuple[str, int]:
        return self.boots.popleft() if self.boots else ("Accepted", 300)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        charger_id = unquote(request.path.rpartition("/")[2])
        if self.passwords is not None:
            user = f"{charger_id}:{self.passwords.get(charger_id)}".encode()
            if request.headers.get("Authorization") != f"Basic {base64.b64encode(user).decode()}":
                self._count(HTTPStatus.UNAUTHORIZED)
                return connection.respond(HTTPStatus.UNAUTHORIZED, "wrong password\n")
        return None

    def _count(self, status: int) -> None:
        self.handshakes[status] += 1
        self.background.changed()

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self._count(HTTPStatus.SWITCHING_PROTOCOLS)
        charger_id = unquote(socket.request.path.rpartition("/")[2])
        link = LINKS[str(socket.subprotocol)](self, charger_id, socket)
        self.links[charger_id] = link
        self.background.changed()
        try:
            await link.start()
        except ConnectionClosed:
            pass
        finally:
            if self.links.get(charger_id) is link:
                del self.links[charger_id]
            self.background.changed()


class Recorder:
    """A socket whose frames are kept and held against the official schemas."""

    def __init__(self, central: Central, charger_id: str, socket: ServerConnection) -> None:
        self._central, self._charger_id, self._socket = central, charger_id, socket
        self._subprotocol = str(socket.subprotocol)
        self._asked: dict[str, str] = {}

    async def recv(self) -> str:
        text = await self._socket.recv()
        assert isinstance(text, str)
        self._check("charger", text)
        return text

    async def send(self, text: str) -> None:
        self._check("central", text)
        await self._socket.send(text)

    def _check(self, who: str, text: str) -> None:
        kind, call_id, *rest = json.loads(text)
        if kind == CALL:
            action, payload = rest
            self._asked[call_id] = action
            schema = action if self._subprotocol == "ocpp1.6" else f"{action}Request"
            if who == "charger":
                self._central.frames.append(Frame(self._charger_id, call_id, action, payload))
        elif kind == RESULT:
            payload, schema = rest[0], f"{self._asked[call_id]}Response"
        else:
            return
        self._central.complaints += [
            f"{who} {schema}: {error.message}" for error in validator(self._subprotocol, schema).iter_errors(payload)
        ]
        asyncio.get_running_loop().call_soon(self._central.background.changed)


class Link:
    """What the three versions share."""

    central: Central
    socket: ServerConnection
    _call_result: ClassVar[Any]

    def __init__(self, central: Central, charger_id: str, socket: ServerConnection) -> None:
        super().__init__(charger_id, Recorder(central, charger_id, socket), response_timeout=PATIENCE)  # type: ignore[call-arg]
        self.central, self.socket = central, socket
        self.now = STARTED.isoformat().replace("+00:00", "Z")

    async def _handle_call(self, message: Any) -> Any:
        if message.action in self.central.silent:
            return None
        if message.action in self.central.errors:
            raise self.central.errors[message.action]
        return await super()._handle_call(message)  # type: ignore[misc]

    @on("BootNotification", skip_schema_validation=True)
    def boot(self, **_: Any) -> Any:
        status, interval = self.central.next_boot()
        return self._call_result.BootNotification(current_time=self.now, interval=interval, status=status)

    @on("Heartbeat", skip_schema_validation=True)
    def heartbeat(self, **_: Any) -> Any:
        return self._call_result.Heartbeat(current_time=self.now)

    @on("StatusNotification", skip_schema_validation=True)
    def status(self, **_: Any) -> Any:
        return self._call_result.StatusNotification()

    @on("FirmwareStatusNotification", skip_schema_validation=True)
    def firmware(self, **_: Any) -> Any:
        return self._call_result.FirmwareStatusNotification()

    @on("MeterValues", skip_schema_validation=True)
    def meter(self, **_: Any) -> Any:
        return self._call_result.MeterValues()


class Link16(Link, v16.ChargePoint):
    @on("Authorize", skip_schema_validation=True)
    def authorise(self, id_tag: str) -> Any:
        return self._call_result.Authorize(id_tag_info=self.central.standing(id_tag))

    @on("StartTransaction", skip_schema_validation=True)
    def start_transaction(self, id_tag: str, timestamp: str, connector_id: int, **_: Any) -> Any:
        starts = self.central.starts_of(self.id)  # type: ignore[attr-defined]
        number = starts.index((connector_id, timestamp)) + 1
        standing = self.central.standing(id_tag, starting=True)
        return self._call_result.StartTransaction(transaction_id=number, id_tag_info=standing)

    @on("StopTransaction", skip_schema_validation=True)
    def stop_transaction(self, **_: Any) -> Any:
        return self._call_result.StopTransaction()


class Link2x(Link):
    @on("Authorize", skip_schema_validation=True)
    def authorise(self, id_token: dict[str, Any], **_: Any) -> Any:
        return self._call_result.Authorize(id_token_info=self.central.standing(id_token["id_token"]))

    @on("TransactionEvent", skip_schema_validation=True)
    def transaction_event(self, event_type: str, id_token: dict[str, Any] | None = None, **_: Any) -> Any:
        starting = event_type == "Started" and id_token is not None
        info = self.central.standing(id_token["id_token"], starting=True) if starting and id_token else None
        return self._call_result.TransactionEvent(id_token_info=info)

    @on("NotifyReport", skip_schema_validation=True)
    def report(self, **_: Any) -> Any:
        return self._call_result.NotifyReport()

    @on("NotifyEvent", skip_schema_validation=True)
    def event(self, **_: Any) -> Any:
        return self._call_result.NotifyEvent()


class Link201(Link2x, v201.ChargePoint):
    pass


class Link21(Link2x, v21.ChargePoint):
    pass


LINKS: dict[str, Any] = {"ocpp1.6": Link16, "ocpp2.0.1": Link201, "ocpp2.1": Link21}
