"""Checks and explanations of an instant that has passed: by the facts as they were then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.client import Api, problem, read
from tests.support.world import ALICE, DAN, NOW, OFFICE

CHECK, CHECKS, EXPLAIN = "/v2/access/check", "/v2/access/checks", "/v2/access/explain"
LOADED = 2
"""The revision of the cast's network, which was loaded at `NOW`."""
LATER, LATEST = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
MEANWHILE = NOW + timedelta(minutes=30)


@pytest.fixture
async def lived(fresh_api: Api) -> Api:
    """An hour after the cast's network was loaded Alice was disabled, and an hour later Dan got a right at a new
    charger of the Office."""
    fresh_api.clock.at = LATER
    assert (await fresh_api.ask("PATCH", f"/v2/drivers/{ALICE.id}", json={"enabled": False})).status_code == 200
    fresh_api.clock.at = LATEST
    assert (await fresh_api.post(f"/api/charger/add/NEW-1/{OFFICE.id}", {})).status_code == 200
    assert (await fresh_api.post("/v2/rights", {"driverId": DAN.id, "chargerId": "NEW-1"})).status_code == 201
    return fresh_api


async def decision(api: Api, id_tag: str, charger_id: str, at: datetime | None = None) -> tuple[bool, str, int]:
    question: dict[str, Any] = {"chargerId": charger_id, "idTag": id_tag}
    if at is not None:
        question["at"] = at.isoformat()
    told = read(await api.post(CHECK, question), "AccessDecision")
    return told["allowed"], told["cause"], told["revision"]


async def test_the_past_is_decided_by_its_own_facts_and_tells_its_revision(lived: Api) -> None:
    assert await decision(lived, "ALICE", "DEP-1", MEANWHILE) == (True, "rightStands", LOADED)
    assert await decision(lived, "ALICE", "DEP-1", LATER) == (False, "driverDisabled", LOADED + 1)
    assert await decision(lived, "ALICE", "DEP-1") == (False, "driverDisabled", LOADED + 3)


async def test_every_node_answers_alike_about_the_past(lived: Api) -> None:
    other = lived.beside()
    assert await decision(other, "ALICE", "DEP-1", MEANWHILE) == (True, "rightStands", LOADED)
    await other.close()


async def test_the_future_is_decided_by_today_s_facts(lived: Api) -> None:
    assert await decision(lived, "DAN", "NEW-1", LATEST) == (True, "rightStands", LOADED + 3)
    assert await decision(lived, "DAN", "NEW-1", LATEST + timedelta(days=900)) == (True, "rightStands", LOADED + 3)


async def test_a_charger_that_was_not_there_yet_is_a_404_of_then(lived: Api) -> None:
    asked = {"chargerId": "NEW-1", "idTag": "DAN", "at": LATER.isoformat()}
    assert problem(await lived.post(CHECK, asked)) == (404, "no charger NEW-1")
    path = f"{EXPLAIN}?chargerId=NEW-1&idTag=DAN&at={LATER:%Y-%m-%dT%H:%M:%SZ}"
    assert problem(await lived.get(path)) == (404, "no charger NEW-1")


async def test_an_explanation_of_the_past_is_that_of_then(lived: Api) -> None:
    path = f"{EXPLAIN}?chargerId=DEP-1&idTag=ALICE"
    then = read(await lived.get(f"{path}&at={MEANWHILE:%Y-%m-%dT%H:%M:%SZ}"), "AccessExplanation")
    now = read(await lived.get(path), "AccessExplanation")
    assert (then["allowed"], then["revision"]) == (True, LOADED)
    assert then["sentence"].startswith("Yes: Alice with tag ALICE may charge at charger DEP-1 at Depot")
    assert (now["allowed"], now["sentence"][-23:]) == (False, "the driver is disabled.")


@pytest.mark.parametrize("path", [CHECK, EXPLAIN])
async def test_before_the_journal_there_is_no_answer_and_no_no(lived: Api, path: str) -> None:
    asked = {"chargerId": "DEP-1", "idTag": "ALICE", "at": "2026-06-03T08:59:59Z"}
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    response = await (lived.post(path, asked) if path == CHECK else lived.get(f"{path}?{query}"))
    status, detail = problem(response)
    assert status == 400
    assert detail.startswith("at: there is no answer before 2026-06-03T09:00:00Z")
    assert list(response.json()["errors"]) == ["at"]


async def test_another_customer_asks_his_own_past(lived: Api) -> None:
    asked = {"chargerId": "DEP-1", "idTag": "ALICE", "at": MEANWHILE.isoformat()}
    assert problem(await lived.post(CHECK, asked, key=lived.rival.key)) == (404, "no charger DEP-1")
    own = asked | {"chargerId": "RIV-1", "idTag": "MALLORY"}
    assert read(await lived.post(CHECK, own, key=lived.rival.key), "AccessDecision")["allowed"]


async def test_many_questions_of_many_instants_are_answered_in_their_order(lived: Api) -> None:
    asked: list[tuple[str, str, str | None]] = [
        ("DEP-1", "ALICE", None),
        ("NEW-1", "DAN", LATEST.isoformat()),
        ("DEP-1", "ALICE", MEANWHILE.isoformat()),
        ("NEW-1", "DAN", LATER.isoformat()),
        ("DEP-1", "ALICE", LATER.isoformat()),
        ("DEP-1", "ALICE", "2020-01-01T00:00:00Z"),
        ("NONE", "ALICE", None),
        ("DEP-1", "NOBODY", None),
    ]
    questions = [
        {"chargerId": charger, "idTag": tag} | ({"at": at} if at is not None else {}) for charger, tag, at in asked
    ]
    told = read(await lived.post(CHECKS, {"questions": questions}), "AccessDecisions")
    assert told["revision"] == LOADED + 3
    assert [(each["allowed"], each.get("cause"), each.get("revision")) for each in told["decisions"]] == [
        (False, "driverDisabled", LOADED + 3),
        (True, "rightStands", LOADED + 3),
        (True, "rightStands", LOADED),
        (False, "chargerUnknown", LOADED + 1),
        (False, "driverDisabled", LOADED + 1),
        (False, None, None),
        (False, "chargerUnknown", LOADED + 3),
        (False, "tagUnknown", LOADED + 3),
    ]
    assert told["decisions"][5] == {
        "allowed": False,
        "problem": "there is no answer before 2026-06-03T09:00:00Z:"
        " much was loaded at once then, and what stood before it is not kept",
    }


async def test_a_thousand_questions_are_answered_one_more_is_refused(lived: Api) -> None:
    question = {"chargerId": "DEP-1", "idTag": "ALICE", "at": MEANWHILE.isoformat()}
    told = read(await lived.post(CHECKS, {"questions": [question] * 1_000}), "AccessDecisions")
    assert [each["allowed"] for each in told["decisions"]] == [True] * 1_000
    assert problem(await lived.post(CHECKS, {"questions": [question] * 1_001}))[0] == 400
    assert problem(await lived.post(CHECKS, {"questions": []}))[0] == 400


async def test_a_question_that_is_not_understood_refuses_them_all_and_is_named(lived: Api) -> None:
    good = {"chargerId": "DEP-1", "idTag": "ALICE"}
    response = await lived.post(CHECKS, {"questions": [good, good | {"at": "noon"}, {"idTag": 7}]})
    status, _ = problem(response)
    assert status == 400
    assert {*response.json()["errors"]} == {"questions.1.at", "questions.2.chargerId", "questions.2.idTag"}


async def test_one_question_among_many_is_answered_as_it_is_by_itself(lived: Api) -> None:
    questions = [
        {"chargerId": charger, "idTag": tag}
        for charger in ("DEP-1", "CIR-1", "CIR-2", "OFF-1")
        for tag in ("ALICE", "BOB", "ERIN", "JUDY", "GRACE", "x")
    ]
    many = read(await lived.post(CHECKS, {"questions": questions}), "AccessDecisions")["decisions"]
    assert many == [read(await lived.post(CHECK, each), "AccessDecision") for each in questions]


async def test_who_is_not_known_asks_nothing(lived: Api) -> None:
    assert problem(await lived.post(CHECKS, {"questions": []}, key=None))[0] == 401
