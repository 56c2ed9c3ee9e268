"""SQLAlchemy engines for both databases, with the drivers' settings."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from .transactions import BUSY_SECONDS, prepare_sqlite

CONNECT_SECONDS = 3
POOL_SECONDS = 10
SILENCE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""How soon a PostgreSQL server that sends no packets counts as gone (seconds, times, milliseconds).

The operating system's defaults are hours."""


def plain_engine(url: URL) -> Engine:
    """Returns an engine for plain threads."""
    engine = create_engine(url, **_options(url))
    if is_sqlite(url):
        event.listen(engine, "connect", prepare_sqlite)
    return engine


def async_engine(url: URL, **pool: int) -> AsyncEngine:
    """Returns an engine for the event loop."""
    driver = url.set(drivername="sqlite+aiosqlite") if is_sqlite(url) else url
    engine = create_async_engine(driver, pool_timeout=POOL_SECONDS, **pool, **_options(url))
    if is_sqlite(url):
        event.listen(engine.sync_engine, "connect", prepare_sqlite)
    return engine


def parse_url(url: str) -> URL:
    """Parses a URL as a person writes it. Raises ValueError."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    backend = parsed.get_backend_name() if parsed is not None else ""
    if parsed is None or backend not in ("sqlite", "postgresql"):
        raise ValueError("the database URL is not understood: write sqlite:///file.db or postgresql://user@host/name")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("the database URL names no file: write sqlite:///file.db")
    return parsed.set(drivername="sqlite")


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def postgresql_arguments(url: URL) -> dict[str, Any]:
    """Returns the driver's arguments.

    The session's time zone is UTC: in a zone east of it, the last instants of year 9999 cannot be read.
    """
    given = url.query.get("options", "")
    options = given if isinstance(given, str) else " ".join(given)
    return {"connect_timeout": CONNECT_SECONDS, "options": f"{options} -c timezone=UTC".strip(), **SILENCE}


def _options(url: URL) -> dict[str, Any]:
    """Returns the engine's options.

    AUTOCOMMIT is set everywhere, as `transaction` begins transactions explicitly.
    """
    return {
        "isolation_level": "AUTOCOMMIT",
        "connect_args": {"timeout": BUSY_SECONDS} if is_sqlite(url) else postgresql_arguments(url),
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "hide_parameters": True,
    }
