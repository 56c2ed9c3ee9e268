"""Measures how soon a right revoked at one server is refused at another's charger.

`python -m bench.revoked` (about a minute)

Two servers share one database. One is asked to revoke, over HTTP. A charger that is connected to the other then asks
about the card again and again. The lag runs from the answer to the revocation to the first question that was refused.
It is 0 where that was the first question of all.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import httpx
import orjson

from bench.harness import Timings, duration, postgres, print_table
from bench.servers import customer, load, serving
from bench.sockets import WebSocket, frame
from chargerights.storage.charging import charger_passwords
from chargerights.storage.database import Database

ROUNDS = 200
NETWORK = {
    "sites": [{"id": 1, "name": "Depot"}],
    "chargers": [{"chargerId": "DEP-1", "siteId": 1}],
    "drivers": [{"id": 1, "name": "Alice", "tags": [{"idTag": "ALICE"}]}],
}
ASKED = frame(orjson.dumps([2, "1", "Authorize", {"idTag": "ALICE"}]))


def lags(database: str, folder: Path) -> Timings:
    file = folder / "network.json"
    file.write_bytes(orjson.dumps(NETWORK))
    mine = customer(database)
    load(mine, file)
    opened = Database(database)
    password = opened.write_now(charger_passwords.renew, "DEP-1", datetime.now(UTC))
    opened.close_now()
    found = []
    with (
        serving(database) as one,
        serving(database) as other,
        httpx.Client(base_url=f"http://127.0.0.1:{one.port}", headers={"x-api-key": mine.key}, timeout=60) as client,
    ):
        charger = WebSocket(other.port, "/ocpp/DEP-1", "ocpp1.6", "DEP-1", password).opened()
        sleep(2)  # it has booted, and is asked nothing more

        def does(method: str, path: str, body: Any = None) -> Any:
            answer = client.request(method, path, json=body)
            if not answer.is_success:
                sys.exit(f"{method} {path} was answered with {answer.status_code}: {answer.text}")
            return answer.json() if answer.content else None

        def accepted() -> bool:
            charger.socket.sendall(ASKED)
            (answer,) = charger.receive()
            return bool(orjson.loads(answer)[2]["idTagInfo"]["status"] == "Accepted")

        for _ in range(ROUNDS):
            right = does("POST", "/v2/rights", {"driverId": 1, "siteId": 1})["id"]
            while not accepted():
                pass
            does("DELETE", f"/v2/rights/{right}")
            begun = asked_at = perf_counter()
            while accepted():
                asked_at = perf_counter()
            found.append(asked_at - begun)
    return Timings(found)


def main() -> None:
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chargerights-bench-")))
        databases = {"SQLite": f"sqlite:///{folder}/bench.db", "PostgreSQL": stack.enter_context(postgres())}
        for name, url in databases.items():
            found = lags(url, folder)
            late = sum(each > 0 for each in found.seconds)
            each = [duration(found.percentile(share)) for share in (0.5, 0.99, 1.0)]
            rows.append([name, *each, f"{late} of {ROUNDS}"])
    columns = ["database", "median", "99th percentile", "longest", "accepted after the answer"]
    print_table("A revoked right at a charger of another process", columns, rows)


if __name__ == "__main__":
    main()
