"""A simulated charger: what people can do to it, and what can be seen of it."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, Self

from ocpp.exceptions import OCPPError
from websockets.asyncio.client import ClientConnection

from .background import Background, Step
from .configuration import SettingValues
from .device import About, CentralSystem, Timings
from .life import Life
from .local_list import ACCEPTED, LocalList
from .model import ChargerModel, SimulatedConnector, State, TagDecision, Transaction, Trigger
from .ocpp2x import Ocpp21, Ocpp201
from .ocpp16 import Ocpp16
from .sessions import Sessions
from .tally import Tally
from .wire import ChargerLink

DIALECTS: Mapping[str, type[ChargerLink]] = {"1.6": Ocpp16, "2.0.1": Ocpp201, "2.1": Ocpp21}
COMMANDS_KEPT = 100
POWER_W = 11_000


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """A command of the central system, as it came."""

    action: str
    payload: Any


def utc_now() -> datetime:
    return datetime.now(UTC)


class SimulatedCharger:
    """A simulated charger, powered on within `async with`.

    It answers commands by its version's table. `answers` holds other answers by action: a payload, an OCPPError (a
    CALLERROR), or SILENCE.
    """

    def __init__(
        self,
        url: str,
        charger_id: str,
        *,
        version: str = "1.6",
        password: str | None = None,
        connectors: int = 1,
        firmware: str = "1.0.0",
        about: About | None = None,
        local_list_capacity: int = 100,
        configuration: Mapping[str, str | int | bool] | None = None,
        timings: Timings | None = None,
        tally: Tally | None = None,
        clock: Callable[[], datetime] = utc_now,
        chance: random.Random | None = None,
        tls: ssl.SSLContext | None = None,
        car_comes_when_started: bool = False,
        on_start: Callable[[SimulatedCharger, Transaction], None] | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.id = charger_id
        self.dialect = DIALECTS[version]
        self.password = password
        self.firmware = firmware
        self.firmware_status = "Idle"
        self.about = about or About(serial_number=charger_id[-25:])
        self.timings = timings or Timings()
        self.tally = tally if tally is not None else Tally()
        self.now = clock
        self.random = chance or random.Random()  # noqa: S311 - chance, not secrecy
        self.tls = tls
        self.car_comes_when_started = car_comes_when_started
        self.configuration = SettingValues(dict(configuration or {}))
        self.configuration.put("LocalAuthListMaxLength", local_list_capacity)
        self.configuration.put("NumberOfConnectors", connectors)
        numbers = range(1, connectors + 1)
        self.model = ChargerModel(
            self.configuration,
            {number: SimulatedConnector(number, POWER_W) for number in numbers},
            LocalList(local_list_capacity),
        )
        self.sessions = Sessions(self, None if on_start is None else partial(on_start, self))
        self.registration: str | None = None
        self.refusal: str | None = None
        self.closed: str | None = None
        self.rebooting = False
        self.commands_received: deque[ReceivedCommand] = deque(maxlen=COMMANDS_KEPT)
        self.answers: dict[str, Mapping[str, Any] | OCPPError | object] = {}
        self._event_ids = count(1)
        self.background = Background()
        self.life = Life(self, self.sessions, self.dialect)
        self.central: CentralSystem | None = None
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Self:
        self.power_on()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.power_off()

    def power_on(self) -> None:
        self.spawn(self.life.run())

    async def power_off(self) -> None:
        """Says goodbye and ends. Raises what went wrong inside, if anything did."""
        await self.background.end()

    # What can be seen.

    @property
    def connected(self) -> bool:
        return self.central is not None

    @property
    def online(self) -> bool:
        """Connected, and accepted by the central system."""
        return self.model.online

    @property
    def settled(self) -> bool:
        """Every transaction message is confirmed."""
        return not self.model.queue

    @property
    def local_list(self) -> LocalList:
        return self.model.local_list

    @property
    def transactions(self) -> list[Transaction]:
        """Those that run."""
        return self.model.running()

    @property
    def numbers(self) -> Iterable[int]:
        """The connectors that the protocol knows: in 1.6 also 0, the charger itself."""
        return (0, *self.model.connectors) if self.dialect is Ocpp16 else self.model.connectors

    def state(self, number: int = 1) -> State:
        """Returns the state of a connector, or with 0 of the charger."""
        if number == 0:
            return State.AVAILABLE if self.model.operative else State.UNAVAILABLE
        return self.model.connectors[number].state

    def commands(self, action: str) -> list[Any]:
        """The payloads of the latest commands of this kind, oldest first."""
        return [command.payload for command in self.commands_received if command.action == action]

    async def until(self, fact: Callable[[SimulatedCharger], bool], seconds: float = 60.0) -> None:
        """Returns once the fact is true of this charger. Raises TimeoutError."""
        if not await self.background.until(lambda: fact(self), seconds):
            raise TimeoutError(f"it did not come about within {seconds} s: {self!r}")

    def __repr__(self) -> str:
        states = {number: str(self.state(number)) for number in self.numbers}
        return (
            f"<SimulatedCharger {self.id} connected={self.connected} registration={self.registration} states={states} "
            f"list={self.local_list.version} queue={len(self.model.queue)} refusal={self.refusal} closed={self.closed}>"
        )

    # What people do.

    async def present(self, tag: str, number: int = 1) -> TagDecision:
        """Shows a tag at a connector.

        It starts a session, or ends the one that it or a tag of its group has started.
        """
        return await self.sessions.present(tag, self.model.connectors[number])

    async def plug_in(self, number: int = 1) -> None:
        self.sessions.plug_in(self.model.connectors[number])

    async def unplug(self, number: int = 1) -> None:
        self.sessions.unplug(self.model.connectors[number])

    async def measure(self, number: int = 1) -> None:
        """Meter values of the session before the next are due."""
        self.sessions.measure(self.model.connectors[number], Trigger.PERIODIC)

    async def go_offline(self) -> None:
        """Takes the network away: the link breaks without a close."""
        self.life.network.clear()
        if self._socket is not None:
            self._socket.transport.abort()
        await self.until(lambda charger: not charger.connected)

    async def come_back(self) -> None:
        """Gives the network back: the charger connects at once."""
        self.life.network.set()
        self.life.hurry.set()

    async def reconnect(self) -> None:
        """Closes the link and connects at once."""
        if self._socket is not None:
            await self._socket.close()
        self.life.hurry.set()

    # What its life and its wire tell it.

    def linked(self, central: CentralSystem | None, socket: ClientConnection | None) -> None:
        self.central, self._socket = central, socket
        if central is not None:
            self.refusal = self.closed = None
        elif self.model.online:
            self.model.online = False
            self.tally.accepted -= 1
        self.changed()

    def registered(self, status: str, interval: int) -> None:
        self.registration = status
        self.tally.boots[status] += 1
        if status == ACCEPTED and interval > 0:
            self.configuration.put("HeartbeatInterval", interval)
        self.changed()

    def came_online(self) -> None:
        self.model.online = True
        self.tally.accepted += 1
        self.changed()

    def received(self, action: str, payload: Any) -> None:
        self.commands_received.append(ReceivedCommand(action, payload))
        self.tally.commands[action] += 1
        self.changed()

    def next_event_id(self) -> int:
        return next(self._event_ids)

    def boot_now(self) -> None:
        self.life.boot_now.set()

    def reboot(self, reason: str) -> None:
        self.life.boot_reason = reason
        self.registration = None
        self.rebooting = True
        self.spawn(self.reconnect())

    def changed(self) -> None:
        """Wakes tasks that wait for a fact, and the charger to report what is new."""
        self.life.stirred.set()
        self.background.changed()

    def spawn(self, step: Step) -> None:
        self.background.spawn(step)

    async def sleep(self, seconds: float) -> None:
        """Sleeps for that many of this charger's seconds."""
        await asyncio.sleep(seconds * self.timings.second)
