"""`chargerights serve` and `chargerights migrate`."""

from __future__ import annotations

import os
import resource
import socket
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from tempfile import TemporaryDirectory
from typing import Annotated

import structlog
import uvicorn
from cyclopts import Parameter
from cyclopts.validators import Number

from .. import metrics, settings, telemetry
from ..app import SERVER_OPTIONS, trusted_proxies
from ..gateway.writes import spool
from ..serving.configuration import Config
from ..serving.listening import listen
from ..serving.workers import Workers
from ..storage import migration, roles
from . import demo_chargers
from .common import Common, WrongQuestion, print_json, stdout
from .demo import prepare_demo

COMMON = Common()
RESERVED_FILES = 200
"""For the database, logs and imports."""
FAULT = 70
"""Exit status of a server that listens but cannot start."""
log = structlog.get_logger()


def serve(
    *,
    host: Annotated[str, Parameter(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="Port to listen on", validator=Number(gte=0, lte=65535))] = 8080,
    workers: Annotated[int, Parameter(help="Number of server processes", validator=Number(gte=1))] = 1,
    ocpp_security_profile: Annotated[
        int | None,
        Parameter(
            help="Lowest accepted OCPP security profile. Default: CHARGERIGHTS_OCPP_SECURITY_PROFILE",
            validator=Number(gte=0, lte=3),
        ),
    ] = None,
    tls_certificate: Annotated[
        Path | None, Parameter(help="PEM file of the certificate and its chain, to serve https and wss without a proxy")
    ] = None,
    tls_key: Annotated[
        Path | None, Parameter(help="PEM file of the certificate's private key, without a password")
    ] = None,
    demo: Annotated[
        bool,
        Parameter(help="Load a demo network, print requests to try, and simulate some of its chargers", negative=""),
    ] = False,
    common: Common = COMMON,
) -> int:
    """Migrate the database if needed, then serve until interrupted."""
    chosen = settings.read()
    if ocpp_security_profile is not None:
        chosen = chosen.model_copy(update={"ocpp_security_profile": ocpp_security_profile})
    telemetry.configure(chosen.log_format, chosen.log_level)
    proxies = trusted_proxies(chosen)
    tls = _tls(tls_certificate, tls_key)
    chosen = chosen.model_copy(update={"max_connections": _connections(chosen.max_connections)})
    with ExitStack() as stack:
        listeners = [stack.enter_context(it) for it in listen(host, port)]
        port = listeners[0].getsockname()[1]
        with common.open() as database:
            address = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
            spool.prepare(Path(chosen.spool) if chosen.spool else spool.default_folder(database))
            chargers = prepare_demo(database, common.url, address) if demo else None
        if chargers is not None and chosen.ocpp_security_profile <= demo_chargers.SECURITY_PROFILE and not tls:
            stack.enter_context(demo_chargers.running(host, port, *chargers))
        if workers > 1:  # the worker that is asked for metrics answers for all
            os.environ[metrics.FOLDER] = stack.enter_context(TemporaryDirectory(prefix="chargerights-metrics-"))
        if not (tls or proxies or all(ip_address(it.getsockname()[0]).is_loopback for it in listeners)):
            log.warning("serving plain HTTP beyond this machine: keys and passwords can be read on the way", host=host)
        _for_workers(common.url, ocpp_security_profile)
        log.info("listening", url=address, workers=workers, max_connections=chosen.max_connections)
        options = SERVER_OPTIONS | tls
        config = Config("chargerights.app:worker", chosen, proxies, factory=True, workers=workers, **options)
        return _run(config, listeners)


def _run(config: Config, listeners: list[socket.socket]) -> int:
    """Serves until a signal comes. Returns the exit status."""
    if config.workers > 1:
        workers = Workers(config, listeners)
        workers.run()
        return FAULT if workers.failed else 0
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(listeners)
    return 0


def _tls(certificate: Path | None, key: Path | None) -> dict[str, Path]:
    """Options of uvicorn for TLS. They are empty for plain HTTP. Raises WrongQuestion."""
    if certificate is None and key is None:
        return {}
    if certificate is None or key is None:
        raise WrongQuestion("TLS needs both --tls-certificate and --tls-key")
    for file in (certificate, key):
        try:
            file.open("rb").close()
        except OSError as error:
            raise WrongQuestion(f"{file} cannot be read: {error.strerror}") from error
    try:
        SSLContext(PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except OSError as error:  # SSLError is one
        raise WrongQuestion(
            f"{certificate} and {key} are not a certificate and its key in PEM without a password: {error}"
        ) from error
    return {"ssl_certfile": certificate, "ssl_keyfile": key}


def _for_workers(url: str, ocpp_security_profile: int | None) -> None:
    """Passes the options of this command on, as settings in the environment."""
    options = {"DATABASE": url, "OCPP_SECURITY_PROFILE": ocpp_security_profile}
    for name, value in options.items():
        if value is not None:
            os.environ[f"{settings.PREFIX}{name}"] = str(value)
            os.environ.pop(f"{settings.PREFIX}{name}{settings.FILE}", None)


def migrate(
    *,
    grant_to: Annotated[
        str | None, Parameter(help="PostgreSQL role of the server. It gets the grants that the server needs")
    ] = None,
    common: Common = COMMON,
) -> None:
    """Migrate the database to this version, as the owner of its tables."""
    migration.migrate(common.url)
    if grant_to is not None:
        roles.grant(common.url, grant_to)
    if common.json:
        print_json({"migrated": True, "grantedTo": grant_to})
    else:
        stdout.print("Database schema is up to date.")
        if grant_to is not None:
            stdout.print(f"{grant_to} has the grants of the server. It cannot change the journal.", markup=False)


def _connections(wanted: int) -> int:
    """The limit of connections of a process.

    It is at most the number of files that this user may open, as each connection is one.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a shell begins with fewer
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    room = max(files - RESERVED_FILES, 1)
    return min(wanted or room, room)
