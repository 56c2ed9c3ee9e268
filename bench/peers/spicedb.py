"""The subjects of 20 sites from SpiceDB, over the same facts, beside ours.

`python -m bench.peers.spicedb` (three minutes, and some more once, to build SpiceDB's own server with Go)

SpiceDB knows no weekly hours, blocked tags or disabled drivers here: only the rights that are valid at the asked
instant, of enabled drivers, are written to it. Its answer must name the drivers that ours names.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench.harness import CACHE, Timings, duration, free_port, in_turns, postgres, print_table, ratio, wait_for_port
from bench.in_process import Subject
from bench.network import AT, Facts, generate
from chargerights.rights.model import Place, PlaceKind

VERSION = "v1.56.2"
KEY = "bench"
ROUNDS = 9
STATES = {"postgres": (False, True), "memory": (False,)}
"""Which are asked after a write. Not the one in memory, which is meant for tests: that took it 48 s."""
SCHEMA = """
definition driver {}
definition access_group {
    relation holder: driver
}
definition charger {
    relation holder: driver
    relation member_of: access_group
    permission holders = holder + member_of->holder
}
definition site {
    relation parent: site
    relation subsite: site
    relation charger: charger
    relation holder: driver
    permission above = holder + parent->above
    permission below = holder + subsite->below + charger->holders
    permission listed = above + below
}
"""
KINDS = {PlaceKind.SITE: "site", PlaceKind.CHARGER: "charger", PlaceKind.ACCESS_GROUP: "access_group"}


class Answer(NamedTuple):
    """Times of SpiceDB, and the drivers it named for each site."""

    timings: Timings
    subjects: dict[int, set[int]]


def built() -> tuple[Path, Path]:
    """Builds SpiceDB's server and our client of it with Go, and returns their paths.

    They are kept in bench/.cache. A server that is there already is not built again.
    """
    server, client, source = CACHE / "spicedb", CACHE / "lookup_subjects", CACHE / "gobuild"
    go = shutil.which("go")
    if go is None and not (server.exists() and client.exists()):
        sys.exit("SpiceDB is built with Go, which is not on the path")
    (source / "client").mkdir(parents=True, exist_ok=True)

    def run(*arguments: str | Path) -> None:
        subprocess.run([str(go), *map(str, arguments)], cwd=source, check=True)

    if not (source / "go.mod").exists():
        run("mod", "init", "bench")
        run("get", f"github.com/authzed/spicedb/cmd/spicedb@{VERSION}")
    if not server.exists():
        run("build", "-o", server, "github.com/authzed/spicedb/cmd/spicedb")
    if go is not None:
        shutil.copyfile(Path(__file__).with_name("lookup_subjects.go"), source / "client" / "main.go")
        run("build", "-o", client, "./client")
    return server, client


def relationships(facts: Facts) -> Iterator[str]:
    """Current rights and the positions of sites and chargers, one line a relationship."""
    for site in facts.sites:
        if site.parent_id is not None:
            yield f"site:{site.id} parent site:{site.parent_id}"
            yield f"site:{site.parent_id} subsite site:{site.id}"
    for charger in facts.chargers:
        yield f"site:{charger.site_id} charger charger:{charger.charger_id}"
    for group in facts.access_groups:
        for charger_id in group.charger_ids:
            yield f"charger:{charger_id} member_of access_group:{group.id}"
    for driver in facts.drivers:
        places: set[Place] = {right.place for right in driver.rights if right.valid(AT)} if driver.enabled else set()
        for place in places:
            yield f"{KINDS[place.kind]}:{place.id} holder driver:{driver.id}"


class SpiceDB:
    """A running server with the facts in it."""

    def __init__(self, address: str, client: Path) -> None:
        self._command = [str(client), address, KEY]

    def load(self, facts: Facts) -> None:
        with tempfile.TemporaryDirectory() as folder:
            schema, facts_file = Path(folder) / "schema", Path(folder) / "relationships"
            schema.write_text(SCHEMA)
            facts_file.write_text("\n".join(relationships(facts)))
            subprocess.run([*self._command, "load", str(schema), str(facts_file)], check=True)

    def ask(self, sites: list[int], rounds: int, changed: bool) -> Answer:
        """Looks all the sites up at once, `rounds` times.

        With `changed`, a write precedes each of them.
        """
        arguments = ["ask", str(rounds), "changed" if changed else "unchanged", *map(str, sites)]
        done = subprocess.run([*self._command, *arguments], check=True, capture_output=True, text=True)
        said: dict[str, Any] = json.loads(done.stdout)
        subjects = {int(site): {*map(int, drivers or ())} for site, drivers in said["subjects"].items()}
        return Answer(Timings(said["seconds"]), subjects)


@contextmanager
def serving(facts: Facts, datastore: str) -> Iterator[SpiceDB]:
    """Starts SpiceDB and loads the facts into it.

    `datastore` is "postgres", which is vacuumed and analysed, or "memory".
    """
    server, client = built()
    if datastore == "memory":
        with _process(server, client) as spicedb:
            spicedb.load(facts)
            yield spicedb
        return
    with postgres() as url:
        store = ["--datastore-engine", "postgres", "--datastore-conn-uri", url]
        migrate = [str(server), "datastore", "migrate", "head", *store, "--log-level", "fatal", "--skip-release-check"]
        subprocess.run(migrate, check=True, stderr=subprocess.DEVNULL)
        with _process(server, client, *store) as spicedb:
            spicedb.load(facts)
            _analyse(url)
            yield spicedb


@contextmanager
def _process(server: Path, client: Path, *options: str) -> Iterator[SpiceDB]:
    port = free_port()
    quiet = ["--metrics-enabled=false", "--telemetry-endpoint=", "--log-level", "error", "--skip-release-check"]
    command = [str(server), "serve", "--grpc-preshared-key", KEY, "--grpc-addr", f"127.0.0.1:{port}", *quiet, *options]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield SpiceDB(f"127.0.0.1:{port}", client)
    finally:
        process.terminate()
        process.wait()


def _analyse(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def main() -> None:
    ours = Subject(generate())
    facts = ours.facts
    expected = {site: {*each} for site, each in zip(facts.asked, ours.ids(20), strict=True)}
    ask = {"ours": partial(ours.ids, 20)}
    medians = {
        False: in_turns(ask, 50)["ours"].median,
        True: in_turns(ask, 50, {"ours": ours.grant})["ours"].median,
    }
    states = {False: "unchanged", True: "after a write"}
    rows = [[f"chargerights, in process, {states[changed]}", duration(each), ""] for changed, each in medians.items()]
    for datastore, asked in STATES.items():
        with serving(facts, datastore) as spicedb:
            for changed in asked:
                answer = spicedb.ask(facts.asked, ROUNDS, changed)
                if answer.subjects != expected:
                    sys.exit(f"SpiceDB on {datastore} names other drivers than we do")
                taken = answer.timings.median
                name = f"SpiceDB on {datastore}, {states[changed]}"
                rows.append([name, duration(taken), ratio(taken, medians[changed])])
    count = sum(map(len, expected.values()))
    notes = [
        f"SpiceDB {VERSION}; 20 LookupSubjects at once, fully consistent, read by a client in Go",
        f"each answer names the same {count:,} drivers of 20 sites",
        "unchanged: SpiceDB answers from its dispatch cache, we from remembered lists; after a write: of a "
        "relationship elsewhere in SpiceDB, of a right on one of the sites here",
    ]
    print_table("Drivers of 20 sites as ids, beside SpiceDB", ["", "median", "to ours"], rows, notes)


if __name__ == "__main__":
    main()
