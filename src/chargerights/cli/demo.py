"""The network that `serve --demo` loads, and what it prints."""

from __future__ import annotations

import shlex
import sys
from datetime import datetime

import orjson
from sqlalchemy import Connection

from .. import settings
from ..api.v1.fragments import Fragments
from ..api.v1.json_stream import JsonStreamer
from ..files.demo_network import STORIES, demo_network
from ..files.network_file import parse
from ..replica.images import NetworkSnapshot
from ..rights.decide import decide
from ..rights.listing import drivers_of_sites
from ..rights.network import Network
from ..storage import callers, networks
from ..storage.charging import charger_passwords
from ..storage.database import Database
from ..storage.journal import Actor
from .common import now, stdout
from .networks import load_file

DEMO_CUSTOMER = "Demo"
DEMO_SITES = [410, 420]
CONNECTED = (
    "HKI-PIER-01", "HKI-PIER-02", "HKI-BOAT-01", "HKI-BOAT-02", "HKI-P1A-03", "HKI-P1B-07", "ESP-G1-05", "ESP-G2-08",
    "ESP-POOL-02", "VNT-V1-01", "VNT-V2-01", "VNT-STAFF-01",
)  # fmt: skip
"""Simulated chargers. Each has one socket, some appear in the stories."""
GOOD_CARDS = 12


def prepare_demo(database: Database, url: str, address: str) -> tuple[dict[str, str], list[str]]:
    """Loads the demo network if it is missing, and prints requests with a new key.

    Returns new passwords of the simulated chargers, by charger id, and the tags that drivers show there.
    """
    at = now()
    known = {it.name: it for it in database.read_now(callers.list_customers)}
    customer = known.get(DEMO_CUSTOMER) or database.write_now(_add_demo, at)
    _, secret = database.write_now(callers.add_key, customer.id, at=at, name="demo")
    snapshot = database.read_now(networks.load, customer.id)
    _print(database, url, address, secret, NetworkSnapshot.of(customer.id, snapshot), at)
    chargers = [charger_id for charger_id in CONNECTED if charger_id in snapshot.network.chargers]
    return database.write_now(_renew, chargers, at), _cards(snapshot.network, at)


def _renew(connection: Connection, charger_ids: list[str], at: datetime) -> dict[str, str]:
    return {charger_id: charger_passwords.renew(connection, charger_id, at) for charger_id in charger_ids}


def _cards(network: Network, at: datetime) -> list[str]:
    """Tags of the stories, and tags that may charge at most of the chargers.

    Most tags of the stories are refused.
    """
    tags = [tag.id_tag for driver in network.drivers.values() for tag in driver.tags]
    places = {tag: sum(decide(network, tag, charger_id, at).allowed for charger_id in CONNECTED) for tag in tags}
    best = sorted(tags, key=lambda tag: -places[tag])[:GOOD_CARDS]
    return [*best, *dict.fromkeys(story.id_tag for story in STORIES)]


def _add_demo(connection: Connection, at: datetime) -> callers.Customer:
    """Adds the demo customer with its network, in one transaction."""
    customer = callers.add_customer(connection, DEMO_CUSTOMER, at)
    load_file(connection, customer.id, parse(orjson.dumps(demo_network(at.date()))), Actor("demo"))
    return customer


def _print(database: Database, url: str, address: str, secret: str, image: NetworkSnapshot, at: datetime) -> None:
    listings = drivers_of_sites(image.network, DEMO_SITES, at)
    answer = b"".join(JsonStreamer(image, Fragments(), at).site_drivers(listings, brief=True)).decode()
    body = orjson.dumps({"groupIds": DEMO_SITES}).decode()
    ask = 'curl -s -H "x-api-key: $KEY"'
    stdout.rule("chargerights demo")
    stdout.print("In another terminal, set the address of the server and an API key:\n")
    stdout.print(f"export HOST={address}", markup=False)
    stdout.print(f"export KEY={secret}\n", markup=False)
    stdout.print("The key may read and change everything of the demo customer, and does not expire.")
    stdout.print("Who may charge at these sites? Ask:\n")
    stdout.print(f"{ask} -d '{body}' \\", markup=False)
    stdout.print('  "$HOST/api/group/authorisedUsers?excludeDetails=true"\n', markup=False)
    stdout.print(f"The answer:\n\n{answer}\n", markup=False)
    stdout.print(
        "Without excludeDetails it also has tags, external ids, and sites with their chargers. Some of these chargers"
        " are simulated: they connect and disconnect, and drivers show cards at them. The latest decisions:\n"
    )
    stdout.print(f'{ask} "$HOST/v2/authorisations?limit=5"\n', markup=False)
    stdout.print("May a card charge at a charger, and why?\n")
    program = shlex.quote(sys.argv[0])
    if database.is_sqlite:  # else the URL may hold a password
        stdout.print(f"export {settings.PREFIX}DATABASE={shlex.quote(url)}", markup=False)
    for story in STORIES:
        question = f"{program} explain {shlex.quote(story.id_tag)} {story.charger_id}"
        stdout.print(f"{question}  # {story.expect}", markup=False)
    stdout.print(f"\nAll operations: {address}/docs   Ctrl-C ends the server.\n", markup=False)
    stdout.rule()
