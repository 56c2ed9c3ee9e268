"""Compares chargerights with SQL on PostgreSQL, for the drivers of 20 sites.

`python -m bench.peers.postgres` (a minute)

Two statements are measured on the same facts, each over the tables and covering indexes that suit it best, prepared,
vacuumed and analysed, on one connection with settings for data that is in memory. The ids come back in binary, as one
array a site. They must name the drivers that we name. (Walking the tree by recursion instead of a closure table took
0.1 s and more.)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, LiteralString

import psycopg

from bench.harness import duration, in_turns, postgres, print_table, ratio
from bench.in_process import Subject
from bench.network import AT, Facts, generate
from chargerights.rights.model import PlaceKind
from chargerights.rights.network import Network

ROUNDS = 40
TABLES = """
CREATE TABLE site (id bigint PRIMARY KEY, parent_id bigint REFERENCES site);
CREATE TABLE charger (id bigint PRIMARY KEY, site_id bigint NOT NULL REFERENCES site);
CREATE TABLE member (group_id bigint NOT NULL, charger_id bigint NOT NULL REFERENCES charger);
CREATE TABLE driver (id bigint PRIMARY KEY, enabled boolean NOT NULL);
CREATE TABLE holder (
    kind "char" NOT NULL, place_id bigint NOT NULL, driver_id bigint NOT NULL REFERENCES driver,
    valid_from timestamptz, valid_until timestamptz
);
CREATE TABLE below (site_id bigint NOT NULL, lower_id bigint NOT NULL);
CREATE TABLE reaching (site_id bigint NOT NULL, kind "char" NOT NULL, place_id bigint NOT NULL);
"""
INDEXES = """
CREATE INDEX ON site (parent_id) INCLUDE (id);
CREATE INDEX ON charger (site_id) INCLUDE (id);
CREATE INDEX ON member (charger_id) INCLUDE (group_id);
CREATE INDEX ON driver (id) WHERE NOT enabled;
CREATE INDEX ON holder (kind, place_id) INCLUDE (driver_id, valid_from, valid_until);
CREATE UNIQUE INDEX ON below (site_id, lower_id);
CREATE UNIQUE INDEX ON below (lower_id, site_id);
CREATE UNIQUE INDEX ON reaching (site_id, kind, place_id);
"""
# Measured: an array by site, so that the rights are found by index, takes a sixth of grouping all of them.
ANSWER: LiteralString = """
SELECT asked.id, ARRAY(
    {} SELECT DISTINCT driver_id
    FROM places JOIN holder USING (kind, place_id)
    WHERE (valid_from IS NULL OR valid_from <= %(at)s) AND (valid_until IS NULL OR %(at)s < valid_until)
        AND driver_id NOT IN (SELECT id FROM driver WHERE NOT enabled)
)
FROM unnest(%(sites)s::bigint[]) AS asked (id)
"""
PLACES: LiteralString = """
chargers AS (
    SELECT charger.id FROM lower JOIN charger ON charger.site_id = lower.id
), places AS (
    SELECT 's'::"char" AS kind, id AS place_id FROM lower
    UNION SELECT 's', id FROM upper
    UNION SELECT 'c', id FROM chargers
    UNION SELECT 'g', group_id FROM chargers JOIN member ON charger_id = id
)
"""
CLOSURE: LiteralString = f"""
WITH lower AS (SELECT lower_id AS id FROM below WHERE site_id = asked.id),
upper AS (SELECT site_id AS id FROM below WHERE lower_id = asked.id), {PLACES}
"""
REACHING: LiteralString = "WITH places AS (SELECT kind, place_id FROM reaching WHERE site_id = asked.id)"
STATEMENTS: dict[str, LiteralString] = {
    "SQL, a closure table of the tree": ANSWER.format(CLOSURE),
    "SQL, a table of all places that reach each site": ANSWER.format(REACHING),
}
KINDS = {PlaceKind.SITE: "s", PlaceKind.CHARGER: "c", PlaceKind.ACCESS_GROUP: "g"}


def fill(connection: psycopg.Connection[Any], facts: Facts, network: Network) -> None:
    """Creates the tables of the facts and closures, indexed, vacuumed and analysed."""
    numbers = {each.charger_id: each.id for each in facts.chargers}
    connection.execute(TABLES)
    for table, rows in {
        "site": ((each.id, each.parent_id) for each in facts.sites),
        "charger": ((each.id, each.site_id) for each in facts.chargers),
        "member": ((each.id, numbers[one]) for each in facts.access_groups for one in each.charger_ids),
        "driver": ((each.id, each.enabled) for each in facts.drivers),
        "holder": _holders(facts, numbers),
        "below": ((site_id, lower) for site_id in network.sites for lower in network.subtree(site_id)),
        "reaching": _reaching(network, numbers),
    }.items():
        _copy(connection, table, rows)
    connection.execute(INDEXES)
    connection.execute("VACUUM ANALYZE")
    connection.execute("SET jit = off; SET work_mem = '64MB'; SET random_page_cost = 1.1")


def ask(connection: psycopg.Connection[Any], statement: LiteralString, sites: list[int]) -> dict[int, list[int]]:
    """The drivers of each site by that statement."""
    found = connection.execute(statement, {"sites": sites, "at": AT}, prepare=True, binary=True)
    return dict(found.fetchall())


def ask_best(connection: psycopg.Connection[Any], sites: list[int]) -> dict[int, list[int]]:
    """The same by the statement that is fastest."""
    return ask(connection, ANSWER.format(REACHING), sites)


def _copy(connection: psycopg.Connection[Any], table: LiteralString, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _holders(facts: Facts, numbers: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for driver in facts.drivers:
        for right in driver.rights:
            place = right.place
            place_id = numbers[str(place.id)] if place.kind is PlaceKind.CHARGER else place.id
            yield KINDS[place.kind], place_id, driver.id, right.valid_from, right.valid_until


def _reaching(network: Network, numbers: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for site_id in network.sites:
        lower = [*network.subtree(site_id)]
        chargers = [charger_id for each in lower for charger_id in network.chargers_at(each)]
        places = {("s", each) for each in (*lower, *network.chain(site_id))}
        places |= {("c", numbers[charger_id]) for charger_id in chargers}
        places |= {("g", group) for charger_id in chargers for group in network.groups_of(charger_id)}
        yield from ((site_id, *place) for place in places)


def main() -> None:
    ours = Subject(generate())
    facts = ours.facts
    expected = {site: {*each} for site, each in zip(facts.asked, ours.ids(20), strict=True)}
    with postgres() as url, psycopg.connect(url, autocommit=True) as connection:
        fill(connection, facts, ours.network)
        runs: dict[str, Callable[[], object]] = {
            "ours, unchanged": partial(ours.ids, 20),
            "ours, after a write": partial(ours.ids, 20),
        }
        for name, statement in STATEMENTS.items():
            if {site: {*drivers} for site, drivers in ask(connection, statement, facts.asked).items()} != expected:
                sys.exit(f"{name}: names other drivers than we do")
            runs[name] = partial(ask, connection, statement, facts.asked)
        timings = in_turns(runs, ROUNDS, {"ours, after a write": ours.grant})
    reference = timings["ours, after a write"].median
    rows = [[name, duration(each.median), ratio(each.median, reference)] for name, each in timings.items()]
    count = sum(map(len, expected.values()))
    notes = [
        f"each answer names the same {count:,} drivers of 20 sites; the client's reading of them is in the time",
        "ours, unchanged: from remembered lists; after a write: a right on one of the sites was added just before",
    ]
    print_table("Drivers of 20 sites as ids, beside SQL", ["", "median", "to ours after a write"], rows, notes)


if __name__ == "__main__":
    main()
