"""Two doors to the cases that need no server: the core itself, and the oracle."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count

from chargerights.files import network_file
from chargerights.rights.decide import decide
from chargerights.rights.errors import NotFound
from chargerights.rights.listing import chargers_of_driver, drivers_of_charger, drivers_of_site, sites_of_driver
from chargerights.rights.network import Network
from tests.support import oracle
from tests.support.cases import Case, ChargersOf, DriversOf, DriversOfCharger, MayCharge, Question, SitesOf
from tests.support.oracle import Facts
from tests.support.world import NOW, network

Answer = str | list[int] | list[str] | None
Door = Callable[[Facts, Question], Answer]


def facts_of(case: Case) -> Facts:
    """The case's facts as the core's values."""
    file = network_file.parse(json.dumps(case.facts).encode())
    read = network_file.facts(file, Network(), count(1).__next__, NOW)
    return Facts(read.sites, read.chargers, read.access_groups, read.drivers)


def core(facts: Facts, question: Question) -> Answer:
    return answer(network(facts), question)


def answer(asked: Network, question: Question) -> Answer:
    """What the core says of that network, wherever it was loaded from."""
    try:
        match question:
            case MayCharge(tag, charger, at):
                return decide(asked, tag, charger, at).reason.value
            case DriversOf(site, at):
                return list(drivers_of_site(asked, site, at).drivers)
            case DriversOfCharger(charger, at):
                return list(drivers_of_charger(asked, charger, at).drivers)
            case ChargersOf(driver, at):
                return sorted(chargers_of_driver(asked, driver, at))
            case SitesOf(driver, at):
                return sorted(sites_of_driver(asked, driver, at))
    except NotFound:
        return None


def slow_oracle(facts: Facts, question: Question) -> Answer:
    match question:
        case MayCharge(tag, charger, at):
            return oracle.may_charge(facts, tag, charger, at)
        case DriversOf(site, at):
            known = any(each.id == site for each in facts.sites)
            return sorted(oracle.drivers_of_site(facts, site, at)) if known else None
        case DriversOfCharger(charger, at):
            known = any(each.charger_id == charger for each in facts.chargers)
            return sorted(oracle.drivers_of_charger(facts, charger, at)) if known else None
        case ChargersOf(driver, at):
            known = any(each.id == driver for each in facts.drivers)
            return sorted(oracle.chargers_of_driver(facts, driver, at)) if known else None
        case SitesOf(driver, at):
            known = any(each.id == driver for each in facts.drivers)
            return sorted(oracle.sites_of_driver(facts, driver, at)) if known else None
