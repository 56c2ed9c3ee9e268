"""Time tells what begins and ends: once each, in order, however late and by however many."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from chargerights.rights.events import EventCursor, Window
from chargerights.rights.model import Driver, Place, PlaceKind, Right, Tag
from chargerights.storage import event_clock, schema
from chargerights.storage.changes import rights
from chargerights.storage.changes.rights import Terms
from chargerights.storage.database import Database
from chargerights.storage.events import Event
from chargerights.storage.revisions import make, revise
from chargerights.storage.rows import drivers
from tests.replica.following import Follower, all_events, types
from tests.storage.writing import OCCASION, TEST, add_customer, put, store_facts
from tests.support.oracle import Facts
from tests.support.servers import opened
from tests.support.world import AN_INSTANT, COMPANY, DAN, FACTS, HEIDI, NOW, TOMORROW, YESTERDAY

ON_COMPANY = Place(PlaceKind.SITE, COMPANY.id)
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)


@pytest.fixture
def cast(database: Database, customer: int) -> int:
    store_facts(database, customer, FACTS)
    database.write_now(put, customer, reserve=1_000)
    return customer


def grant(database: Database, customer: int, start: Any = None, end: Any = None, at: datetime = NOW) -> int:
    occasion = OCCASION._replace(at=at)
    granted = database.write_now(make, customer, occasion, rights.grant, DAN.id, ON_COMPANY, Terms(start, end))
    return granted.right.id


def advance(database: Database, customer: int, now: datetime, limit: int = 100) -> int:
    """Tells all there is to tell; in how many steps."""
    steps = 1
    while database.write_now(event_clock.advance, customer, now, limit):
        steps += 1
    return steps


def after_loading(database: Database, customer: int) -> list[Event]:
    return all_events(database, customer, 1)


def times(found: list[Event]) -> list[tuple[str, datetime]]:
    return [(event.type, event.at) for event in found]


def test_what_begins_and_ends_is_told_with_its_own_instant(database: Database, cast: int) -> None:
    right_id = grant(database, cast, SOON, LATER)
    advance(database, cast, TOMORROW - AN_INSTANT)
    found = after_loading(database, cast)
    assert times(found) == [("right.granted", NOW), ("right.began", SOON), ("right.ended", LATER)]
    assert [event.data["inForce"] for event in found] == [False, True, False]
    assert [event.revision for event in found[1:]] == [None, None]
    assert found[1].data == {
        "rightId": right_id,
        "driverId": DAN.id,
        "place": {"kind": "site", "id": COMPANY.id},
        "validFrom": "2026-06-03T09:01:00Z",
        "validUntil": "2026-06-03T09:02:00Z",
        "inForce": True,
    }


def test_a_customer_is_due_when_something_begins_or_ends_and_not_before(database: Database, cast: int) -> None:
    assert database.read_now(event_clock.due, TOMORROW - AN_INSTANT) == []
    assert database.read_now(event_clock.due, TOMORROW) == [cast], "Ivan's card, and Peggy's right"
    grant(database, cast, LATER)
    grant(database, cast, None, SOON)
    assert database.read_now(event_clock.due, SOON - AN_INSTANT) == []
    assert database.read_now(event_clock.due, SOON) == [cast]
    advance(database, cast, SOON)
    assert database.read_now(event_clock.due, LATER - AN_INSTANT) == []
    assert database.read_now(event_clock.due, LATER) == [cast]


def test_what_was_loaded_in_bulk_begins_and_ends_like_all_else(database: Database, cast: int) -> None:
    advance(database, cast, TOMORROW)
    told = [(each.type, each.data["driverId"], each.data["inForce"]) for each in after_loading(database, cast)]
    assert sorted(told) == [("right.began", 13, True), ("tag.began", 9, True)]


def test_a_window_that_ended_before_it_was_granted_is_never_told_again(database: Database, cast: int) -> None:
    grant(database, cast, YESTERDAY, NOW)
    advance(database, cast, TOMORROW - AN_INSTANT)
    assert types(after_loading(database, cast)) == ["right.granted"]


def test_a_right_that_begins_as_it_is_granted_is_in_force_and_not_told_to_begin(database: Database, cast: int) -> None:
    grant(database, cast, SOON, at=SOON)
    advance(database, cast, LATER)
    (event,) = after_loading(database, cast)
    assert (event.type, event.data["inForce"]) == ("right.granted", True)


def test_a_right_is_told_as_not_begun_while_earlier_ones_are_still_to_be_told(database: Database, cast: int) -> None:
    """Else telling those would have to come first, in the writer's own transaction, however many they are."""
    grant(database, cast, SOON)
    grant(database, cast, LATER, at=LATER)
    assert [event.data["inForce"] for event in after_loading(database, cast)] == [False, False]
    advance(database, cast, LATER)
    assert types(after_loading(database, cast))[2:] == ["right.began", "right.began"]


def test_a_node_whose_clock_is_behind_loses_and_doubles_nothing(database: Database, cast: int) -> None:
    grant(database, cast, SOON, LATER, at=NOW)
    advance(database, cast, LATER)
    grant(database, cast, SOON, at=NOW)
    advance(database, cast, NOW)
    assert types(after_loading(database, cast)) == ["right.granted", "right.began", "right.ended", "right.granted"]
    assert after_loading(database, cast)[-1].data["inForce"], "it is shown as of the log's position"


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (None, None, [("right.changed", True)]),
        (NOW, LATER, [("right.changed", True), ("right.ended", False)]),
        (SOON, None, [("right.changed", False), ("right.began", True)]),
        (LATER, None, [("right.changed", False), ("right.began", True)]),
        (YESTERDAY, NOW, [("right.changed", False)]),
    ],
)
@pytest.mark.parametrize("before", [(SOON, None), (None, SOON), (None, None), (YESTERDAY, NOW)])
def test_a_window_that_moves_is_told_as_it_is_then_and_goes_on_from_there(
    database: Database, cast: int, before: tuple[Any, Any], start: Any, end: Any, told: list[tuple[str, bool]]
) -> None:
    if before == (start, end):
        told = [each for each in told if each[0] != "right.changed"]
    right_id = grant(database, cast, *before)
    after = all_events(database, cast)[-1].number
    database.write_now(make, cast, OCCASION, rights.change, right_id, valid_from=start, valid_until=end)
    advance(database, cast, LATER)
    found = all_events(database, cast, after)
    assert [(event.type, event.data["inForce"]) for event in found] == told


def test_a_right_that_is_revoked_before_it_begins_never_does(database: Database, cast: int) -> None:
    right_id = grant(database, cast, SOON)
    database.write_now(make, cast, OCCASION, rights.remove, right_id)
    advance(database, cast, LATER)
    assert types(after_loading(database, cast)) == ["right.granted", "right.revoked"]


def test_a_card_that_expires_is_told_and_a_blocked_one_does_not_come_into_force(database: Database, cast: int) -> None:
    (card,) = HEIDI.tags
    lent = replace(card, starts_at=SOON, expires_at=LATER, blocked=True)
    database.write_now(put, cast, replace(HEIDI, tags=(lent,)))
    advance(database, cast, LATER)
    told = [(event.type, event.data["inForce"]) for event in after_loading(database, cast)]
    assert told == [("tag.blocked", False), ("tag.changed", False), ("tag.began", False), ("tag.expired", False)]


# -- many at once ---------------------------------------------------------------------------------

MANY = 23


def crowd(count: int) -> list[Driver]:
    """Drivers whose right and whose card, of one number, begin at the same instant."""
    return [
        Driver(
            number,
            f"D{number}",
            tags=(Tag(number, number, f"T{number}", starts_at=SOON),),
            rights=(Right(number, ON_COMPANY, valid_from=SOON),),
        )
        for number in range(1, count + 1)
    ]


def test_any_number_that_begin_at_one_instant_are_told_a_few_at_a_time(database: Database, customer: int) -> None:
    store_facts(database, customer, Facts([COMPANY], [], [], crowd(MANY)))
    assert advance(database, customer, LATER, limit=5) > 2 * MANY / 5
    found = after_loading(database, customer)
    assert len(found) == 2 * MANY
    assert {event.at for event in found} == {SOON}
    assert sorted(event.data["rightId"] for event in found if event.type == "right.began") == [*range(1, MANY + 1)]
    assert sorted(event.data["tagId"] for event in found if event.type == "tag.began") == [*range(1, MANY + 1)]
    assert advance(database, customer, LATER) == 1
    assert len(after_loading(database, customer)) == 2 * MANY


def test_a_change_in_the_middle_of_one_instant_fits_in(database: Database, customer: int) -> None:
    """Rights up to some number have been told to begin: one of those and one of the others is changed."""
    people = crowd(MANY)
    store_facts(database, customer, Facts([COMPANY], [], [], people))
    follower = Follower()
    assert database.write_now(event_clock.advance, customer, SOON, 20)
    assert database.read_now(event_clock.due, SOON) == [customer]
    for driver in (people[2], people[-2]):
        database.write_now(put, customer, replace(driver, rights=(replace(driver.rights[0], valid_until=LATER),)))
    changed = [each for each in after_loading(database, customer) if each.type == "right.changed"]
    assert [event.data["inForce"] for event in changed] == [True, False]
    advance(database, customer, LATER, limit=5)
    for event in all_events(database, customer):
        if event.type == "network.loaded":
            follower.in_force = {(kind, number): False for kind in ("right", "tag") for number in range(1, MANY + 1)}
        follower.take(event)
    assert follower.complaints == []
    ended = {("right", people[2].id): False, ("right", people[-2].id): False}
    assert follower.in_force == dict.fromkeys(follower.in_force, True) | ended


def test_nodes_that_tell_at_once_tell_each_once(database: Database, database_url: str, customer: int) -> None:
    store_facts(database, customer, Facts([COMPANY], [], [], crowd(MANY)))

    def tell(_: int) -> int:
        with opened(database_url) as mine:
            return advance(mine, customer, LATER, limit=4)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, range(4)))
    found = all_events(database, customer)
    assert [event.number for event in found] == list(range(1, 2 * MANY + 2))
    assert len({(event.type, str(event.data)) for event in found}) == 2 * MANY + 1


def test_telling_for_one_customer_tells_nothing_of_another(database: Database, cast: int) -> None:
    other = add_customer(database, "Other")
    store_facts(database, other, Facts([COMPANY], [], [], crowd(3)))
    advance(database, cast, TOMORROW)
    assert types(all_events(database, other)) == ["network.loaded"]
    assert {event.data["driverId"] for event in after_loading(database, cast)} == {9, 13}


# -- against a follower ---------------------------------------------------------------------------


def windows(connection: Connection, customer: int) -> dict[tuple[str, int], Window]:
    """The truth: of every right and tag there is."""
    found = {}
    for driver in drivers.load(connection, customer):
        for right in driver.rights:
            found["right", right.id] = Window(right.id, right.valid_from, right.valid_until)
        for tag in driver.tags:
            found["tag", tag.id] = Window(tag.id, tag.starts_at, tag.expires_at, tag.blocked)
    return found


def clock_of(connection: Connection, customer: int) -> EventCursor:
    columns = schema.event_clocks.c
    query = select(columns.clock_at, columns.clock_id).where(columns.customer_id == customer)
    return EventCursor(*connection.execute(query).one())


def random_driver(dice: random.Random, driver_id: int, numbers: Any, now: datetime, before: Driver | None) -> Driver:
    def window() -> tuple[datetime | None, datetime | None]:
        start = now + timedelta(seconds=dice.randint(-5, 5))
        end = start + timedelta(seconds=dice.randint(1, 5))
        return dice.choice(((None, None), (start, None), (None, end), (start, end)))

    def right(id_: int) -> Right:
        return Right(id_, ON_COMPANY, *window())

    def tag(id_: int) -> Tag:
        return Tag(id_, driver_id, f"T{id_}", *window(), blocked=dice.random() < 0.2)

    old = before or Driver(driver_id, "D")
    kept_rights = [dice.choice((each, right(each.id))) for each in old.rights if dice.random() < 0.7]
    kept_tags = [dice.choice((each, tag(each.id))) for each in old.tags if dice.random() < 0.7]
    new_rights = [right(next(numbers)) for _ in range(dice.randint(0, 2))]
    new_tags = [tag(next(numbers)) for _ in range(dice.randint(0, 1))]
    return Driver(driver_id, "D", tags=(*kept_tags, *new_tags), rights=(*kept_rights, *new_rights))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whoever_follows_the_log_knows_what_is_in_force(database: Database, customer: int, seed: int) -> None:
    """Windows of a few seconds, changed, revoked and granted while time goes on in jumps, told in small steps that are
    sometimes left half done, by nodes whose clocks differ: after each step the follower knows the truth at the log's
    clock, and no event said what was known."""
    dice, numbers, follower = random.Random(seed), iter(range(1, 10_000)), Follower()
    now, people = NOW, dict.fromkeys((1, 2, 3))
    database.write_now(put, customer, COMPANY)
    for step in range(60):
        now += timedelta(seconds=dice.choice((0, 0, 1, 2, 7)))
        skewed = now + timedelta(seconds=dice.choice((-1, 0, 0, 1)))
        if dice.random() < 0.5:
            driver_id = dice.choice((1, 2, 3))
            people[driver_id] = driver = random_driver(dice, driver_id, numbers, now, people[driver_id])

            def write(connection: Connection, driver: Driver = driver, at: datetime = skewed) -> None:
                with revise(connection, customer, at=at, actor=TEST, action="test") as revision:
                    revision.put(driver)

            database.write_now(write)
        elif dice.random() < 0.7:
            advance(database, customer, skewed, limit=dice.choice((4, 100)))
        else:
            database.write_now(event_clock.advance, customer, skewed, 4)
        follower.follow(database, customer)
        clock = database.read_now(clock_of, customer)
        truth = database.read_now(windows, customer)
        assert follower.in_force == {key: window.in_force(clock) for key, window in truth.items()}, f"step {step}"
        assert follower.complaints == [], f"step {step}"
    advance(database, customer, now + timedelta(days=1))
    follower.follow(database, customer)
    assert follower.complaints == []
    assert database.read_now(event_clock.due, now + timedelta(days=365)) == []
