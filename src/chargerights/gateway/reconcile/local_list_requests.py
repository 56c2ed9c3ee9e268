"""An operator's request to send a charger its whole local list, and how a charger refuses one."""

from __future__ import annotations

import asyncio

from ..connection.turn import CallProgress
from ..ocpp.call_errors import CallFailed


class NotTaken(CallFailed):
    """The charger did not accept a list, and answered with this word."""

    def __init__(self, kind: str, word: str) -> None:
        super().__init__(f"SendLocalList ({kind}) was answered {word}")
        self.word = word


class NotSupported(NotTaken):
    """The charger does not support lists."""


class Again:
    """An operator's request to send the whole list; `done` tells how it ended."""

    def __init__(self, progress: CallProgress | None) -> None:
        self.progress = progress
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end(self, error: Exception | None = None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
            self.done.exception()  # the operator may have gone: asyncio would complain
