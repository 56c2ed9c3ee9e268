"""How often a key may ask: 429 with Retry-After, in the form of the path that was asked."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from chargerights.api.common.rate_limit import BUCKETS_KEPT, BURST_SECONDS, RateLimits, TooManyRequests
from chargerights.app import worker
from tests.api.client import BASE, Api, refusal
from tests.api.v2.people import person, refused
from tests.support.servers import new_customer, opened
from tests.support.world import NOW, OFFICE

SECOND = timedelta(seconds=1)
TAGS = "/v2/tags?limit=1"


@pytest.fixture
def limited(fresh_sqlite_api: Api) -> Api:
    """Two requests a second, twenty at once."""
    fresh_sqlite_api.app.state.shared.limits = RateLimits(2)
    return fresh_sqlite_api


async def statuses(api: Api, count: int, path: str = TAGS, key: str = "ours") -> list[int]:
    return [(await api.get(path, key=key)).status_code for _ in range(count)]


async def test_ten_seconds_worth_may_be_asked_at_once_and_then_as_often_as_the_rate(limited: Api) -> None:
    assert await statuses(limited, 2 * BURST_SECONDS) == [200] * 20
    response = await limited.get(TAGS)
    assert refused(response) == (429, "this operator's keys ask too often: try again in 1 s")
    assert response.headers["retry-after"] == "1"
    limited.clock.at += SECOND
    assert await statuses(limited, 4) == [200, 200, 429, 429]
    limited.clock.at += SECOND / 2
    assert await statuses(limited, 2) == [200, 429]


async def test_v1_refuses_in_its_own_form(limited: Api) -> None:
    await statuses(limited, 20)
    response = await limited.drivers_of([OFFICE.id])
    assert refusal(response) == (429, "Too Many Requests: this operator's keys ask too often: try again in 1 s")
    assert response.headers["retry-after"] == "1"
    assert (await limited.get("/api/groups", params={"code": limited.us.key}, key=None)).status_code == 429


async def test_an_operator_asks_no_more_with_many_keys_than_with_one(limited: Api) -> None:
    second, other = await limited.add_key(), await person(limited)
    assert (await statuses(limited, 21))[-1] == 429
    assert await statuses(limited, 1, key=second) == [429]
    assert await statuses(limited, 1, "/v2/operators/me", key=other.key) == [200]
    assert await statuses(limited, 1, key=limited.rival.key) == [200]


async def test_a_request_that_is_refused_for_its_rate_changes_nothing(limited: Api) -> None:
    await statuses(limited, 20)
    assert (await limited.post("/v2/drivers", {"name": "Zoe"})).status_code == 429
    limited.clock.at += 10 * SECOND
    assert (await limited.get("/v2/drivers?search=zoe")).json()["totalRecords"] == 0


async def test_refused_requests_take_nothing_so_that_patience_helps(limited: Api) -> None:
    await statuses(limited, 50)
    limited.clock.at += SECOND
    assert await statuses(limited, 3) == [200, 200, 429]


async def test_a_clock_that_goes_back_keeps_nobody_out_longer(limited: Api) -> None:
    await statuses(limited, 20)
    limited.clock.at -= timedelta(hours=1)
    assert await statuses(limited, 1) == [429]
    limited.clock.at += SECOND
    assert await statuses(limited, 3) == [200, 200, 429]


async def test_the_setting_limits_the_server(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(sqlite_url) as database:
        us = new_customer(database, {"sites": [{"id": 1, "name": "Depot"}]})
    monkeypatch.setenv("CHARGERIGHTS_DATABASE", sqlite_url)
    for rate, expected in (("0.001", [200, 429]), ("0", [200] * 30), (None, [200] * 30)):
        if rate is None:
            monkeypatch.delenv("CHARGERIGHTS_RATE_LIMIT")
        else:
            monkeypatch.setenv("CHARGERIGHTS_RATE_LIMIT", rate)
        app = worker()
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers={"x-api-key": us.key}) as client:
            assert [(await client.get("/api/groups")).status_code for _ in expected] == expected
        await app.state.shared.close()


def test_who_asks_slower_than_once_a_second_is_told_when() -> None:
    limits = RateLimits(1 / 60)
    limits.take(1, 1, NOW)
    with pytest.raises(TooManyRequests) as told:
        limits.take(1, 1, NOW + SECOND)
    assert told.value.headers == {"Retry-After": "59"}
    limits.take(1, 1, NOW + 60 * SECOND)


def test_a_bucket_never_holds_more_than_the_burst() -> None:
    limits = RateLimits(1)
    limits.take(1, 1, NOW)
    for _ in range(BURST_SECONDS):
        limits.take(1, 1, NOW + timedelta(days=1))
    with pytest.raises(TooManyRequests):
        limits.take(1, 1, NOW + timedelta(days=1))


def test_buckets_of_keys_that_ask_no_more_are_dropped_longest_ago_first() -> None:
    limits = RateLimits(0.1)
    for key in range(BUCKETS_KEPT + 1):
        limits.take(1, key, NOW)
    limits.take(1, 0, NOW)  # forgotten, so full again; which drops key 1
    with pytest.raises(TooManyRequests):
        limits.take(1, 2, NOW)
