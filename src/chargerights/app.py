"""The composition root: one process's server, from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from starlette_compress import CompressMiddleware

from . import settings, telemetry
from .api import access, health, problems, v1, v2
from .api.documents import pages
from .api.limits import Limits
from .api.state import State
from .gateway.admission import Policy
from .gateway.endpoint import ChargersDoor
from .gateway.frames import MAX_BYTES
from .gateway.gateway import Gateway
from .outbound import background
from .outbound.targets import Targets
from .storage.database import Database
from .storage.history import History
from .storage.images import Images

SERVER_OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "ws": "websockets-sansio",  # measured: 1.5 times as many frames a second as the other one
    "ws_max_size": MAX_BYTES,
    "ws_ping_interval": 30.0,  # keeps links behind mobile networks' address translation open
    "ws_ping_timeout": 30.0,
    "ws_per_message_deflate": False,  # costs 40 KB a link
    "proxy_headers": False,  # else every program on this machine may say that it comes by TLS
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "timeout_graceful_shutdown": 10,
}
"""How uvicorn serves this application."""


def now() -> datetime:
    """The only clock that doors are given, so that tests can give another."""
    return datetime.now(UTC)


def create_app(
    database: Database,
    clock: Callable[[], datetime] = now,
    rate_limit: float = 0,
    webhook_targets: Targets = Targets.PUBLIC,
    events_kept: timedelta = timedelta(days=90),
    policy: Policy | None = None,
    metrics_token: str = "",
) -> FastAPI:
    """The application over that database, whose tables stand (see `migration.migrate`)."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with gateway.running(), background.running(database, clock, webhook_targets, events_kept):
            yield
        await state.close()

    app = FastAPI(docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False, strict_content_type=False)
    images, history = Images(database, clock), History(database)
    app.state.gateway = gateway = Gateway(database, images, clock, policy, webhook_targets)
    database.after_commit += [images.committed, gateway.committed]
    app.state.shared = state = State(
        database, images, clock, Limits(rate_limit), history, webhook_targets, gateway, metrics_token
    )
    app.include_router(v1.router)
    app.include_router(access.router)
    for router in v2.routers:
        app.include_router(router)
    app.include_router(health.router)
    problems.install(app)
    pages.install(app)
    app.add_middleware(CompressMiddleware, minimum_size=1024, gzip_level=1, brotli_quality=1, zstd_level=1)
    app.add_middleware(telemetry.AccessLog)
    app.add_middleware(ChargersDoor, gateway=gateway)
    return app


def worker() -> FastAPI:
    """What uvicorn starts in each worker process: settings come from the environment."""
    found = settings.read()
    telemetry.configure(found.log_format, found.log_level)
    targets, kept = Targets(found.webhook_targets), timedelta(days=found.events_kept_days)
    policy = Policy(found.ocpp_security_profile, found.ocpp_subject_header)
    return create_app(Database(found.database), now, found.rate_limit, targets, kept, policy, found.metrics_token)
