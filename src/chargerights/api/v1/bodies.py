"""New sites and chargers of v1, from their request bodies.

A new charger's members are those of a network file's charger, so the same reader checks them (`files`); only
`chargerName` has another name there, and the id and site come from the path.
"""

from __future__ import annotations

from typing import Any

import orjson

from ...files.network_file import InvalidNetworkFile, facts, parse
from ...files.network_file.schema import ChargerEntry, members_of
from ...rights.driver_sets import BEGINNING
from ...rights.errors import InvalidInput
from ...rights.identifiers import name as checked_name
from ...rights.model import Charger, Site
from ...rights.network import Network

RENAMED = {"chargerName": "name"}
MEMBERS = {*RENAMED, *members_of(ChargerEntry)} - {*RENAMED.values(), "chargerId", "siteId"}
PLACE = "chargers[0]."


class InvalidAddition(InvalidInput):
    """A body that describes no new site or charger."""


def new_site_name(body: Any) -> str:
    """The name in `{"name": …}`. Raises InvalidAddition."""
    if not isinstance(body, dict) or not isinstance(body.get("name"), str):
        raise InvalidAddition('name is missing or no text: send {"name": "Depot"}')
    unknown = sorted(body.keys() - {"name"})
    if unknown:
        raise InvalidAddition(f"{unknown[0]} is not a member of a new site: send only its name")
    return checked_name(body["name"], "name")


def new_charger(charger_id: str, site_id: int, body: Any) -> Charger:
    """The charger that the body describes.

    Its number is to be given. Raises InvalidAddition with every error.
    """
    if not isinstance(body, dict):
        raise InvalidAddition('the body is not an object: send {"chargerName": "Bay 1"}')
    unknown = sorted(body.keys() - MEMBERS)
    if unknown:
        raise InvalidAddition(f"{unknown[0]} is not a member of a new charger; there are {', '.join(sorted(MEMBERS))}")
    members = {RENAMED.get(name, name): value for name, value in body.items()}
    entry = members | {"chargerId": charger_id, "siteId": site_id}
    try:
        raw = orjson.dumps({"chargers": [entry]})
    except orjson.JSONEncodeError:
        raise InvalidAddition("the body is nested too deeply") from None
    try:
        file = parse(raw)
        (charger,) = facts(file, Network.build([Site(site_id, "its site")], (), (), ()), lambda: 0, BEGINNING).chargers
    except InvalidNetworkFile as error:
        raise InvalidAddition("; ".join(map(_in_the_body, error.errors))) from error
    return charger


def _in_the_body(error: str) -> str:
    """An error of the file with its place as the body has it."""
    place, colon, sentence = error.removeprefix(PLACE).partition(":")
    names = {inside: outside for outside, inside in RENAMED.items()}
    return names.get(place, place) + colon + sentence
