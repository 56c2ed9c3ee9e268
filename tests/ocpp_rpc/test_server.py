"""The independent client against `chargerights serve`: every step of a charger's day, and the commands that an operator
gives over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from chargerights.storage.charging import authorizations, charger_passwords, sessions
from chargerights.storage.charging.authorizations import AuthorizationFilter
from tests.ocpp_rpc.running import Send, needs_node, run_client
from tests.support.servers import MADE_AT, Caller, new_customer, opened, serving
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.slow

PROTOCOLS = ("ocpp1.6", "ocpp2.0.1")
REASONS = {
    "ALICE": "Accepted",
    "STRANGER": "Unknown",
    "OLD": "Expired",
    "THIEF": "Blocked",
    "ELSEWHERE": "NotAtThisLocation",
    "TOMORROW": "NotAtThisTime",
}
WORDS_16 = {"Unknown": "Invalid", "NotAtThisLocation": "Invalid", "NotAtThisTime": "Invalid"}
"""What 1.6 says for reasons that it has no word for."""


def network(at: datetime) -> dict[str, Any]:
    yesterday, tomorrow = ((at + timedelta(days=days)).isoformat() for days in (-1, 1))

    def driver(number: int, right: dict[str, Any], **tag: Any) -> dict[str, Any]:
        id_tag = [each for each in REASONS if each != "STRANGER"][number - 1]
        return {"id": number, "name": id_tag.title(), "tags": [{"idTag": id_tag, **tag}], "rights": [right]}

    here = {"siteId": 1}
    return {
        "sites": [{"id": 1, "name": "Depot"}, {"id": 2, "name": "Elsewhere"}],
        "chargers": [{"chargerId": "CP-1", "siteId": 1}],
        "drivers": [
            driver(1, here),
            driver(2, here, expiringDate=yesterday),
            driver(3, here, blocked=True),
            driver(4, {"siteId": 2}),
            driver(5, {**here, "validFrom": tomorrow}),
        ],
    }


class Commands:
    """An operator's requests, and the answers to them by the client's name of each."""

    def __init__(self, http: httpx.AsyncClient, is_16: bool) -> None:
        self.http = http
        self.answers: dict[str, Any] = {}
        self._is_16 = is_16

    def all(self, local_lists: Mapping[str, Send]) -> dict[str, Send]:
        """In the order that the client awaits them."""
        setting = "HeartbeatInterval" if self._is_16 else "OCPPCommCtrlr.HeartbeatInterval"
        alice = {"socketId": 1, "rfidTag": "ALICE", "validateRfid": True}
        return {
            **local_lists,
            "remote-start": self._request("remote-start", "POST", "start-charging", alice),
            "remote-stop": self._request("remote-stop", "POST", "stop-charging", alice),
            "configuration": self._request("configuration", "GET", "configuration"),
            "change-configuration": self._request(
                "change-configuration", "POST", "configuration", {"name": setting, "value": "60"}
            ),
        }

    def _request(self, name: str, method: str, command: str, body: Any = None) -> Send:
        async def send() -> None:
            answer = await self.http.request(method, f"/v2/chargers/CP-1/{command}", json=body)
            self.answers[name] = answer.status_code, answer.json()

        return send


@needs_node
@pytest.mark.parametrize("local_lists", [{}], ids=["no lists"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_the_server_passes_every_step(sqlite_url: str, protocol: str, local_lists: Mapping[str, Send]) -> None:
    is_16 = protocol == "ocpp1.6"
    expected = {tag: WORDS_16.get(reason, reason) if is_16 else reason for tag, reason in REASONS.items()}
    with opened(sqlite_url) as database:
        caller = new_customer(database, network(datetime.now(UTC)))
        password = database.write_now(charger_passwords.renew, "CP-1", MADE_AT)
    with serving(sqlite_url) as server:
        headers = {"x-api-key": caller.key}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False, timeout=PATIENCE) as http:
            commands = Commands(http, is_16)
            url = server.url.replace("http", "ws") + "/ocpp"
            ended = await run_client(
                url, "CP-1", protocol, password=password, expect=expected, commands=commands.all(local_lists)
            )
            assert ended.status == 0, ended.steps
        assert {each["tag"]: each["status"] for each in ended.steps if each["step"] == "authorise"} == expected
        assert ended.steps[-1] == {"step": "done"}
        assert ended.step("remote-start")["status"] == "Accepted"
        assert server.stop() is not None
    check_answers(commands.answers)
    check_kept(sqlite_url, caller)


def check_answers(answers: dict[str, Any]) -> None:
    assert {name: (code, body["status"]) for name, (code, body) in answers.items()} == dict.fromkeys(
        ("remote-start", "remote-stop", "configuration", "change-configuration"), (200, "accepted")
    )
    names = [each["name"] for each in answers["configuration"][1]["configurations"]]
    assert any("HeartbeatInterval" in each for each in names)


def check_kept(url: str, caller: Caller) -> None:
    """What the server kept of the client's day: a session that was sent twice, one that was refused, a remote one."""
    with opened(url) as database:
        found = database.read_now(sessions.find, caller.customer_id, sessions.SessionFilter(), 10)
        decisions = database.read_now(authorizations.find, caller.customer_id, AuthorizationFilter(), 100)
    assert [(each.id_tag, each.reason) for each in reversed(found)] == [
        ("ALICE", "Accepted"),
        ("STRANGER", "Unknown"),
        ("ALICE", "Accepted"),
    ]
    assert all(each.stopped_at is not None for each in found)
    asked = {each.id_tag: each.reason for _, each in decisions if each.message == "Authorize"}
    assert asked == REASONS
    assert any(each.message.endswith("StartTransaction") and each.message[0] == "R" for _, each in decisions)
