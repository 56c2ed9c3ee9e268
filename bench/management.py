"""Measures requests that operators wait for, on 100,000 drivers.

`python -m bench.management` (about three minutes; `--postgresql-too` takes two more)

The requests are pages of lists, single grants, bulk grants and their dry runs, checks in a row, and checks of a time
in the past. They go one at a time over one keep-alive connection. The cost of a page is compared with a tiny answer of
the same server (`/v2/access/check`).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson

from bench.client import Connection, request, requests_per_second
from bench.harness import duration, in_turns, print_table, ratio, stopwatch
from bench.harness import postgres as new_postgresql
from bench.network import generate, write_file
from bench.servers import Customer, customer, load, serving

ROUNDS, GRANTS, CHECKS, AT_ONCE, BULK = 30, 500, 4_000, 16, 10_000
LAST = 1_000
PAGES = {
    "drivers by name, first page": "/v2/drivers?limit=100",
    "drivers by name, last page": f"/v2/drivers?limit=100&page={LAST}",
    "drivers by name from the last, page 500": "/v2/drivers?limit=100&page=500&sortDescending=true",
    "drivers by id, last page": f"/v2/drivers?limit=100&page={LAST}&sortKey=id",
    "drivers at home at one site": "/v2/drivers?limit=100&homeSiteId=2",
    "drivers searched": "/v2/drivers?limit=100&search=anna",
    "the one driver with a tag": "/v2/drivers?tag={tag}",
    "drivers of a company's site, by name, page 20": "/v2/sites/1/authorized-drivers?limit=100&page=20",
    "tags, last page": f"/v2/tags?limit=100&page={LAST}",
    "rights, last page": f"/v2/rights?limit=100&page={LAST * 3}",
    "rights on one site": "/v2/rights?limit=100&siteId=2",
}


@contextmanager
def measured(database: str, file: Path) -> Iterator[tuple[Customer, int]]:
    """A customer with the network, and the port of a server over it."""
    mine = customer(database)
    load(mine, file)
    with serving(database) as server:
        yield mine, server.port


def measure(database: str, file: Path, id_tag: str, charger_id: str) -> list[list[str]]:
    with measured(database, file) as (mine, port), Connection(port) as connection:
        key = {"x-api-key": mine.key}
        body = orjson.dumps({"chargerId": charger_id, "idTag": id_tag})
        tiny = request("POST", "/v2/access/check", key, body)

        def ask(what: bytes) -> None:
            answer = connection.ask(what)
            if answer.status not in (200, 201):
                raise RuntimeError(f"status {answer.status}: {what!r}")

        runs = {name: partial(ask, request("GET", path.format(tag=id_tag), key)) for name, path in PAGES.items()}
        timings = in_turns({"a tiny answer": partial(ask, tiny), **runs}, ROUNDS)
        floor = timings["a tiny answer"].median
        rows = [
            [name, duration(each.median), duration(each.percentile(0.95)), ratio(each.median, floor)]
            for name, each in timings.items()
        ]
        before = datetime.now(UTC).isoformat()
        grants = [
            request("POST", "/v2/rights", key, orjson.dumps({"driverId": driver_id, "siteId": 5}))
            for driver_id in range(1, GRANTS + 1)
        ]
        taken = stopwatch(partial(ask_all, ask, grants))
        rows.append([f"{GRANTS} grants, one after another", f"{GRANTS / taken:,.0f} /s", "", ""])
        rate = requests_per_second(port, [tiny] * CHECKS, AT_ONCE)
        rows.append([f"check, {AT_ONCE} connections", f"{rate:,.0f} /s", "", ""])
        for name, driver_ids in (("one grant", [1]), (f"a grant to {BULK:,} drivers", [*range(1, BULK + 1)])):
            tried = orjson.dumps({"driverIds": driver_ids, "siteIds": [7]})
            taken = stopwatch(partial(ask, request("POST", "/v2/rights/grant?dryRun=true", key, tried)))
            rows.append([f"what {name} would mean", duration(taken), "", ""])
        question = {"chargerId": charger_id, "idTag": id_tag}
        past = request("POST", "/v2/access/check", key, orjson.dumps({**question, "at": before}))
        for name in (f"a check of the time before {GRANTS} grants", "another check of that time"):
            taken = stopwatch(partial(ask, past))
            rows.append([name, duration(taken), "", ""])
        questions = orjson.dumps({"questions": [question] * 1_000})
        taken = stopwatch(partial(ask, request("POST", "/v2/access/checks", key, questions)))
        rows.append(["1,000 checks at once", duration(taken), "", ""])
        many = orjson.dumps({"driverIds": [*range(1, BULK + 1)], "siteIds": [7]})
        bulk = stopwatch(partial(ask, request("POST", "/v2/rights/grant", key, many)))
        rows.append([f"one grant to {BULK:,} drivers", duration(bulk), "", ""])
        return rows


def ask_all(ask: Callable[[bytes], None], requests: list[bytes]) -> None:
    """Asks one after the other."""
    for each in requests:
        ask(each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql-too", action="store_true")
    arguments = parser.parse_args()
    facts = generate()
    id_tag, charger_id = facts.drivers[0].tags[0].id_tag, facts.chargers[0].charger_id
    columns = ["request", "median", "95th percentile", "to a tiny answer"]
    with tempfile.TemporaryDirectory(prefix="chargerights-bench-") as folder:
        file = Path(folder) / "network.json"
        write_file(facts, file)
        rows = measure(f"sqlite:///{folder}/bench.db", file, id_tag, charger_id)
        print_table("Management on SQLite, 100,000 drivers", columns, rows)
        if arguments.postgresql_too:
            with new_postgresql() as database:
                print_table(
                    "Management on PostgreSQL, 100,000 drivers", columns, measure(database, file, id_tag, charger_id)
                )


if __name__ == "__main__":
    main()
