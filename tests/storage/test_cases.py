"""Every case holds in the image of either database, where the code of `chargerights load` had stored its facts."""

from __future__ import annotations

import orjson
import pytest

from chargerights.cli.networks import load_network
from chargerights.files.network_file import parse
from chargerights.rights.decide import decide
from chargerights.rights.errors import NotFound
from chargerights.rights.listing import chargers_of_driver, drivers_of_charger, drivers_of_site, sites_of_driver
from chargerights.rights.network import Network
from chargerights.storage.database import Database
from chargerights.storage.images import Images
from tests.cases import CASES, Case, ChargersOf, DriversOf, DriversOfCharger, MayCharge, Question, SitesOf
from tests.world import NOW

Answer = str | list[int] | list[str] | None


def answer(network: Network, question: Question) -> Answer:
    try:
        match question:
            case MayCharge(tag, charger, at):
                return decide(network, tag, charger, at).reason.value
            case DriversOf(site, at):
                return list(drivers_of_site(network, site, at).drivers)
            case DriversOfCharger(charger, at):
                return list(drivers_of_charger(network, charger, at).drivers)
            case ChargersOf(driver, at):
                return sorted(chargers_of_driver(network, driver, at))
            case SitesOf(driver, at):
                return sorted(sites_of_driver(network, driver, at))
    except NotFound:
        return None


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_case(database: Database, customer: int, case: Case) -> None:
    _, revision = load_network(database, customer, parse(orjson.dumps(case.facts)), "test")
    image = await Images(database, lambda: NOW).fresh(customer, revision)
    asked = [(question, answer(image.network, question)) for question in case.questions]
    assert [(question, found) for question, found in asked if found != question.answer] == []
