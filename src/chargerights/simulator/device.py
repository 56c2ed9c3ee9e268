"""A simulated charger and its central system, as the charger's parts see them."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ocpp.exceptions import OCPPError
from websockets.asyncio.client import ClientConnection

from .background import Background, Step
from .configuration import SettingValues
from .model import ChargerModel, State, TagDecision, Transaction
from .tally import Tally


@dataclass(frozen=True, slots=True)
class About:
    """The charger's description of itself when it boots. `meter_*` is in 1.6 only."""

    vendor: str = "chargerights"
    model: str = "Simulated"
    serial_number: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Durations in seconds.

    `second`: how long a second of every configured interval lasts. Tests take a short one.
    """

    answer: float = 30.0
    close: float = 5.0
    reboot: float = 5.0
    second: float = 1.0


class CentralSystem(Protocol):
    """The central system, as a charger reaches it by an open link.

    Every method raises NoAnswer.
    """

    async def boot(self, reason: str) -> tuple[str, int]:
        """Sends a BootNotification.

        Returns the registration status and the interval in seconds.
        """

    async def authorize(self, tag: str) -> TagDecision:
        """Asks whether the tag may charge."""

    async def report_firmware(self, status: str, request_id: int | None) -> None:
        """Reports a step of a firmware update."""


class Device(Protocol):
    """A simulated charger, as its parts see it."""

    firmware: str
    firmware_status: str
    password: str | None
    rebooting: bool
    refusal: str | None
    closed: str | None

    @property
    def id(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def about(self) -> About: ...

    @property
    def timings(self) -> Timings: ...

    @property
    def tally(self) -> Tally: ...

    @property
    def now(self) -> Callable[[], datetime]: ...

    @property
    def random(self) -> random.Random: ...

    @property
    def tls(self) -> ssl.SSLContext | None: ...

    @property
    def car_comes_when_started(self) -> bool: ...

    @property
    def configuration(self) -> SettingValues: ...

    @property
    def model(self) -> ChargerModel: ...

    @property
    def background(self) -> Background: ...

    @property
    def answers(self) -> Mapping[str, Mapping[str, Any] | OCPPError | object]:
        """Answers by action, in place of those of the version's table."""

    @property
    def registration(self) -> str | None:
        """The central system's answer to the last BootNotification."""

    @property
    def central(self) -> CentralSystem | None:
        """The central system, while there is a link to it."""

    @property
    def online(self) -> bool:
        """Returns whether the charger is connected and accepted."""

    @property
    def settled(self) -> bool:
        """Returns whether every transaction message is confirmed."""

    @property
    def transactions(self) -> list[Transaction]:
        """The running transactions."""

    @property
    def numbers(self) -> Iterable[int]:
        """The numbers of the connectors that the protocol knows."""

    def state(self, number: int = 1) -> State:
        """The state of a connector, or with 0 of the charger."""

    def linked(self, central: CentralSystem | None, socket: ClientConnection | None) -> None:
        """Notes that a link is open, or that it has ended."""

    def registered(self, status: str, interval: int) -> None:
        """Notes the answer to a BootNotification."""

    def came_online(self) -> None:
        """Notes that the central system has accepted the charger on this link."""

    def received(self, action: str, payload: Any) -> None:
        """Notes a command of the central system."""

    def next_event_id(self) -> int:
        """Returns the id of the next event of a NotifyEvent."""

    def boot_now(self) -> None:
        """Sends the next BootNotification without waiting for the interval."""

    def reboot(self, reason: str) -> None:
        """Closes the link and boots again, with that reason."""

    async def reconnect(self) -> None:
        """Closes the link and opens another at once."""

    def changed(self) -> None:
        """Wakes tasks that wait for a fact, and the charger to report what is new."""

    def spawn(self, step: Step) -> None:
        """Runs the step beside everything else."""

    async def sleep(self, seconds: float) -> None:
        """Sleeps for that many of this charger's seconds."""
