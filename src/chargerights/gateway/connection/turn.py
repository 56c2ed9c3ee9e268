"""Takes turns in calling a charger: one call at a time, operators' calls first."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

YIELD_SECONDS = 3.0
"""The longest that the server's own call still delays an operator's. It can be answered after that, too."""


class Hold:
    """A turn that a caller has, until `give`."""

    def __init__(self, turn: Turn, action: str, for_operator: bool) -> None:
        self.action = action
        self.for_operator = for_operator
        self._turn = turn
        self._timer: asyncio.TimerHandle | None = None

    def give(self) -> None:
        """Ends the turn, once."""
        if self._timer is not None:
            self._timer.cancel()
        self._turn.ended(self)

    def hurry(self) -> None:
        """Ends the turn soon, unless it is an operator's.

        The charger can still answer the call after that.
        """
        if not self.for_operator and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(YIELD_SECONDS, self.give)


class Turn:
    """The right to call. Those who wait get it in order, operators first."""

    def __init__(self) -> None:
        self._is_taken = False
        self._holder: Hold | None = None
        self._operators = deque[asyncio.Future[None]]()
        self._own = deque[asyncio.Future[None]]()

    @property
    def action(self) -> str:
        """The call that is under way."""
        return "" if self._holder is None else self._holder.action

    async def take(self, action: str, for_operator: bool) -> Hold:
        """Returns when it is the caller's turn.

        For an operator, a call of the server's own that is under way is hurried.
        """
        if self._is_taken:
            await self._wait(self._operators if for_operator else self._own)
        self._is_taken = True
        self._holder = Hold(self, action, for_operator)
        self._hurry()
        return self._holder

    def ended(self, hold: Hold) -> None:
        """Gives the turn on, if it is that one's."""
        if self._holder is hold:
            self._holder = None
            self._give()

    async def _wait(self, waiting: deque[asyncio.Future[None]]) -> None:
        turn = asyncio.get_running_loop().create_future()
        waiting.append(turn)
        self._hurry()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given just now
                self._give()
            raise
        finally:
            with suppress(ValueError):
                waiting.remove(turn)

    def _give(self) -> None:
        for waiting in (self._operators, self._own):
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._is_taken = False

    def _hurry(self) -> None:
        if self._holder is not None and self._operators:
            self._holder.hurry()
