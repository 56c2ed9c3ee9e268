"""The composition root: one process's server, from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette_compress import CompressMiddleware

from . import settings, telemetry
from .api import access, problems, v1, v2
from .api.documents import pages
from .api.limits import Limits
from .api.state import State
from .storage.database import Database
from .storage.images import Images


def now() -> datetime:
    """The only clock that doors are given, so that tests can give another."""
    return datetime.now(UTC)


def create_app(database: Database, clock: Callable[[], datetime] = now, rate_limit: float = 0) -> FastAPI:
    """The application over that database, whose tables stand (see `migration.migrate`)."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await state.close()

    app = FastAPI(docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False, strict_content_type=False)
    app.state.shared = state = State(database, Images(database, clock), clock, Limits(rate_limit))
    app.include_router(v1.router)
    app.include_router(access.router)
    for router in v2.routers:
        app.include_router(router)
    problems.install(app)
    pages.install(app)
    app.add_middleware(CompressMiddleware, minimum_size=1024, gzip_level=1, brotli_quality=1, zstd_level=1)
    app.add_middleware(telemetry.AccessLog)
    return app


def worker() -> FastAPI:
    """What uvicorn starts in each worker process: settings come from the environment."""
    found = settings.read()
    telemetry.configure(found.log_format, found.log_level)
    return create_app(Database(found.database), rate_limit=found.rate_limit)
