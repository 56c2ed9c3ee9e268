"""Who may do what: every route of v2 has a row here, and each of its permissions is needed and enough."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

from chargerights.app import create_app
from chargerights.rights.commands import COMMANDS
from chargerights.rights.permissions import Permission
from chargerights.storage.database import Database
from tests.api.client import Api
from tests.api.v2.people import EVERYTHING, person, refused

P = Permission


class Row(NamedTuple):
    """What a route needs; `reads`: a read-only key may ask it."""

    permissions: tuple[Permission, ...] = ()
    reads: bool = False


def reads(*permissions: Permission) -> Row:
    return Row(permissions, reads=True)


def writes(*permissions: Permission) -> Row:
    return Row(permissions)


ROWS = {
    "POST /v2/imports": writes(P.WRITE_DRIVERS, P.WRITE_TAGS),
    "GET /v2/imports": reads(P.READ_DRIVERS, P.READ_TAGS),
    "GET /v2/imports/{importId}": reads(P.READ_DRIVERS, P.READ_TAGS),
    "GET /v2/exports/drivers.csv": reads(P.READ_DRIVERS, P.READ_TAGS),
    "GET /v2/exports/drivers.xlsx": reads(P.READ_DRIVERS, P.READ_TAGS),
    "GET /v2/authorisations": reads(P.READ_CHARGERS, P.READ_TAGS),
    "POST /v2/authorisations/{authorisationId}/tag": writes(P.WRITE_TAGS, P.READ_CHARGERS),
    "GET /v2/sessions": reads(P.READ_CHARGERS, P.READ_TAGS),
    "GET /v2/sessions.csv": reads(P.READ_CHARGERS, P.READ_TAGS),
    "GET /v2/sessions/{sessionId}": reads(P.READ_CHARGERS, P.READ_TAGS),
    "GET /v2/sessions/{sessionId}/meter-values": reads(P.READ_CHARGERS, P.READ_TAGS),
    "POST /v2/sessions/{sessionId}/end": writes(P.OPERATE_CHARGERS, P.READ_CHARGERS, P.READ_TAGS),
    "GET /v2/unmatched-stops": reads(P.READ_CHARGERS, P.READ_TAGS),
    "POST /v2/chargers/{chargerId}/password": writes(P.WRITE_CHARGERS),
    "POST /v2/access/check": reads(P.READ_CHARGERS, P.READ_DRIVERS),
    "POST /v2/access/checks": reads(P.READ_CHARGERS, P.READ_DRIVERS),
    "GET /v2/access/explain": reads(P.READ_CHARGERS, P.READ_DRIVERS),
    "POST /v2/sites": writes(P.WRITE_SITES),
    "GET /v2/sites": reads(P.READ_SITES),
    "GET /v2/sites/{siteId}": reads(P.READ_SITES),
    "PATCH /v2/sites/{siteId}": writes(P.WRITE_SITES),
    "DELETE /v2/sites/{siteId}": writes(P.WRITE_SITES),
    "POST /v2/chargers": writes(P.WRITE_CHARGERS),
    "GET /v2/chargers": reads(P.READ_CHARGERS),
    "GET /v2/chargers/{chargerId}": reads(P.READ_CHARGERS),
    "PATCH /v2/chargers/{chargerId}": writes(P.WRITE_CHARGERS),
    "DELETE /v2/chargers/{chargerId}": writes(P.WRITE_CHARGERS),
    "POST /v2/charger-access-groups": writes(P.WRITE_CHARGERS, P.WRITE_DRIVERS),
    "GET /v2/charger-access-groups": reads(P.READ_CHARGERS, P.READ_DRIVERS),
    "GET /v2/charger-access-groups/{groupId}": reads(P.READ_CHARGERS, P.READ_DRIVERS),
    "PATCH /v2/charger-access-groups/{groupId}": writes(P.WRITE_CHARGERS, P.WRITE_DRIVERS),
    "DELETE /v2/charger-access-groups/{groupId}": writes(P.WRITE_CHARGERS, P.WRITE_DRIVERS),
    "POST /v2/rights": writes(P.WRITE_DRIVERS),
    "GET /v2/rights": reads(P.READ_DRIVERS),
    "GET /v2/rights/{rightId}": reads(P.READ_DRIVERS),
    "PATCH /v2/rights/{rightId}": writes(P.WRITE_DRIVERS),
    "DELETE /v2/rights/{rightId}": writes(P.WRITE_DRIVERS),
    "POST /v2/webhooks": writes(P.GLOBAL_ADMIN),
    "GET /v2/webhooks": writes(P.GLOBAL_ADMIN),
    "GET /v2/webhooks/{webhookId}": writes(P.GLOBAL_ADMIN),
    "PATCH /v2/webhooks/{webhookId}": writes(P.GLOBAL_ADMIN),
    "DELETE /v2/webhooks/{webhookId}": writes(P.GLOBAL_ADMIN),
    "GET /v2/sites/external/{externalSiteId}": reads(P.READ_SITES),
    "POST /v2/drivers/{driverId}/sites": writes(P.WRITE_DRIVERS),
    "DELETE /v2/drivers/{driverId}/sites": writes(P.WRITE_DRIVERS),
    "GET /v2/drivers/{driverId}/sites": reads(P.READ_DRIVERS),
    "POST /v2/drivers/{driverId}/chargers": writes(P.WRITE_DRIVERS),
    "DELETE /v2/drivers/{driverId}/chargers": writes(P.WRITE_DRIVERS),
    "GET /v2/drivers/{driverId}/chargers": reads(P.READ_DRIVERS),
    "GET /v2/sites/{siteId}/authorized-drivers": reads(P.READ_DRIVERS),
    "GET /v2/chargers/{chargerId}/authorized-drivers": reads(P.READ_DRIVERS),
    "POST /v2/rights/grant": writes(P.WRITE_DRIVERS),
    "POST /v2/rights/revoke": writes(P.WRITE_DRIVERS),
    "GET /v2/reports/expiring": reads(P.READ_DRIVERS),
    "GET /v2/reports/never-used": reads(P.READ_DRIVERS),
    "GET /v2/reports/duplicate-names": reads(P.READ_DRIVERS),
    "GET /v2/reports/tags-of-disabled-drivers": reads(P.READ_DRIVERS),
    "GET /v2/reports/high-rights": reads(P.READ_DRIVERS),
    "GET /v2/drivers/{driverId}/personal-data": reads(P.READ_DRIVERS, P.READ_TAGS, P.READ_AUDIT_LOGS),
    "POST /v2/drivers/{driverId}/erase": writes(P.WRITE_DRIVERS, P.WRITE_TAGS),
    "GET /v2/events": reads(P.READ_AUDIT_LOGS),
    "POST /v2/webhooks/{webhookId}/rotate-secret": writes(P.GLOBAL_ADMIN),
    "POST /v2/webhooks/{webhookId}/replay": writes(P.GLOBAL_ADMIN),
    "POST /v2/webhooks/{webhookId}/test": writes(P.GLOBAL_ADMIN),
    "POST /v2/drivers": writes(P.WRITE_DRIVERS),
    "GET /v2/drivers": reads(P.READ_DRIVERS),
    "GET /v2/drivers/{driverId}": reads(P.READ_DRIVERS),
    "PATCH /v2/drivers/{driverId}": writes(P.WRITE_DRIVERS),
    "DELETE /v2/drivers/{driverId}": writes(P.WRITE_DRIVERS),
    "POST /v2/tags": writes(P.WRITE_TAGS),
    "GET /v2/tags": reads(P.READ_TAGS),
    "GET /v2/tags/{tagId}": reads(P.READ_TAGS),
    "PATCH /v2/tags/{tagId}": writes(P.WRITE_TAGS),
    "DELETE /v2/tags/{tagId}": writes(P.WRITE_TAGS),
    "POST /v2/operators": writes(P.GLOBAL_ADMIN),
    "GET /v2/operators": reads(),
    "GET /v2/operators/me": reads(),
    "GET /v2/operators/{operatorId}": reads(),
    "PATCH /v2/operators/{operatorId}": writes(P.GLOBAL_ADMIN),
    "DELETE /v2/operators/{operatorId}": writes(P.GLOBAL_ADMIN),
    "POST /v2/api-keys": writes(),
    "GET /v2/api-keys": reads(),
    "GET /v2/api-keys/{keyId}": reads(),
    "DELETE /v2/api-keys/{keyId}": writes(),
    "GET /v2/audit-logs": reads(P.READ_AUDIT_LOGS),
    "POST /v2/chargers/{chargerId}/start-charging": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/stop-charging": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/disconnect": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/unlock": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/reset": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/change-availability": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/block": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/unblock": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/configuration": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/trigger-message": writes(P.OPERATE_CHARGERS),
    "POST /v2/chargers/{chargerId}/clear-cache": writes(P.OPERATE_CHARGERS),
    "GET /v2/chargers/{chargerId}/configuration": reads(P.READ_CHARGERS),
    "GET /v2/chargers/{chargerId}/reports": reads(P.READ_CHARGERS),
    "GET /v2/chargers/{chargerId}/local-list": reads(P.READ_CHARGERS),
    "GET /v2/chargers/{chargerId}/refused-connections": reads(P.READ_CHARGERS),
    "GET /v2/chargers/{chargerId}/local-list/version": reads(P.READ_CHARGERS),
    "POST /v2/chargers/{chargerId}/local-list/send": writes(P.OPERATE_CHARGERS),
    "GET /v2/chargers/{chargerId}/local-list/entries": reads(P.READ_CHARGERS, P.READ_TAGS),
    "GET /v2/partner-authorisation": writes(P.GLOBAL_ADMIN),
    "PUT /v2/partner-authorisation": writes(P.GLOBAL_ADMIN),
    "DELETE /v2/partner-authorisation": writes(P.GLOBAL_ADMIN),
}
"""In the words of docs/operators.md. A new route gets a row; what it asks of some callers only has tests of its own."""


def routes() -> list[str]:
    """Every operation under /v2 that the app has, `METHOD path`."""
    paths = create_app(Database("sqlite:///never-opened.db")).openapi()["paths"]
    return [
        f"{method.upper()} {path}" for path, methods in paths.items() if path.startswith("/v2/") for method in methods
    ]


async def ask(api: Api, route: str, key: str | None) -> Any:
    """The route, asked for something that there is not."""
    method, _, path = route.partition(" ")
    path = re.sub(r"{\w+}", "987654", path)
    body: dict[str, Any] = {"json": {}} if method in ("POST", "PATCH", "PUT") else {}
    return await api.ask(method, path, key=key, **body)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert sorted(routes()) == sorted(ROWS)


def test_every_command_of_the_table_is_a_route_with_its_permission() -> None:
    for command in COMMANDS.values():
        method, needs = ("GET", reads) if command.only_asks else ("POST", writes)
        assert ROWS[f"{method} /v2/chargers/{{chargerId}}/{command.path}"] == needs(command.permission)


@pytest.mark.parametrize("route", ROWS)
async def test_without_a_key_no_route_answers(sqlite_api: Api, route: str) -> None:
    assert refused(await ask(sqlite_api, route, None))[0] == 401


@pytest.mark.parametrize(
    ("route", "lacking"), [(route, each) for route, row in ROWS.items() for each in row.permissions]
)
async def test_with_all_permissions_but_one_that_it_needs_a_route_refuses(
    sqlite_api: Api, route: str, lacking: Permission
) -> None:
    nearly = await person(sqlite_api, *(EVERYTHING - {lacking}))
    status, why = refused(await ask(sqlite_api, route, nearly.key))
    assert (status, why) == (403, f"this needs the permission {lacking}, which the key's operator lacks")


@pytest.mark.parametrize("route", ROWS)
async def test_with_those_permissions_alone_or_as_an_administrator_a_route_does_not_refuse(
    sqlite_api: Api, route: str
) -> None:
    for permissions in (ROWS[route].permissions, (P.GLOBAL_ADMIN,)):
        able = await person(sqlite_api, *permissions)
        assert (await ask(sqlite_api, route, able.key)).status_code not in (401, 403)


@pytest.mark.parametrize("route", ROWS)
async def test_a_read_only_key_may_ask_what_only_reads_and_nothing_else(sqlite_api: Api, route: str) -> None:
    reader = await person(sqlite_api, *Permission, read_only=True)
    status = (await ask(sqlite_api, route, reader.key)).status_code
    if ROWS[route].reads:
        assert status not in (401, 403)
    else:
        assert status == 403


async def test_a_permission_that_this_version_does_not_know_gives_nothing(fresh_api: Api) -> None:
    some = await person(fresh_api, P.READ_TAGS)
    words = 'UPDATE operators SET permissions = \'["ReadTags", "OwnTheMoon"]\' WHERE id = '
    await fresh_api.change(lambda connection: connection.exec_driver_sql(words + str(some.id)))
    assert (await fresh_api.get("/v2/tags", key=some.key)).status_code == 200
    assert (await fresh_api.get("/v2/drivers", key=some.key)).status_code == 403


async def test_a_driver_with_tags_needs_the_permission_for_tags_too(fresh_api: Api) -> None:
    body = {"name": "Zoe", "tags": [{"idTag": "ZOE"}]}
    some = await person(fresh_api, P.WRITE_DRIVERS)
    told = refused(await fresh_api.post("/v2/drivers", body, key=some.key))
    assert told == (403, "this needs the permission WriteTags, which the key's operator lacks")
    both = await person(fresh_api, P.WRITE_DRIVERS, P.WRITE_TAGS)
    assert (await fresh_api.post("/v2/drivers", body, key=both.key)).status_code == 201
