"""/v2/webhooks as its callers ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from chargerights.api.v2.shapes import Page
from chargerights.api.v2.webhooks import AttemptShape, NewWebhookShape, SecretShape, WebhookShape
from chargerights.net.allowed_targets import AllowedTargets
from chargerights.rights.permissions import Permission
from chargerights.storage import events, journal
from tests.api.client import Api, our_world
from tests.api.v2.asking import NOT_A_MEMBER, Json, good, ids, refused, send
from tests.api.v2.callers import callers_of, new_operator
from tests.conftest import Databases
from tests.support.world import DAN, DEPOT, TOMORROW
from tests.webhooks.receiver import answers, receiving
from tests.webhooks.scene import now

HOOKS = "/v2/webhooks"
NEW = {"url": "https://example.com/hook"}


async def add(api: Api, **members: Any) -> Json:
    found: Json = good(await send(api, "POST", HOOKS, NEW | members), NewWebhookShape, 201)
    return found


async def grant(api: Api, site_id: int = DEPOT.id) -> None:
    await send(api, "POST", "/v2/rights", {"driverId": DAN.id, "siteId": site_id})


@pytest.fixture
async def any_target(databases: Databases) -> AsyncIterator[Api]:
    """An app whose webhooks may go to this machine."""
    mine = our_world(databases.new("sqlite"))
    mine.app.state.shared.webhook_targets = AllowedTargets.ANY
    yield mine
    await mine.close()


async def test_only_an_administrator_of_all_sites_has_to_do_with_webhooks(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    of_one_site = await new_operator(api, {Permission.GLOBAL_ADMIN}, [DEPOT.id])
    reading = await new_operator(api, {Permission.GLOBAL_ADMIN}, read_only=True)
    made = await add(api)
    path = f"{HOOKS}/{made['id']}"
    requests = [
        ("GET", HOOKS, None), ("POST", HOOKS, NEW), ("GET", path, None), ("PATCH", path, {"enabled": False}),
        ("POST", f"{path}/rotate-secret", None), ("POST", f"{path}/replay", {"after": 0}),
        ("POST", f"{path}/test", None), ("DELETE", path, None),
    ]  # fmt: skip
    for method, where, body in requests:
        assert refused(await send(api, method, where, body, key=None))[0] == 401
        for key in (callers.idle, callers.manager, callers.reader, of_one_site, reading):
            assert refused(await send(api, method, where, body, key=key))[0] == 403, (method, where)
        if where != HOOKS:
            status = refused(await send(api, method, where, body, key=callers.rival))
            assert status == (404, f"no webhook {made['id']}")
    assert good(await send(api, "GET", HOOKS, key=callers.rival), Page[WebhookShape])["items"] == []
    assert good(await send(api, "GET", path), WebhookShape)["enabled"]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"url": ["is missing"]}),
        ({"url": 7}, {"url": ["must be a text, not 7"]}),
        ({"url": "http://example.com/"}, {"url": ["the URL must begin with https:// and a host"]}),
        (
            {"url": "https://10.0.0.1/"},
            {"url": ["10.0.0.1 is not a public address: webhooks go to public addresses only"]},
        ),
        ({"url": "https://user:secret@example.com/"}, None),
        (NEW | {"types": []}, None),
        (NEW | {"types": ["driver.sneezed"]}, None),
        (NEW | {"types": "driver.added"}, None),
        (NEW | {"after": -1}, None),
        (NEW | {"after": 99}, {"after": ["there is no event 99 yet: the last is 1"]}),
        (NEW | {"secret": "whsec_MTIz"}, {"secret": [NOT_A_MEMBER]}),
        (NEW | {"enabled": False}, {"enabled": [NOT_A_MEMBER]}),
    ],
)
async def test_what_can_be_no_webhook_is_refused_by_its_member(
    sqlite_api: Api, body: Json, errors: dict[str, list[str]] | None
) -> None:
    status, found = refused(await send(sqlite_api, "POST", HOOKS, body))
    assert status == 400
    assert found == errors or (errors is None and len(found) == 1)
    assert good(await send(sqlite_api, "GET", HOOKS), Page[WebhookShape])["items"] == []


async def test_the_secret_is_shown_once_and_the_journal_does_not_have_it(fresh_api: Api) -> None:
    api = fresh_api
    response = await send(api, "POST", HOOKS, NEW | {"types": ["tag.blocked", "right.began", "tag.blocked"]})
    made = good(response, NewWebhookShape, 201)
    path = f"{HOOKS}/{made['id']}"
    assert response.headers["location"] == path
    assert made["secret"].startswith("whsec_")
    assert made["types"] == ["right.began", "tag.blocked"]
    assert made["delivery"] == {"position": 1, "waiting": 0, "attempts": 0}
    shown = good(await send(api, "GET", path), WebhookShape)
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert good(await send(api, "GET", HOOKS), Page[WebhookShape])["items"] == [shown]
    (entry,) = (await api.database.read(journal.since, api.us.id, 0, 1_000))[-1:]
    assert made["secret"] not in str(entry)
    assert str(entry).count("https://example.com/hook") == 1
    secret = good(await send(api, "POST", f"{path}/rotate-secret"), SecretShape)["secret"]
    assert secret.startswith("whsec_")
    assert secret != made["secret"]
    (entry,) = (await api.database.read(journal.since, api.us.id, 0, 1_000))[-1:]
    assert secret not in str(entry)
    assert entry.changes is not None
    assert entry.changes[0]["kind"] == "webhook"


async def test_a_request_that_is_sent_again_makes_no_second_webhook(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    again = {"idempotency-key": "one"}
    made = [good(await send(api, "POST", HOOKS, NEW, headers=again), NewWebhookShape, 201) for _ in range(2)]
    secret, note = made[0].pop("secret"), made[1].pop("note")
    assert made[0] == made[1]
    assert note.endswith(f"is not shown again: POST /v2/webhooks/{made[0]['id']}/rotate-secret makes a new one.")
    rotate = f"{HOOKS}/{made[0]['id']}/rotate-secret"
    new, shown_before = [
        good(await send(api, "POST", rotate, headers={"idempotency-key": "two"}), SecretShape) for _ in range(2)
    ]
    assert new["secret"] != secret
    assert list(shown_before) == ["note"]
    kept = api.database.read_now(lambda connection: connection.exec_driver_sql("SELECT * FROM idempotency_keys").all())
    assert len(kept) == 2
    assert secret not in str(kept)
    assert new["secret"] not in str(kept)
    assert len(good(await send(api, "GET", HOOKS), Page[WebhookShape])["items"]) == 1


async def test_a_customer_has_so_many_webhooks_and_no_more(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    made = [await add(api) for _ in range(20)]
    status, text = refused(await send(api, "POST", HOOKS, NEW))
    assert status == 409
    assert "delete one first" in str(text)
    page = good(await send(api, "GET", f"{HOOKS}?limit=15&page=2&sortDescending=true"), Page[WebhookShape])
    assert (ids(page), page["totalRecords"]) == ([each["id"] for each in reversed(made[:5])], 20)
    assert (await send(api, "DELETE", f"{HOOKS}/{made[0]['id']}")).status_code == 204
    assert refused(await send(api, "GET", f"{HOOKS}/{made[0]['id']}"))[0] == 404
    await add(api)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"url": "https://example.com/other"}, {"url": "https://example.com/other"}),
        ({"types": ["charger.status"]}, {"types": ["charger.status"]}),
        ({"types": None}, {}),
        ({"enabled": False}, {"enabled": False}),
        ({}, {}),
    ],
)
async def test_a_webhook_is_changed_by_the_members_given(fresh_sqlite_api: Api, body: Json, shown: Json) -> None:
    api = fresh_sqlite_api
    made = await add(api)
    path = f"{HOOKS}/{made['id']}"
    changed = good(await send(api, "PATCH", path, body), WebhookShape)
    expected = {name: value for name, value in made.items() if name != "secret"} | shown
    assert changed == expected
    assert good(await send(api, "GET", path), WebhookShape) == expected


@pytest.mark.parametrize("body", [{"url": None}, {"url": "ftp://example.com"}, {"enabled": None}, {"id": 1}])
async def test_what_a_webhook_cannot_be_changed_to_is_refused_by_its_member(fresh_sqlite_api: Api, body: Json) -> None:
    made = await add(fresh_sqlite_api)
    status, errors = refused(await send(fresh_sqlite_api, "PATCH", f"{HOOKS}/{made['id']}", body))
    assert status == 400
    assert errors.keys() == body.keys()


async def test_a_change_from_what_is_not_so_any_more_is_refused(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    path = f"{HOOKS}/{(await add(api))['id']}"
    seen = (await send(api, "GET", path)).headers["etag"]
    changed = await send(api, "PATCH", path, {"enabled": False}, headers={"if-match": seen})
    assert changed.status_code == 200
    for method, body in (("PATCH", {"enabled": True}), ("DELETE", None)):
        assert refused(await send(api, method, path, body, headers={"if-match": seen}))[0] == 412
    now_seen = changed.headers["etag"]
    assert (await send(api, "DELETE", path, headers={"if-match": now_seen})).status_code == 204


async def test_a_webhook_begins_after_the_event_that_is_named(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    await grant(api)
    assert (await add(api))["delivery"] == {"position": 2, "waiting": 0, "attempts": 0}
    assert (await add(api, after=0))["delivery"] == {"position": 0, "waiting": 2, "attempts": 0}


async def test_a_replay_begins_where_it_is_told_to_as_far_as_events_are_kept(fresh_api: Api) -> None:
    api = fresh_api
    for site_id in (DEPOT.id, 1, 3):
        await grant(api, site_id)
    made = await add(api)
    path = f"{HOOKS}/{made['id']}/replay"
    assert good(await send(api, "POST", path, {"after": 2}), WebhookShape)["delivery"]["waiting"] == 2
    status, errors = refused(await send(api, "POST", path, {"after": 5}))
    assert (status, errors) == (400, {"after": ["there is no event 5 yet: the last is 4"]})
    await api.change(events.prune, api.us.id, TOMORROW, 100)
    response = await send(api, "POST", path, {"after": 1})
    assert response.status_code == 410
    assert response.json()["first"] == 3


async def test_a_test_message_is_sent_at_once_and_is_no_event(any_target: Api) -> None:
    api = any_target
    api.clock.at = now()  # type: ignore[attr-defined]
    with receiving() as receiver:
        made = await add(api, url=receiver.url)
        path = f"{HOOKS}/{made['id']}/test"
        assert good(await send(api, "POST", path), AttemptShape) == {"delivered": True, "status": 200}
        (message,) = receiver.messages
        told = Webhook(made["secret"]).verify(message.body, message.headers)
        assert (told["type"], told["data"]) == ("webhook.test", {})
        receiver.behaviour = answers(500)
        failed = good(await send(api, "POST", path), AttemptShape)
        assert failed == {"delivered": False, "status": 500, "error": "the receiver answered 500"}
        rotated = good(await send(api, "POST", f"{HOOKS}/{made['id']}/rotate-secret"), SecretShape)["secret"]
        await send(api, "POST", path)
        for secret in (made["secret"], rotated):
            Webhook(secret).verify(receiver.messages[-1].body, receiver.messages[-1].headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(rotated).verify(message.body, message.headers)
    assert good(await send(api, "GET", f"{HOOKS}/{made['id']}"), WebhookShape)["delivery"]["position"] == 1


@pytest.mark.parametrize("webhook_id", [0, 404])
async def test_a_webhook_that_there_is_not_is_a_404_for_every_request(sqlite_api: Api, webhook_id: int) -> None:
    path = f"{HOOKS}/{webhook_id}"
    for method, where, body in (
        ("GET", path, None),
        ("PATCH", path, {}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate-secret", None),
        ("POST", f"{path}/replay", {"after": 0}),
        ("POST", f"{path}/test", None),
    ):
        assert refused(await send(sqlite_api, method, where, body)) == (404, f"no webhook {webhook_id}")


async def test_a_test_message_goes_nowhere_where_webhooks_may_not(fresh_sqlite_api: Api) -> None:
    """A name that was public when the webhook was made, and is not when it is sent to."""
    api = fresh_sqlite_api
    made = await add(api, url="https://localhost/hook")
    told = good(await send(api, "POST", f"{HOOKS}/{made['id']}/test"), AttemptShape)
    assert not told["delivered"]
    assert told["error"] == "the host has no public address: webhooks go to public addresses only"
