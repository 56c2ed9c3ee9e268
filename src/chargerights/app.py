"""The composition root: one process's server, from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp
from starlette_compress import CompressMiddleware

from . import settings, telemetry
from .api import v2
from .api.common import errors, health
from .api.common.headers import AnswerHeaders, HeadAsGet
from .api.common.rate_limit import RateLimits
from .api.common.state import AppState
from .api.openapi import pages
from .api.v1 import routes
from .api.v2 import decisions
from .gateway.endpoint import ChargerEndpoint
from .gateway.gateway import Gateway, SpoolSettings
from .gateway.handshake.handshake_auth import CERTIFICATE, Policy
from .gateway.ocpp.ocpp_j import MAX_BYTES
from .gateway.writes.spool import MEGABYTE, default_folder
from .net.allowed_targets import AllowedTargets
from .replica.as_of import AsOfNetworks
from .replica.images import NetworkReplicas
from .serving.proxies import Believing, InvalidProxies, Proxies
from .storage.database import Database
from .webhooks import worker as webhook_worker

SERVER_OPTIONS: dict[str, Any] = {"ws_max_size": MAX_BYTES}
"""Options that this application sets for the server, see `serving.configuration`."""


def now() -> datetime:
    """Returns the current time. The only clock of the doors, which tests can replace."""
    return datetime.now(UTC)


def create_app(
    database: Database,
    clock: Callable[[], datetime] = now,
    rate_limit: float = 0,
    webhook_targets: AllowedTargets = AllowedTargets.PUBLIC,
    events_kept: timedelta = timedelta(days=90),
    policy: Policy | None = None,
    metrics_token: str = "",
    spool: SpoolSettings | None = None,
) -> FastAPI:
    """Creates the application.

    The database must have its tables. See `migration.migrate`.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with gateway.running(), webhook_worker.running(database, clock, webhook_targets, events_kept):
            yield
        await state.close()

    app = FastAPI(openapi_url=None, lifespan=lifespan, redirect_slashes=False)
    images, history = NetworkReplicas(database, clock), AsOfNetworks(database)
    app.state.gateway = gateway = Gateway(database, images, clock, policy, webhook_targets, spool)
    database.after_commit += [images.committed, gateway.committed]
    app.state.shared = state = AppState(
        database,
        images,
        clock,
        history,
        webhook_targets,
        gateway,
        limits=RateLimits(rate_limit),
        metrics_token=metrics_token,
    )
    app.state.fragments = {}
    for router in (routes.router, decisions.router, *v2.routers, health.router):
        app.router.routes += router.routes  # include_router would build every route a second time, for each app
    errors.install(app)
    pages.install(app)
    app.add_middleware(CompressMiddleware, minimum_size=1024, gzip_level=1, brotli_quality=1, zstd_level=1)
    app.add_middleware(HeadAsGet)
    app.add_middleware(AnswerHeaders)
    app.add_middleware(telemetry.AccessLog)
    app.add_middleware(ChargerEndpoint, gateway=gateway)
    return app


def worker() -> ASGIApp:
    """Creates the application in a worker process of uvicorn.

    Settings come from the environment. Raises InvalidSettings.
    """
    chosen = settings.read()
    telemetry.configure(chosen.log_format, chosen.log_level)
    proxies = trusted_proxies(chosen)
    targets, kept = AllowedTargets(chosen.webhook_targets), timedelta(days=chosen.events_kept_days)
    policy = Policy(chosen.ocpp_security_profile, chosen.ocpp_subject_header)
    database = Database(chosen.database)
    folder = Path(chosen.spool) if chosen.spool else default_folder(database)
    spool = SpoolSettings(folder, chosen.spool_megabytes * MEGABYTE)
    app = create_app(database, now, chosen.rate_limit, targets, kept, policy, chosen.metrics_token, spool)
    return Believing(app, proxies) if proxies else app


def trusted_proxies(chosen: settings.Settings) -> Proxies:
    """Returns the trusted proxies of the settings.

    Raises InvalidSettings, also if the combination of settings would let strangers in.
    """
    name = f"{settings.PREFIX}TRUSTED_PROXIES"
    try:
        proxies = Proxies.of(chosen.trusted_proxies)
    except InvalidProxies as error:
        raise settings.InvalidSettings(f"{name}: {error}") from None
    if chosen.ocpp_subject_header and not proxies:
        raise settings.InvalidSettings(
            f"{settings.PREFIX}OCPP_SUBJECT_HEADER is set and {name} is not: any client could write that header and be"
            f" any charger. Name in {name} the addresses of the proxies that check certificates"
        )
    if chosen.ocpp_security_profile == CERTIFICATE and not chosen.ocpp_subject_header:
        raise settings.InvalidSettings(
            f"security profile 3 needs {settings.PREFIX}OCPP_SUBJECT_HEADER, in which a proxy hands on the subject of a"
            " charger's certificate: without it no charger can connect"
        )
    return proxies
