"""Questions of chargers and the answers to them, their sessions and their passwords, over v2."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from chargerights.api.v2.authorizations import AuthorisationShape
from chargerights.api.v2.charger_passwords import PasswordShape
from chargerights.api.v2.sessions import MeterValueShape, SessionShape
from chargerights.api.v2.shapes import Page
from chargerights.api.v2.tags import TagShape
from chargerights.api.v2.unmatched_stops import UnmatchedStopShape
from chargerights.rights.identifiers import NO_TAG
from chargerights.storage.charging import charger_batches, charger_passwords
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.charging.session_notices import MeterReading, SessionNotice
from tests.api.client import Api
from tests.api.v2.asking import good, ids, refused, send
from tests.api.v2.callers import Callers, callers_of
from tests.support.world import NOW

DECISIONS = (
    Authorization(NOW, "DEP-1", None, 1, "alice", "ALICE", "Authorize", "Accepted", "rightStands", 1, 10, "site", "2"),
    Authorization(NOW, "OFF-1", 1, None, "New card", "NEW CARD", "Authorize", "Unknown", "tagUnknown", *[None] * 4),
    Authorization(
        NOW + timedelta(hours=1), "GONE", None, None, "GRACE", "GRACE", "Authorize", "Blocked", "tagBlocked", 7,
        None, None, None,
    ),
)  # fmt: skip


def session(charger_id: str, site_id: int, transaction: str, tag: str, **more: Any) -> SessionNotice:
    says = {"site_id": site_id, "id_tag": tag, "tag_key": tag.upper(), "started_at": NOW, "meter_start": 0.0, **more}
    return SessionNotice(charger_id, NOW, transaction, transaction, None, says)


SESSIONS = (
    session("DEP-1", 2, "1", "alice", driver_id=1, stopped_at=NOW + timedelta(hours=1), meter_stop=7000.5),
    session("CIR-1", 4, "2", "BOB", driver_id=2, started_at=NOW + timedelta(days=1)),
    session("OFF-1", 6, "3", '=HYPERLINK("x")'),
)


@pytest.fixture
async def api(fresh_api: Api) -> Api:
    batch = Batch(1, NOW, messages=(*DECISIONS, *SESSIONS))
    await fresh_api.database.write(charger_batches.write, fresh_api.us.id, "node", batch)
    return fresh_api


@pytest.fixture
async def callers(api: Api) -> Callers:
    return await callers_of(api)


@pytest.mark.parametrize("path", ["/v2/authorisations", "/v2/sessions", "/v2/sessions.csv"])
async def test_who_may_not_read_chargers_and_tags_learns_nothing(api: Api, callers: Callers, path: str) -> None:
    assert (await send(api, "GET", path, key=callers.idle)).status_code == 403
    assert (await send(api, "GET", path, key=None)).status_code == 401
    theirs = await send(api, "GET", path, key=callers.rival)
    assert "DEP-1" not in theirs.text
    assert theirs.status_code == 200


async def test_decisions_are_listed_the_newest_first(api: Api) -> None:
    page = good(await send(api, "GET", "/v2/authorisations"), Page[AuthorisationShape])
    assert ids(page) == [3, 2, 1]
    assert page["items"][2] == {
        "id": 1, "at": "2026-06-03T09:00:00Z", "chargerId": "DEP-1", "connectorId": 1, "idTag": "alice",
        "allowed": True, "message": "Authorize", "reason": "Accepted", "cause": "rightStands", "driverId": 1,
        "rightId": 10, "placeKind": "site", "placeId": "2",
    }  # fmt: skip
    page = good(await send(api, "GET", "/v2/authorisations?limit=2&page=2"), Page[AuthorisationShape])
    assert (ids(page), page["totalRecords"], page["hasNextPage"]) == ([1], 3, False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("chargerId=DEP-1", [1]),
        ("idTag=new%20CARD", [2]),
        ("driverId=7", [3]),
        ("reason=Unknown", [2]),
        ("startDate=2026-06-03T09:30:00Z", [3]),
        ("endDate=2026-06-03T09:30:00Z", [2, 1]),
        ("chargerId=DEP-1&reason=Unknown", []),
    ],
)
async def test_decisions_are_filtered(api: Api, query: str, expected: list[int]) -> None:
    assert ids(good(await send(api, "GET", f"/v2/authorisations?{query}"), Page[AuthorisationShape])) == expected


async def test_who_looks_after_some_sites_sees_what_happened_there(api: Api, callers: Callers) -> None:
    page = good(await send(api, "GET", "/v2/authorisations", key=callers.manager), Page[AuthorisationShape])
    assert ids(page) == [1]
    page = good(await send(api, "GET", "/v2/sessions", key=callers.manager), Page[SessionShape])
    assert [each["chargerId"] for each in page["items"]] == ["CIR-1", "DEP-1"]
    assert (await send(api, "GET", "/v2/sessions?siteId=6", key=callers.manager)).status_code == 404


async def test_an_unknown_tag_becomes_a_driver_s_in_one_call(api: Api) -> None:
    body = {"driverId": 4, "tokenName": "white card"}
    made = good(await send(api, "POST", "/v2/authorisations/2/tag", body), TagShape, 201)
    assert (made["idTag"], made["driverId"], made["tokenName"]) == ("New card", 4, "white card")
    answer = await api.post("/v2/access/check", {"chargerId": "OFF-1", "idTag": "NEW CARD"})
    assert answer.json()["reason"] == "NotAtThisLocation"
    assert refused(await send(api, "POST", "/v2/authorisations/2/tag", body))[0] == 409


@pytest.mark.parametrize(("path", "body"), [("99", {"driverId": 4}), ("2", {"driverId": 99}), ("2", {})])
async def test_a_tag_is_made_of_a_decision_and_a_driver_that_there_are(api: Api, path: str, body: Any) -> None:
    assert refused(await send(api, "POST", f"/v2/authorisations/{path}/tag", body))[0] in (400, 404)


@pytest.mark.parametrize("sent", ["421", ""])
async def test_a_number_that_a_charger_sent_for_a_tag_does_not_become_one(api: Api, sent: str) -> None:
    """421 may be the card 0421."""
    said = DECISIONS[1]._replace(id_tag=sent, tag_key=NO_TAG + sent)
    await api.database.write(charger_batches.write, api.us.id, "node", Batch(2, NOW, messages=(said,)))
    status, problem = refused(await send(api, "POST", "/v2/authorisations/4/tag", {"driverId": 4}))
    assert (status, "did not send a tag" in str(problem)) == (400, True)


async def test_who_does_not_see_the_charger_makes_no_tag_of_what_it_asked(api: Api, callers: Callers) -> None:
    answer = await send(api, "POST", "/v2/authorisations/2/tag", {"driverId": 4}, key=callers.manager)
    assert answer.status_code in (403, 404)
    assert (await send(api, "POST", "/v2/authorisations/2/tag", {"driverId": 4}, key=callers.rival)).status_code == 404


async def test_sessions_are_listed_the_newest_first(api: Api) -> None:
    page = good(await send(api, "GET", "/v2/sessions"), Page[SessionShape])
    assert [each["transactionId"] for each in page["items"]] == ["2", "3", "1"]
    assert page["items"][2] == {
        "id": 1, "chargerId": "DEP-1", "transactionId": "1", "receivedAt": "2026-06-03T09:00:00Z", "siteId": 2,
        "idTag": "alice", "driverId": 1, "startedAt": "2026-06-03T09:00:00Z", "meterStart": 0.0,
        "stoppedAt": "2026-06-03T10:00:00Z", "meterStop": 7000.5, "endedBy": "charger",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("chargerId=DEP-1", ["1"]),
        ("siteId=2", ["1"]),
        ("siteId=2&includeSubsites=true", ["2", "1"]),
        ("driverId=2", ["2"]),
        ("idTag=ALICE", ["1"]),
        ("startDate=2026-06-04T00:00:00Z", ["2"]),
        ("endDate=2026-06-04T00:00:00Z", ["3", "1"]),
        ("running=true", ["2", "3"]),
        ("running=false", ["1"]),
    ],
)
async def test_sessions_are_filtered(api: Api, query: str, expected: list[str]) -> None:
    page = good(await send(api, "GET", f"/v2/sessions?{query}"), Page[SessionShape])
    assert [each["transactionId"] for each in page["items"]] == expected
    exported = await send(api, "GET", f"/v2/sessions.csv?{query}")
    assert [row["transactionId"] for row in csv.DictReader(io.StringIO(exported.text))] == expected


METER = [{"value": "1200", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}]
POWER = [{"value": 11.0, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}}]


async def test_a_session_is_shown_with_its_meter_values_the_oldest_first_each_once(api: Api) -> None:
    later, first = MeterReading(NOW + timedelta(minutes=1), POWER, 1, 2), MeterReading(NOW, METER, None, 1)
    notices = [
        SessionNotice("DEP-1", NOW, "1", readings=(later,)),
        SessionNotice("DEP-1", NOW, "1", readings=(first, later)),
    ]
    await api.database.write(charger_batches.write, api.us.id, "node", Batch(2, NOW, messages=tuple(notices)))
    listed = good(await send(api, "GET", "/v2/sessions?chargerId=DEP-1"), Page[SessionShape])["items"]
    assert good(await send(api, "GET", "/v2/sessions/1"), SessionShape) == listed[0]
    page = good(await send(api, "GET", "/v2/sessions/1/meter-values"), Page[MeterValueShape])
    assert page["items"] == [
        {"at": "2026-06-03T09:00:00Z", "connectorId": 1, "samples": METER},
        {"at": "2026-06-03T09:01:00Z", "evseId": 1, "connectorId": 2, "samples": POWER},
    ]
    second = good(await send(api, "GET", "/v2/sessions/1/meter-values?limit=1&page=2"), Page[MeterValueShape])
    assert (second["items"], second["totalRecords"]) == (page["items"][1:], 2)
    assert good(await send(api, "GET", "/v2/sessions/2/meter-values"), Page[MeterValueShape])["items"] == []


@pytest.mark.parametrize("path", ["", "/meter-values"])
async def test_a_session_is_shown_to_those_alone_who_see_its_site(api: Api, callers: Callers, path: str) -> None:
    for session_id in ("1", "3"):
        assert (await send(api, "GET", f"/v2/sessions/{session_id}{path}", key=callers.idle)).status_code == 403
        assert (await send(api, "GET", f"/v2/sessions/{session_id}{path}", key=None)).status_code == 401
        theirs = await send(api, "GET", f"/v2/sessions/{session_id}{path}", key=callers.rival)
        assert refused(theirs) == (404, f"no session {session_id}")
    assert (await send(api, "GET", f"/v2/sessions/1{path}", key=callers.manager)).status_code == 200
    assert (await send(api, "GET", f"/v2/sessions/3{path}", key=callers.manager)).status_code == 404
    assert (await send(api, "GET", f"/v2/sessions/99{path}")).status_code == 404
    assert (await send(api, "GET", f"/v2/sessions/{2**63}{path}")).status_code in (400, 404)


async def test_what_a_card_says_is_no_formula_in_a_spreadsheet(api: Api) -> None:
    exported = await send(api, "GET", "/v2/sessions.csv")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    rows = [*csv.DictReader(io.StringIO(exported.text))]
    assert rows[1]["idTag"] == '\'=HYPERLINK("x")'
    assert (rows[2]["startedAt"], rows[2]["meterStop"], rows[2]["stopReason"]) == ("2026-06-03T09:00:00Z", "7000.5", "")


async def test_a_password_request_that_is_sent_again_renews_nothing_and_shows_none(api: Api) -> None:
    path, once = "/v2/chargers/DEP-1/password", {"idempotency-key": "one"}
    first, again = [good(await send(api, "POST", path, headers=once), PasswordShape, 201) for _ in range(2)]
    assert "password" not in again
    assert again["note"].endswith("send the request with another Idempotency-Key for a new one.")
    known = await api.database.read(charger_passwords.know, "DEP-1")
    assert known is not None
    assert known.shows(first["password"].encode())
    rows = api.database.read_now(lambda connection: connection.exec_driver_sql("SELECT * FROM idempotency_keys").all())
    assert first["password"] not in str(rows)
    (entry,) = (await send(api, "GET", "/v2/audit-logs?limit=1")).json()["items"]
    assert (entry["command"], entry["changes"][0]["id"]) == ("charger.password", "DEP-1")


async def test_a_charger_s_password_is_renewed_and_shown_once(api: Api, callers: Callers) -> None:
    path = "/v2/chargers/DEP-1/password"
    for key in (callers.idle, callers.reader):
        assert (await send(api, "POST", path, key=key)).status_code == 403
    assert (await send(api, "POST", path, key=callers.rival)).status_code == 404
    assert (await send(api, "POST", "/v2/chargers/RIV-1/password")).status_code == 404
    made = good(await send(api, "POST", path), PasswordShape, 201)
    known = await api.database.read(charger_passwords.know, "DEP-1")
    assert known is not None
    assert known.shows(made["password"].encode())
    assert made["password"] not in (await send(api, "GET", "/v2/sessions")).text


@pytest.mark.parametrize("path", ["authorisations?chargerId=a%00b", "sessions?idTag=%00", "sessions.csv?chargerId=%00"])
async def test_text_that_no_database_keeps_is_refused(api: Api, path: str) -> None:
    assert refused(await send(api, "GET", f"/v2/{path}"))[0] == 400


def unmatched(charger_id: str, site_id: int, transaction: str, tag: str | None, **more: Any) -> SessionNotice:
    """As a charger of OCPP 1.6 sends it, with an id that no start here was given."""
    says = {"site_id": site_id, "stopped_at": NOW, "meter_stop": 7.0, "stop_reason": "Local", "stop_id_tag": tag}
    return SessionNotice(charger_id, NOW, transaction, says=says | more, ocpp="1.6")


async def test_stops_of_unknown_transactions_are_listed_once_each_and_are_no_sessions(
    api: Api, callers: Callers
) -> None:
    stops = [
        unmatched("DEP-1", 2, "0", "alice"),
        unmatched("DEP-1", 2, "0", "alice"),
        unmatched("DEP-1", 2, "0", None, stopped_at=NOW + timedelta(hours=1)),
        unmatched("OFF-1", 6, "-1", "BOB"),
    ]
    await api.database.write(charger_batches.write, api.us.id, "node", Batch(2, NOW, messages=tuple(stops)))
    page = good(await send(api, "GET", "/v2/unmatched-stops"), Page[UnmatchedStopShape])
    assert [(each["chargerId"], each["transactionId"]) for each in page["items"]] == [
        ("OFF-1", "-1"), ("DEP-1", "0"), ("DEP-1", "0"),
    ]  # fmt: skip
    assert page["items"][2] == {
        "id": 4, "chargerId": "DEP-1", "transactionId": "0", "receivedAt": "2026-06-03T09:00:00Z", "siteId": 2,
        "stoppedAt": "2026-06-03T09:00:00Z", "meterStop": 7.0, "stopReason": "Local", "stopIdTag": "alice",
    }  # fmt: skip
    for query, expected in (("idTag=ALICE", [4]), ("chargerId=OFF-1", [6]), ("endDate=2026-06-03T09:00:00Z", [])):
        assert ids(good(await send(api, "GET", f"/v2/unmatched-stops?{query}"), Page[UnmatchedStopShape])) == expected
    theirs = good(await send(api, "GET", "/v2/unmatched-stops", key=callers.manager), Page[UnmatchedStopShape])
    assert ids(theirs) == [5, 4]
    assert ids(good(await send(api, "GET", "/v2/unmatched-stops", key=callers.rival), Page[UnmatchedStopShape])) == []
    assert (await send(api, "GET", "/v2/unmatched-stops", key=callers.idle)).status_code == 403
    assert [each["id"] for each in (await send(api, "GET", "/v2/sessions")).json()["items"]] == [2, 3, 1]
    for session_id in (4, 5, 6):
        assert (await send(api, "GET", f"/v2/sessions/{session_id}")).status_code == 404
        assert (await send(api, "POST", f"/v2/sessions/{session_id}/end")).status_code == 404


async def test_who_does_not_see_a_session_or_may_not_operate_does_not_end_it(api: Api, callers: Callers) -> None:
    for key, session_id, status in (
        (callers.idle, 2, 403), (callers.reader, 2, 403), (callers.rival, 2, 404), (callers.manager, 3, 404),
    ):  # fmt: skip
        answer = await send(api, "POST", f"/v2/sessions/{session_id}/end", key=key)
        assert answer.status_code in (status, 403)
    listed = good(await send(api, "GET", "/v2/sessions?running=true"), Page[SessionShape])["items"]
    assert [each["id"] for each in listed] == [2, 3]
