"""Compares a network with one ten times as large, over HTTP.

`python -m bench.tenfold` (about seven minutes, most of it storing and loading a million drivers; 6 GB of memory)

Both are chargerights on SQLite, asked in turns for the mission's request and decisions. A site has as many drivers in
one as in the other (`bench.network`), so the answers have the same size.
"""

from __future__ import annotations

import gc
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from bench.harness import Timings, duration, in_turns, print_table, ratio
from bench.http import BRIEF_1, BRIEF_20, FULL_1, Target, Writer, ask_all, check_request
from bench.in_process import random_pairs
from bench.network import Facts, generate
from bench.servers import Customer, customer, serving
from chargerights.storage import networks
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor
from chargerights.storage.revisions import revise

SCALES = (1, 10)
ROUNDS = 30
CHECKS = 100


def store(facts: Facts, of: Customer) -> None:
    """Stores the facts as `chargerights load` does, without the file in between."""

    def work(connection: Connection) -> None:
        at = datetime.now(UTC)
        with revise(connection, of.id, at=at, actor=Actor("bench"), action="network.load") as revision:
            for them in (facts.sites, facts.chargers, facts.access_groups, facts.drivers):
                revision.reserve(max(each.id for each in them))
            revision.reserve(max(right.id for driver in facts.drivers for right in driver.rights))
            networks.store(revision, facts.sites, facts.chargers, facts.access_groups, facts.drivers)

    database = Database(of.database)
    database.write_now(work)
    database.close_now()


def main() -> None:
    targets: dict[str, Target] = {}
    writers: dict[str, Writer] = {}
    checks: dict[str, list[bytes]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for scale in SCALES:
            facts = generate(scale)
            mine = customer(f"sqlite:///{folder / f'{scale}.db'}")
            store(facts, mine)
            name = f"{len(facts.drivers):,} drivers"
            target = Target(stack.enter_context(serving(mine.database)).port, mine, facts.asked)
            target.ask(BRIEF_20)  # loads the image
            targets[name], writers[name] = target, Writer(mine, facts.asked[0])
            checks[name] = [check_request(target, *pair) for pair in random_pairs(facts, CHECKS)]
            del facts
            gc.collect()
        rows = []
        for question in (BRIEF_1, BRIEF_20, FULL_1):
            runs = {name: partial(target.ask, question) for name, target in targets.items()}
            sizes = " and ".join(f"{target.ask(question).size / 1e6:.2f}" for target in targets.values())
            rows.append(_row(f"{question.title} ({sizes} MB), unchanged", in_turns(runs, ROUNDS)))
            writes = {name: writer.write for name, writer in writers.items()}
            rows.append(_row(f"{question.title}, after a write", in_turns(runs, ROUNDS, writes)))
        asks = {name: partial(ask_all, target.connection, checks[name]) for name, target in targets.items()}
        rows.append(_row("check", in_turns(asks, 10), CHECKS))
    print_table("Ten times the network, over HTTP", ["request", *targets, "ratio"], rows)


def _row(what: str, timings: dict[str, Timings], parts: int = 1) -> list[str]:
    small, large = (each.median / parts for each in timings.values())
    return [what, duration(small), duration(large), ratio(large, small)]


if __name__ == "__main__":
    main()
