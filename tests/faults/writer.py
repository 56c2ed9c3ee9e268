"""A node of its own that changes rights without pause: `writer.py URL CUSTOMER`, until its standard input ends.

Each line of its standard output is a revision that is committed and what is true in it, as JSON (see `EntityState`).
"""

from __future__ import annotations

import os
import select
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from chargerights.rights.model import Place, PlaceKind, Right
from chargerights.storage.changes import rights as changes
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor, ChangeContext
from chargerights.storage.revisions import make, revise
from chargerights.storage.rows import drivers, sites

LEFT, RIGHT = 1, 2
"""Two sites; every move takes both drivers of `MOVED` from one to the other, and names all after the move."""
MOVED, LAST_MOVED = 1, 2
THIRD = 3
"""A driver who is granted and revoked a right on the left site in between."""


class State(NamedTuple):
    """What a revision says. `label`: the name of the moved drivers and of both sites; `at`: where the drivers may."""

    label: str
    at: int
    third: bool


def move(connection: Connection, customer: int, state: State) -> int:
    """Everything that the label is on changes in this one revision."""
    with revise(connection, customer, at=datetime.now(UTC), actor=Actor("writer"), action="test.move") as revision:
        for site in sites.load(connection, customer, [LEFT, RIGHT]):
            revision.put(replace(site, name=state.label))
        for driver in drivers.load(connection, customer, [MOVED, LAST_MOVED]):
            rights = (Right(revision.next_id(), Place(PlaceKind.SITE, state.at)),)
            revision.put(replace(driver, name=state.label, rights=rights))
        return revision.number


def turn(connection: Connection, customer: int, state: State) -> int:
    """Grants or revokes the third driver's right, as the doors do."""
    place = Place(PlaceKind.SITE, LEFT)
    change = changes.grant if state.third else changes.revoke
    occasion = ChangeContext(datetime.now(UTC), Actor("writer"), "test.turn")
    make(connection, customer, occasion, change, THIRD, place)
    return revision_of(connection, customer)


def revision_of(connection: Connection, customer: int) -> int:
    query = "SELECT revision FROM customers WHERE id = " + str(int(customer))
    found: int = connection.exec_driver_sql(query).scalar_one()
    return found


def say(revision: int, state: State) -> None:
    os.write(1, orjson.dumps([revision, [*state]]) + b"\n")


def run(url: str, customer: int) -> None:
    database = Database(url)
    state = State("begin", LEFT, False)
    say(database.write_now(move, customer, state), state)
    step = 0
    while not select.select([0], [], [], 0)[0]:
        step += 1
        if step % 3:
            state = State(f"move {step}", RIGHT if state.at == LEFT else LEFT, state.third)
            revision = database.write_now(move, customer, state)
        else:
            state = state._replace(third=not state.third)
            revision = database.write_now(turn, customer, state)
        say(revision, state)
    database.close_now()


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]))
