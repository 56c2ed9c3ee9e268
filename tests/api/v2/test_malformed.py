"""What is spelt wrong is never passed over, and the refusal says what was meant."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.drivers import DriverShape
from tests.api.client import Api
from tests.api.v2.asking import good, refused, send

MEANT = 'did you mean "{}"?'
BODIES = {
    "a member": ("POST", "/v2/drivers", {"nmae": "Zoe"}, {"name": "is missing", "nmae": MEANT.format("name")}),
    "a member of a member": (
        "POST", "/v2/drivers", {"name": "Zoe", "tags": [{"idTag": "Z1", "expiryDate": None}]},
        {"tags.0.expiryDate": MEANT.format("expiringDate")},
    ),
    "a member of a member of a list": (
        "POST", "/v2/chargers", {"chargerId": "Z-1", "siteId": 2, "sockets": [{"id": 1}, {"id": 2, "maxwatts": 7}]},
        {"sockets.1.maxwatts": MEANT.format("maxWatts")},
    ),
    "a word": ("PATCH", "/v2/sites/2", {"groupType": "sub_site"}, {"groupType": MEANT.format("SUB_SITE")}),
    "nothing near": ("PATCH", "/v2/tags/1", {"colour": "red"}, {"colour": "its members are expiringDate, startDate,"}),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "wrong"), BODIES.values(), ids=BODIES)
async def test_a_body_s_misspelt_word_is_refused_with_what_was_meant(
    sqlite_api: Api, method: str, path: str, body: Any, wrong: dict[str, str]
) -> None:
    status, errors = refused(await send(sqlite_api, method, path, body))
    assert (status, errors.keys()) == (400, wrong.keys())
    assert all(text in errors[member][0] for member, text in wrong.items()), errors


@pytest.mark.parametrize(
    ("query", "member", "meant"),
    [
        ("dryrun=true", "dryrun", MEANT.format("dryRun")),
        ("dry_run=true", "dry_run", MEANT.format("dryRun")),
        ("force=1", "force", "its parameters are dryRun, clientId"),
    ],
)
async def test_a_misspelt_dry_run_changes_nothing(fresh_sqlite_api: Api, query: str, member: str, meant: str) -> None:
    """It was passed over once, and the driver was removed."""
    status, errors = refused(await fresh_sqlite_api.ask("DELETE", f"/v2/drivers/1?{query}"))
    assert (status, errors) == (400, {member: [f"is not a parameter of this operation; {meant}"]})
    good(await fresh_sqlite_api.get("/v2/drivers/1"), DriverShape)


@pytest.mark.parametrize(
    ("path", "wrong", "meant"),
    [
        ("/v2/drivers", "serach", "search"),
        ("/v2/rights", "driverid", "driverId"),
        ("/v2/access/explain?chargerId=DEP-1&idTag=ALICE", "att", "at"),
    ],
)
async def test_a_misspelt_filter_is_not_answered_with_everything(
    sqlite_api: Api, path: str, wrong: str, meant: str
) -> None:
    status, errors = refused(await sqlite_api.get(f"{path}{'&' if '?' in path else '?'}{wrong}=1"))
    assert (status, [*errors]) == (400, [wrong])
    assert MEANT.format(meant) in errors[wrong][0]
