"""How sessions of one charger begin and end: a tag is judged, a cable comes, meter values follow in steps."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from .local_list import ACCEPTED, Standing
from .model import Authorisation, Cause, Connector, Source, Transaction, Verdict
from .wire import LinkLost, NoAnswer

if TYPE_CHECKING:
    from .charger import SimulatedCharger


class Sessions:
    def __init__(
        self,
        charger: SimulatedCharger,
        on_start: Callable[[SimulatedCharger, Transaction], None] | None,
    ) -> None:
        self._charger = charger
        self._model = charger.model
        self._on_start = on_start

    async def present(self, tag: str, connector: Connector) -> Verdict:
        running = connector.transaction
        if running is not None and running.tag.casefold() == tag.casefold():
            self.stop(connector, Cause.CARD, tag)
            return Verdict(ACCEPTED, Source.CHARGER, running.group)
        if running is None and not connector.operative:
            return self._judged(Verdict("Unavailable", Source.CHARGER))
        verdict = await self._authorise(tag)
        running = connector.transaction  # it may have changed meanwhile
        if verdict.allowed and running is None:
            self._let(connector, Authorisation(self.new_id(), tag, verdict.group, Cause.CARD))
        elif verdict.allowed and running is not None:
            if verdict.group is None or verdict.group != running.group:
                return self._judged(Verdict("InUse", Source.CHARGER))
            self.stop(connector, Cause.CARD, tag)
        return self._judged(verdict)

    async def start_remotely(self, connector: Connector, authorisation: Authorisation, car_comes: bool) -> None:
        """A start that the central system asked for; the tag is judged first when configured so."""
        if self._charger.configuration.flag("AuthorizeRemoteTxRequests"):
            verdict = self._judged(await self._authorise(authorisation.tag))
            if not verdict.allowed:
                return
            authorisation.group = verdict.group
        if connector.transaction is None:
            self._let(connector, authorisation)
            if car_comes and not connector.plugged:
                self.plug_in(connector)

    def plug_in(self, connector: Connector) -> None:
        self._began(connector, self._model.plug_in(connector, self._charger.now()))

    def unplug(self, connector: Connector) -> None:
        self._ended(self._model.unplug(connector, self._charger.now()))

    def stop(self, connector: Connector, cause: Cause, tag: str | None = None) -> None:
        self._ended(self._model.stop(connector, self._charger.now(), cause, tag))

    def measure(self, connector: Connector, cause: Cause) -> None:
        self._model.measure(connector, self._charger.now(), cause)
        self._charger.changed()

    def heard(self, tag: str, standing: Standing) -> Verdict:
        """What the central system said of a tag."""
        self._model.remember(tag, standing)
        return Verdict(standing.status, Source.CENTRAL_SYSTEM, standing.group)

    def heard_of(self, transaction: Transaction, standing: Standing) -> None:
        """What it said of the tag of a transaction that is reported: the last word, even when it runs already."""
        self.heard(transaction.tag, standing)
        transaction.status = standing.status
        transaction.group = standing.group or transaction.group
        if standing.status == ACCEPTED:
            return
        self._charger.tally.starts_refused[standing.status] += 1
        if transaction.running and self._charger.configuration.flag("StopTransactionOnInvalidId"):
            self.stop(self._model.connectors[transaction.connector], Cause.DEAUTHORISED)

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._charger.random.getrandbits(128), version=4))

    async def _authorise(self, tag: str) -> Verdict:
        charger = self._charger
        known = self._model.known_standing(tag, charger.now())
        if known is not None and known.allowed and charger.configuration.flag("LocalPreAuthorize"):
            return known
        if charger.wire is not None and charger.online:
            began = perf_counter()
            try:
                verdict = await charger.wire.authorise(tag)
            except LinkLost:
                pass  # then it is offline
            except NoAnswer:
                return Verdict("NoAnswer", Source.CHARGER)
            else:
                charger.tally.authorise_ms.append((perf_counter() - began) * 1000)
                return verdict
        return self._model.decide_offline(tag, charger.now())

    def _judged(self, verdict: Verdict) -> Verdict:
        tally = self._charger.tally
        if verdict.allowed:
            tally.cards_accepted[verdict.source.value] += 1
        else:
            tally.cards_refused[verdict.status] += 1
        self._charger.changed()
        return verdict

    def _let(self, connector: Connector, authorisation: Authorisation) -> None:
        transaction = self._model.authorise(connector, authorisation, self._charger.now())
        if transaction is None:
            self._charger.spawn(self._give_up(connector, authorisation))
        self._began(connector, transaction)

    async def _give_up(self, connector: Connector, authorisation: Authorisation) -> None:
        await self._charger.sleep(self._charger.configuration.number("ConnectionTimeOut"))
        if connector.authorised is authorisation:
            connector.authorised = None
            self._charger.changed()

    def _began(self, connector: Connector, transaction: Transaction | None) -> None:
        if transaction is not None:
            self._charger.tally.started += 1
            self._charger.tally.charging += 1
            self._charger.spawn(self._meter(connector, transaction))
            if self._on_start is not None:
                self._on_start(self._charger, transaction)
        self._charger.changed()

    def _ended(self, was_running: bool) -> None:
        if was_running:
            self._charger.tally.ended += 1
            self._charger.tally.charging -= 1
        self._charger.changed()

    async def _meter(self, connector: Connector, transaction: Transaction) -> None:
        while interval := self._charger.configuration.number("MeterValueSampleInterval"):
            await self._charger.sleep(interval)
            if not transaction.running:
                return
            self.measure(connector, Cause.PERIODIC)
