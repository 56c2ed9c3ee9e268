"""Every case through OCPP 1.6 and 2.0.1: the same questions, the same answers as the core, in the version's words."""

from __future__ import annotations

import pytest

from chargerights.gateway.ocpp.statuses import STATUS_2X, STATUS_16
from chargerights.rights.decide import Cause, Reason
from tests.gateway.client import V16, V201, RawCharger
from tests.gateway.server import InProcess, World, node
from tests.rights.doors import facts_of
from tests.support.cases import CASES, Case, MayCharge
from tests.support.clock import Clock

ASKING = [case for case in CASES if any(isinstance(each, MayCharge) for each in case.questions)]
WORDS = {V16: STATUS_16, V201: STATUS_2X}


@pytest.mark.parametrize("case", ASKING, ids=str)
async def test_case(case: Case, sqlite_url: str) -> None:
    """maeve-csms: two decision paths drifted, and one accepted every tag that was known."""
    clock = Clock()
    facts = facts_of(case)
    ours = {charger.charger_id for charger in facts.chargers}  # others get no socket to ask by, or are a rival's
    async with node(World(sqlite_url, facts), clock=clock) as server:
        asked = [each for each in case.questions if isinstance(each, MayCharge)]
        wrong = [
            (question, word)
            for question in asked
            for version in (V16, V201)
            if question.charger in ours
            and (word := await answer(server, clock, version, question)) != WORDS[version][Reason(question.answer)]
        ]
        assert not wrong


def test_the_cases_refuse_for_every_reason_of_the_rule() -> None:
    """citrineos-core #878: allowed and forbidden were swapped for three years, because no test refused."""
    asked = {each.answer for case in ASKING for each in case.questions if isinstance(each, MayCharge)}
    assert asked == {cause.reason for cause in Cause if cause is not Cause.NOT_FREE_TO_USE}  # where no tag is shown


async def answer(server: InProcess, clock: Clock, version: str, question: MayCharge) -> str:
    clock.at = question.at
    async with server.charger(question.charger, version) as charger:
        words = {await authorise(charger, question.tag), await begin(charger, question.tag)}
    assert len(words) == 1, f"Authorize and the start of a session disagree: {words}"
    return words.pop()


async def authorise(charger: RawCharger, tag: str) -> str:
    if charger.version == V16:
        return str((await charger.call("Authorize", {"idTag": tag}))["idTagInfo"]["status"])
    answer = await charger.call("Authorize", {"idToken": {"idToken": tag, "type": "ISO14443"}})
    return str(answer["idTokenInfo"]["status"])


async def begin(charger: RawCharger, tag: str) -> str:
    at = "2026-06-03T09:00:00Z"
    if charger.version == V16:
        start = {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": at}
        return str((await charger.call("StartTransaction", start))["idTagInfo"]["status"])
    event = {
        "eventType": "Started",
        "timestamp": at,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": f"tx of {tag}"},
        "idToken": {"idToken": tag, "type": "ISO15693"},
    }
    return str((await charger.call("TransactionEvent", event))["idTokenInfo"]["status"])
