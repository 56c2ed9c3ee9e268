"""Ports between a charger, its connection and its customer.

They refer to each other, and each knows the others by these protocols alone. So no two modules import each other, and
one page shows what a handler of messages can reach.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ..rights.model import Charger
from ..rights.network import Network
from ..storage.charging.ordered_starts import OrderedStart
from .active_sessions import ActiveSessions
from .partner_client import PartnerClient
from .writes.write_buffer import WriteBuffer


@dataclass(slots=True)
class CallProgress:
    """The progress of an operator's calls to a charger.

    `sent`: the calls that went out. `waited`: seconds until the calls had their turn. `answering`: seconds that the
    charger took to answer.
    """

    sent: list[str] = field(default_factory=list)
    waited: float = 0.0
    answering: float = 0.0


class Connection(Protocol):
    """A charger's open web socket."""

    is_closed: bool

    @property
    def version(self) -> str:
        """The version of OCPP that was agreed on, as its subprotocol."""

    @property
    def is_started(self) -> bool:
        """Returns whether the charger may be called."""

    @property
    def is_stuck(self) -> bool:
        """Returns whether the charger has read nothing for long, so that data piles up."""

    async def call(
        self,
        action: str,
        payload: dict[str, Any],
        timeout: float | None = None,  # noqa: ASYNC109
        operator: CallProgress | None = None,
    ) -> dict[str, Any]:
        """Returns the charger's answer.

        `operator`: the call is for an operator's command, and goes first.

        Raises NotConnected, Busy, NoAnswer, CallRefused.
        """

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Runs work beside the reading while the connection is open."""

    async def close(self, code: int, reason: str) -> None:
        """Closes the socket with a code and a reason."""

    async def replaced(self) -> None:
        """Closes the socket because the charger has opened a newer one."""

    def cut(self) -> None:
        """Ends the connection without closing it properly."""


class Freshness(Protocol):
    """The age of a customer's network in memory, compared with the database."""

    def is_behind(self) -> bool:
        """Returns whether something is known to have changed since the last refresh."""

    async def be_current(self) -> None:
        """Returns when changes of other processes are known here, or after a few seconds."""


class ListService(Protocol):
    """Local lists of a customer's chargers."""

    def send_again(self, charger_id: str, progress: CallProgress | None) -> asyncio.Future[None] | None:
        """Begins to send the charger's whole list.

        None while an earlier request for that is under way.
        """


class CustomerContext(Protocol):
    """The services that the chargers of one customer share in this process."""

    @property
    def id(self) -> int: ...

    @property
    def node(self) -> str:
        """The process, among all that ever ran."""

    @property
    def clock(self) -> Callable[[], datetime]: ...

    @property
    def network(self) -> Network | None:
        """The customer's network.

        None while it has not been loaded.
        """

    @property
    def following(self) -> Freshness: ...

    @property
    def write_buffer(self) -> WriteBuffer: ...

    @property
    def active_sessions(self) -> ActiveSessions | None:
        """The sessions of each tag.

        None when a tag may be in any number of sessions.
        """

    @property
    def partner(self) -> PartnerClient | None:
        """The partner that is asked about unknown tags, if there is one."""

    @property
    def lists(self) -> ListService: ...

    def charger(self, charger_id: str) -> Charger | None:
        """Returns the charger as the operator has entered it."""

    def is_lost(self, charger_id: str) -> bool:
        """Returns whether the charger has been away for long, or was removed."""

    def next_transaction(self, used: Collection[str]) -> int:
        """Returns a new transaction id of OCPP 1.6 for a charger that has used those."""

    def session_of(self, transaction_id: str) -> int | None:
        """Returns the session number reserved for that new transaction, if there is one."""

    async def ordered_starts(self, charger_id: str) -> list[OrderedStart]:
        """Loads the starts without a check that any process has sent to the charger.

        Raises DatabaseFault.
        """
