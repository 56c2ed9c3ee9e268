"""`chargerights serve` and `chargerights migrate`."""

from __future__ import annotations

import os
import resource
from contextlib import ExitStack, suppress
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from tempfile import TemporaryDirectory
from typing import Annotated

import uvicorn
from cyclopts import Parameter
from cyclopts.validators import Number

from .. import metrics, settings, telemetry
from ..app import SERVER_OPTIONS
from ..storage import migration, roles
from . import demo_chargers
from .common import Common, WrongQuestion, print_json, stdout
from .demo import prepare_demo

COMMON = Common()


def serve(
    *,
    host: Annotated[str, Parameter(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="Port to listen on", validator=Number(gte=0, lte=65535))] = 8080,
    workers: Annotated[int, Parameter(help="Processes that serve", validator=Number(gte=1))] = 1,
    ocpp_security_profile: Annotated[
        int | None,
        Parameter(
            help="Least OCPP security profile; else CHARGERIGHTS_OCPP_SECURITY_PROFILE", validator=Number(gte=0, lte=3)
        ),
    ] = None,
    tls_certificate: Annotated[
        Path | None, Parameter(help="PEM file of the certificate and its chain: serve https and wss, without a proxy")
    ] = None,
    tls_key: Annotated[
        Path | None, Parameter(help="PEM file of the certificate's private key, without a password")
    ] = None,
    demo: Annotated[
        bool, Parameter(help="Load a demo network first, say what to try, and run some of its chargers", negative="")
    ] = False,
    common: Common = COMMON,
) -> None:
    """Bring the database to this version, then serve until interrupted."""
    found = settings.read()
    telemetry.configure(found.log_format, found.log_level)
    tls = _tls(tls_certificate, tls_key)
    with common.open() as database:
        address = f"{'https' if tls else 'http'}://{host}:{port}"
        chargers = prepare_demo(database, common.url, address) if demo else None
    with ExitStack() as stack:
        profile = found.ocpp_security_profile if ocpp_security_profile is None else ocpp_security_profile
        if chargers is not None and profile <= demo_chargers.SECURITY_PROFILE and not tls:
            stack.enter_context(demo_chargers.running(host, port, *chargers))
        if workers > 1:  # whichever is asked for metrics answers for all
            os.environ[metrics.FOLDER] = stack.enter_context(TemporaryDirectory(prefix="chargerights-metrics-"))
        _serve(found, common.url, host, port, workers, ocpp_security_profile, tls)


def _tls(certificate: Path | None, key: Path | None) -> dict[str, Path]:
    """What uvicorn must know to serve TLS; nothing to serve it not. Raises WrongQuestion."""
    if certificate is None and key is None:
        return {}
    if certificate is None or key is None:
        raise WrongQuestion("TLS takes both --tls-certificate and --tls-key")
    for file in (certificate, key):
        try:
            file.open("rb").close()
        except OSError as error:
            raise WrongQuestion(f"{file} cannot be read: {error.strerror}") from error
    try:
        SSLContext(PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except OSError as error:  # SSLError is one
        raise WrongQuestion(
            f"{certificate} and {key} are no certificate with its key, in PEM and without a password: {error}"
        ) from error
    return {"ssl_certfile": certificate, "ssl_keyfile": key}


def _serve(
    found: settings.Settings,
    url: str,
    host: str,
    port: int,
    workers: int,
    ocpp_security_profile: int | None,
    tls: dict[str, Path],
) -> None:
    os.environ[f"{settings.PREFIX}DATABASE"] = url
    os.environ.pop(f"{settings.PREFIX}DATABASE{settings.FILE}", None)
    if ocpp_security_profile is not None:
        os.environ[f"{settings.PREFIX}OCPP_SECURITY_PROFILE"] = str(ocpp_security_profile)
        os.environ.pop(f"{settings.PREFIX}OCPP_SECURITY_PROFILE{settings.FILE}", None)
    proxies = {"proxy_headers": True, "forwarded_allow_ips": found.trusted_proxies} if found.trusted_proxies else {}
    _raise_file_limit()
    uvicorn.run(
        "chargerights.app:worker",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        **SERVER_OPTIONS | proxies | tls,
    )


def migrate(
    *,
    grant_to: Annotated[
        str | None, Parameter(help="PostgreSQL role that the server connects as: it gets what that needs, and no more")
    ] = None,
    common: Common = COMMON,
) -> None:
    """Bring the database to this version, as the user who owns its tables."""
    migration.migrate(common.url)
    if grant_to is not None:
        roles.grant(common.url, grant_to)
    if common.json:
        print_json({"migrated": True, "grantedTo": grant_to})
    else:
        stdout.print("The database is of this version.")
        if grant_to is not None:
            stdout.print(f"{grant_to} may run the server, and cannot change the journal.", markup=False)


def _raise_file_limit() -> None:
    """Every charger's socket is a file: as many as this user may open, not the fewer that a shell begins with."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
