"""Sessions of one charger: a tag is checked, a cable comes, meter values follow."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from time import perf_counter

from .device import Device
from .errors import LinkLost, NoAnswer
from .local_list import ACCEPTED, TagInfo
from .model import PendingStart, SimulatedConnector, Source, TagDecision, Transaction, Trigger


class Sessions:
    """The sessions of one charger.

    `on_start` is called with every transaction that begins.
    """

    def __init__(self, charger: Device, on_start: Callable[[Transaction], None] | None = None) -> None:
        self._charger = charger
        self._model = charger.model
        self._on_start = on_start

    async def present(self, tag: str, connector: SimulatedConnector) -> TagDecision:
        running = connector.transaction
        if running is not None and running.tag.casefold() == tag.casefold():
            self.stop(connector, Trigger.CARD, tag)
            return TagDecision(ACCEPTED, Source.CHARGER, running.group)
        if running is None and not connector.operative:
            return self._judged(TagDecision("Unavailable", Source.CHARGER))
        decision = await self._authorize(tag)
        running = connector.transaction  # it may have changed meanwhile
        if decision.allowed and running is None:
            self._let(connector, PendingStart(self.new_id(), tag, decision.group, Trigger.CARD))
        elif decision.allowed and running is not None:
            if decision.group is None or decision.group != running.group:
                return self._judged(TagDecision("InUse", Source.CHARGER))
            self.stop(connector, Trigger.CARD, tag)
        return self._judged(decision)

    async def start_remotely(self, connector: SimulatedConnector, pending: PendingStart, car_comes: bool) -> None:
        """Starts a session for the central system.

        The tag is checked first when configured so.
        """
        if self._charger.configuration.flag("AuthorizeRemoteTxRequests"):
            decision = self._judged(await self._authorize(pending.tag))
            if not decision.allowed:
                return
            pending.group = decision.group
        if connector.transaction is None:
            self._let(connector, pending)
            if car_comes and not connector.plugged:
                self.plug_in(connector)

    def plug_in(self, connector: SimulatedConnector) -> None:
        self._began(connector, self._model.plug_in(connector, self._charger.now()))

    def unplug(self, connector: SimulatedConnector) -> None:
        self._ended(self._model.unplug(connector, self._charger.now()))

    def stop(self, connector: SimulatedConnector, cause: Trigger, tag: str | None = None) -> None:
        self._ended(self._model.stop(connector, self._charger.now(), cause, tag))

    def measure(self, connector: SimulatedConnector, cause: Trigger) -> None:
        self._model.measure(connector, self._charger.now(), cause)
        self._charger.changed()

    def heard(self, tag: str, info: TagInfo) -> TagDecision:
        """Takes the central system's answer about a tag."""
        self._model.remember(tag, info)
        return TagDecision(info.status, Source.CENTRAL_SYSTEM, info.group)

    def heard_of(self, transaction: Transaction, info: TagInfo) -> None:
        """Takes its answer about the tag of a transaction, which may run already.

        The answer is final: a refusal ends the session if configured so.
        """
        self.heard(transaction.tag, info)
        transaction.status = info.status
        transaction.group = info.group or transaction.group
        if info.status == ACCEPTED:
            return
        self._charger.tally.starts_refused[info.status] += 1
        if transaction.running and self._charger.configuration.flag("StopTransactionOnInvalidId"):
            self.stop(self._model.connectors[transaction.connector], Trigger.DEAUTHORIZED)

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._charger.random.getrandbits(128), version=4))

    async def _authorize(self, tag: str) -> TagDecision:
        charger = self._charger
        known = self._model.known_info(tag, charger.now())
        if known is not None and known.allowed and charger.configuration.flag("LocalPreAuthorize"):
            return known
        if charger.central is not None and charger.online:
            began = perf_counter()
            try:
                decision = await charger.central.authorize(tag)
            except LinkLost:
                pass  # then it is offline
            except NoAnswer:
                return TagDecision("NoAnswer", Source.CHARGER)
            else:
                charger.tally.authorize_ms.append((perf_counter() - began) * 1000)
                return decision
        return self._model.decide_offline(tag, charger.now())

    def _judged(self, decision: TagDecision) -> TagDecision:
        tally = self._charger.tally
        if decision.allowed:
            tally.cards_accepted[decision.source.value] += 1
        else:
            tally.cards_refused[decision.status] += 1
        self._charger.changed()
        return decision

    def _let(self, connector: SimulatedConnector, pending: PendingStart) -> None:
        transaction = self._model.authorize(connector, pending, self._charger.now())
        if transaction is None:
            self._charger.spawn(self._give_up(connector, pending))
        self._began(connector, transaction)

    async def _give_up(self, connector: SimulatedConnector, pending: PendingStart) -> None:
        await self._charger.sleep(self._charger.configuration.number("ConnectionTimeOut"))
        if connector.authorized is pending:
            connector.authorized = None
            self._charger.changed()

    def _began(self, connector: SimulatedConnector, transaction: Transaction | None) -> None:
        if transaction is not None:
            self._charger.tally.started += 1
            self._charger.tally.charging += 1
            self._charger.spawn(self._meter(connector, transaction))
            if self._on_start is not None:
                self._on_start(transaction)
        self._charger.changed()

    def _ended(self, was_running: bool) -> None:
        if was_running:
            self._charger.tally.ended += 1
            self._charger.tally.charging -= 1
        self._charger.changed()

    async def _meter(self, connector: SimulatedConnector, transaction: Transaction) -> None:
        while interval := self._charger.configuration.number("MeterValueSampleInterval"):
            await self._charger.sleep(interval)
            if not transaction.running:
                return
            self.measure(connector, Trigger.PERIODIC)
