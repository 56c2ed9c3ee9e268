"""A charger's life on the link: connect, boot, report, lose the link, back off.

Its messages come from its model. The wire answers commands.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from .device import Device
from .errors import LinkLost, NoAnswer
from .model import State, TransactionMessage
from .sessions import Sessions
from .wire import ChargerLink

BOOT_RETRY_S = 60  # where the central system leaves the interval to the charger
MAX_FRAME = 2**20


class HandshakeRefused(Exception):
    """A handshake that failed. The text is an HTTP status, or another reason."""


class Life:
    """Runs the charger until it is cancelled.

    Others clear `network` to take it away, set `hurry` to end a back-off, `boot_now` to boot before the interval has
    passed, and `stirred` when there is something to report.
    """

    def __init__(self, charger: Device, sessions: Sessions, dialect: type[ChargerLink]) -> None:
        self._charger = charger
        self._sessions = sessions
        self._dialect = dialect
        self.network = asyncio.Event()
        self.network.set()
        self.hurry = asyncio.Event()
        self.stirred = asyncio.Event()
        self.boot_now = asyncio.Event()
        self.boot_reason = "PowerUp"
        self._failures = 0
        self._reported: dict[int, State] = {}
        self._lost_at: float | None = None
        self._unconfirmed: TransactionMessage | None = None
        self._attempts = 0
        self._retry_at = 0.0

    async def run(self) -> None:
        while True:
            await self.network.wait()
            if self._charger.rebooting:
                await self._charger.sleep(self._charger.timings.reboot)
                self._charger.rebooting = False
            try:
                async with self._connected() as socket:
                    await self._serve(socket)
            except HandshakeRefused as refused:
                self._charger.tally.handshakes_refused[str(refused)] += 1
                self._charger.refusal = str(refused)
                self._charger.changed()
            if self.network.is_set() and not self._charger.rebooting:
                await self._back_off()

    async def _back_off(self) -> None:
        """Waits as rule J04 of 2.0.1 says.

        The wait doubles up to a configured number of times, and has a random part.
        """
        configuration = self._charger.configuration
        doubled = min(self._failures, configuration.number("OCPPCommCtrlr.RetryBackOffRepeatTimes"))
        wait = configuration.number("OCPPCommCtrlr.RetryBackOffWaitMinimum") * 2**doubled
        wait += self._charger.random.uniform(0, configuration.number("OCPPCommCtrlr.RetryBackOffRandomRange"))
        self._failures += 1
        await self._wait(self.hurry, wait)

    async def _wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Waits for the event. Returns whether it came in time, and clears it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds) * self._charger.timings.second):
                await event.wait()
        came = event.is_set()
        event.clear()
        return came

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        charger = self._charger
        subprotocol = Subprotocol(self._dialect.subprotocol)
        headers = {}
        if charger.password is not None:
            user = f"{charger.id}:{charger.password}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(user).decode()}"
        trusting: dict[str, Any] = {} if charger.tls is None else {"ssl": charger.tls}
        self.hurry.clear()
        try:
            socket = await connect(
                f"{charger.url}/{quote(charger.id, safe='')}",
                subprotocols=[subprotocol],
                additional_headers=headers,
                compression=None,
                user_agent_header=f"{charger.about.vendor} {charger.about.model}",
                proxy=None,
                open_timeout=charger.timings.answer,
                close_timeout=charger.timings.close,
                ping_interval=charger.configuration.number("WebSocketPingInterval") or None,
                max_size=MAX_FRAME,
                max_queue=4,
                **trusting,
            )
        except InvalidStatus as refused:
            raise HandshakeRefused(str(refused.response.status_code)) from None
        except InvalidHandshake as refused:
            raise HandshakeRefused(str(refused)) from None
        except TimeoutError:
            raise HandshakeRefused("timed out") from None
        except OSError as refused:
            raise HandshakeRefused(refused.strerror or str(refused)) from None
        async with socket:
            if socket.subprotocol != subprotocol:
                raise HandshakeRefused(f"{subprotocol} was not agreed to")
            charger.tally.connects += 1
            charger.tally.connected += 1
            try:
                yield socket
            finally:
                charger.tally.connected -= 1

    async def _serve(self, socket: ClientConnection) -> None:
        """Speaks and listens until the link is lost."""
        charger = self._charger
        wire = self._dialect(charger, self._sessions, socket)
        charger.linked(wire, socket)
        tasks = [asyncio.ensure_future(step) for step in (self._listen(wire), self._speak(wire))]
        try:  # no TaskGroup: Python 3.11's forgets its own cancellation when the link is lost at the same moment
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except LinkLost:
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._lost_at = monotonic()
            charger.linked(None, None)

    async def _listen(self, wire: ChargerLink) -> None:
        try:
            await wire.start()
        except ConnectionClosed as closed:
            self._charger.closed = str(closed)
            closed_by_charger = closed.rcvd_then_sent is False
            self._charger.tally.drops += not closed_by_charger
            raise LinkLost from None
        finally:
            wire.lost.cancel()

    async def _speak(self, wire: ChargerLink) -> None:
        charger = self._charger
        await self._boot(wire)
        self._failures = 0
        self._retry_at = 0.0
        self._forget_reported()
        heartbeat_at = monotonic() + self._heartbeat_s()
        while True:
            await self._send_queue(wire)
            await self._report_states(wire)
            wake_at = min(heartbeat_at, self._retry_at) if charger.model.queue else heartbeat_at
            if await self._wait(self.stirred, self._until(wake_at)):
                heartbeat_at = min(heartbeat_at, monotonic() + self._heartbeat_s())
            if monotonic() >= heartbeat_at:
                with _errors_counted():
                    await wire.heartbeat()
                heartbeat_at = monotonic() + self._heartbeat_s()

    def _until(self, at: float) -> float:
        return (at - monotonic()) / self._charger.timings.second

    def _heartbeat_s(self) -> float:
        return max(1, self._charger.configuration.number("HeartbeatInterval")) * self._charger.timings.second

    async def _boot(self, wire: ChargerLink) -> None:
        """Sends a BootNotification after each interval until it is accepted.

        See 1.6 section 4.2 and use cases B01 to B03 of 2.x. A charger that was accepted and only lost its link need not
        ask.
        """
        charger = self._charger
        while charger.registration != "Accepted":
            interval = 0
            with _errors_counted():
                status, interval = await wire.boot(self.boot_reason)
                charger.registered(status, interval)
            if charger.registration != "Accepted":
                await self._wait(self.boot_now, interval or BOOT_RETRY_S)
        charger.came_online()

    def _forget_reported(self) -> None:
        """Has all states reported again after a boot or a long time offline (2.0.1, B04)."""
        threshold = self._charger.configuration.number("OCPPCommCtrlr.OfflineThreshold") * self._charger.timings.second
        if self.boot_reason or self._lost_at is None or monotonic() - self._lost_at > threshold:
            self._reported = {}
        self.boot_reason = ""

    async def _report_states(self, wire: ChargerLink) -> None:
        for number in self._charger.numbers:
            state = self._charger.state(number)
            if self._reported.get(number) != state:
                with _errors_counted():
                    await wire.report_status(number)
                self._reported[number] = state

    async def _send_queue(self, wire: ChargerLink) -> None:
        """Sends the transaction messages in order.

        A message that is refused is sent again as often as configured.
        """
        charger = self._charger
        queue = charger.model.queue
        while queue and monotonic() >= self._retry_at:
            message = queue[0]
            charger.tally.resent += message is self._unconfirmed
            self._unconfirmed = message
            try:
                await wire.send(message)
            except LinkLost:
                raise
            except NoAnswer:
                self._attempts += 1
                configuration = charger.configuration
                if self._attempts < configuration.number("TransactionMessageAttempts"):
                    pause = configuration.number("TransactionMessageRetryInterval") * self._attempts
                    self._retry_at = monotonic() + pause * charger.timings.second
                    continue
                charger.tally.given_up += 1
            self._attempts = 0
            queue.popleft()
            self._unconfirmed = None
            charger.changed()


@contextmanager
def _errors_counted() -> Iterator[None]:
    """Suppresses NoAnswer, which the wire has counted. A lost link passes."""
    try:
        yield
    except LinkLost:
        raise
    except NoAnswer:
        pass
