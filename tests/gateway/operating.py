"""An operator who tells the charger DEP-1 what to do, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from tests.gateway.client import RawCharger
from tests.gateway.server import InProcess
from tests.support.waiting import PATIENCE

ACCEPTED = {"status": "Accepted"}
ALICE = {"rfidTag": "ALICE", "validateRfid": True}
CHARGER = "/v2/chargers/DEP-1"


class Operator:
    """Asks a node over HTTP."""

    def __init__(self, server: InProcess, key: str | None = None) -> None:
        self.http = httpx.AsyncClient(
            base_url=server.url.replace("ws", "http"),
            headers={"x-api-key": key or server.world.key},
            trust_env=False,
            timeout=PATIENCE,
        )

    async def tell(self, command: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.http.post(f"{CHARGER}/{command}", json=body, headers=headers)

    async def told(self, command: str, body: Any = None) -> Any:
        """The answer; the charger has given one."""
        response = await self.tell(command, body)
        assert response.status_code == 200, response.text
        return response.json()

    async def refusal(self, command: str, body: Any = None) -> tuple[int, str]:
        response = await self.tell(command, body)
        problem = response.json()
        assert problem["status"] == response.status_code
        if response.status_code in (409, 502, 504):
            assert problem["sent"] is (response.status_code != 409)
        return response.status_code, problem["detail"]


def told(charger: RawCharger) -> list[tuple[str, Any]]:
    """What operators told the charger since; its list is also asked for."""
    found = [charger.asked.get_nowait() for _ in range(charger.asked.qsize())]
    return [each for each in found if each[0] != "GetLocalListVersion"]
