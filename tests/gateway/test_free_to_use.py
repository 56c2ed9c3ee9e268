"""citrineos-core #964, ocpp-go #223: start buttons were answered "Unknown", or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.storage.charging import authorizations, sessions
from chargerights.storage.charging_settings import set_one_session_per_tag
from tests.gateway.client import V16, V21, V201, RawCharger
from tests.gateway.operating import Operator
from tests.gateway.server import InProcess, text
from tests.gateway.test_ocpp16 import ALL
from tests.support.waiting import until
from tests.support.world import NOW

BUTTONS = [
    ("", "NoAuthorization"),
    (" ", "NoAuthorization"),
    ("button", "NoAuthorization"),
    ("", "Local"),
    ("", "Central"),
]
MISREAD = [("", "ISO14443"), (" ", "ISO15693"), ("", "eMAID")]


async def authorise(charger: RawCharger, id_tag: str, kind: str = "") -> str:
    if charger.version == V16:
        return str((await charger.call("Authorize", {"idTag": id_tag}))["idTagInfo"]["status"])
    answer = await charger.call("Authorize", {"idToken": {"idToken": id_tag, "type": kind}})
    return str(answer["idTokenInfo"]["status"])


async def begin(charger: RawCharger, id_tag: str, kind: str = "", number: int = 1) -> str:
    if charger.version == V16:
        start = {"connectorId": number, "idTag": id_tag, "meterStart": 0, "timestamp": text(NOW)}
        return str((await charger.call("StartTransaction", start))["idTagInfo"]["status"])
    event: dict[str, Any] = {"eventType": "Started", "timestamp": text(NOW), "triggerReason": "CablePluggedIn"}
    event |= {
        "seqNo": 0,
        "transactionInfo": {"transactionId": f"tx-{number}"},
        "evse": {"id": number, "connectorId": 1},
    }
    event |= {"idToken": {"idToken": id_tag, "type": kind}}
    return str((await charger.call("TransactionEvent", event))["idTokenInfo"]["status"])


async def mark(operator: Operator, path: str, free: bool | None) -> None:
    answer = await operator.http.patch(path, json={"freeToUse": free})
    assert answer.status_code == 200, answer.text


async def both(server: InProcess, version: str, id_tag: str, kind: str = "") -> set[str]:
    async with server.charger("DEP-1", version) as charger:
        return {await authorise(charger, id_tag, kind), await begin(charger, id_tag, kind)}


@pytest.mark.parametrize("version", [V201, V21])
async def test_a_start_button_is_refused_with_a_reason_where_charging_is_not_free(
    server: InProcess, version: str
) -> None:
    for id_tag, kind in BUTTONS:
        assert await both(server, version, id_tag, kind) == {"Invalid"}
    found = await server.read(authorizations.find, *ALL)
    assert {(each.cause, each.id_tag, each.driver_id) for _, each in found} == {("notFreeToUse", "", None)}


async def test_an_empty_tag_of_16_is_refused_with_a_reason_where_charging_is_not_free(server: InProcess) -> None:
    assert await both(server, V16, "") == {"Invalid"}
    assert {each.cause for _, each in await server.read(authorizations.find, *ALL)} == {"notFreeToUse"}


@pytest.mark.parametrize("place", ["/v2/chargers/DEP-1", "/v2/sites/2", "/v2/sites/1"])
async def test_a_start_button_works_from_the_answer_of_the_mark_on(
    server: InProcess, operator: Operator, place: str
) -> None:
    async with server.charger("DEP-1", V201) as charger, server.charger("GF-1", V16) as old:
        await mark(operator, place, True)
        await until(
            lambda: server.inside("DEP-1").customer.network.free_place(server.inside("DEP-1").customer.charger("DEP-1"))
        )  # type: ignore[union-attr, arg-type]
        assert await authorise(charger, "", "NoAuthorization") == "Accepted"
        assert await begin(charger, "", "NoAuthorization") == "Accepted"
        assert await begin(old, "") == ("Invalid" if "chargers" in place else "Accepted")
    (session,) = await server.read(sessions.find, sessions.SessionFilter(charger_id="DEP-1"), 9)
    assert (session.id_tag, session.driver_id, session.reason) == (None, None, "Accepted")


async def test_a_card_is_decided_as_ever_at_a_free_charger(server: InProcess, operator: Operator) -> None:
    await mark(operator, "/v2/chargers/DEP-1", True)
    async with server.charger("DEP-1", V201) as charger:
        assert await authorise(charger, "ALICE", "ISO14443") == "Accepted"
        assert await authorise(charger, "GRACE", "ISO14443") == "Blocked"
        assert await authorise(charger, "STRANGER", "ISO14443") == "Unknown"
        for id_tag, kind in MISREAD:
            assert await authorise(charger, id_tag, kind) == "Unknown"


async def test_sessions_without_a_tag_never_stand_in_each_others_way(server: InProcess, operator: Operator) -> None:
    """One session per tag, but no tag is not a tag."""
    await server.database.write(set_one_session_per_tag, server.world.us, True, NOW)
    await mark(operator, "/v2/chargers/DEP-1", True)
    for version, kind in ((V201, "NoAuthorization"), (V16, "")):
        async with server.charger("DEP-1", version) as charger:
            await until(lambda: server.inside("DEP-1").customer.active_sessions is not None)
            assert [await begin(charger, "", kind, number) for number in (1, 2)] == ["Accepted"] * 2
