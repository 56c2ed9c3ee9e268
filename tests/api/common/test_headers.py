"""What browsers and caches may do with answers: nothing that was not meant."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from tests.api.client import MISSION, Api
from tests.support.world import ALICE, DEPOT

OPERATOR = {"name": "Reader", "permissions": ["ReadDrivers"], "siteIds": None}


async def test_the_page_of_the_docs_runs_its_own_scripts_only_and_stands_in_no_other_page(sqlite_api: Api) -> None:
    page = await sqlite_api.http.get("/docs")
    headers = page.headers
    policy = dict(each.strip().partition(" ")[::2] for each in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["connect-src"] == "'self'"
    inline = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    hashes = [f"'sha256-{b64encode(sha256(each.encode()).digest()).decode()}'" for each in inline]
    assert policy["script-src"].split() == ["'self'", *hashes]
    assert len(inline) == 1
    assert not re.search(r"\son\w+=|javascript:", page.text), "a handler that the policy forbids"
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/docs/swagger-ui-bundle.js",
        "/docs/swagger-ui.css",
        "/docs/none.js",
        "/openapi.json",
        "/swagger.json",
        "/health",
        "/nothing",
        "/v2/drivers",
        "/api/groups",
    ],
)
async def test_no_browser_guesses_what_an_answer_is(sqlite_api: Api, path: str) -> None:
    assert (await sqlite_api.get(path)).headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/v2/drivers",
        "/v2/events",
        "/v2/sessions",
        "/v2/audit-logs",
        "/v2/nothing",
        "/v2/drivers/77",
        "/v2/drivers?limit=x",
    ],
)
async def test_what_has_no_name_is_kept_by_no_cache(sqlite_api: Api, path: str) -> None:
    response = await sqlite_api.get(path)
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


@pytest.mark.parametrize(
    "path", [f"/v2/drivers/{ALICE.id}", f"/v2/sites/{DEPOT.id}", "/v2/chargers/DEP-1", "/api/groups"]
)
async def test_what_has_a_name_is_kept_by_its_client_who_asks_again(sqlite_api: Api, path: str) -> None:
    response = await sqlite_api.get(path)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "private, no-cache"


async def test_an_answer_that_shows_a_secret_is_kept_nowhere(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    operator = await api.post("/v2/operators", OPERATOR)
    hook = await api.post("/v2/webhooks", {"url": "https://hook.example/"})
    rotated = await api.post(f"/v2/webhooks/{hook.json()['id']}/rotate-secret", None)
    key = await api.post("/v2/api-keys", {"name": "x", "operatorId": operator.json()["id"]})
    assert [each.status_code for each in (operator, hook, rotated, key)] == [201, 201, 200, 201]
    assert "secret" in hook.json()
    assert {each.headers["cache-control"] for each in (operator, hook, rotated, key)} == {"no-store"}


@pytest.mark.parametrize("path", ["/v2/drivers", "/api/groups", MISSION])
async def test_a_refusal_is_kept_nowhere(sqlite_api: Api, path: str) -> None:
    response = await sqlite_api.ask("POST" if path == MISSION else "GET", path, key="crk_1_" + "0" * 64)
    assert (response.status_code, response.headers["cache-control"]) == (401, "no-store")
