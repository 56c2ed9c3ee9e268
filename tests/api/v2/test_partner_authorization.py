"""Who is asked about unknown tags, over v2, as its several callers set it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from chargerights.api.v2.partner_authorization import PartnerShape
from chargerights.rights.permissions import Permission
from chargerights.storage import journal, schema
from chargerights.storage.rows import partners
from tests.api.client import Api
from tests.api.v2.asking import good, refused, send
from tests.api.v2.callers import Callers, callers_of, new_operator
from tests.support.world import DEPOT

PATH = "/v2/partner-authorisation"
URL = "https://partner.example/authorise"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def api(fresh_api: Api) -> Api:
    return fresh_api


@pytest.fixture
async def callers(api: Api) -> Callers:
    return await callers_of(api)


async def set_it(api: Api, **body: Any) -> Any:
    return good(await send(api, "PUT", PATH, {"url": URL, **body}), PartnerShape)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_an_administrator_of_all_sites_sets_it(api: Api, callers: Callers, method: str) -> None:
    await set_it(api)
    of_some = await new_operator(api, [Permission.GLOBAL_ADMIN], [DEPOT.id])
    body = {"url": "https://other.example/"} if method == "PUT" else None
    for key in (callers.manager, callers.reader, callers.idle, of_some):
        assert (await send(api, method, PATH, body, key=key)).status_code == 403
    assert (await send(api, method, PATH, body, key=None)).status_code == 401
    assert good(await send(api, "GET", PATH), PartnerShape)["url"] == URL


async def test_it_is_set_shown_and_taken_away(api: Api, callers: Callers) -> None:
    assert refused(await send(api, "GET", PATH)) == (404, "no partner is set: unknown tags are refused")
    assert refused(await send(api, "DELETE", PATH))[0] == 404
    made = await set_it(api)
    assert made == {
        "url": URL, "signed": False, "timeoutSeconds": 3.0, "fallback": "deny", "cacheSeconds": 60.0,
        "updatedAt": "2026-06-03T09:00:00Z",
    }  # fmt: skip
    assert good(await send(api, "GET", PATH), PartnerShape) == made
    assert refused(await send(api, "GET", PATH, key=callers.rival))[0] == 404
    more = {"timeoutSeconds": 1.5, "fallback": "allow", "cacheSeconds": 0}
    changed = await set_it(api, **more)
    assert {name: changed[name] for name in more} == more
    assert (await send(api, "DELETE", PATH)).status_code == 204
    assert (await send(api, "GET", PATH)).status_code == 404


async def test_the_secret_is_kept_until_it_is_changed_and_shown_nowhere(api: Api) -> None:
    async def secret() -> str | None:
        found = await api.database.read(partners.asked, api.us.id)
        assert found is not None
        return found[1]

    assert (await set_it(api, secret=SECRET))["signed"] is True
    assert SECRET not in (await send(api, "GET", PATH)).text
    assert (await set_it(api, timeoutSeconds=2.0))["signed"] is True
    assert await secret() == SECRET
    assert (await set_it(api, secret=None))["signed"] is False
    assert await secret() is None

    def journalled(connection: Connection) -> str:
        return repr(connection.execute(select(schema.journal_changes)).all())

    assert SECRET not in await api.database.read(journalled)


async def test_each_change_is_a_revision_with_who_made_it(api: Api) -> None:
    before = await api.database.read(journal.number_of, api.us.id)
    await set_it(api)
    await set_it(api, fallback="allow")
    await send(api, "DELETE", PATH)
    entries = await api.database.read(journal.since, api.us.id, before, 10)
    assert [[each["kind"] for each in entry.changes or ()] for entry in entries] == [["partnerAuthorisation"]] * 3


async def test_a_change_from_what_is_old_is_refused(api: Api) -> None:
    response = await send(api, "PUT", PATH, {"url": URL})
    old = {"If-Match": response.headers["etag"]}
    new = await send(api, "PUT", PATH, {"url": URL, "cacheSeconds": 1.0}, headers=old)
    assert new.status_code == 200
    assert (await send(api, "PUT", PATH, {"url": URL}, headers=old)).status_code == 412
    assert (await send(api, "DELETE", PATH, headers=old)).status_code == 412
    assert (await send(api, "DELETE", PATH, headers={"If-Match": new.headers["etag"]})).status_code == 204


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"url": "http://partner.example/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://user:pass@partner.example/"}, "url"),
        ({"url": "nonsense"}, "url"),
        ({}, "url"),
        ({"url": URL, "timeoutSeconds": 10}, "timeoutSeconds"),
        ({"url": URL, "timeoutSeconds": 0}, "timeoutSeconds"),
        ({"url": URL, "cacheSeconds": -1}, "cacheSeconds"),
        ({"url": URL, "fallback": "perhaps"}, "fallback"),
        ({"url": URL, "secret": "short"}, "secret"),
        ({"url": URL, "secret": "whsec_AAAA"}, "secret"),
        ({"url": URL, "secret": "whsec_!!!"}, "secret"),
        ({"url": URL, "secret": "whsec_" + "ä" * 32}, "secret"),
        ({"url": URL, "secret": "whsec_" + "ＡＢＣＤ" * 8}, "secret"),
        ({"url": URL, "secret": "whséc_" + "ABCD" * 8}, "secret"),
        ({"url": "https://pärtner.example/"}, "url"),
        ({"url": URL, "more": 1}, "more"),
    ],
)
async def test_what_cannot_be_is_refused_and_named(api: Api, body: dict[str, Any], member: str) -> None:
    status, errors = refused(await send(api, "PUT", PATH, body))
    assert status == 400
    assert list(errors) == [member]
    assert (await send(api, "GET", PATH)).status_code == 404
