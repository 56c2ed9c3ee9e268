"""Every case through HTTP: the same questions, the same answers as the core."""

from __future__ import annotations

import pytest

from chargerights.storage.database import Database
from tests.api.client import Api, add_party, listed, problem, read
from tests.rights.doors import facts_of
from tests.support.cases import CASES, Case, DriversOf, DriversOfCharger, MayCharge, Question
from tests.support.clock import Clock
from tests.support.oracle import Facts

NOBODY = Facts((), (), (), ())


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_case(case: Case, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    us, rival = add_party(database, "Us", facts_of(case)), add_party(database, "Rival", NOBODY)
    database.close_now()
    api = Api(sqlite_url, us, rival, Clock())
    asked = [each for each in case.questions if isinstance(each, MayCharge | DriversOf | DriversOfCharger)]
    wrong = [(question, said) for question in asked if (said := await answer(api, question)) != expected(question)]
    await api.close()
    assert not wrong


async def answer(api: Api, question: Question) -> str | list[int] | None:
    api.clock.at = question.at
    match question:
        case MayCharge(tag, charger):
            response = await api.post("/v2/access/check", {"chargerId": charger, "idTag": tag})
            if response.status_code == 404:
                assert problem(response)[1] == f"no charger {charger}"
                return "NotAtThisLocation"
            return str(read(response, "AccessDecision")["reason"])
        case DriversOf(site):
            response = await api.drivers_of([site], brief=True)
            return None if response.status_code == 404 else listed(response)[site]
        case DriversOfCharger(charger):
            response = await api.get(f"/api/charger/authorisedUsers/{charger}")
            return None if response.status_code == 400 else [user["id"] for user in read(response, "User[]")]
    raise AssertionError(f"HTTP has no such question: {question}")


def expected(question: Question) -> str | list[int] | list[str] | None:
    """The case's answer; the wire tells a site without drivers from no site by nothing but its words."""
    return question.answer or None if isinstance(question, DriversOf) else question.answer
