"""`chargerights serve` with its demo, and `chargerights migrate`."""

from __future__ import annotations

import os
import resource
import shlex
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated

import orjson
import uvicorn
from cyclopts import Parameter
from cyclopts.validators import Number
from sqlalchemy import Connection

from .. import settings, telemetry
from ..api.answers import Fragments, Scribe
from ..app import SERVER_OPTIONS
from ..files.demo_network import STORIES, demo_network
from ..files.network_file import parse
from ..rights.listing import drivers_of_sites
from ..storage import callers, migration, networks, roles
from ..storage.database import Database
from ..storage.images import Image
from ..storage.journal import Actor
from .common import Common, now, print_json, stdout
from .networks import load_file

DEMO_CUSTOMER = "Demo"
DEMO_SITES = [410, 420]
DEMO_KEY_LASTS = timedelta(days=7)
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
    demo: Annotated[bool, Parameter(help="Load a demo network first and say what to try", negative="")] = False,
    common: Common = COMMON,
) -> None:
    """Bring the database to this version, then serve until interrupted."""
    found = settings.read()
    telemetry.configure(found.log_format, found.log_level)
    with common.open() as database:
        if demo:
            _prepare_demo(database, common.url, f"http://{host}:{port}")
    os.environ[f"{settings.PREFIX}DATABASE"] = common.url
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
        **SERVER_OPTIONS | proxies,
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


def _add_demo(connection: Connection, at: datetime) -> callers.Customer:
    """The demo customer with his network, in one transaction: an interrupted first start leaves nothing."""
    customer = callers.add_customer(connection, DEMO_CUSTOMER, at)
    load_file(connection, customer.id, parse(orjson.dumps(demo_network(at.date()))), Actor("demo"))
    return customer


def _prepare_demo(database: Database, url: str, address: str) -> None:
    """Loads the demo network unless it is there, and prints what to try with a new key."""
    at = now()
    known = {each.name: each for each in database.read_now(callers.list_customers)}
    customer = known.get(DEMO_CUSTOMER)
    if customer is None:
        customer = database.write_now(_add_demo, at)
    _, secret = database.write_now(
        callers.add_key, customer.id, at=at, name="demo", read_only=True, expires_at=at + DEMO_KEY_LASTS
    )
    found = database.read_now(networks.load, customer.id)
    listings = drivers_of_sites(found.network, DEMO_SITES, at)
    image = Image.of(customer.id, found)
    answer = b"".join(Scribe(image, Fragments(), at).site_drivers(listings, brief=True)).decode()
    body = orjson.dumps({"groupIds": DEMO_SITES}).decode()
    stdout.rule("chargerights demo")
    stdout.print("Who may charge at these sites? Ask:\n")
    stdout.print(f"curl -s -H 'x-api-key: {secret}' -d '{body}' \\", markup=False)
    stdout.print(f"  '{address}/api/group/authorisedUsers?excludeDetails=true'\n", markup=False)
    stdout.print(f"It answers:\n\n{answer}\n", markup=False)
    stdout.print("Leave out excludeDetails for tags, sites, chargers and external ids. May a card charge, and why?\n")
    program = shlex.quote(sys.argv[0])
    if database.is_sqlite:  # else the URL may hold a password
        stdout.print(f"export {settings.PREFIX}DATABASE={shlex.quote(url)}", markup=False)
    for story in STORIES:
        question = f"{program} explain {shlex.quote(story.id_tag)} {story.charger_id}"
        stdout.print(f"{question}  # {story.expect}", markup=False)
    stdout.print(f"\nAll operations: {address}/docs   Ctrl-C ends the server.\n", markup=False)
    stdout.rule()
