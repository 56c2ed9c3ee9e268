"""PostgreSQL's notices: the other processes hear of every committed revision within milliseconds.

Correctness does not depend on them: the processes poll the database as well. A pooler in transaction mode, for example,
lets no notices through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg
import structlog

from .database import Database
from .journal import CHANNEL, Mark

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before it connects again; each attempt doubles them."""

log = structlog.get_logger()


async def listen(database: Database, heard: Callable[[int, Mark], None]) -> None:
    """Calls `heard` with each customer and mark that is committed, until it is cancelled. Does nothing on SQLite."""
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
