"""ETag and If-None-Match: the same name while nothing changes, another as soon as the answer does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from chargerights.rights.live import LiveCharger
from chargerights.rights.model import Place, PlaceKind
from chargerights.storage import revisions
from chargerights.storage.changes import rights
from tests.api.client import MISSION, Api, listed
from tests.storage.writing import OCCASION
from tests.support.world import DAN, DEPOT, NOW, OFFICE, TOMORROW

BRIEF = f"{MISSION}?excludeDetails=true"
PATHS = [
    "/api/group/authorisedUsers/2",
    "/api/charger/authorisedUsers/DEP-1",
    "/api/user/homeGroup/2",
    "/api/user/homeGroups",
    "/api/groups",
    "/api/groups?excludeDetails=true",
]


async def etag(api: Api, path: str = MISSION, site_ids: tuple[int, ...] = (DEPOT.id,)) -> str:
    response = await api.post(path, list(site_ids))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "private, no-cache"
    return response.headers["etag"]


async def grant(api: Api, driver_id: int = DAN.id, place: Place = Place(PlaceKind.SITE, DEPOT.id)) -> None:  # noqa: B008
    await api.change(revisions.make, api.us.id, OCCASION, rights.grant, driver_id, place)


def matching(name: str) -> dict[str, str]:
    return {"if-none-match": name}


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_a_weak_name_that_stays_and_is_not_sent_again(api: Api, path: str) -> None:
    first = await api.get(path)
    name = first.headers["etag"]
    assert re.fullmatch(r'W/"[0-9a-f]{24}"', name)
    again = await api.get(path, headers=matching(name))
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", name)
    assert "content-type" not in again.headers
    assert again.headers["cache-control"] == "private, no-cache"
    assert (await api.get(path, headers=matching('W/"another"'))).content == first.content


@pytest.mark.parametrize("path", [MISSION, BRIEF])
async def test_the_mission_s_answer_is_not_sent_again_while_nothing_changes(api: Api, path: str) -> None:
    name = await etag(api, path)
    response = await api.post(path, [DEPOT.id], headers=matching(name))
    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize(
    "header",
    ["{}", "{strong}", '"other", {}', '{} , "other"', 'W/"a",W/"b",{}', "*"],
)
async def test_names_are_compared_weakly_and_in_lists(api: Api, header: str) -> None:
    name = await etag(api)
    sent = header.format(name, strong=name.removeprefix("W/"))
    assert (await api.post(MISSION, [DEPOT.id], headers=matching(sent))).status_code == 304


@pytest.mark.parametrize("header", ["", '"other"', "nonsense", ",,,", 'W/""', "w" * 4000])
async def test_other_names_get_the_answer(sqlite_api: Api, header: str) -> None:
    assert (await sqlite_api.post(MISSION, [DEPOT.id], headers=matching(header))).status_code == 200


async def test_every_process_gives_the_same_answer_the_same_name(api: Api) -> None:
    other = api.beside()
    assert await etag(other) == await etag(api)
    assert await etag(other, BRIEF) == await etag(api, BRIEF)
    await other.close()


async def test_another_question_has_another_name(api: Api) -> None:
    questions = [
        await etag(api),
        await etag(api, BRIEF),
        await etag(api, site_ids=(OFFICE.id,)),
        await etag(api, site_ids=(DEPOT.id, OFFICE.id)),
        await etag(api, site_ids=(OFFICE.id, DEPOT.id)),
        await etag(api, BRIEF, (DEPOT.id, OFFICE.id)),
        await etag(api, BRIEF, (OFFICE.id, DEPOT.id)),
        *[(await api.get(path)).headers["etag"] for path in PATHS],
    ]
    assert len(set(questions)) == len(questions)


async def test_the_same_question_of_another_customer_has_another_name(fresh_sqlite_api: Api) -> None:
    ours = (await fresh_sqlite_api.get("/api/groups")).headers["etag"]
    theirs = await fresh_sqlite_api.get("/api/groups", key=fresh_sqlite_api.rival.key, headers=matching(ours))
    assert theirs.status_code == 200


@pytest.mark.parametrize("path", [MISSION, BRIEF])
async def test_a_grant_changes_the_name(fresh_api: Api, path: str) -> None:
    before = await etag(fresh_api, path)
    await grant(fresh_api)
    response = await fresh_api.post(path, [DEPOT.id], headers=matching(before))
    assert response.status_code == 200
    assert DAN.id in listed(response)[DEPOT.id]


async def test_what_a_charger_reports_changes_full_answers_and_no_others(fresh_api: Api) -> None:
    full, brief = await etag(fresh_api), await etag(fresh_api, BRIEF)
    await fresh_api.report(LiveCharger("DEP-1", connected=True, status="Charging"))
    response = await fresh_api.post(MISSION, [DEPOT.id], headers=matching(full))
    assert response.status_code == 200
    assert '"chargerStatus":"Charging"' in response.text
    assert await etag(fresh_api, BRIEF) == brief


@pytest.mark.parametrize("path", [MISSION, BRIEF])
async def test_a_window_that_begins_changes_the_name_and_nothing_before_or_after_does(
    fresh_api: Api, path: str
) -> None:
    now = await etag(fresh_api, path)
    fresh_api.clock.at = TOMORROW - timedelta(microseconds=1)
    assert await etag(fresh_api, path) == now
    fresh_api.clock.at = TOMORROW
    response = await fresh_api.post(path, [DEPOT.id], headers=matching(now))
    assert 13 in listed(response)[DEPOT.id]
    later = response.headers["etag"]
    assert later != now
    fresh_api.clock.at = TOMORROW + timedelta(days=365)
    assert await etag(fresh_api, path) == later
    fresh_api.clock.at = NOW
    assert await etag(fresh_api, path) == now


async def test_an_error_has_no_name_and_is_never_not_modified(api: Api) -> None:
    for response in (
        await api.drivers_of([77], headers=matching("*")),
        await api.drivers_of([], headers=matching("*")),
        await api.drivers_of([2], key=None, headers=matching("*")),
    ):
        assert response.status_code in (400, 401, 404)
        assert "etag" not in response.headers
