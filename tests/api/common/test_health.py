"""Whether the server lives and is ready, its metrics, and the ids of its requests."""

from __future__ import annotations

import re

import httpx
import pytest

from chargerights.app import create_app
from chargerights.storage.database import Database
from tests.api.client import BASE, Api

TOKEN = {"authorization": "Bearer s3cret"}


async def metrics_of(api: Api, headers: dict[str, str], token: str = "s3cret") -> httpx.Response:
    database = Database(api.url)
    app = create_app(database, api.clock, metrics_token=token)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        answer = await client.get("/metrics", headers=headers)
    await app.state.shared.close()
    return answer


async def test_it_lives_and_is_ready_without_a_key(api: Api) -> None:
    nothing = {"waiting": 0, "oldestSeconds": 0}
    for path, body in (("/health", {"status": "alive", "messages": nothing}), ("/ready", {"status": "ready"})):
        answer = await api.ask("GET", path, key=None)
        assert (answer.status_code, answer.json()) == (200, body)


async def test_without_its_database_it_lives_and_is_not_ready() -> None:
    app = create_app(Database("postgresql://user@127.0.0.1:1/nothing"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/ready")).status_code == 503
    await app.state.shared.close()


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer "}, {"authorization": "Bearer s3cre"}, {"authorization": "s3cret"}]
)
async def test_who_does_not_show_the_token_sees_no_metrics(api: Api, headers: dict[str, str]) -> None:
    assert (await metrics_of(api, headers)).status_code == 401


async def test_a_customer_s_key_shows_no_metrics(api: Api) -> None:
    assert (await metrics_of(api, {"x-api-key": api.us.key})).status_code == 401


@pytest.mark.parametrize("headers", [{}, TOKEN, {"authorization": "Bearer "}])
async def test_without_a_token_in_the_settings_there_are_none(api: Api, headers: dict[str, str]) -> None:
    assert (await metrics_of(api, headers, token="")).status_code == 404


async def test_requests_are_counted_by_route_and_status(api: Api) -> None:
    def count(text: str) -> float:
        line = 'chargerights_http_requests_total{method="GET",route="/v2/drivers/{driverId}",status="404"}'
        found = re.search(re.escape(line) + r" (\S+)", text)
        return float(found[1]) if found else 0

    before = count((await metrics_of(api, TOKEN)).text)
    for number in (98, 99):
        assert (await api.ask("GET", f"/v2/drivers/{number}")).status_code == 404
    await api.ask("GET", "/no/such/path")
    after = (await metrics_of(api, TOKEN)).text
    assert count(after) == before + 2
    assert 'route="none",status="404"' in after


async def test_a_request_keeps_its_id_or_gets_one(api: Api) -> None:
    given = await api.ask("GET", "/health", headers={"X-Request-Id": "order-7.b_1"})
    assert given.headers["x-request-id"] == "order-7.b_1"
    for bad in ("", "a b", "x" * 65, "a\tb"):
        made = (await api.ask("GET", "/health", headers={"X-Request-Id": bad})).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{16}", made)
