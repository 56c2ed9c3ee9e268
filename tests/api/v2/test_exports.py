"""/v2/exports as its callers ask it."""

from __future__ import annotations

import csv
import io

import pytest

from chargerights.files.spreadsheets.drivers_file import Mode
from tests.api.client import Api
from tests.api.v2.asking import refused, send
from tests.api.v2.callers import callers_of
from tests.files.spreadsheets.sheets import planned
from tests.support.world import DEPOT, FACTS, MALLORY, network

KINDS = ("csv", "xlsx")


@pytest.mark.parametrize("kind", KINDS)
async def test_who_may_not_exports_nothing(sqlite_api: Api, kind: str) -> None:
    callers = await callers_of(sqlite_api)
    for key, status in ((None, 401), (callers.idle, 403)):
        assert refused(await send(sqlite_api, "GET", f"/v2/exports/drivers.{kind}", key=key))[0] == status


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_exported_is_imported_without_a_change(api: Api, kind: str) -> None:
    answer = await send(api, "GET", f"/v2/exports/drivers.{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="drivers.{kind}"'
    assert int(answer.headers["content-length"]) == len(answer.content)
    found = planned(network(), answer.content, Mode.REPLACE_ALL)
    assert not found.problems.errors.first
    assert found.counts == {"added": 0, "changed": 0, "removed": 0, "unchanged": len(FACTS.drivers)}
    assert MALLORY.name.encode() not in answer.content


async def test_a_site_manager_exports_the_drivers_at_home_there(fresh_sqlite_api: Api) -> None:
    callers = await callers_of(fresh_sqlite_api)
    answer = await send(fresh_sqlite_api, "GET", "/v2/exports/drivers.csv", key=callers.manager)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["Name*"] for row in rows] == [each.name for each in FACTS.drivers if each.home_site_id == DEPOT.id]
    found = planned(network(), answer.content, Mode.REPLACE_ALL, site_ids=[DEPOT.id])
    assert (found.problems.errors.first, found.unchanged, found.removed) == ([], len(rows), [])


async def test_a_read_only_key_may_export(fresh_sqlite_api: Api) -> None:
    callers = await callers_of(fresh_sqlite_api)
    answer = await send(fresh_sqlite_api, "GET", "/v2/exports/drivers.xlsx", key=callers.reader)
    assert answer.content.startswith(b"PK")
