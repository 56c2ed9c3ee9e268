"""PostgreSQL's notifications of committed revisions, within milliseconds.

Correctness does not depend on them: processes poll the database, too. A connection pooler in transaction mode, for
example, drops them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import structlog

from .database import Database
from .journal import CHANNEL, Mark

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""First and longest pause before it reconnects, in seconds. Each failed attempt doubles it."""

log = structlog.get_logger()


async def listen(database: Database, heard: Callable[[int, Mark], None]) -> None:
    """Calls `heard` with each committed customer and mark, until it is cancelled.

    Does nothing on SQLite.
    """
    pause = FIRST_PAUSE
    while not database.is_sqlite:
        try:
            async with await psycopg.AsyncConnection.connect(**database.arguments, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                pause = FIRST_PAUSE
                async for notice in connection.notifies():
                    customer_id, *mark = map(int, notice.payload.split())
                    heard(customer_id, Mark(*mark))
        except (psycopg.Error, OSError) as error:
            log.info("notices of the database are not heard; it is polled instead", cause=str(error), pause=pause)
        except Exception as error:
            log.error("notices of the database are not understood", exc_info=error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
