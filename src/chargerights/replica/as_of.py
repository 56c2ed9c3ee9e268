"""The network as it was at an instant, as far back as the journal goes (see `undoing`).

The way back is walked in a thread, on a fork; the few networks it ended at last are remembered, so that questions
about one past cost the journal once.
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
"""What is made of a network that was and its revision. Runs in a thread, and only looks: `decide` and `explain` do."""


class AsOfNetworks:
    """The pasts of the customers that this process serves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: OrderedDict[tuple[int, int], _Remembered] = OrderedDict()
        self._locks: dict[int, asyncio.Lock] = {}

    async def ask(
        self, image: NetworkSnapshot, questions: Sequence[tuple[datetime, Question[T]]], now: datetime = END
    ) -> list[T | BeforeHistory]:
        """The answer to each question about its instant, or why there is none; all in one walk, the latest first."""

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
        """The network of that revision, the image's or an earlier one, to be forked or looked at only.

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
        """The networks that are remembered from the image's revision or earlier ones, but for those of another lineage,
        and those from before an erasure, which name people that the journal does not name any more: both are forgotten
        here."""
        customer_id, revision = image.customer_id, image.revision
        for key, each in [*self._remembered.items()]:
            if key[0] == customer_id and each.lineage != image.lineage:
                del self._remembered[key]
        mine = {number: each for (of, number), each in self._remembered.items() if of == customer_id}
        if mine:
            oldest = min(each.seen_from for each in mine.values())
            erased = await self._database.read(_last_erasure, customer_id, oldest)
            for number in [number for number, each in mine.items() if each.seen_from < erased]:
                del mine[number], self._remembered[customer_id, number]
        return {number: each.network for number, each in mine.items() if number <= revision}

    def _remember(self, key: tuple[int, int], remembered: _Remembered) -> None:
        self._remembered[key] = remembered
        self._remembered.move_to_end(key)
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)


class _Remembered(NamedTuple):
    """A network that was, the revision from which it was gone back to, and that image's lineage."""

    network: Network
    seen_from: int
    lineage: int


def as_of(connection: Connection, customer_id: int, at: datetime, now: datetime) -> Snapshot:
    """The customer's network as it was at the instant, with today's live state; of now or later, as it is. Run it in a
    snapshot. Raises UnknownCustomer, BeforeHistory."""
    found = networks.load(connection, customer_id)
    if at >= now:
        return found
    back = JournalRewind(connection, customer_id, {found.revision: found.network})
    revision = back.revision_at(at, now)
    return found._replace(mark=found.mark._replace(revision=revision), network=back.to(revision))


def _last_erasure(connection: Connection, customer_id: int, after: int) -> int:
    """The last revision after that one that erased a driver; 0 when none did."""
    mine = (journal.c.customer_id == customer_id) & (journal.c.revision > after) & (journal.c.action == ERASURE)
    return connection.scalar(select(func.max(journal.c.revision)).where(mine)) or 0


def _walk_back(
    connection: Connection,
    customer_id: int,
    known: dict[int, Network],
    work: Callable[[JournalRewind], T],
    _token: Pin,
) -> tuple[JournalRewind, T]:
    """Holds the token until the thread is done, whatever becomes of who waits for it."""
    back = JournalRewind(connection, customer_id, known)
    return back, work(back)
