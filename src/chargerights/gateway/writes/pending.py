"""Messages that wait to be written, and halves of batches that are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from ...storage.charging import messages
from ...storage.charging.authorizations import Authorization
from ...storage.charging.charger_batches import Batch
from ...storage.charging.charger_reports import ChargerReport
from ...storage.charging.live import NodeEnded
from ...storage.charging.session_notices import SessionNotice
from ...storage.charging.spool_file import Owner, SpoolRow

FEW = 100
"""Entries up to which preparing their rows does not hold the event loop."""


class Entry(NamedTuple):
    """A message with its number.

    `done` is set once the message is on a disk. None: no one waits for it.
    """

    number: int
    message: SessionNotice | Authorization | ChargerReport | NodeEnded
    done: asyncio.Future[bool] | None


def answer(waiting: asyncio.Future[bool] | None, is_kept: bool) -> None:
    """Says whether the message is on a disk, once."""
    if waiting is not None and not waiting.done():
        waiting.set_result(is_kept)


async def rows_of(entries: Sequence[Entry], owner: Owner, now: datetime) -> list[SpoolRow]:
    """The entries as the spool keeps them."""
    if len(entries) > FEW:
        return await asyncio.to_thread(_rows, entries, owner, now)
    return _rows(entries, owner, now)


def _rows(entries: Sequence[Entry], owner: Owner, now: datetime) -> list[SpoolRow]:
    return [
        SpoolRow(
            owner, entry.number, messages.received_at(entry.message, now).isoformat(), messages.dump(entry.message)
        )
        for entry in entries
    ]


def halves(batch: Batch) -> list[Batch]:
    """Returns two batches with the same content, or none when it cannot be split."""
    if batch.states and batch.messages:
        return [replace(batch, messages=(), first=0), replace(batch, states=(), whole=frozenset())]
    if len(batch.messages) > 1:
        middle = len(batch.messages) // 2
        return [
            replace(batch, messages=batch.messages[:middle]),
            replace(batch, messages=batch.messages[middle:], first=batch.first + middle),
        ]
    if len(batch.states) > 1:
        middle = len(batch.states) // 2
        return [replace(batch, states=batch.states[:middle]), replace(batch, states=batch.states[middle:])]
    return []
