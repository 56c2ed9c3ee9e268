"""Measures the mission's request and decisions over HTTP.

`python -m bench.http` (about seven minutes; `--without-spicedb` leaves three out)

The mission's request is compared with the floor, SQL and SpiceDB. The floor is the same server sending the same bytes
from memory (`bench.peers.floor`). Requests go one at a time over one keep-alive connection, in turns with what they
are compared with, and the client throws the answer away. "After a write" means that another process commits a right
on one of the sites before each request, which is not timed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import orjson
import psycopg

from bench import streaming
from bench.client import Answer, Connection, request, requests_per_second, unchunked
from bench.harness import Timings, duration, in_turns, megabytes, print_table, ratio
from bench.harness import postgres as new_postgresql
from bench.in_process import Subject
from bench.network import generate, write_file
from bench.peers import postgres, spicedb
from bench.servers import Customer, customer, floor, load, serving, watched
from chargerights.rights.model import Place, PlaceKind
from chargerights.storage import revisions
from chargerights.storage.changes.rights import grant
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor, ChangeContext

ROUNDS, FULL_ROUNDS = 40, 2
CHECKS, AT_ONCE = 1_000, 16
PATH = "/api/group/authorisedUsers"
SQLITE, POSTGRESQL, FLOOR = "on SQLite", "on PostgreSQL", "floor"


class Question(NamedTuple):
    """The mission's request for the first sites that are asked about."""

    sites: int
    brief: bool

    @property
    def title(self) -> str:
        return f"{self.sites} site{'s' * (self.sites > 1)}, {'excludeDetails' if self.brief else 'full'}"

    @property
    def name(self) -> str:
        """Name of the answer at the floor."""
        return f"{'brief' if self.brief else 'full'}-{self.sites}"


QUESTIONS = tuple(Question(sites, brief) for brief in (True, False) for sites in (1, 20))
BRIEF_1, BRIEF_20, FULL_1, FULL_20 = QUESTIONS


class Target:
    """One of the servers that are compared, and a connection to it."""

    def __init__(self, port: int, of: Customer | None, asked: list[int]) -> None:
        self.port = port
        self.connection = Connection(port)
        self.headers = {"x-api-key": of.key} if of else {}
        self._is_floor = of is None
        self._asked = asked

    def request(self, question: Question, **headers: str) -> bytes:
        path = f"/{question.name}" if self._is_floor else f"{PATH}?excludeDetails={str(question.brief).lower()}"
        return request("POST", path, self.headers | headers, orjson.dumps({"groupIds": self._asked[: question.sites]}))

    def ask(self, question: Question, keep: Callable[[memoryview], object] | None = None) -> Answer:
        answer = self.connection.ask(self.request(question), keep)
        if answer.status != 200:
            raise RuntimeError(f"{question.title}: status {answer.status}")
        return answer

    def body(self, question: Question) -> bytes:
        parts: list[bytes] = []
        answer = self.ask(question, lambda view: parts.append(bytes(view)))
        raw = b"".join(parts)
        return raw if "content-length" in answer.headers else unchunked(raw)

    def ask_again(self, question: Question) -> Callable[[], object]:
        """A request with the ETag of the answer that was just given."""
        again = self.request(question, **{"if-none-match": self.ask(question).headers["etag"]})

        def run() -> None:
            if (answer := self.connection.ask(again)).status != 304:
                raise RuntimeError(f"{question.title} again: status {answer.status}")

        return run


class Writer:
    """Commits rights on the first site asked about, to one driver after the other."""

    def __init__(self, to: Customer, site_id: int) -> None:
        self._database = Database(to.database)
        self._customer_id = to.id
        self._place = Place(PlaceKind.SITE, site_id)
        self._next_driver = 0

    def write(self) -> None:
        self._next_driver += 1
        occasion = ChangeContext(datetime.now(UTC), Actor("bench"), "right.grant")
        self._database.write_now(revisions.make, self._customer_id, occasion, grant, self._next_driver, self._place)


class Setting(NamedTuple):
    """Everything that runs while this measures."""

    customer: Customer
    answers: Path
    subject: Subject
    targets: dict[str, Target]
    writers: dict[str, Writer]
    sizes: dict[str, int]


@contextmanager
def setting() -> Iterator[Setting]:
    """Starts a `chargerights serve` over each of the two databases, and the floor.

    The databases are loaded by `chargerights load`.
    """
    subject = Subject(generate())
    asked = subject.facts.asked
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_file(subject.facts, folder / "network.json")
        databases = {
            SQLITE: f"sqlite:///{folder / 'bench.db'}",
            POSTGRESQL: stack.enter_context(new_postgresql()),
        }
        customers = {name: customer(url) for name, url in databases.items()}
        targets = {}
        for name, each in customers.items():
            load(each, folder / "network.json")
            targets[name] = Target(stack.enter_context(serving(each.database)).port, each, asked)
        (folder / "answers").mkdir()
        sizes = {}
        for question in QUESTIONS:
            body = targets[SQLITE].body(question)
            sizes[question.name] = len(body)
            (folder / "answers" / question.name).write_bytes(body)
            if question.brief and targets[POSTGRESQL].body(question) != body:
                sys.exit("PostgreSQL's answer is not SQLite's")
        (folder / "answers" / "check").write_bytes(_check(targets[SQLITE], *subject.pairs[0])[1])
        targets[FLOOR] = Target(stack.enter_context(floor(folder / "answers")).port, None, asked)
        writers = {name: Writer(each, asked[0]) for name, each in customers.items()}
        yield Setting(customers[SQLITE], folder / "answers", subject, targets, writers, sizes)


def mission_rows(here: Setting) -> list[list[str]]:
    """The mission's request, unchanged, after a write and with its ETag."""
    rows = []
    for question in (BRIEF_1, BRIEF_20):
        runs = {name: partial(target.ask, question) for name, target in here.targets.items()}
        size = megabytes(here.sizes[question.name])
        rows.append(_row(f"{question.title} ({size}), unchanged", in_turns(runs, ROUNDS)))
        prepare = {name: writer.write for name, writer in here.writers.items()}
        rows.append(_row(f"{question.title}, after a write", in_turns(runs, ROUNDS, prepare)))
    rows.append(_again_row(here, BRIEF_20))
    runs = {name: partial(target.ask, FULL_1) for name, target in here.targets.items()}
    rows.append(_row(f"{FULL_1.title} ({megabytes(here.sizes[FULL_1.name])})", in_turns(runs, ROUNDS // 2)))
    runs = {name: partial(target.ask, FULL_20) for name, target in here.targets.items()}
    total = here.sizes[FULL_20.name]
    timings = in_turns(runs, FULL_ROUNDS)
    rows.append(_row(f"{FULL_20.title} ({megabytes(total)})", timings))
    speeds = [total / each.median for each in timings.values()]
    rows.append(["the same, a second", *map(megabytes, speeds), *(ratio(each, speeds[-1]) for each in speeds[:-1])])
    rows.append(_again_row(here, FULL_20))
    return rows


def streaming_rows(here: Setting) -> list[list[str]]:
    """The largest answer from servers that measure themselves."""
    costs = []
    asked = here.subject.facts.asked
    with watched(here.customer.database) as ours, floor(here.answers) as other:
        for server, of in ((ours, here.customer), (other, None)):
            target = Target(server.port, of, asked)
            target.ask(BRIEF_1)  # loads the image
            costs.append([streaming.cost(server.port, server.process, partial(target.ask, FULL_20)) for _ in range(2)])
    return streaming.rows(*costs)


def check_rows(here: Setting) -> list[list[str]]:
    """Decisions over HTTP, one at a time and several connections at once."""
    pairs = here.subject.pairs[:CHECKS]
    requests = {name: [check_request(target, *pair) for pair in pairs] for name, target in here.targets.items()}
    runs = {name: partial(ask_all, target.connection, requests[name][:100]) for name, target in here.targets.items()}
    each = {name: Timings([taken / 100 for taken in all_.seconds]) for name, all_ in in_turns(runs, 10).items()}
    rates: dict[str, list[float]] = {name: [] for name in here.targets}
    for _ in range(3):
        for name, target in here.targets.items():
            rates[name].append(requests_per_second(target.port, requests[name], AT_ONCE))
    medians = [Timings(taken).median for taken in rates.values()]
    speeds = [f"{rate:,.0f} /s" for rate in medians]
    return [
        _row("check, one at a time", each),
        [f"check, {AT_ONCE} at once", *speeds, *(ratio(rate, medians[-1]) for rate in medians[:-1])],
    ]


def beside_rows(here: Setting, with_spicedb: bool) -> list[list[str]]:
    """Rows that compare our whole answer with others, which find the ids alone.

    Times are given unchanged and after a write.
    """
    facts = here.subject.facts
    target, writer = here.targets[SQLITE], here.writers[SQLITE]
    ours = partial(target.ask, BRIEF_20)
    with new_postgresql() as url, psycopg.connect(url, autocommit=True) as connection:
        postgres.fill(connection, facts, here.subject.network)
        sql = partial(postgres.ask_best, connection, facts.asked)
        runs: dict[str, Callable[[], object]] = {"changed": ours, "unchanged": ours, "SQL": sql}
        timings = in_turns(runs, ROUNDS, {"changed": writer.write})
    medians = {
        "chargerights over HTTP, with names": (timings["unchanged"].median, timings["changed"].median),
        "one SQL statement on PostgreSQL": (timings["SQL"].median,) * 2,
    }
    if with_spicedb:
        with spicedb.serving(facts, "postgres") as other:
            unchanged, changed = (other.ask(facts.asked, spicedb.ROUNDS, each).timings.median for each in (False, True))
        medians[f"SpiceDB {spicedb.VERSION} on PostgreSQL"] = (unchanged, changed)
    own = next(iter(medians.values()))
    return [
        [name, *map(duration, both), *(ratio(each, mine) for each, mine in zip(both, own, strict=True))]
        for name, both in medians.items()
    ]


def _again_row(here: Setting, question: Question) -> list[str]:
    runs: dict[str, Callable[[], object]] = {name: here.targets[name].ask_again(question) for name in here.writers}
    runs[FLOOR] = partial(here.targets[FLOOR].connection.ask, request("GET", "/check", {}))
    return _row(f"{question.title}, again with its ETag (floor: a tiny answer)", in_turns(runs, ROUNDS))


def check_request(target: Target, id_tag: str, charger_id: str) -> bytes:
    """Request that asks whether the tag may charge at the charger."""
    path = "/v2/access/check" if target.headers else "/check"
    return request("POST", path, target.headers, orjson.dumps({"chargerId": charger_id, "idTag": id_tag}))


def _check(target: Target, id_tag: str, charger_id: str) -> tuple[int, bytes]:
    parts: list[bytes] = []
    answer = target.connection.ask(check_request(target, id_tag, charger_id), lambda view: parts.append(bytes(view)))
    return answer.status, b"".join(parts)


def ask_all(connection: Connection, requests: list[bytes]) -> None:
    """Asks one after the other."""
    for each in requests:
        connection.ask(each)


def _row(what: str, timings: dict[str, Timings]) -> list[str]:
    medians = [timings[name].median for name in (SQLITE, POSTGRESQL, FLOOR)]
    return [what, *map(duration, medians), *(ratio(each, medians[-1]) for each in medians[:-1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-spicedb", action="store_true")
    arguments = parser.parse_args()
    with setting() as here:
        rows = [*mission_rows(here), *check_rows(here)]
        streamed = streaming_rows(here)
        beside = beside_rows(here, not arguments.without_spicedb)
    columns = ["request", SQLITE, POSTGRESQL, FLOOR, "SQLite to floor", "PostgreSQL to floor"]
    print_table("The mission's request and decisions over HTTP", columns, rows, ["medians; floor: see above"])
    columns = [FULL_20.title, "our first", "our second", "floor"]
    print_table("The largest answer", columns, streamed, ["held: processor time of the event loop's thread"])
    columns = ["the drivers of 20 sites", "unchanged", "after a write", "to ours", "to ours after a write"]
    print_table("Beside others, which give the ids alone", columns, beside)


if __name__ == "__main__":
    main()
