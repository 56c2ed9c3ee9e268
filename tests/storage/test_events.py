"""The log of events: one order for each customer, without gaps, in which no one is named."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from chargerights.rights.live import LiveCharger, LiveConnector
from chargerights.rights.model import Place, PlaceKind
from chargerights.storage import events
from chargerights.storage.changes import rights
from chargerights.storage.changes import webhooks as hooks
from chargerights.storage.charging import live
from chargerights.storage.database import Database
from chargerights.storage.events import EventsGone, EventToCome
from chargerights.storage.revisions import make, revise
from chargerights.storage.rows import webhooks
from tests.replica.following import all_events, types
from tests.storage.writing import OCCASION, TEST, add_customer, everything, put, put_facts, revision_of, store_facts
from tests.support.servers import opened
from tests.support.world import (
    ALICE,
    BOB,
    COMPANY,
    DAN,
    DEP_1,
    DEPOT,
    FACTS,
    GF_1,
    JUDY,
    NOW,
    OFF_1,
    TOMORROW,
    YESTERDAY,
    place,
)

WRITERS, WRITES = 4, 10
ON_DEPOT = place(DEPOT)


@pytest.fixture
def cast(database: Database, customer: int) -> int:
    """The customer with the cast's network, whose loading is event 1."""
    store_facts(database, customer, FACTS)
    database.write_now(put, customer, reserve=1_000)
    return customer


@pytest.mark.parametrize("number", [1, 2**63 - 1])
def test_after_an_event_to_come_there_is_nothing_to_read(database: Database, customer: int, number: int) -> None:
    with pytest.raises(EventToCome, match=f"there is no event {number} yet: the last is 0"):
        database.read_now(events.since, customer, number, 10)


def test_a_new_customer_has_no_events(database: Database, customer: int) -> None:
    assert database.read_now(events.since, customer, 0, 10) == events.EventBatch([], 0, 0)


def test_a_bulk_load_is_one_event(database: Database, customer: int) -> None:
    store_facts(database, customer, FACTS)
    assert all_events(database, customer) == [events.Event(1, NOW, "network.loaded", {}, 1)]


def test_a_change_is_told_in_its_revision_and_under_its_instant(database: Database, cast: int) -> None:
    granted = database.write_now(make, cast, OCCASION, rights.grant, DAN.id, ON_DEPOT)
    event = all_events(database, cast, 1)[0]
    assert (event.number, event.at, event.type, event.revision) == (
        2,
        NOW,
        "right.granted",
        revision_of(database, cast),
    )
    assert event.data == {
        "rightId": granted.right.id,
        "driverId": DAN.id,
        "place": {"kind": "site", "id": DEPOT.id},
        "validFrom": None,
        "validUntil": None,
        "inForce": True,
    }


def test_what_changes_nothing_tells_nothing(database: Database, cast: int) -> None:
    database.write_now(make, cast, OCCASION, rights.grant, ALICE.id, ON_DEPOT)
    database.write_now(put, cast, ALICE, replace(COMPANY, name="Renamed"))
    assert all_events(database, cast, 1) == []


def test_a_failed_write_tells_nothing(database: Database, cast: int) -> None:
    def fail(connection: Connection) -> None:
        with revise(connection, cast, at=NOW, actor=TEST, action="test") as revision:
            rights.grant(revision, DAN.id, ON_DEPOT)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write_now(fail)
    assert all_events(database, cast, 1) == []
    database.write_now(make, cast, OCCASION, rights.grant, DAN.id, ON_DEPOT)
    assert [event.number for event in all_events(database, cast)] == [1, 2]


def test_a_tag_that_goes_to_another_driver_is_gone_before_it_is_there(database: Database, cast: int) -> None:
    """Whichever of the drivers comes first in the revision."""
    for giver, taker in ((JUDY, BOB), (BOB, JUDY)):
        given = replace(giver.tags[0], id=giver.tags[0].id, driver_id=taker.id)

        def move(connection: Connection, them: tuple[Any, ...]) -> None:
            with revise(connection, cast, at=NOW, actor=TEST, action="test") as revision:
                revision.put_drivers(them)

        after = all_events(database, cast)[-1].number
        swapped = replace(giver, tags=()), replace(taker, tags=(given, *taker.tags))
        database.write_now(move, swapped)
        told = [(each.type, each.data["driverId"]) for each in all_events(database, cast, after)]
        assert told == [("tag.removed", giver.id), ("tag.added", taker.id)]
        database.write_now(move, (giver, taker))


def test_writers_at_the_same_time_make_events_without_gaps_that_commit_in_order(
    database: Database, database_url: str, cast: int
) -> None:
    """Readers that continue after their last event miss none, whatever is written meanwhile: rights by several
    writers, and chargers' states, which take another lock first."""
    done = threading.Event()
    seen: list[int] = []

    def read(connection: Connection) -> None:
        page = events.since(connection, cast, seen[-1] if seen else 0, 7)
        seen.extend(event.number for event in page.events)

    def watch() -> None:
        with opened(database_url) as watching:
            while not done.is_set():
                watching.read_now(read)

    def write(writer: int) -> None:
        site = Place(PlaceKind.SITE, writer + 1)
        with opened(database_url) as mine:
            for _ in range(WRITES // 2):
                mine.write_now(make, cast, OCCASION, rights.grant, DAN.id, site)
                mine.write_now(make, cast, OCCASION, rights.revoke, DAN.id, site)

    def report(charger_id: str) -> None:
        with opened(database_url) as mine:
            for number in range(WRITES):
                mine.write_now(live.record, cast, [LiveCharger(charger_id, number % 2 == 0)], NOW)

    with ThreadPoolExecutor(WRITERS + 3) as pool:
        watcher = pool.submit(watch)
        writing = [pool.submit(write, writer) for writer in range(WRITERS)]
        writing += [pool.submit(report, charger.charger_id) for charger in (DEP_1, GF_1)]
        wait(writing)
        done.set()
        for each in (*writing, watcher):
            each.result()
    found = all_events(database, cast)
    count = 1 + (WRITERS + 2) * WRITES
    assert [event.number for event in found] == list(range(1, count + 1))
    assert seen == list(range(1, len(seen) + 1))
    revisions = [event.revision for event in found if event.revision is not None]
    assert revisions == sorted(revisions)


def test_types_are_sorted_out_and_the_place_to_go_on_is_beyond_them(database: Database, cast: int) -> None:
    database.write_now(make, cast, OCCASION, rights.grant, DAN.id, ON_DEPOT)
    database.write_now(make, cast, OCCASION, rights.revoke, DAN.id, ON_DEPOT)
    database.write_now(make, cast, OCCASION, rights.grant, DAN.id, ON_DEPOT)
    page = database.read_now(events.since, cast, 0, 10, ["right.revoked"])
    assert (types(page.events), page.last, page.more) == (["right.revoked"], 4, False)
    page = database.read_now(events.since, cast, 0, 1, ["right.granted"])
    assert (types(page.events), page.last, page.more) == (["right.granted"], 2, True)
    assert database.read_now(events.since, cast, 0, 10, []) == events.EventBatch([], 4, 4)


def test_a_page_without_any_of_the_wanted_says_where_to_go_on(
    database: Database, cast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SCANNED_PER_PAGE", 2)
    for _ in range(2):
        database.write_now(make, cast, OCCASION, rights.grant, DAN.id, ON_DEPOT)
        database.write_now(make, cast, OCCASION, rights.revoke, DAN.id, ON_DEPOT)
    assert database.read_now(events.since, cast, 0, 10, ["tag.added"]) == events.EventBatch([], 2, 5)
    assert database.read_now(events.since, cast, 4, 10, ["tag.added"]) == events.EventBatch([], 5, 5)


def test_events_of_one_customer_are_not_anothers(database: Database, cast: int) -> None:
    other = add_customer(database, "Other")
    put_facts(database, other, replace_charger_ids())
    assert types(all_events(database, cast)) == ["network.loaded"]
    assert [event.number for event in all_events(database, other)] == list(range(1, 4))


def replace_charger_ids() -> Any:
    """A network of one driver, in the words of the cast."""
    return FACTS._replace(sites=[COMPANY], chargers=[], access_groups=[], drivers=[replace(BOB, home_site_id=1)])


# -- what chargers tell ---------------------------------------------------------------------------


def report(database: Database, customer: int, *states: LiveCharger) -> list[dict[str, Any]]:
    """Returns its events."""
    after = all_events(database, customer)[-1].number
    database.write_now(live.record, customer, states, NOW)
    found = all_events(database, customer, after)
    assert set(types(found)) <= {"charger.status"}
    return [event.data for event in found]


def test_a_charger_that_only_says_that_it_lives_tells_nothing(database: Database, cast: int) -> None:
    state = LiveCharger(OFF_1.charger_id, True, NOW, "Heartbeat", "Available")
    report(database, cast, state)
    assert report(database, cast, replace(state, last_seen=TOMORROW, last_message="MeterValues")) == []
    gone = LiveCharger(DEP_1.charger_id, False)
    assert report(database, cast, gone) == [], "it was as unknown as it is unconnected"


def test_connection_status_and_connectors_are_told_when_they_change(database: Database, cast: int) -> None:
    free = LiveCharger(OFF_1.charger_id, True, NOW, connectors=(LiveConnector(1, "Available", NOW),))
    busy = replace(free, connectors=(LiveConnector(1, "Charging", NOW),))
    assert report(database, cast, free) == [
        {
            "chargerId": "OFF-1",
            "status": "Available",
            "connected": True,
            "connectors": [{"id": 1, "status": "Available"}],
        }
    ]
    (told,) = report(database, cast, busy)
    assert told["connectors"] == [{"id": 1, "status": "Charging"}]
    (told,) = report(database, cast, replace(busy, status="Error"))
    assert told["status"] == "Error"
    (told,) = report(database, cast, replace(busy, connected=False))
    assert (told["status"], told["connected"]) == ("Offline", False)
    (told,) = report(database, cast, busy)
    assert (told["status"], told["connected"]) == ("Available", True)


# -- old events -----------------------------------------------------------------------------------


def prune(database: Database, customer: int, before: Any = TOMORROW, limit: int = 100) -> list[int]:
    """The numbers that are left."""
    while database.write_now(events.prune, customer, before, limit):
        pass
    return [event.number for event in database.read_now(read_all_kept, customer)]


def read_all_kept(connection: Connection, customer: int) -> list[events.Event]:
    try:
        return events.since(connection, customer, 0, 100).events
    except EventsGone as gone:
        return events.since(connection, customer, gone.first - 1, 100).events


def grant_at(database: Database, customer: int, *instants: Any) -> None:
    for number, at in enumerate(instants):
        occasion = OCCASION._replace(at=at)
        database.write_now(make, customer, occasion, rights.grant, DAN.id, Place(PlaceKind.SITE, number + 1))


def test_only_events_from_before_the_instant_are_pruned_and_a_reader_behind_is_told(
    database: Database, customer: int
) -> None:
    put_facts(database, customer, FACTS, reserve=1_000)
    start = all_events(database, customer)[-1].number
    grant_at(database, customer, NOW, TOMORROW, NOW)
    assert database.read_now(events.old, NOW) == []
    assert database.read_now(events.old, TOMORROW) == [customer]
    assert prune(database, customer, NOW, 3)[0] == 1
    assert prune(database, customer, TOMORROW, 3) == [start + 2, start + 3], "not beyond one that is kept"
    assert database.read_now(events.old, TOMORROW) == []
    with pytest.raises(EventsGone, match=f"the first that is kept is {start + 2}") as gone:
        database.read_now(events.since, customer, start, 10)
    assert gone.value.first == start + 2
    assert database.read_now(events.since, customer, start + 1, 10).last == start + 3


def test_a_log_that_is_pruned_whole_goes_on_with_the_next_number(database: Database, cast: int) -> None:
    assert prune(database, cast) == []
    grant_at(database, cast, TOMORROW)
    assert [event.number for event in all_events(database, cast, 1)] == [2]
    with pytest.raises(EventsGone, match="the first that is kept is 2"):
        database.read_now(events.since, cast, 0, 10)


def test_what_an_enabled_webhook_has_not_got_is_kept(database: Database, cast: int) -> None:
    hook, _ = database.write_now(make, cast, OCCASION, hooks.add, "https://example.com/")
    grant_at(database, cast, NOW, NOW)
    assert prune(database, cast) == [2, 3]
    database.write_now(make, cast, OCCASION, hooks.change, hook.id, enabled=False)
    assert prune(database, cast) == []


def test_a_webhook_that_is_enabled_again_goes_on_with_what_is_kept(database: Database, cast: int) -> None:
    hook, _ = database.write_now(make, cast, OCCASION, hooks.add, "https://example.com/")
    database.write_now(make, cast, OCCASION, hooks.change, hook.id, enabled=False)
    grant_at(database, cast, NOW, NOW, TOMORROW + timedelta(days=1))
    assert prune(database, cast) == [4]
    database.write_now(make, cast, OCCASION, hooks.change, hook.id, enabled=True)
    ((_, progress),) = database.read_now(webhooks.load_with_progress, cast)
    assert progress.position == 3


def test_pruning_one_customer_leaves_anothers(database: Database, cast: int) -> None:
    other = add_customer(database, "Other")
    put_facts(database, other, replace_charger_ids())
    before = database.read_now(everything)["events"]
    assert prune(database, cast) == []
    assert len(database.read_now(everything)["events"]) == len(before) - 1
    assert [event.number for event in all_events(database, other)] == [1, 2, 3]
    assert database.read_now(events.old, YESTERDAY) == []
