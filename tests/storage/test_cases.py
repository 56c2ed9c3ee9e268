"""Every case holds in the image of either database, where the code of `chargerights load` had stored its facts."""

from __future__ import annotations

import orjson
import pytest

from chargerights.cli.networks import load_network
from chargerights.files.network_file import parse
from chargerights.replica.images import NetworkReplicas
from chargerights.storage.database import Database
from tests.rights.doors import answer
from tests.support.cases import CASES, Case
from tests.support.servers import TEST
from tests.support.world import NOW


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_case(database: Database, customer: int, case: Case) -> None:
    _, revision = load_network(database, customer, parse(orjson.dumps(case.facts)), TEST)
    image = await NetworkReplicas(database, lambda: NOW).fresh(customer, revision)
    asked = [(question, answer(image.network, question)) for question in case.questions]
    assert [(question, found) for question, found in asked if found != question.answer] == []
