"""An operator's request to send a charger its whole local list, and how a charger refuses one."""

from __future__ import annotations

import asyncio

from ..ports import CallProgress


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
