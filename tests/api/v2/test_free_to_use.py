"""`freeToUse` of sites and chargers, and the questions about charging without a tag."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.charger_shapes import ChargerShape
from chargerights.api.v2.decisions import AccessDecision, AccessExplanation
from chargerights.api.v2.sites import SiteShape
from tests.api.client import Api
from tests.api.v2.asking import good, refused, send

WITHOUT_TAG = {"chargerId": "DEP-1", "withoutTag": True}


async def check(api: Api, **more: Any) -> tuple[bool, str, str]:
    found = good(await send(api, "POST", "/v2/access/check", WITHOUT_TAG | more), AccessDecision)
    assert found["paths"] == []
    return found["allowed"], found["reason"], found["cause"]


@pytest.mark.parametrize("body", [{}, {"withoutTag": False}, {"idTag": "ALICE", "withoutTag": True}])
async def test_a_question_names_a_tag_or_says_that_there_is_none(api: Api, body: dict[str, Any]) -> None:
    status, said = refused(await send(api, "POST", "/v2/access/check", {"chargerId": "DEP-1"} | body))
    assert (status, said) == (400, {"body": ["give either idTag or withoutTag: true"]})
    many = {"questions": [{"chargerId": "DEP-1"} | body]}
    assert refused(await send(api, "POST", "/v2/access/checks", many))[0] == 400


async def test_an_explanation_names_one_of_three(api: Api) -> None:
    for query, blamed in (
        ("", "idTag"),
        ("&withoutTag=false", "idTag"),
        ("&withoutTag=true&idTag=ALICE", "withoutTag"),
        ("&withoutTag=true&driverId=1", "withoutTag"),
    ):
        status, errors = refused(await api.get(f"/v2/access/explain?chargerId=DEP-1{query}"))
        assert (status, [*errors]) == (400, [blamed])


async def test_a_mark_lets_anyone_charge_and_is_in_the_past_only_from_when_it_was_set(fresh_api: Api) -> None:
    api = fresh_api
    assert await check(api) == (False, "Invalid", "notFreeToUse")
    changed = good(await send(api, "PATCH", "/v2/sites/2", {"freeToUse": True}), SiteShape)
    assert changed["freeToUse"] is True
    assert await check(api) == (True, "Accepted", "freeToUse")
    explained = await api.get("/v2/access/explain?chargerId=DEP-1&withoutTag=true")
    assert good(explained, AccessExplanation)["sentence"] == (
        "Yes: anyone may charge at charger DEP-1 at Depot without a tag: site Depot (2) is free to use."
    )
    charger = good(await send(api, "PATCH", "/v2/chargers/DEP-1", {"freeToUse": False}), ChargerShape)
    assert charger["freeToUse"] is False
    assert await check(api) == (False, "Invalid", "notFreeToUse")
    assert "freeToUse" not in good(await send(api, "PATCH", "/v2/chargers/DEP-1", {"freeToUse": None}), ChargerShape)
    assert await check(api) == (True, "Accepted", "freeToUse")
    asked = {"questions": [WITHOUT_TAG, WITHOUT_TAG | {"chargerId": "OFF-1"}, {"chargerId": "DEP-1", "idTag": "GRACE"}]}
    found = (await send(api, "POST", "/v2/access/checks", asked)).json()["decisions"]
    assert [each["cause"] for each in found] == ["freeToUse", "notFreeToUse", "tagBlocked"]
