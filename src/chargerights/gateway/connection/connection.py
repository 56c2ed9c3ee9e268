"""One charger's web socket. Its calls are answered in order, and it can be called.

A handler is a plain function, so it ends before the next frame is read. Where an answer must wait for something
(`Later`, or a coroutine), it goes out later, and frames are read meanwhile. So a handler, too, may call its own charger
(mobilityhouse/ocpp #130).

One call to the charger is under way at a time, as OCPP requires. Operators' calls go before the server's own (see
`turn`). No call is sent before the charger has started (see `boot_wait`).

A charger that sends faster than its limits is read more slowly. Nothing is refused for that.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Coroutine
from itertools import count
from time import perf_counter
from typing import Any

import structlog
from starlette.types import Receive, Send

from ... import metrics
from ..charger.connected_charger import ConnectedCharger
from ..ocpp import ocpp_j, schemas
from ..ocpp.call_errors import Busy, CallFailed, CallRefused, ConnectionLost, NoAnswer, NotConnected
from ..ocpp.ocpp_j import MAX_BYTES, NOT_ANSWERED, UNANSWERED, BadFrame, FrameFault, FrameKind
from ..ports import CallProgress
from .answers import Actions, Answer, Later
from .boot_wait import BOOT, BootWait
from .pace import Pace
from .turn import Turn

CALL_SECONDS = 30.0
"""How long a charger may take to answer, from when it was asked."""
TURN_SECONDS = 20.0
"""How long an operator's call may wait for its turn."""
SEND_SECONDS = 20.0
"""Seconds after which a charger that reads nothing is cut off."""
UNANSWERED_AT_ONCE, ANSWERED_SECONDS = 50, 30.0
"""With more unanswered messages nothing is read. After that time the connection is closed."""
REPLACED, REMOVED, POLICY, TOO_LONG, TRY_AGAIN_LATER = 4000, 4001, 1008, 1009, 1013
DECIDED = ("Authorize", "StartTransaction", "StopTransaction", "TransactionEvent")
"""Messages whose answer depends on rights. Nothing else is read before they are handled, so that order is kept."""

log = structlog.get_logger()


class ChargerConnection:
    """A web socket, from its acceptance on.

    `run` reads it until it ends. `call` may be used meanwhile, from anywhere.
    """

    def __init__(self, charger: ConnectedCharger, version: str, actions: Actions, receive: Receive, send: Send) -> None:
        self.charger = charger
        self.version = version
        self.is_closed = False
        self._actions = actions
        self._receive = receive
        self._send_event = send
        self._task = asyncio.current_task()
        self._time = asyncio.get_running_loop().time
        self._turn = Turn()
        self._ids = map(f"{secrets.token_hex(8)}-{{}}".format, count(1))
        """Message ids, which no other connection of the charger has, as OCPP 2.0.1 requires."""
        self._boot = BootWait(charger.charger_id)
        self._asked: dict[str, tuple[str, asyncio.Future[dict[str, Any]]]] = {}
        """Calls that can still be answered, by message id: the one under way, and those set aside for operators."""
        self._tasks: set[asyncio.Task[object]] = set()
        self._unanswered = 0
        self._sending_since: float | None = None
        self._pace = Pace(self._time)
        self._answered_some = asyncio.Event()

    # -- towards the charger ----------------------------------------------------------------------

    async def call(
        self,
        action: str,
        payload: dict[str, Any],
        timeout: float | None = None,  # noqa: ASYNC109
        operator: CallProgress | None = None,
    ) -> dict[str, Any]:
        """Calls the charger when it is this call's turn, and returns the answer.

        `timeout`: the seconds to wait for the answer after sending, CALL_SECONDS by default. `operator`: the call is
        for an operator's command, and goes before the server's own.

        Raises NotConnected, Busy, NoAnswer, CallRefused.
        """
        began, behind = self._time(), self._turn.action
        try:
            await self._boot.wait()
            async with asyncio.timeout(None if operator is None else TURN_SECONDS):
                turn = await self._turn.take(action, operator is not None)
        except TimeoutError:
            text = f"{action} was not sent: {self.charger.charger_id} was still busy with {self._turn.action} after"
            raise Busy(f"{text} {TURN_SECONDS:g} seconds. Try again shortly") from None
        finally:
            waited = self._time() - began
            if operator is not None:
                operator.waited += waited
        sent_at, seconds = self._time(), CALL_SECONDS if timeout is None else timeout
        try:
            async with asyncio.timeout(seconds):
                return await self._call(action, payload, operator)
        except TimeoutError:
            late = f" after waiting {waited:.0f} seconds for {behind}" if waited >= 1 else ""
            unanswered = f"{self.charger.charger_id} has not answered it within {seconds:g} seconds"
            raise NoAnswer(f"{action} was sent{late}: {unanswered}") from None
        finally:
            if operator is not None:
                operator.answering += self._time() - sent_at
            turn.give()

    async def _call(self, action: str, payload: dict[str, Any], operator: CallProgress | None) -> dict[str, Any]:
        if self.is_closed:
            raise NotConnected(f"{self.charger.charger_id} is not connected")
        message_id = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[message_id] = action, answer
        if operator is not None:
            operator.sent.append(action)
        try:
            await self._send(ocpp_j.call(message_id, action, payload))
            return await answer
        except OSError:
            raise ConnectionLost(f"{self.charger.charger_id} has lost its connection") from None
        finally:
            del self._asked[message_id]
            if answer.done() and not answer.cancelled():
                answer.exception()  # else asyncio complains when the connection ended before the call was even sent

    @property
    def is_started(self) -> bool:
        """Returns whether the charger may be asked."""
        return self._boot.is_over

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Runs work beside the reading while the connection is open.

        A failed call ends it without an error.
        """
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, CallFailed | OSError):
            log.info("a charger was asked in vain", charger=self.charger.charger_id, cause=str(error))
        elif error is not None:
            log.error("work for a charger failed", charger=self.charger.charger_id, exc_info=error)

    async def close(self, code: int, reason: str) -> None:
        """Closes the socket with a code and a reason. `run` returns."""
        self.is_closed = True
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send_event({"type": "websocket.close", "code": code, "reason": reason})
        except (OSError, RuntimeError, TimeoutError):  # it has ended already, or does not read
            self.cut()

    async def replaced(self) -> None:
        """The charger has opened a newer one."""
        await self.close(REPLACED, "this charger has connected again")

    def cut(self) -> None:
        """Ends it without a word."""
        self.is_closed = True
        if self._task is not None:
            self._task.cancel()

    @property
    def is_stuck(self) -> bool:
        """Returns whether the charger has read nothing for long, so that data piles up."""
        return self._sending_since is not None and self._time() - self._sending_since > SEND_SECONDS

    async def _send(self, text: str) -> None:
        if self.is_closed:
            return
        if self._sending_since is None:
            self._sending_since = self._time()
        try:
            await self._send_event({"type": "websocket.send", "text": text})
        except RuntimeError as error:  # uvicorn's word for a socket that it has closed
            self.is_closed = True
            raise ConnectionResetError(str(error)) from None
        self._sending_since = None

    # -- from the charger -------------------------------------------------------------------------

    async def run(self) -> None:
        """Reads until the socket ends."""
        try:
            while not self.is_closed:
                event = await self._receive()
                if event["type"] == "websocket.disconnect":
                    self._disconnected(event.get("code"))
                    return
                raw = event.get("text") or event.get("bytes") or ""
                await self._read(raw)
                await self._hold(len(raw))
        except OSError:
            return  # it has gone while it was written to
        except asyncio.CancelledError:
            if not self.is_closed:
                raise
        finally:
            self._end()

    def _disconnected(self, code: int | None) -> None:
        if code == TOO_LONG:
            log.warning("a charger's message is too long", charger=self.charger.charger_id, limit=MAX_BYTES)

    async def _hold(self, size: int) -> None:
        """Leaves what comes next in the socket while the charger is above its limits."""
        pause = self._pace.read(size)
        if pause:
            await asyncio.sleep(pause)
        try:
            async with asyncio.timeout(ANSWERED_SECONDS):
                while self._unanswered >= UNANSWERED_AT_ONCE:
                    self._answered_some.clear()
                    await self._answered_some.wait()
        except TimeoutError:
            log.warning("a charger's messages cannot be answered", charger=self.charger.charger_id)
            await self.close(TRY_AGAIN_LATER, "messages cannot be kept at present: send them again")

    def _end(self) -> None:
        self.is_closed = True
        self._boot.end()
        for task in [*self._tasks]:
            task.cancel()
        for _, answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ConnectionLost(f"{self.charger.charger_id} has lost its connection"))

    async def _read(self, raw: str | bytes) -> None:
        kind = None
        try:
            frame, odd = ocpp_j.read(raw)
            kind = frame[0]
            if odd:
                log.info("a charger's frame is odd", charger=self.charger.charger_id, cause=odd)
            if kind == FrameKind.CALL:
                await self._called(frame)
            elif kind in (FrameKind.RESULT, FrameKind.ERROR):
                self._answered(frame)
            elif kind == FrameKind.SEND and isinstance(frame[2], str) and frame[2] in UNANSWERED:
                self._handle(frame)
            elif kind != FrameKind.RESULT_ERROR:
                raise BadFrame(FrameFault.MESSAGE_TYPE, f"{kind} is no type of message", frame[1])
        except BadFrame as bad:
            self.charger.heard(self.charger.customer.clock())
            log.info("a charger's message is not understood", charger=self.charger.charger_id, cause=bad.text)
            code = bad.fault.code(self.version)
            metrics.error(code)
            if (bad.kind if kind is None else kind) not in NOT_ANSWERED:
                await self._send(ocpp_j.error(bad.message_id, code, bad.text))

    async def _called(self, frame: list[Any]) -> None:
        began = perf_counter()
        if frame[2] in DECIDED and self.charger.customer.following.is_behind():
            await self.charger.customer.following.be_current()
        answer = self._handle(frame)
        self._boot.heard(frame[2])
        if type(answer) is dict:
            await self._send(ocpp_j.result(frame[1], answer))
            metrics.message(frame[2], perf_counter() - began)
            if frame[2] == BOOT:
                self._boot.end()
        else:
            self._unanswered += 1
            self.spawn(self._answer_later(frame[1], frame[2], answer, began))  # type: ignore[arg-type]

    def _handle(self, frame: list[Any]) -> Answer:
        """The answer of the action's handler. Raises BadFrame."""
        message_id = frame[1]
        if len(frame) < 4 or not isinstance(frame[2], str):
            raise BadFrame(FrameFault.FORMAT, "a call is [2, id, action, payload]", message_id)
        action = frame[2]
        handler = self._actions.get(action)
        if handler is None:
            fault = FrameFault.NOT_SUPPORTED if schemas.knows(self.version, action) else FrameFault.NOT_IMPLEMENTED
            raise BadFrame(fault, "this action is not known here", message_id)
        self.charger.heard(self.charger.customer.clock(), action)
        try:
            read = schemas.read_call(self.version, action, frame[3])
            if read.fault:
                self._mended(action, read.fault)
            return handler(self.charger, read.payload)
        except Exception as error:
            log.error("a charger's message cannot be handled", charger=self.charger.charger_id, exc_info=error)
            raise BadFrame(FrameFault.INTERNAL, "an error of the server, which is logged", message_id) from error

    async def _answer_later(
        self,
        message_id: str,
        action: str,
        answer: Later | Awaitable[dict[str, Any] | Later],
        began: float,
    ) -> None:
        try:
            given = answer if isinstance(answer, Later) else await answer
            if isinstance(given, Later):
                if not await given.done:
                    return
                given = given.payload
            text = ocpp_j.result(message_id, given)
        except Exception as error:
            log.error("a charger's message cannot be handled", charger=self.charger.charger_id, exc_info=error)
            text = ocpp_j.error(message_id, FrameFault.INTERNAL.code(self.version), "an error of the server")
        finally:
            self._unanswered -= 1
            self._answered_some.set()
        await self._send(text)
        metrics.message(action, perf_counter() - began)

    def _answered(self, frame: list[Any]) -> None:
        """Hands on a result or an error. One without a call that waits for it is ignored."""
        asked = self._asked.get(frame[1])
        if asked is None or asked[1].done():
            self.charger.heard(self.charger.customer.clock())
            return
        action, answer = asked
        self.charger.heard(self.charger.customer.clock(), action)
        if frame[0] == FrameKind.ERROR:
            code, text = (part[:255] if isinstance(part, str) else "" for part in (*frame[2:4], "")[:2])
            answer.set_exception(CallRefused(code or FrameFault.GENERIC.value, text))
            return
        try:
            read = schemas.read_result(self.version, action, frame[2])
        except schemas.Mismatch as mismatch:
            answer.set_exception(CallRefused(mismatch.fault.code(self.version), mismatch.text))
        else:
            if read.fault:
                self._mended(action, read.fault)
            answer.set_result(read.payload)

    def _mended(self, action: str, fault: str) -> None:
        log.info("a charger's message is odd", charger=self.charger.charger_id, action=action, cause=fault)
