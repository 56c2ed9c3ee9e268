"""Answers from the facts as they were: of the instant asked about, when it has passed, else of today."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from ...replica.as_of import Question
from ...rights.network import Network
from ...rights.permissions import Scope
from ...storage.journal_rewind import BeforeHistory
from ..common.errors import InMember
from .view import View

T = TypeVar("T")

ANSWERED_AT_A_STRETCH = 100
"""So many that the event loop is not held."""


async def as_of(view: View, questions: Sequence[tuple[datetime | None, Question[T]]]) -> list[T | BeforeHistory]:
    """The answer to each question from the facts of its instant, or why there is none."""
    _token = view.image.pin()
    past = {place: at for place, (at, _) in enumerate(questions) if at is not None and at < view.at}
    found: dict[int, T | BeforeHistory] = {}
    for place, (_, ask) in enumerate(questions):
        if place not in past:
            found[place] = ask(view.network, view.image.revision)
        if place % ANSWERED_AT_A_STRETCH == ANSWERED_AT_A_STRETCH - 1:
            await asyncio.sleep(0)
    if past:
        asked = [(at, questions[place][1]) for place, at in past.items()]
        of_then = await view.state.history.ask(view.image, asked, view.at)
        found.update(zip(past, of_then, strict=True))
    return [found[place] for place in range(len(questions))]


async def at_one(view: View, at: datetime | None, question: Question[T]) -> T:
    """The answer to the question about that instant. Raises InMember for one that the journal does not reach."""
    (found,) = await as_of(view, [(at, question)])
    if isinstance(found, BeforeHistory):
        raise InMember("at", found)
    return found


def scope_in(view: View, network: Network) -> Scope:
    """What the caller sees of that network."""
    return view.scope if network is view.network else Scope(network, view.caller.site_ids)
