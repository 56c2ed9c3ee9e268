"""Simulates many chargers and their drivers, by chance from one seed.

Cars come and go, cards are shown, and networks fail.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from .background import Background, Step
from .charger import SimulatedCharger
from .device import About, Timings
from .model import State, Transaction
from .tally import Tally

CONNECTS_PER_SECOND = 100
FAREWELL_S = 10.0
FIRMWARE = ("1.0.0", "1.2.4", "2.0.1")
MODELS = ("Wallbox 11", "Twin 22", "Post 22")


@dataclass(frozen=True)
class Plan:
    """The events in the whole fleet.

    Sessions last between half and one and a half times `session_seconds`.
    """

    tags: Sequence[str] = ()
    arrivals_per_minute: float = 0.0
    session_seconds: float = 600.0
    outages_per_hour: float = 0.0
    outage_seconds: float = 60.0


@dataclass(frozen=True)
class ChargerSpec:
    """One charger of the fleet."""

    id: str
    version: str
    password: str | None


class Fleet:
    """A fleet of chargers that run within `async with`.

    They connect one after the other, and end their sessions before they go.
    """

    def __init__(
        self,
        url: str,
        specs: Sequence[ChargerSpec],
        plan: Plan,
        *,
        connectors: int = 1,
        seed: int | None = None,
        timings: Timings | None = None,
        configuration: Mapping[str, str | int | bool] | None = None,
        tls: ssl.SSLContext | None = None,
        connects_per_second: float = CONNECTS_PER_SECOND,
    ) -> None:
        self.tally = Tally()
        self._chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
        self._plan = plan
        self._connects_per_second = connects_per_second
        self._background = Background()
        self.chargers = [
            SimulatedCharger(
                url,
                spec.id,
                version=spec.version,
                password=spec.password,
                connectors=connectors,
                firmware=self._chance.choice(FIRMWARE),
                about=self._about(spec.id),
                configuration=configuration,
                timings=timings,
                tally=self.tally,
                chance=random.Random(self._chance.random()),  # noqa: S311
                tls=tls,
                car_comes_when_started=True,
                on_start=self._started,
            )
            for spec in specs
        ]

    @property
    def fault(self) -> BaseException | None:
        """The first fault of this program, if there was one.

        Faults of a central system do not count.
        """
        works = (self._background, *(charger.background for charger in self.chargers))
        return next((each.fault for each in works if each.fault is not None), None)

    async def __aenter__(self) -> Self:
        self._background.spawn(self._power_on())
        self._background.spawn(self._repeat(self._plan.arrivals_per_minute / 60, self._arrive))
        self._background.spawn(self._repeat(self._plan.outages_per_hour / 3600, self._fail))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Raises the first fault that a charger met, if one did."""
        try:
            await self._background.end()
            await self._say_goodbye()
        finally:
            ends = await asyncio.gather(*(each.power_off() for each in self.chargers), return_exceptions=True)
        for fault in ends:
            if fault is not None:
                raise fault

    async def _say_goodbye(self) -> None:
        for charger in self.chargers:
            for number, connector in charger.model.connectors.items():
                if connector.plugged:
                    await charger.unplug(number)
        await asyncio.gather(*(_settle(charger) for charger in self.chargers), return_exceptions=True)

    async def _power_on(self) -> None:
        for charger in self.chargers:
            charger.power_on()
            await asyncio.sleep(1 / self._connects_per_second)

    async def _repeat(self, per_second: float, happen: Callable[[], Step]) -> None:
        """Lets the event happen that often, independently each time (a Poisson process)."""
        while per_second > 0:
            await asyncio.sleep(self._chance.expovariate(per_second))
            self._background.spawn(happen())

    async def _arrive(self) -> None:
        """A driver comes, plugs in and shows a card, and leaves when it is refused."""
        free = [
            (charger, number)
            for charger in self.chargers
            for number in charger.model.connectors
            if charger.state(number) is State.AVAILABLE
        ]
        if not free or not self._plan.tags:
            return
        charger, number = self._chance.choice(free)
        await charger.plug_in(number)
        decision = await charger.present(self._chance.choice(self._plan.tags), number)
        if not decision.allowed:
            await charger.unplug(number)

    def _started(self, charger: SimulatedCharger, transaction: Transaction) -> None:
        self._background.spawn(self._stay(charger, transaction))

    async def _stay(self, charger: SimulatedCharger, transaction: Transaction) -> None:
        """A session lasts until the driver comes back, or until it has ended.

        One of two drivers shows their card before they unplug.
        """
        seconds = self._plan.session_seconds * self._chance.uniform(0.5, 1.5)
        ended = await charger.background.until(lambda: not transaction.running, seconds)
        if not ended and self._chance.random() < 0.5:
            await charger.present(transaction.tag, transaction.connector)
        await charger.unplug(transaction.connector)

    async def _fail(self) -> None:
        charger = self._chance.choice(self.chargers)
        await charger.go_offline()
        await asyncio.sleep(self._chance.expovariate(1 / self._plan.outage_seconds))
        await charger.come_back()

    def _about(self, charger_id: str) -> About:
        return About(
            model=self._chance.choice(MODELS),
            serial_number=charger_id[-25:],
            iccid=f"8944{self._chance.randrange(10**15):015}",
            imsi=f"24001{self._chance.randrange(10**10):010}",
            meter_type="MID",
            meter_serial_number=f"M{self._chance.randrange(10**8):08}",
        )


async def _settle(charger: SimulatedCharger) -> None:
    if charger.online:
        await charger.background.until(lambda: charger.settled, FAREWELL_S)
