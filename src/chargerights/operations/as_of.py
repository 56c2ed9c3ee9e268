"""Answers from the facts of a past instant, or from those of today."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from ..replica.as_of import Question
from ..storage.journal_rewind import BeforeHistory
from .errors import InMember
from .view import View

T = TypeVar("T")

ANSWERED_AT_A_STRETCH = 100
"""Questions that are answered before other requests may run."""


async def as_of(view: View, questions: Sequence[tuple[datetime | None, Question[T]]]) -> list[T | BeforeHistory]:
    """Answers each question from the facts of its instant, or says why it cannot."""
    _token = view.image.pin()
    past = {place: at for place, (at, _) in enumerate(questions) if at is not None and at < view.at}
    answers: dict[int, T | BeforeHistory] = {}
    for place, (_, ask) in enumerate(questions):
        if place not in past:
            answers[place] = ask(view.network, view.image.revision)
        if place % ANSWERED_AT_A_STRETCH == ANSWERED_AT_A_STRETCH - 1:
            await asyncio.sleep(0)
    if past:
        asked = [(at, questions[place][1]) for place, at in past.items()]
        of_then = await view.services.history.ask(view.image, asked, view.at)
        answers.update(zip(past, of_then, strict=True))
    return [answers[place] for place in range(len(questions))]


async def at_one(view: View, at: datetime | None, question: Question[T]) -> T:
    """Answers the question about that instant.

    Raises InMember for an instant before the journal.
    """
    (answer,) = await as_of(view, [(at, question)])
    if isinstance(answer, BeforeHistory):
        raise InMember("at", answer)
    return answer
