"""Whose turn it is to call a charger: one call is under way at a time, and operators go before our own questions."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

YIELD_SECONDS = 5.0
"""How long our own question may still take once an operator waits."""


@dataclass(slots=True)
class Progress:
    """What has become of an operator's calls to a charger: `sent` names those that went out.

    `waited`: seconds spent waiting for a turn. `answering`: seconds that the charger had to answer.
    """

    sent: list[str] = field(default_factory=list)
    waited: float = 0.0
    answering: float = 0.0


class Turn:
    """The right to call. Held from `take` to `give`; those who wait get it in order, operators first."""

    def __init__(self) -> None:
        self.action = ""
        """The call that is under way."""
        self._is_taken = False
        self._limit: asyncio.Timeout | None = None
        self._operators = deque[asyncio.Future[None]]()
        self._own = deque[asyncio.Future[None]]()

    async def take(self, for_operator: bool) -> None:
        """Returns when it is the caller's turn. Our own question that is under way is cut short for an operator."""
        if not self._is_taken:
            self._is_taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        waiting = self._operators if for_operator else self._own
        waiting.append(turn)
        if for_operator:
            self._hurry()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given just now
                self.give()
            raise
        finally:
            with suppress(ValueError):
                waiting.remove(turn)

    def begin(self, action: str, limit: asyncio.Timeout | None) -> None:
        """Names the call under way; `limit`, of our own question, is what an operator cuts short."""
        self.action, self._limit = action, limit
        if self._operators:
            self._hurry()

    def give(self) -> None:
        """Ends the turn."""
        self._limit = None
        for waiting in (self._operators, self._own):
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._is_taken = False

    def _hurry(self) -> None:
        if self._limit is None or self._limit.expired():
            return
        soon, until = asyncio.get_running_loop().time() + YIELD_SECONDS, self._limit.when()
        if until is None or soon < until:
            self._limit.reschedule(soon)
