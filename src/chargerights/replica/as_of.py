"""Networks as they were at an instant, as far back as the journal goes.

The journal is rewound in a thread, on a fork (see `journal_rewind`). The last few networks are cached, so that repeated
questions about one instant read the journal once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, func, select

from ..rights.driver_sets import END
from ..rights.network import Network
from ..storage import networks
from ..storage.database import Database
from ..storage.journal import ERASURE
from ..storage.journal_rewind import BeforeHistory, JournalRewind
from ..storage.networks import Snapshot
from ..storage.schema import journal
from .images import NetworkSnapshot, Pin

T = TypeVar("T")

REMEMBERED = 4

Question = Callable[[Network, int], T]
"""Computes an answer from a past network and its revision. Runs in a thread, and must not change the network."""


class AsOfNetworks:
    """Past networks of the customers that this process serves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: OrderedDict[tuple[int, int], _Remembered] = OrderedDict()
        self._locks: dict[int, asyncio.Lock] = {}

    async def ask(
        self, image: NetworkSnapshot, questions: Sequence[tuple[datetime, Question[T]]], now: datetime = END
    ) -> list[T | BeforeHistory]:
        """Answers each question about its instant, in one walk through the journal.

        A question about an instant before the journal begins gets the BeforeHistory as its answer.
        """

        def answer(back: JournalRewind) -> list[T | BeforeHistory]:
            targets = [back.revision_at(at, now) for at, _ in questions]
            found: dict[int, T | BeforeHistory] = {}
            for place in sorted(range(len(questions)), key=targets.__getitem__, reverse=True):
                try:
                    found[place] = questions[place][1](back.to(targets[place]), targets[place])
                except BeforeHistory as too_early:
                    found[place] = too_early
            return [found[place] for place in range(len(questions))]

        return await self._go_back(image, answer)

    async def network_at(self, image: NetworkSnapshot, revision: int) -> Network:
        """Returns the network of the snapshot's revision or an earlier one.

        Do not change it.

        Raises BeforeHistory.
        """
        if revision == image.revision:
            return image.network
        return await self._go_back(image, lambda back: back.to(revision))

    async def _go_back(self, image: NetworkSnapshot, work: Callable[[JournalRewind], T]) -> T:
        customer_id, revision, token = image.customer_id, image.revision, image.pin()
        async with self._locks.setdefault(customer_id, asyncio.Lock()):
            known = {revision: image.network, **await self._recall(image)}
            back, answer = await asyncio.to_thread(self._database.read_now, _walk_back, customer_id, known, work, token)
            if back.ended_at != revision:
                self._remember((customer_id, back.ended_at), _Remembered(back.network, revision, image.lineage))
            return answer

    async def _recall(self, image: NetworkSnapshot) -> dict[int, Network]:
        """Returns the cached networks of the snapshot's revision or earlier ones.

        Drops networks of another lineage and networks from before an erasure, which name people that the journal does
        not name any more.
        """
        customer_id, revision = image.customer_id, image.revision
        for key, remembered in [*self._remembered.items()]:
            if key[0] == customer_id and remembered.lineage != image.lineage:
                del self._remembered[key]
        cached = {number: network for (owner, number), network in self._remembered.items() if owner == customer_id}
        if cached:
            oldest = min(remembered.seen_from for remembered in cached.values())
            erased = await self._database.read(_last_erasure, customer_id, oldest)
            for number in [number for number, remembered in cached.items() if remembered.seen_from < erased]:
                del cached[number], self._remembered[customer_id, number]
        return {number: remembered.network for number, remembered in cached.items() if number <= revision}

    def _remember(self, key: tuple[int, int], remembered: _Remembered) -> None:
        self._remembered[key] = remembered
        self._remembered.move_to_end(key)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)


class _Remembered(NamedTuple):
    """A past network, the revision it was rewound from, and that snapshot's lineage."""

    network: Network
    seen_from: int
    lineage: int


def as_of(connection: Connection, customer_id: int, at: datetime, now: datetime) -> Snapshot:
    """Returns the customer's network as of the instant, with today's live state.

    An instant of now or later gets the latest network. Run it in a database snapshot.

    Raises UnknownCustomer, BeforeHistory.
    """
    found = networks.load(connection, customer_id)
    if at >= now:
        return found
    back = JournalRewind(connection, customer_id, {found.revision: found.network})
    revision = back.revision_at(at, now)
    return found._replace(mark=found.mark._replace(revision=revision), network=back.to(revision))


def _last_erasure(connection: Connection, customer_id: int, after: int) -> int:
    """Returns the last revision after that one that erased a driver, or 0."""
    erasures = (journal.c.customer_id == customer_id) & (journal.c.revision > after) & (journal.c.action == ERASURE)
    return connection.scalar(select(func.max(journal.c.revision)).where(erasures)) or 0


def _walk_back(
    connection: Connection,
    customer_id: int,
    known: dict[int, Network],
    work: Callable[[JournalRewind], T],
    _token: Pin,
) -> tuple[JournalRewind, T]:
    """Runs the work.

    Holds the pin until the thread is done, also when its caller is cancelled.
    """
    back = JournalRewind(connection, customer_id, known)
    return back, work(back)
