"""The composition root: one process's server, from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from starlette_compress import CompressMiddleware

from . import settings, telemetry
from .api import access, problems, v1, v2
from .api.documents import pages
from .api.limits import Limits
from .api.state import State
from .outbound import background
from .outbound.targets import Targets
from .storage.database import Database
from .storage.history import History
from .storage.images import Images


def now() -> datetime:
    """The only clock that doors are given, so that tests can give another."""
    return datetime.now(UTC)


def create_app(
    database: Database,
    clock: Callable[[], datetime] = now,
    rate_limit: float = 0,
    webhook_targets: Targets = Targets.PUBLIC,
    events_kept: timedelta = timedelta(days=90),
) -> FastAPI:
    """The application over that database, whose tables stand (see `migration.migrate`)."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with background.running(database, clock, webhook_targets, events_kept):
            yield
        await state.close()

    app = FastAPI(docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False, strict_content_type=False)
    images, history = Images(database, clock), History(database)
    app.state.shared = state = State(database, images, clock, Limits(rate_limit), history, webhook_targets)
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
    targets, kept = Targets(found.webhook_targets), timedelta(days=found.events_kept_days)
    return create_app(Database(found.database), now, found.rate_limit, targets, kept)
