"""Measures 100,000 drivers on their way to Excel and back, and checks the result.

`python -m bench.round_trip` (about ten minutes)

The drivers are exported by `chargerights export` and imported by `chargerights import` into a customer with the same
sites, chargers and access groups and no drivers, on SQLite and on PostgreSQL. Both customers are then asked the
mission's request for every site, and with full details for the twenty sites that other benchmarks ask about. Numbers of
tags and chargers, and the instants at which tags were changed, are left out. Any other difference ends the program with
status 1.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, NamedTuple

import httpx
import orjson
import psutil

from bench.harness import duration, megabytes, postgres, print_table
from bench.network import Facts, generate, write_file
from bench.servers import PROGRAM, Customer, Server, customer, load, serving, watched

SITES_PER_QUESTION = 20
POLL_SECONDS = 0.2
SAMPLED_EVERY = 0.1


class Run(NamedTuple):
    """Output and cost of a command that has succeeded.

    `seconds` is elapsed time, `processor` is seconds of processor time, and `memory` is the most bytes it held.
    """

    said: Any
    seconds: float
    processor: float
    memory: int

    def __str__(self) -> str:
        return f"{duration(self.seconds)}, {duration(self.processor)}, {megabytes(self.memory)}"


def run(of: Customer, *arguments: object) -> Run:
    """Runs the command for the customer."""
    words = [*map(str, arguments), "--customer", str(of.id), "--database", of.database, "--json"]
    start, memory = perf_counter(), 0
    with tempfile.TemporaryFile() as out:
        process = psutil.Popen([*PROGRAM, *words], stdout=out)
        used = process.cpu_times()
        while process.poll() is None:
            with suppress(psutil.Error):
                memory, used = max(memory, process.memory_info().rss), process.cpu_times()
            sleep(SAMPLED_EVERY)
        seconds = perf_counter() - start
        out.seek(0)
        said = orjson.loads(out.read() or b"null")
    if process.returncode:
        sys.exit(f"{arguments} ended with {process.returncode}: {str(said)[:500]}")
    return Run(said, seconds, used.user + used.system, memory)


def answers(server: Server, key: str, facts: Facts) -> Iterator[tuple[str, Any]]:
    """Every site's answer, and the details of those that are asked about."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers={"x-api-key": key}, timeout=600) as client:
        site_ids = [site.id for site in facts.sites]
        questions = [site_ids[at : at + SITES_PER_QUESTION] for at in range(0, len(site_ids), SITES_PER_QUESTION)]
        asked = [("?excludeDetails=true", each) for each in questions] + [("", [each]) for each in facts.asked]
        for query, ids in asked:
            answer = client.post(f"/api/group/authorisedUsers{query}", json={"groupIds": ids})
            if answer.status_code != 200:
                sys.exit(f"{ids} are answered with {answer.status_code}: {answer.text[:200]}")
            yield f"{ids}{query}", _without_numbers(orjson.loads(answer.content))


def _without_numbers(answer: Any) -> Any:
    """Leaves out of the answer what neither file carries.

    Those are the numbers of tags and chargers, and the times at which tags were changed.
    """
    if isinstance(answer, list):
        return [_without_numbers(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    numbered = "idTag" in answer or "chargerId" in answer
    left_out = {"id", "lastUpdated"} if numbered else set()
    return {name: _without_numbers(value) for name, value in answer.items() if name not in left_out}


def compare(one: Customer, other: Customer, facts: Facts) -> int:
    """Number of equal answers. The first that differs ends the program."""
    count = 0
    with serving(one.database) as ours, serving(other.database) as theirs:
        for (question, before), (_, after) in zip(
            answers(ours, one.key, facts), answers(theirs, other.key, facts), strict=True
        ):
            if before != after:
                sys.exit(f"{question} is answered differently")
            count += 1
    return count


def over_http(of: Customer, file: Path) -> tuple[float, float, float]:
    """Times an import over HTTP, and how long it and an export hold the event loop.

    An import before the measured one warms the server up: the framework makes a route at its first request, which
    takes some 50 ms.

    Returns:
        The seconds of the import, and the longest holds during the import and the export, in seconds.
    """
    with watched(of.database) as server:
        url = f"http://127.0.0.1:{server.port}"
        with httpx.Client(base_url=url, headers={"x-api-key": of.key}, timeout=600) as client:
            client.post("/api/group/authorisedUsers?excludeDetails=true", json={"groupIds": [1]})  # loads the image
            _imported(client, b"Driver id\n1\n")
            client.get("/_lag")
            start = perf_counter()
            _imported(client, file.read_bytes())
            seconds = perf_counter() - start
            imported = float(client.get("/_lag").text)
            client.get("/v2/exports/drivers.xlsx").raise_for_status()
            return seconds, imported, float(client.get("/_lag").text)


def _imported(client: httpx.Client, content: bytes) -> None:
    """Updates the drivers by the file and waits until it is done."""
    where = client.post("/v2/imports?mode=update", content=content).headers["location"]
    while (found := client.get(where).json())["state"] in ("queued", "running"):
        sleep(POLL_SECONDS)
    if found["state"] != "succeeded":
        sys.exit(f"the import over HTTP {found['state']}: {found.get('errors')}")


def changed(source: Path, target: Path) -> None:
    """The same drivers, each with another payer."""
    with source.open(encoding="utf-8-sig", newline="") as before, target.open("w", newline="") as after:
        rows = csv.DictReader(before)
        writer = csv.DictWriter(after, ["Driver id", "Payer id"], extrasaction="ignore")
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "Payer id": int(row["Driver id"]) + 1})


def measure(url: str, source: Customer, facts: Facts, folder: Path) -> list[str]:
    """Imports the source's drivers into a new customer of that database.

    Returns:
        One column of the table.
    """
    mine = customer(url)
    load(mine, folder / "places.json")
    dry = run(mine, "import", folder / "drivers.xlsx", "--mode", "add", "--dry-run")
    added = run(mine, "import", folder / "drivers.xlsx", "--mode", "add")
    same = compare(source, mine, facts)
    again = run(mine, "import", folder / "drivers.csv", "--mode", "replace-all")
    if again.said["counts"]["unchanged"] != len(facts.drivers):
        sys.exit(f"importing what was exported changes something: {again.said['counts']}")
    all_changed = run(mine, "import", folder / "changed.csv", "--mode", "update")
    seconds, imported, exported = over_http(mine, folder / "drivers.xlsx")
    return [
        *map(str, (dry, added, again, all_changed)),
        duration(seconds),
        duration(imported),
        duration(exported),
        f"{same} of {same}",
    ]


def main() -> None:
    facts = generate()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        source = customer(f"sqlite:///{folder / 'source.db'}")
        write_file(facts, folder / "network.json")
        write_file(facts._replace(drivers=[]), folder / "places.json")
        load(source, folder / "network.json")
        exports = [run(source, "export", folder / f"drivers.{kind}") for kind in ("xlsx", "csv")]
        changed(folder / "drivers.csv", folder / "changed.csv")
        urls: Sequence[str] = (f"sqlite:///{folder / 'empty.db'}", stack.enter_context(postgres()))
        columns = [measure(url, source, facts, folder) for url in urls]
    names = [
        "dry run of the workbook",
        "import of the workbook",
        "replace-all by a CSV that changes nothing",
        "update that changes every driver",
        "import over HTTP, until it is seen to have ended",
        "the event loop is held by that for at most",
        "… and by an export of the workbook",
        "answers that are the same",
    ]
    print_table(
        f"Spreadsheets of {len(facts.drivers):,} drivers",
        ["by the clock, of a processor, most memory", "SQLite", "PostgreSQL"],
        [list(row) for row in zip(names, *columns, strict=True)],
        [f"export as a workbook: {exports[0]}; as CSV: {exports[1]}"],
    )


if __name__ == "__main__":
    main()
