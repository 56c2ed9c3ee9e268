"""/v2/imports as its callers ask it: sent, watched, listed, sent again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import psutil
import pytest

from chargerights.api.v2 import imports as route
from chargerights.api.v2.imports import ImportShape, ImportSummary
from chargerights.api.v2.shapes import Page
from chargerights.importing import runner
from chargerights.rights.permissions import Permission
from chargerights.storage import imports, networks
from chargerights.storage.imports import ALIVE, Attempt, ImportRequest
from tests.api.client import Api
from tests.api.v2.asking import good, ids, refused, send
from tests.api.v2.callers import callers_of, new_operator
from tests.files.spreadsheets.sheets import csv_bytes, xlsx_bytes
from tests.support.world import DEPOT, FACTS, NOW, OFFICE, network

IMPORTS = "/v2/imports"
NEW = [["Name", "RFID tag", "Home site", "Site access"], ["Zoë", "Z1", "Depot", "Depot"], ["Yan", "Y1", "Yard", "Yard"]]
AT_DEPOT = NEW[:2]


async def post(api: Api, content: bytes, query: str = "mode=add", **more: Any) -> httpx.Response:
    return await api.post(f"{IMPORTS}?{query}", content, **more)


async def ended(api: Api, response: httpx.Response, **more: Any) -> Any:
    """The import that was answered, once it has ended."""
    begun = good(response, ImportShape, 202)
    assert begun["state"] in ("queued", "running")
    await asyncio.gather(*api.app.state.shared.importer.tasks)
    return good(await send(api, "GET", response.headers["location"], **more), ImportShape)


async def stored(api: Api) -> Any:
    return (await asyncio.to_thread(api.database.read_now, networks.load, api.us.id)).network


async def test_who_may_not_imports_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    no_tags = await new_operator(api, set(Permission) - {Permission.GLOBAL_ADMIN, Permission.WRITE_TAGS})
    for key, status in ((None, 401), (callers.reader, 403), (callers.idle, 403), (no_tags, 403)):
        assert refused(await post(api, csv_bytes(NEW), key=key))[0] == status
    for key, status in ((None, 401), (callers.idle, 403)):
        assert refused(await send(api, "GET", IMPORTS, key=key))[0] == status
        assert refused(await send(api, "GET", f"{IMPORTS}/1", key=key))[0] == status
    assert await stored(api) == network()


@pytest.mark.parametrize(
    ("query", "content", "where"),
    [
        ("", b"Name\nA\n", "mode"),
        ("mode=merge", b"Name\nA\n", "mode"),
        ("mode=add&dryRun=perhaps", b"Name\nA\n", "dryRun"),
        ("mode=add&fileName=" + "x" * 256, b"Name\nA\n", "fileName"),
        ("mode=add", b"", "body"),
    ],
)
async def test_a_request_that_cannot_be_is_refused(sqlite_api: Api, query: str, content: bytes, where: str) -> None:
    status, told = refused(await post(sqlite_api, content, query))
    assert status == 400
    assert where in told


async def test_a_file_that_is_too_large_is_refused(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "MAX_BYTES", 2 * 1024**2)
    assert refused(await post(sqlite_api, b"x" * (2 * 1024**2 + 1))) == (
        400, {"body": ["the body holds more than 2 MB: split the file"]},
    )  # fmt: skip


@pytest.mark.parametrize("import_id", [404, 0, -1, 2**63, 10**30])
async def test_an_import_that_there_is_not_is_a_404(sqlite_api: Api, import_id: int) -> None:
    assert refused(await send(sqlite_api, "GET", f"{IMPORTS}/{import_id}")) == (404, f"no import {import_id}")


@pytest.mark.parametrize("content", [csv_bytes(NEW, ";"), xlsx_bytes(NEW)], ids=["csv", "xlsx"])
async def test_drivers_are_imported_and_may_charge(fresh_api: Api, content: bytes) -> None:
    api = fresh_api
    done = await ended(api, await post(api, content, "mode=add&fileName=new.xlsx"))
    assert (done["state"], done["counts"]) == ("succeeded", {"added": 2, "changed": 0, "removed": 0, "unchanged": 0})
    assert (done["fileName"], done["mode"], done["dryRun"], done["errors"]) == ("new.xlsx", "add", False, [])
    assert "progress" not in done
    body = {"chargerId": "DEP-1", "idTag": "z1"}
    answer = (await api.post("/v2/access/check", body)).json()
    assert (answer["allowed"], answer["revision"]) == (True, done["revision"])


async def test_a_file_with_errors_is_refused_with_each_place(fresh_api: Api) -> None:
    api = fresh_api
    rows = [*NEW, ["Alice", "alice", "Depot", "Depott"], ["", "8", "", ""]]
    done = await ended(api, await post(api, csv_bytes(rows)))
    assert (done["state"], done["errorCount"]) == ("refused", 2)
    assert [(each["row"], each["column"]) for each in done["errors"]] == [(4, "RFID tag"), (5, "Name")]
    assert "counts" not in done
    assert await stored(api) == network()


async def test_a_file_that_cannot_be_read_is_refused(fresh_sqlite_api: Api) -> None:
    done = await ended(fresh_sqlite_api, await post(fresh_sqlite_api, b"PK\x03\x04 broken"))
    assert (done["state"], done["errors"][0]["message"]) == (
        "refused",
        "the workbook is damaged or cut short: send it again",
    )


async def test_a_dry_run_says_what_would_be_and_changes_nothing(fresh_api: Api) -> None:
    api = fresh_api
    done = await ended(api, await post(api, csv_bytes(NEW), "mode=replace-all&dryRun=true"))
    assert (done["state"], done["dryRun"]) == ("succeeded", True)
    assert done["counts"] == {"added": 2, "changed": 0, "removed": len(FACTS.drivers), "unchanged": 0}
    assert done["losers"][0] == {"driverId": 1, "name": "Alice", "sites": 4, "chargers": 4}
    assert "revision" not in done
    assert await stored(api) == network()


async def test_a_site_manager_imports_at_their_sites_only_and_sees_only_their_own_imports(
    fresh_sqlite_api: Api,
) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    of_all = await ended(api, await post(api, csv_bytes([["Name"], ["Una"]])))
    refused_ = await ended(api, await post(api, csv_bytes(NEW), key=callers.manager), key=callers.manager)
    assert refused_["errors"][0]["message"].startswith('there is no site "Yard"')
    accepted = await ended(api, await post(api, csv_bytes(AT_DEPOT), key=callers.manager), key=callers.manager)
    assert accepted["counts"]["added"] == 1
    page = good(await send(api, "GET", IMPORTS, key=callers.manager), Page[ImportSummary])
    assert ids(page) == [accepted["id"], refused_["id"]]
    assert refused(await send(api, "GET", f"{IMPORTS}/{of_all['id']}", key=callers.manager))[0] == 404
    assert refused(await send(api, "GET", f"{IMPORTS}/{accepted['id']}", key=callers.rival))[0] == 404
    assert ids(good(await send(api, "GET", IMPORTS, key=callers.reader), Page[ImportSummary]))[-1] == of_all["id"]
    all_gone = await ended(
        api, await post(api, csv_bytes(AT_DEPOT), "mode=replace-all", key=callers.manager), key=callers.manager
    )
    assert {each.home_site_id for each in (await stored(api)).drivers.values()} >= {None, OFFICE.id}
    assert all_gone["counts"]["removed"] == sum(each.home_site_id == DEPOT.id for each in FACTS.drivers)


async def test_imports_are_listed_newest_first_without_their_findings(fresh_api: Api) -> None:
    api = fresh_api
    for rows in ([["Name"], ["Una"]], [["Name"], [""], ["Vic"]], [["Name"]]):
        await ended(api, await post(api, csv_bytes(rows)))
    page = good(await send(api, "GET", f"{IMPORTS}?limit=2"), Page[ImportSummary])
    assert (page["totalRecords"], page["hasNextPage"]) == (3, True)
    assert [each["state"] for each in page["items"]] == ["refused", "succeeded"]
    assert all("errors" not in each for each in page["items"])
    assert refused(await send(api, "GET", f"{IMPORTS}?sortKey=colour"))[0] == 400


async def test_the_journal_says_which_import_it_was_and_whose(fresh_sqlite_api: Api) -> None:
    from sqlalchemy import select

    from chargerights.storage.schema import journal

    api = fresh_sqlite_api
    done = await ended(api, await post(api, csv_bytes(NEW)))
    query = select(journal.c.actor, journal.c.operator_id, journal.c.action).where(
        journal.c.customer_id == api.us.id, journal.c.revision == done["revision"]
    )
    rows = await asyncio.to_thread(api.database.read_now, lambda connection: connection.execute(query).all())
    assert rows == [(f"import {done['id']}", done["operatorId"], "drivers.import")]


# -- sent again -------------------------------------------------------------------------------------


async def test_a_request_that_is_sent_again_is_not_done_again(fresh_api: Api) -> None:
    api = fresh_api
    headers = {"idempotency-key": "once"}
    first = await ended(api, await post(api, csv_bytes(NEW), headers=headers))
    again = good(await post(api, csv_bytes(NEW), headers=headers), ImportShape, 202)
    assert again == first
    assert not api.app.state.shared.importer.tasks
    assert len((await stored(api)).drivers) == len(FACTS.drivers) + 2


async def test_a_caller_who_may_only_write_is_not_shown_what_was_found_when_the_request_is_sent_again(
    fresh_sqlite_api: Api,
) -> None:
    """An error of a file says whose a tag is."""
    api = fresh_sqlite_api
    writer = await new_operator(api, {Permission.WRITE_DRIVERS, Permission.WRITE_TAGS})
    taken = csv_bytes([["External id", "Name", "RFID tag"], ["new", "Zoë", "ALICE"]])
    for key, told in ((writer, False), (api.us.key, True)):
        for _ in range(2):
            response = await post(api, taken, "mode=add", key=key, headers={"idempotency-key": "once"})
            await asyncio.gather(*api.app.state.shared.importer.tasks)
        answer = good(response, ImportShape, 202)
        assert (answer["state"], answer["errorCount"], "errors" in answer) == ("refused", 1, told)


async def test_the_key_of_one_request_is_not_that_of_another(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    headers = {"idempotency-key": "once"}
    await ended(api, await post(api, csv_bytes(NEW), headers=headers))
    for content, query in ((csv_bytes(AT_DEPOT), "mode=add"), (csv_bytes(NEW), "mode=update")):
        status, told = refused(await post(api, content, query, headers=headers))
        assert status == 409
        assert "was sent with another request" in told


async def test_an_import_whose_process_is_killed_has_failed_and_done_nothing(fresh_api: Api) -> None:
    api = fresh_api
    headers = {"idempotency-key": "once"}
    response = await post(api, csv_bytes(NEW), headers=headers)
    (child,) = await _children()
    child.kill()
    done = await ended(api, response)
    assert (done["state"], done["errorCount"]) == ("failed", 1)
    assert await stored(api) == network()
    again = await ended(api, await post(api, csv_bytes(NEW), headers=headers))
    assert (again["state"], again["id"]) == ("succeeded", done["id"])


async def test_a_server_that_stops_interrupts_its_imports_and_the_same_request_begins_anew(fresh_api: Api) -> None:
    api, other = fresh_api, fresh_api.beside()
    headers = {"idempotency-key": "once"}
    response = await post(api, csv_bytes(NEW), headers=headers)
    (child,) = await _children()
    await api.app.state.shared.importer.close()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    found = good(await send(other, "GET", response.headers["location"]), ImportShape)
    assert found["state"] == "interrupted"
    assert await stored(api) == network()
    again = await ended(other, await post(other, csv_bytes(NEW), headers=headers))
    assert (again["state"], again["id"]) == ("succeeded", found["id"])
    await other.close()


async def test_an_import_that_nobody_works_on_any_more_is_seen_to_be_interrupted(fresh_api: Api) -> None:
    api = fresh_api
    left = Attempt(api.us.id, 7777, "gone")
    await api.change(imports.add, left, ImportRequest(1, "add", False, None), NOW)
    assert good(await send(api, "GET", f"{IMPORTS}/7777"), ImportShape)["state"] == "queued"
    api.clock.at = NOW + ALIVE + timedelta(seconds=1)
    (item,) = good(await send(api, "GET", IMPORTS), Page[ImportSummary])["items"]
    assert item["state"] == "interrupted"
    assert good(await send(api, "GET", f"{IMPORTS}/7777"), ImportShape)["endedAt"]


async def test_only_so_many_imports_wait(fresh_sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chargerights.importing.runner.MOST_WAITING", 2)
    api = fresh_sqlite_api
    responses = [await post(api, csv_bytes([["Name"], [name]])) for name in ("Una", "Vic")]
    assert refused(await post(api, csv_bytes(NEW))) == (
        409,
        "2 imports are already waiting: try again when one has ended",
    )
    await asyncio.gather(*api.app.state.shared.importer.tasks)
    for each in responses:
        assert (await send(api, "GET", each.headers["location"])).json()["state"] == "succeeded"


async def test_a_customers_imports_do_not_make_another_customer_wait(
    fresh_sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One import of theirs is stopped in its tracks, and as many more wait behind it as may."""
    monkeypatch.setattr("chargerights.importing.runner.MOST_WAITING", 3)
    api = fresh_sqlite_api
    rival = (await callers_of(api)).rival
    responses = [await post(api, csv_bytes([["Name"], [name]])) for name in ("Una", "Vic", "Wim")]
    (child,) = await _children()
    child.suspend()
    try:
        assert refused(await post(api, csv_bytes(NEW)))[0] == 409
        before = {*api.app.state.shared.importer.tasks}
        other = await post(api, csv_bytes([["Name"], ["Zoe"]]), key=rival)
        await asyncio.wait_for(asyncio.gather(*api.app.state.shared.importer.tasks - before), 60)
        assert (await send(api, "GET", other.headers["location"], key=rival)).json()["state"] == "succeeded"
        assert (await send(api, "GET", responses[0].headers["location"])).json()["state"] in ("queued", "running")
    finally:
        child.resume()
    await asyncio.gather(*api.app.state.shared.importer.tasks)
    for each in responses:
        assert (await send(api, "GET", each.headers["location"])).json()["state"] == "succeeded"


@pytest.mark.parametrize("at_once", [1, 2])
async def test_only_so_many_processes_import_at_once(
    fresh_sqlite_api: Api, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    api, running, counted = fresh_sqlite_api, [0], [0]
    work = runner._Child.work

    def watched(*arguments: Any) -> int:
        running[0] += 1
        counted.append(running[0])
        try:
            return work(*arguments)
        finally:
            running[0] -= 1

    monkeypatch.setattr(runner._Child, "work", watched)
    monkeypatch.setattr(api.app.state.shared.importer, "_places", asyncio.Semaphore(at_once))
    rival = (await callers_of(api)).rival
    await post(api, csv_bytes([["Name"], ["Una"]]))
    other = await post(api, csv_bytes([["Name"], ["Zoe"]]), key=rival)
    assert (await ended(api, other, key=rival))["state"] == "succeeded"
    assert max(counted) == at_once
    monkeypatch.setattr(runner, "MOST_OF_ALL", 0)
    assert refused(await post(api, csv_bytes(NEW))) == (
        409,
        "too many imports of all customers are waiting: try again in some minutes",
    )


async def _children() -> list[psutil.Process]:
    """The processes that import for this one, once there is one."""
    while True:
        await asyncio.sleep(0)
        found = psutil.Process().children()
        importing = [each for each in found if "chargerights.importing.worker" in each.cmdline()]
        if importing:
            return importing
