"""What was taken away is refused at connected chargers from the moment its own answer is out, whatever took it away.

Every write of the HTTP interface has a row here: how it takes access away, or why it can take none away. In these tests
no poll follows the database, and no decision looks at it: only a write itself brings anything about.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chargerights.app import create_app
from chargerights.gateway import customer_runtime
from chargerights.storage.database import Database
from tests.gateway.client import V16, V201, RawCharger, connected
from tests.gateway.operating import Operator
from tests.gateway.server import InProcess, World, node, text
from tests.storage.writing import put
from tests.support.servers import opened
from tests.support.world import COMPANY, DEPOT, GROUND_FLOOR, OFFICE, TOMORROW, YESTERDAY

PAST, FUTURE = text(YESTERDAY), text(TOMORROW)
NO_TAG = ""
NOWHERE = "http://127.0.0.1:1/authorise"
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class Scene:
    """A node, an operator who may do everything, and the charger DEP-1."""

    def __init__(self, server: InProcess, operator: Operator, charger: RawCharger, stack: AsyncExitStack) -> None:
        self.server, self.http, self.charger, self.stack = server, operator.http, charger, stack
        self._numbers = count(1)

    async def does(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        given = options if body is None else {"json": body, **options}
        answer = await self.http.request(method, path, **given)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer.text

    async def holder(self, **right: Any) -> tuple[int, int, int, str]:
        """A new driver with a right, on the Depot if nothing else is said: numbers of driver, tag, right; the tag."""
        id_tag = f"HOLDER{next(self._numbers)}"
        driver = await self.does("POST", "/v2/drivers", {"name": id_tag, "tags": [{"idTag": id_tag}]})
        granted = await self.does("POST", "/v2/rights", {"driverId": driver["id"], **(right or {"siteId": DEPOT.id})})
        return driver["id"], driver["tags"][0]["id"], granted["id"], id_tag

    async def connected(self, charger_id: str, password: str | None = None, version: str = V16) -> RawCharger:
        password = password or self.server.world.passwords[charger_id]
        return await self.stack.enter_async_context(connected(self.server.url, charger_id, password, version))

    async def accepts(self, id_tag: str, charger: RawCharger | None = None) -> bool:
        charger = charger or self.charger
        token = {"idToken": id_tag, "type": "NoAuthorization" if id_tag == NO_TAG else "ISO14443"}
        try:
            answer = await charger.call(
                "Authorize", {"idTag": id_tag} if charger.version == V16 else {"idToken": token}
            )
        except ConnectionClosed:
            return False
        return bool((answer.get("idTagInfo") or answer["idTokenInfo"])["status"] == "Accepted")


Taking = Callable[[Scene], AsyncIterator[Any]]
"""Gives a tag that is accepted, or a tag and the charger where it is; when it goes on, it takes that away."""


async def disable_driver(scene: Scene) -> AsyncIterator[Any]:
    driver, _, _, tag = await scene.holder()
    yield tag
    await scene.does("PATCH", f"/v2/drivers/{driver}", {"enabled": False})


async def remove_driver(scene: Scene) -> AsyncIterator[Any]:
    driver, _, _, tag = await scene.holder()
    yield tag
    await scene.does("DELETE", f"/v2/drivers/{driver}")


async def erase_driver(scene: Scene) -> AsyncIterator[Any]:
    driver, _, _, tag = await scene.holder()
    yield tag
    await scene.does("POST", f"/v2/drivers/{driver}/erase")


async def take_sites(scene: Scene) -> AsyncIterator[Any]:
    driver, _, _, tag = await scene.holder()
    yield tag
    await scene.does("DELETE", f"/v2/drivers/{driver}/sites", {"siteIds": [DEPOT.id]})


async def take_chargers(scene: Scene) -> AsyncIterator[Any]:
    driver, _, _, tag = await scene.holder(chargerId="DEP-1")
    yield tag
    await scene.does("DELETE", f"/v2/drivers/{driver}/chargers", {"chargerIds": ["DEP-1"]})


async def block_tag(scene: Scene) -> AsyncIterator[Any]:
    _, number, _, tag = await scene.holder()
    yield tag
    await scene.does("PATCH", f"/v2/tags/{number}", {"blocked": True})


async def expire_tag(scene: Scene) -> AsyncIterator[Any]:
    _, number, _, tag = await scene.holder()
    yield tag
    await scene.does("PATCH", f"/v2/tags/{number}", {"expiringDate": PAST})


async def remove_tag(scene: Scene) -> AsyncIterator[Any]:
    _, number, _, tag = await scene.holder()
    yield tag
    await scene.does("DELETE", f"/v2/tags/{number}")


async def end_right(scene: Scene) -> AsyncIterator[Any]:
    _, _, right, tag = await scene.holder()
    yield tag
    await scene.does("PATCH", f"/v2/rights/{right}", {"validUntil": PAST})


async def remove_right(scene: Scene) -> AsyncIterator[Any]:
    _, _, right, tag = await scene.holder()
    yield tag
    await scene.does("DELETE", f"/v2/rights/{right}")


async def revoke_many(scene: Scene) -> AsyncIterator[Any]:
    driver, _, _, tag = await scene.holder()
    yield tag
    await scene.does("POST", "/v2/rights/revoke", {"driverIds": [driver, 1], "siteIds": [DEPOT.id]})


async def move_site(scene: Scene) -> AsyncIterator[Any]:
    _, _, _, tag = await scene.holder(siteId=COMPANY.id)
    yield tag
    await scene.does("PATCH", f"/v2/sites/{DEPOT.id}", {"parentSiteId": None})


async def close_free_site(scene: Scene) -> AsyncIterator[Any]:
    await scene.does("PATCH", f"/v2/sites/{GROUND_FLOOR.id}", {"freeToUse": True})
    yield NO_TAG, await scene.connected("GF-1", version=V201)
    await scene.does("PATCH", f"/v2/sites/{GROUND_FLOOR.id}", {"freeToUse": False})


async def close_free_charger(scene: Scene) -> AsyncIterator[Any]:
    await scene.does("PATCH", "/v2/chargers/CIR-1", {"freeToUse": True})
    yield NO_TAG, await scene.connected("CIR-1", version=V201)
    await scene.does("PATCH", "/v2/chargers/CIR-1", {"freeToUse": None})


async def move_charger(scene: Scene) -> AsyncIterator[Any]:
    _, _, _, tag = await scene.holder(siteId=DEPOT.id)
    yield tag
    await scene.does("PATCH", "/v2/chargers/DEP-1", {"siteId": OFFICE.id})


async def remove_charger(scene: Scene) -> AsyncIterator[Any]:
    await scene.does("POST", "/v2/chargers", {"chargerId": "NEW-1", "siteId": DEPOT.id})
    password = (await scene.does("POST", "/v2/chargers/NEW-1/password"))["password"]
    _, _, _, tag = await scene.holder()
    yield tag, await scene.connected("NEW-1", password)
    await scene.does("DELETE", "/v2/chargers/NEW-1")


async def renew_password(scene: Scene) -> AsyncIterator[Any]:
    await scene.does("POST", f"/api/charger/add/OLD-1/{DEPOT.id}", {"chargerName": "Old"})
    password = (await scene.does("POST", "/v2/chargers/OLD-1/password"))["password"]
    _, _, _, tag = await scene.holder()
    yield tag, await scene.connected("OLD-1", password)
    await scene.does("POST", "/v2/chargers/OLD-1/password")


async def block_charger(scene: Scene) -> AsyncIterator[Any]:
    _, _, _, tag = await scene.holder()
    yield tag
    await scene.does("POST", "/v2/chargers/DEP-1/block", {"until": FUTURE})


async def _group(scene: Scene) -> tuple[int, int, str]:
    driver, _, right, tag = await scene.holder()
    body = {"name": tag, "chargerIds": ["DEP-1"], "driverIds": [driver]}
    group = await scene.does("POST", "/v2/charger-access-groups", body)
    await scene.does("DELETE", f"/v2/rights/{right}")
    return group["id"], driver, tag


async def leave_charger_out_of_group(scene: Scene) -> AsyncIterator[Any]:
    group, _, tag = await _group(scene)
    yield tag
    await scene.does("PATCH", f"/v2/charger-access-groups/{group}", {"chargerIds": ["GF-1"]})


async def leave_driver_out_of_group(scene: Scene) -> AsyncIterator[Any]:
    group, _, tag = await _group(scene)
    yield tag
    await scene.does("PATCH", f"/v2/charger-access-groups/{group}", {"driverIds": []})


async def remove_group(scene: Scene) -> AsyncIterator[Any]:
    group, _, tag = await _group(scene)
    yield tag
    await scene.does("DELETE", f"/v2/charger-access-groups/{group}")


async def forbid_at_partner(scene: Scene) -> AsyncIterator[Any]:
    await scene.does("PUT", "/v2/partner-authorisation", {"url": NOWHERE, "fallback": "allow", "cacheSeconds": 3600})
    yield "STRANGER"
    await scene.does("PUT", "/v2/partner-authorisation", {"url": NOWHERE, "fallback": "deny"})


async def remove_partner(scene: Scene) -> AsyncIterator[Any]:
    await scene.does("PUT", "/v2/partner-authorisation", {"url": NOWHERE, "fallback": "allow", "cacheSeconds": 3600})
    yield "STRANGER"
    await scene.does("DELETE", "/v2/partner-authorisation")


async def import_others(scene: Scene) -> AsyncIterator[Any]:
    _, _, _, tag = await scene.holder()
    yield tag
    file = b"Name;RFID tag\nSomebody else;SOMEBODY\n"
    begun = await scene.does("POST", "/v2/imports?mode=replace-all", content=file)
    while begun["state"] in ("queued", "running"):
        begun = await scene.does("GET", f"/v2/imports/{begun['id']}")
    assert begun["state"] == "succeeded", begun


READS = "reads only"
ADDS = "only adds: access is the union of all rights"
TELLS = "tells a charger something; who may charge there stays as it is"
OPERATES = "is about who may use this interface, not about who may charge"
WEBHOOK = "is about who receives events"
ROWS: dict[str, list[Taking] | str] = {
    "POST /api/group/authorisedUsers": READS,
    "POST /api/group/add": ADDS,
    "POST /api/charger/add/{chargerId}/{groupId}": ADDS,
    "POST /v2/access/check": READS,
    "POST /v2/access/checks": READS,
    "POST /v2/sites": ADDS,
    "PATCH /v2/sites/{siteId}": [close_free_site, move_site],
    "DELETE /v2/sites/{siteId}": "only of a site without chargers, subsites and rights",
    "POST /v2/chargers": ADDS,
    "PATCH /v2/chargers/{chargerId}": [close_free_charger, move_charger],
    "DELETE /v2/chargers/{chargerId}": [remove_charger],
    "POST /v2/drivers": ADDS,
    "PATCH /v2/drivers/{driverId}": [disable_driver],
    "DELETE /v2/drivers/{driverId}": [remove_driver],
    "POST /v2/drivers/{driverId}/sites": ADDS,
    "DELETE /v2/drivers/{driverId}/sites": [take_sites],
    "POST /v2/drivers/{driverId}/chargers": ADDS,
    "DELETE /v2/drivers/{driverId}/chargers": [take_chargers],
    "POST /v2/drivers/{driverId}/erase": [erase_driver],
    "POST /v2/tags": ADDS,
    "PATCH /v2/tags/{tagId}": [block_tag, expire_tag],
    "DELETE /v2/tags/{tagId}": [remove_tag],
    "POST /v2/charger-access-groups": ADDS,
    "PATCH /v2/charger-access-groups/{groupId}": [leave_charger_out_of_group, leave_driver_out_of_group],
    "DELETE /v2/charger-access-groups/{groupId}": [remove_group],
    "POST /v2/rights/grant": ADDS,
    "POST /v2/rights/revoke": [revoke_many],
    "POST /v2/rights": ADDS,
    "PATCH /v2/rights/{rightId}": [end_right],
    "DELETE /v2/rights/{rightId}": [remove_right],
    "POST /v2/authorisations/{authorisationId}/tag": ADDS,
    "POST /v2/chargers/{chargerId}/password": [renew_password],
    "POST /v2/imports": [import_others],
    "POST /v2/chargers/{chargerId}/start-charging": TELLS,
    "POST /v2/chargers/{chargerId}/stop-charging": TELLS,
    "POST /v2/chargers/{chargerId}/disconnect": TELLS,
    "POST /v2/chargers/{chargerId}/unlock": TELLS,
    "POST /v2/chargers/{chargerId}/reset": TELLS,
    "POST /v2/chargers/{chargerId}/change-availability": TELLS,
    "POST /v2/chargers/{chargerId}/trigger-message": TELLS,
    "POST /v2/chargers/{chargerId}/clear-cache": TELLS,
    "POST /v2/chargers/{chargerId}/configuration": TELLS,
    "POST /v2/chargers/{chargerId}/local-list/send": TELLS,
    "POST /v2/chargers/{chargerId}/block": [block_charger],
    "POST /v2/chargers/{chargerId}/unblock": ADDS,
    "POST /v2/sessions/{sessionId}/end": "ends what is kept of a session; rights stay as they are",
    "PUT /v2/partner-authorisation": [forbid_at_partner],
    "DELETE /v2/partner-authorisation": [remove_partner],
    "POST /v2/webhooks": WEBHOOK,
    "PATCH /v2/webhooks/{webhookId}": WEBHOOK,
    "DELETE /v2/webhooks/{webhookId}": WEBHOOK,
    "POST /v2/webhooks/{webhookId}/rotate-secret": WEBHOOK,
    "POST /v2/webhooks/{webhookId}/replay": WEBHOOK,
    "POST /v2/webhooks/{webhookId}/test": WEBHOOK,
    "POST /v2/operators": OPERATES,
    "PATCH /v2/operators/{operatorId}": OPERATES,
    "DELETE /v2/operators/{operatorId}": OPERATES,
    "POST /v2/api-keys": OPERATES,
    "DELETE /v2/api-keys/{keyId}": OPERATES,
}
"""By route: how it takes access away, or why it cannot. A new route gets a row."""
LAST = [move_charger, block_charger, move_site, import_others]
"""These change the network for what comes after them."""


def test_every_route_that_writes_has_a_row_and_every_row_a_route() -> None:
    paths = create_app(Database("sqlite:///never-opened.db")).openapi()["paths"]
    routes = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
    assert sorted(each for each in routes if each.split()[0] in WRITES) == sorted(ROWS)


@pytest.fixture
def nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_runtime, "FOLLOW_SECONDS", 3600)
    monkeypatch.setattr(Database, "version", lambda self: 0)


async def test_what_is_taken_away_is_refused_as_soon_as_it_is_answered(
    nothing_follows: None, database_url: str
) -> None:
    takings = [each for row in ROWS.values() if not isinstance(row, str) for each in row]
    lingering = []
    world = World(database_url)
    with opened(database_url) as database:
        database.write_now(put, world.us, reserve=1_000)  # numbers that the cast has
    async with node(world) as server, server.charger("DEP-1") as charger, AsyncExitStack() as stack:
        operator = Operator(server)
        stack.push_async_callback(operator.http.aclose)
        scene = Scene(server, operator, charger, stack)
        for taking in sorted(takings, key=lambda each: LAST.index(each) if each in LAST else -1):
            if taking in LAST:
                await scene.does("PATCH", "/v2/chargers/DEP-1", {"siteId": DEPOT.id})
                await scene.does("POST", "/v2/chargers/DEP-1/unblock")
            steps = taking(scene)
            given = await anext(steps)
            asked = given if isinstance(given, tuple) else (given,)
            assert await scene.accepts(*asked), taking.__name__
            assert await anext(steps, None) is None
            if await scene.accepts(*asked):
                lingering.append(taking.__name__)
    assert lingering == []
