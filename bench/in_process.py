"""Measures a Network in this process, at two sizes.

Drivers of sites and decisions are asked of it; its build and its memory are measured too.

`python -m bench.in_process` (about two minutes; `--scale 0` leaves the ten times larger network out)
"""

from __future__ import annotations

import argparse
import gc
import random
import subprocess
import sys
from array import array
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bench.harness import Timings, duration, in_turns, print_table, ratio, resident, stopwatch
from bench.network import AT, Facts, generate
from chargerights.rights.apply import put_driver
from chargerights.rights.decide import decide
from chargerights.rights.listing import drivers_of_sites
from chargerights.rights.model import Place, PlaceKind, Right
from chargerights.rights.network import Network

ROUNDS = 60
DECISIONS = 2_000


class Subject:
    """One network, and everything that is asked of it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.network = facts.network()
        self._drivers = iter(facts.drivers)
        self.pairs = random_pairs(facts, DECISIONS)

    def ids(self, sites: int) -> list[array[int]]:
        """The driver ids of the first sites that are asked about, as machine integers."""
        listings = drivers_of_sites(self.network, self.facts.asked[:sites], AT)
        return [each.drivers.to_array() for each in listings.values()]

    def size(self) -> int:
        """Number of driver ids in the answer for all twenty sites."""
        return sum(map(len, self.ids(20)))

    def forget(self) -> None:
        """Takes from the network what it remembers, as if it had just been built."""
        self.network.below.clear()
        self.network.listed.clear()

    def grant(self) -> None:
        """Grants one more driver a right on a circuit that is asked about."""
        driver = next(self._drivers)
        place = Place(PlaceKind.SITE, self.facts.asked[0])
        put_driver(self.network, replace(driver, rights=(*driver.rights, Right(0, place))))

    def decide_all(self) -> None:
        network = self.network
        for id_tag, charger_id in self.pairs:
            decide(network, id_tag, charger_id, AT)

    def decide_one_by_one(self) -> list[float]:
        """Seconds of each decision, the clock's own reading included."""
        return [stopwatch(partial(decide, self.network, *pair, AT)) for pair in self.pairs]

    def allowed(self) -> float:
        return sum(decide(self.network, *pair, AT).allowed for pair in self.pairs) / len(self.pairs)


def random_pairs(facts: Facts, count: int) -> list[tuple[str, str]]:
    """Draws pairs of a tag and a charger, always the same ones.

    In two of three pairs, a right of the tag's driver covers the charger.
    """
    dice = random.Random(11)
    at_site: dict[int, list[str]] = {}
    for charger in facts.chargers:
        at_site.setdefault(charger.site_id, []).append(charger.charger_id)
    in_group = {group.id: sorted(group.charger_ids) for group in facts.access_groups}
    pairs = []
    for _ in range(count):
        driver = dice.choice(facts.drivers)
        place = dice.choice(driver.rights).place
        if dice.random() < 1 / 3:
            charger_id = dice.choice(facts.chargers).charger_id
        elif place.kind is PlaceKind.SITE:
            charger_id = dice.choice(at_site[int(place.id)])
        elif place.kind is PlaceKind.CHARGER:
            charger_id = str(place.id)
        else:
            charger_id = dice.choice(in_group[int(place.id)])
        pairs.append((driver.tags[0].id_tag, charger_id))
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=int, default=10, help="the larger network's size; 0 for none")
    parser.add_argument("--memory", choices=("places", "all"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        _print_memory(arguments.memory)
        return
    memory = _memory_per_driver()
    small = Subject(generate())
    builds = in_turns({"build": small.facts.network}, 5)["build"]
    subjects = {"100,000 drivers": small}
    if arguments.scale:
        larger = Subject(generate(arguments.scale))
        subjects[f"{len(larger.facts.drivers):,} drivers"] = larger
    gc.freeze()
    rows = _questions(subjects)
    rows.append(["Network.build from values", duration(builds.median), *[""] * (len(rows[0]) - 2)])
    rows.append(["memory a driver (RSS, without sites and chargers)", f"{memory:,.0f} B", *[""] * (len(rows[0]) - 2)])
    notes = [
        f"the answer for 20 sites holds {' and '.join(f'{each.size():,}' for each in subjects.values())} driver ids",
        f"decisions: {small.allowed():.0%} of {DECISIONS:,} pairs are a yes; medians of batches and of single calls",
        "remembered: the network knows what rights reach below a site; after a grant: one right was added to a site "
        "that is asked about; nothing remembered: as just built",
    ]
    print_table("In process", _columns(list(subjects)), rows, notes)


def _columns(names: list[str]) -> list[str]:
    return ["question", *names, "ratio"] if len(names) > 1 else ["question", *names]


def _questions(subjects: dict[str, Subject]) -> list[list[str]]:
    rows = []
    for sites in (1, 20):
        what = f"drivers of {sites} site{'s' * (sites > 1)} as ids"
        asks = {name: partial(subject.ids, sites) for name, subject in subjects.items()}
        forgets = {name: subject.forget for name, subject in subjects.items()}
        grants = {name: subject.grant for name, subject in subjects.items()}
        rows.append(_row(f"{what}, remembered", in_turns(asks, ROUNDS)))
        rows.append(_row(f"{what}, after a grant", in_turns(asks, ROUNDS, grants)))
        rows.append(_row(f"{what}, nothing remembered", in_turns(asks, ROUNDS, forgets)))
    batches: dict[str, Callable[[], object]] = {name: subject.decide_all for name, subject in subjects.items()}
    rows.append(_row("decide, in batches", in_turns(batches, ROUNDS), DECISIONS))
    singles = {name: Timings(subject.decide_one_by_one()) for name, subject in subjects.items()}
    rows.append(_row("decide, one call", singles))
    worst = {name: Timings([each.percentile(0.99)]) for name, each in singles.items()}
    rows.append(_row("decide, one call, 99th percentile", worst))
    return rows


def _row(what: str, timings: dict[str, Timings], parts: int = 1) -> list[str]:
    medians = [each.median / parts for each in timings.values()]
    row = [what, *map(duration, medians)]
    return [*row, ratio(medians[1], medians[0])] if len(medians) > 1 else row


def _memory_per_driver() -> float:
    """Bytes that a driver adds to a network of sites and chargers.

    Tags, rights and indexes are included.
    """
    sizes = [
        int(
            subprocess.run(
                [sys.executable, "-m", "bench.in_process", "--memory", what], check=True, capture_output=True, text=True
            ).stdout
        )
        for what in ("places", "all")
    ]
    return (sizes[1] - sizes[0]) / 100_000


def _print_memory(what: str) -> None:
    facts = generate(with_drivers=what == "all")
    network: Network = facts.network()
    facts.drivers.clear()
    gc.collect()
    print(resident(), file=sys.stdout if network.sites else sys.stderr)


if __name__ == "__main__":
    main()
