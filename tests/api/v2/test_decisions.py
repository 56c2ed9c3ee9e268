"""POST /v2/access/check and GET /v2/access/explain."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from chargerights.rights.explain import explain
from chargerights.rights.permissions import Permission
from tests.api.client import Api, problem, read
from tests.api.v2.callers import ALL_BUT_ADMIN, new_operator
from tests.support.world import ALICE, DAN, DEPOT, NOW, TOMORROW, YARD, network

CHECK, EXPLAIN = "/v2/access/check", "/v2/access/explain"
ASKED = {"chargerId": "DEP-1", "idTag": "ALICE"}

REFUSED: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "body"),
    "no JSON": (b"{chargerId", ""),
    "broken UTF-8": (b'{"chargerId": "\xff"}', ""),
    "a list": ([], "body"),
    "null": (None, "body"),
    "no tag": ({"chargerId": "DEP-1"}, "body: give either idTag or withoutTag: true"),
    "no charger": ({"idTag": "ALICE"}, "chargerId: "),
    "a tag that is no text": (ASKED | {"idTag": 7}, "idTag: "),
    "a tag null": (ASKED | {"idTag": None}, "body: give either"),
    "an unknown member": (ASKED | {"colour": "red"}, "colour: "),
    "an instant without zone": (ASKED | {"at": "2026-06-03T09:00:00"}, "at: "),
    "an instant that is none": (ASKED | {"at": "tomorrow"}, "at: "),
    "an instant that is a list": (ASKED | {"at": []}, "at: "),
    "deep nesting": (b"[" * 30_000 + b"]" * 30_000, ""),
    "two megabytes": (b'{"idTag": "' + b"x" * 2_000_000 + b'"}', "the body holds more than 65536 bytes"),
}
BEYOND = ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"]


@pytest.mark.parametrize(("body", "wrong"), REFUSED.values(), ids=REFUSED)
async def test_a_body_that_asks_nothing_is_refused_in_words(sqlite_api: Api, body: Any, wrong: str) -> None:
    status, detail = problem(await sqlite_api.post(CHECK, body, headers={"content-type": "application/json"}))
    assert status == 400
    assert detail.startswith(wrong)
    assert len(detail) < 500


async def test_a_charger_that_the_customer_has_not_is_a_404(api: Api) -> None:
    assert problem(await api.post(CHECK, ASKED | {"chargerId": "NONE-1"})) == (404, "no charger NONE-1")
    assert problem(await api.get(f"{EXPLAIN}?chargerId=NONE-1&idTag=ALICE")) == (404, "no charger NONE-1")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", "chargerId: "),
        ("idTag=ALICE", "chargerId: "),
        ("chargerId=DEP-1", "idTag: is missing"),
        ("chargerId=DEP-1&idTag=ALICE&driverId=1", "driverId: cannot be given with idTag"),
        ("chargerId=DEP-1&driverId=one", "driverId: "),
        ("chargerId=DEP-1&driverId=1.5", "driverId: "),
        ("chargerId=DEP-1&idTag=ALICE&at=noon", "at: "),
        ("chargerId=DEP-1&idTag=ALICE&at=2026-06-03T09:00:00", "at: "),
    ],
)
async def test_a_question_that_names_not_one_driver_and_charger_is_refused(
    sqlite_api: Api, query: str, wrong: str
) -> None:
    status, detail = problem(await sqlite_api.get(f"{EXPLAIN}?{query}"))
    assert status == 400
    assert detail.startswith(wrong)


@pytest.mark.parametrize("driver_id", [77, 0, -1, 90, 2**63, 10**30])
async def test_a_driver_that_the_customer_has_not_is_a_404(api: Api, driver_id: int) -> None:
    told = problem(await api.get(f"{EXPLAIN}?chargerId=DEP-1&driverId={driver_id}"))
    assert told == (404, f"no driver {driver_id}")


@pytest.mark.parametrize("at", BEYOND)
@pytest.mark.parametrize("tag", ["ALICE", "ERIN", "CAROL"])
async def test_an_instant_that_some_time_zone_has_no_clock_time_for_is_refused(
    sqlite_api: Api, at: str, tag: str
) -> None:
    told = (400, "at: write an instant from 0001-01-03 to 9999-12-29")
    assert problem(await sqlite_api.post(CHECK, ASKED | {"idTag": tag, "at": at})) == told
    assert problem(await sqlite_api.get(f"{EXPLAIN}?chargerId=DEP-1&idTag={tag}&at={quote(at)}")) == told


@pytest.mark.parametrize("at", ["2026-06-03T09:00:00Z", "9999-12-29T00:00:00Z", "2026-06-03T09:00:00-12:00"])
async def test_every_other_instant_gets_an_answer(sqlite_api: Api, at: str) -> None:
    read(await sqlite_api.post(CHECK, ASKED | {"idTag": "ERIN", "at": at}), "AccessDecision")


@pytest.mark.parametrize("tag", ["", " ", "MALLORY", "x" * 5_000, "\0", "🔌", "alice\n bob"])
async def test_a_tag_that_nobody_has_is_a_no_and_no_error(api: Api, tag: str) -> None:
    decision = read(await api.post(CHECK, ASKED | {"idTag": tag}), "AccessDecision")
    assert decision == {
        "allowed": False,
        "reason": "Unknown",
        "cause": "tagUnknown",
        "paths": [],
        "revision": 2,
    }


async def test_a_yes_names_the_driver_the_tag_and_every_path(api: Api) -> None:
    decision = read(await api.post(CHECK, {"chargerId": "CIR-1", "idTag": " alice "}), "AccessDecision")
    assert decision == {
        "allowed": True,
        "reason": "Accepted",
        "cause": "rightStands",
        "driver": {"id": 1, "name": "Alice", "enabled": True},
        "tag": {"id": 1, "idTag": "ALICE"},
        "paths": [{"kind": "site", "id": 2, "name": "Depot", "via": [2, 3, 4]}],
        "revision": 2,
    }


async def test_the_instant_asked_about_counts_else_the_clock_s(api: Api) -> None:
    question = ASKED | {"idTag": "PEGGY"}
    assert read(await api.post(CHECK, question), "AccessDecision")["reason"] == "NotAtThisTime"
    later = question | {"at": TOMORROW.isoformat()}
    assert read(await api.post(CHECK, later), "AccessDecision")["reason"] == "Accepted"


async def test_weekly_hours_and_windows_stand_with_their_right(api: Api) -> None:
    erin = read(await api.post(CHECK, ASKED | {"idTag": "ERIN"}), "AccessDecision")
    assert erin["paths"][0]["hours"] == [{"weekday": day, "from": "08:00", "until": "17:00"} for day in range(1, 6)]
    carol = read(await api.get(f"{EXPLAIN}?chargerId=DEP-1&idTag=CAROL"), "AccessExplanation")
    (right,) = carol["rights"]
    assert (right["validUntil"], right["reaches"], right["standing"]) == ("2026-06-02T09:00:00Z", True, "ended")


@pytest.mark.parametrize("tag", ["ALICE", "CAROL", "DAN", "ERIN", "FRANK", "GRACE", "HEIDI", "IVAN", "JUDY", "NOBODY"])
async def test_the_explanation_says_what_the_check_decided_and_the_core_s_sentence(api: Api, tag: str) -> None:
    decision = read(await api.post(CHECK, ASKED | {"idTag": tag}), "AccessDecision")
    explained = read(await api.get(f"{EXPLAIN}?chargerId=DEP-1&idTag={tag}"), "AccessExplanation")
    assert {name: explained[name] for name in decision} == decision
    assert explained["sentence"] == explain(network(), tag, "DEP-1", NOW).sentence
    if decision["allowed"]:
        assert [right for right in explained["rights"] if right["reaches"]] == [
            path | {"reaches": True, "standing": "stands"} for path in decision["paths"]
        ]


async def test_a_driver_is_explained_by_his_number_too(api: Api) -> None:
    yes = read(await api.get(f"{EXPLAIN}?chargerId=DEP-1&driverId={ALICE.id}"), "AccessExplanation")
    no = read(await api.get(f"{EXPLAIN}?chargerId=DEP-1&driverId={DAN.id}"), "AccessExplanation")
    assert (yes["allowed"], no["allowed"], no["rights"]) == (True, False, [])
    assert yes["sentence"].startswith("Yes: Alice (driver 1)")


async def test_a_change_is_decided_by_at_once_and_tells_its_revision(fresh_api: Api) -> None:
    before = read(await fresh_api.post(CHECK, ASKED), "AccessDecision")["revision"]
    await fresh_api.post("/api/charger/add/NEW-1/2", {})
    after = read(await fresh_api.post(CHECK, ASKED | {"chargerId": "NEW-1"}), "AccessDecision")
    assert (after["allowed"], after["revision"]) == (True, before + 1)


async def test_a_no_hints_at_the_other_spelling_under_which_the_card_is_known_to_those_who_see_it(
    fresh_api: Api,
) -> None:
    api = fresh_api
    card = {"name": "Kim", "homeSiteId": YARD.id, "tags": [{"idTag": "04A1B2C3"}]}
    driver = (await api.post("/v2/drivers", card)).json()["id"]
    hint = f"The card may be known in another spelling: 04A1B2C3 is a tag of Kim (driver {driver})."
    seeing, without_tags = ALL_BUT_ADMIN, ALL_BUT_ADMIN - {Permission.READ_TAGS}
    callers = [
        (api.us.key, hint),
        (await new_operator(api, seeing, [DEPOT.id, YARD.id]), hint),
        (await new_operator(api, seeing, [DEPOT.id]), None),
        (await new_operator(api, without_tags), None),
    ]
    for key, expected in callers:
        for shown in ("04:A1:B2:C3", "C3B2A104", "0077705923"):
            asked = {"chargerId": "DEP-1", "idTag": shown}
            decision = read(await api.post(CHECK, asked, key=key), "AccessDecision")
            explained = read(
                await api.get(f"{EXPLAIN}?chargerId=DEP-1&idTag={quote(shown)}", key=key), "AccessExplanation"
            )
            assert (decision["reason"], decision["cause"], decision.get("hint")) == ("Unknown", "tagUnknown", expected)
            assert explained.get("hint") == expected
    assert "hint" not in read(await api.post(CHECK, {"chargerId": "DEP-1", "idTag": "NOBODY"}), "AccessDecision")
