"""Chargers of the tests: real web sockets, and every answer held to the official schemas as they are.

async with server.charger("DEP-1") as charger:
    answer = await charger.call("Authorize", {"idTag": "ALICE"})
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any

import jsonschema_rs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.waiting import PATIENCE

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
FOLDERS = {V16: "v16", V201: "v201", V21: "v21"}
NOTHING_CONFIGURED = {"configurationKey": []}
Answers = Mapping[str, Any]
ANSWERS: Answers = {
    "GetConfiguration": NOTHING_CONFIGURED,
    "GetBaseReport": {"status": "NotSupported"},
    "GetLocalListVersion": ("NotSupported", "", {}),
}


class CallError(Exception):
    """The server answered with an error."""

    def __init__(self, code: str, text: str, details: Any) -> None:
        super().__init__(code, text, details)
        self.code, self.text, self.details = code, text, details


@cache
def official(version: str, action: str, kind: str) -> jsonschema_rs.Validator:
    """The schema as the standard has it; `kind` is Request or Response."""
    suffix = kind if version != V16 or kind == "Response" else ""
    text = (files("ocpp") / FOLDERS[version] / "schemas" / f"{action}{suffix}.json").read_text(encoding="utf-8-sig")
    return jsonschema_rs.validator_for(json.loads(text))


async def _soon(answer: asyncio.Future[Any]) -> Any:
    """The answer. `asyncio.wait_for` would lose a cancellation that comes at the same moment (Python 3.11)."""
    async with asyncio.timeout(PATIENCE):
        return await answer


class RawCharger:
    """One socket: calls and their answers, and the server's calls, which are answered from `answers`."""

    def __init__(self, socket: ClientConnection, version: str, answers: Answers) -> None:
        self.socket = socket
        self.version = version
        self.answers = dict(answers)
        self.asked: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        """The server's calls."""
        self.asked_ids: list[str] = []
        """Their message ids, the latest last."""
        self.unasked: asyncio.Queue[list[Any]] = asyncio.Queue()
        """Answers to nothing that was called."""
        self._ids = count(1)
        self._waiting: dict[str, tuple[str, asyncio.Future[Any]]] = {}
        self._reading = asyncio.create_task(self._read())

    async def call(self, action: str, payload: Any) -> Any:
        """The answer's payload, which keeps to its schema. Raises CallError."""
        return await (await self.begin(action, payload))

    async def begin(self, action: str, payload: Any, message_id: str | None = None) -> asyncio.Future[Any]:
        """Sends the call; its answer comes later."""
        message_id = message_id or str(next(self._ids))
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = action, answer
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        return asyncio.create_task(_soon(answer))

    async def say(self, raw: str | bytes) -> list[Any]:
        """Sends something and gives the next answer to nothing that was called."""
        await self.socket.send(raw)
        return await asyncio.wait_for(self.unasked.get(), PATIENCE)

    async def closed(self) -> tuple[int, str]:
        """Waits until the server has closed it; the code and the reason."""
        await asyncio.wait_for(self.socket.wait_closed(), PATIENCE)
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""

    async def end(self) -> None:
        await self.socket.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for raw in self.socket:
                frame = json.loads(raw)
                if frame[0] == 2:
                    await self._called(*frame[1:])
                elif frame[1] in self._waiting:
                    self._answered(frame)
                else:
                    self.unasked.put_nowait(frame)
        except ConnectionClosed as closed:
            for _, answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(closed)

    async def _called(self, message_id: str, action: str, payload: Any) -> None:
        official(self.version, action, "Request").validate(payload)
        self.asked.put_nowait((action, payload))
        self.asked_ids.append(message_id)
        if action not in self.answers:
            return
        answer = self.answers[action]
        frame = [4, message_id, *answer] if isinstance(answer, tuple) else [3, message_id, answer]
        await self.socket.send(json.dumps(frame))

    def _answered(self, frame: list[Any]) -> None:
        action, answer = self._waiting.pop(frame[1])
        if frame[0] == 4:
            answer.set_exception(CallError(*frame[2:]))
            return
        try:
            official(self.version, action, "Response").validate(frame[2])
        except jsonschema_rs.ValidationError as error:
            answer.set_exception(error)
        else:
            answer.set_result(frame[2])


@asynccontextmanager
async def connected(
    url: str,
    charger_id: str,
    password: str | None,
    version: str = V16,
    answers: Answers = ANSWERS,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[RawCharger]:
    """The charger with an open socket at that server (`ws://…`)."""
    given = dict(headers or {})
    if password is not None:
        given["Authorization"] = basic(charger_id, password)
    async with connect(
        f"{url}/ocpp/{charger_id}",
        subprotocols=[version],  # type: ignore[list-item]
        additional_headers=given,
        compression=None,
        proxy=None,
        open_timeout=PATIENCE,
        ping_interval=None,
    ) as socket:
        assert socket.subprotocol == version
        charger = RawCharger(socket, version, answers)
        try:
            yield charger
        finally:
            await charger.end()


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
