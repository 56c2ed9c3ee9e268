"""The state of one charger, as both generations of OCPP drive it.

It has connectors, transactions, known tags, and the queue of transaction messages that a central system has not
confirmed. Pure: no I/O, time is an argument.

A transaction runs while its cable is plugged in and its tag authorized, in whichever order that came about:

    Available ── plug_in / authorize ──▶ Preparing ── the other ──▶ Charging ── stop / unplug ──▶ Finishing, Available
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto

from .configuration import SettingValues
from .local_list import ACCEPTED, Cache, LocalList, TagInfo

CACHE_CAPACITY = 100


class State(StrEnum):
    """States of a connector, in 1.6's words.

    2.x says Occupied for the middle three.
    """

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    FINISHING = "Finishing"
    UNAVAILABLE = "Unavailable"


class Source(StrEnum):
    """Sources of a decision about a tag."""

    CENTRAL_SYSTEM = "central system"
    LOCAL_LIST = "local list"
    CACHE = "cache"
    CHARGER = "charger"


@dataclass(frozen=True, slots=True)
class TagDecision:
    """A decision whether the tag may charge.

    `status` is the word of its source. The charger's own words are NoAnswer, Offline, InUse, Unavailable.
    """

    status: str
    source: Source
    group: str | None = None

    @property
    def allowed(self) -> bool:
        return self.status == ACCEPTED


class Trigger(Enum):
    """Reasons why a transaction message is sent."""

    CARD = auto()
    REMOTE = auto()
    PERIODIC = auto()
    TRIGGERED = auto()
    DEAUTHORIZED = auto()
    UNPLUGGED = auto()
    UNLOCKED = auto()
    SOFT_RESET = auto()
    HARD_RESET = auto()


class TransactionEventType(StrEnum):
    """Types of transaction events in 2.x.

    In 1.6 they are StartTransaction, MeterValues and StopTransaction.
    """

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


@dataclass(slots=True, eq=False)
class Transaction:
    """A transaction.

    `id`: the charger's own id (2.x's transactionId). `number`: the central system's (1.6's), known once it has answered
    the start. `status`: its answer about the tag.
    """

    id: str
    connector: int
    tag: str
    group: str | None
    remote_start_id: int | None
    number: int | None = None
    status: str | None = None
    messages: int = 0
    running: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class TransactionMessage:
    """A transaction message, kept until it is confirmed."""

    event: TransactionEventType
    transaction: Transaction
    at: datetime
    cause: Trigger
    meter_wh: int
    power_w: int
    seq_no: int
    offline: bool
    tag: str | None


@dataclass(slots=True)
class PendingStart:
    """A tag that may charge and waits for its cable."""

    id: str
    tag: str
    group: str | None
    cause: Trigger
    remote_start_id: int | None = None


@dataclass(slots=True)
class SimulatedConnector:
    number: int
    power_w: int
    plugged: bool = False
    operative: bool = True
    operative_next: bool | None = None
    authorized: PendingStart | None = None
    transaction: Transaction | None = None
    finished: bool = False
    _register_wh: float = 0.0
    _since: datetime | None = None

    @property
    def state(self) -> State:
        if self.transaction is not None:
            return State.CHARGING
        if not self.operative:
            return State.UNAVAILABLE
        if self.finished:
            return State.FINISHING
        return State.PREPARING if self.plugged or self.authorized is not None else State.AVAILABLE

    def meter_wh(self, at: datetime) -> int:
        """Returns the energy register, which counts at full power during a transaction."""
        running = max(0.0, (at - self._since).total_seconds()) if self._since is not None else 0.0
        return int(self._register_wh + self.power_w * running / 3600)

    def count(self, at: datetime | None, now: datetime) -> None:
        """Begins to count at that instant. None stops counting."""
        self._register_wh = self.meter_wh(now)
        self._since = at


@dataclass
class ChargerModel:
    configuration: SettingValues
    connectors: dict[int, SimulatedConnector]
    local_list: LocalList
    cache: Cache = field(default_factory=lambda: Cache(CACHE_CAPACITY))
    queue: deque[TransactionMessage] = field(default_factory=deque)
    operative: bool = True
    online: bool = False

    def known_info(self, tag: str, at: datetime) -> TagDecision | None:
        """Returns the entry of the list about the tag, else of the cache."""
        if self.configuration.flag("LocalAuthListEnabled"):
            found = self.local_list.find(tag)
            if found is not None:
                return TagDecision(found.at(at), Source.LOCAL_LIST, found.group)
        if self.configuration.flag("AuthorizationCacheEnabled"):
            found = self.cache.find(tag)
            if found is not None:
                return TagDecision(found.at(at), Source.CACHE, found.group)
        return None

    def decide_offline(self, tag: str, at: datetime) -> TagDecision:
        """Decides as a charger does without a central system.

        See OCPP 1.6 sections 3.4 and 3.5, and use cases C10 to C15 of 2.x.
        """
        known = self.known_info(tag, at)
        if not self.configuration.flag("LocalAuthorizeOffline"):
            return TagDecision("Offline", Source.CHARGER)
        if known is not None:
            return known
        unknown_may = self.configuration.flag("AllowOfflineTxForUnknownId")
        return TagDecision(ACCEPTED if unknown_may else "Unknown", Source.CHARGER)

    def remember(self, tag: str, info: TagInfo) -> None:
        """Keeps the central system's answer.

        A tag on the local list stays out of the cache (1.6 section 3.4.2).
        """
        if self.configuration.flag("AuthorizationCacheEnabled") and self.local_list.find(tag) is None:
            self.cache.keep(tag, info)

    def plug_in(self, connector: SimulatedConnector, at: datetime) -> Transaction | None:
        """Plugs in. Returns the transaction that begins by it, if a tag waits."""
        connector.plugged = True
        return None if connector.authorized is None else self._start(connector, connector.authorized, at)

    def authorize(self, connector: SimulatedConnector, pending: PendingStart, at: datetime) -> Transaction | None:
        """Authorizes the tag. Returns the transaction that begins by it, if a cable waits."""
        if connector.plugged:
            return self._start(connector, pending, at)
        connector.authorized = pending
        return None

    def unplug(self, connector: SimulatedConnector, at: datetime) -> bool:
        """Ends the connector's transaction. Returns whether there was one."""
        stopped = self.stop(connector, at, Trigger.UNPLUGGED)
        connector.plugged = connector.finished = False
        return stopped

    def stop(self, connector: SimulatedConnector, at: datetime, cause: Trigger, tag: str | None = None) -> bool:
        """Ends the connector's transaction. Returns whether there was one."""
        transaction = connector.transaction
        if transaction is None:
            return False
        self._note(TransactionEventType.ENDED, connector, transaction, at, cause, tag)
        transaction.running = False
        connector.transaction = None
        connector.finished = True
        connector.count(None, at)
        if connector.operative_next is not None:
            connector.operative, connector.operative_next = connector.operative_next, None
        return True

    def measure(self, connector: SimulatedConnector, at: datetime, cause: Trigger) -> None:
        if connector.transaction is not None:
            self._note(TransactionEventType.UPDATED, connector, connector.transaction, at, cause, None)

    def make_available(self, connector: SimulatedConnector, operative: bool) -> bool:
        """Changes whether the connector may be used.

        Returns False when a transaction must end first.
        """
        if connector.transaction is not None and not operative:
            connector.operative_next = operative
            return False
        connector.operative, connector.operative_next = operative, None
        if not operative:
            connector.authorized = None
        return True

    def running(self) -> list[Transaction]:
        return [each.transaction for each in self.connectors.values() if each.transaction is not None]

    def _start(self, connector: SimulatedConnector, pending: PendingStart, at: datetime) -> Transaction:
        transaction = Transaction(pending.id, connector.number, pending.tag, pending.group, pending.remote_start_id)
        connector.authorized = None
        connector.finished = False
        connector.transaction = transaction
        connector.count(at, at)
        self._note(TransactionEventType.STARTED, connector, transaction, at, pending.cause, pending.tag)
        return transaction

    def _note(
        self,
        event: TransactionEventType,
        connector: SimulatedConnector,
        transaction: Transaction,
        at: datetime,
        cause: Trigger,
        tag: str | None,
    ) -> None:
        power_w = connector.power_w if event is TransactionEventType.UPDATED else 0
        seq_no, transaction.messages = transaction.messages, transaction.messages + 1
        self.queue.append(
            TransactionMessage(
                event, transaction, at, cause, connector.meter_wh(at), power_w, seq_no, not self.online, tag
            )
        )
