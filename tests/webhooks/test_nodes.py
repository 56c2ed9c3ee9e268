"""Several processes over one database, some of which are killed: every event arrives, and in order."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chargerights.rights.model import Place, PlaceKind
from chargerights.storage import event_clock
from chargerights.storage.changes import rights
from chargerights.storage.changes.rights import Terms
from chargerights.storage.revisions import make
from tests.storage.writing import OCCASION
from tests.support.servers import new_customer, opened, serving
from tests.support.waiting import PATIENCE, wait_until
from tests.support.world import DAN
from tests.webhooks.receiver import Handler, Message, accepts, answers, receiving
from tests.webhooks.scene import Scene, now

pytestmark = pytest.mark.slow

EVENTS = 150


@contextmanager
def node(url: str, lease: float = 3 * PATIENCE) -> Iterator[subprocess.Popen[bytes]]:
    """A process that delivers; ended in order, unless it was killed."""
    process = subprocess.Popen([sys.executable, "-m", "tests.webhooks.node", url, str(lease)], stdin=subprocess.PIPE)
    try:
        yield process
        if process.poll() is None:
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def acted(database_url: str) -> Iterator[Scene]:
    """The cast has been told up to now: Peggy's right and Ivan's card have begun. The next event is 4."""
    with opened(database_url) as database:
        scene = Scene(database)
        database.write_now(event_clock.advance, scene.customer, now(), 100)
        scene.last = 3
        yield scene


ALL = range(4, EVENTS + 4)


def has_all(numbers: range) -> Any:
    return lambda messages: {message.number for message in messages} >= set(numbers)


def test_two_nodes_bring_each_event_once_and_in_order_while_others_are_made(acted: Scene, database_url: str) -> None:
    with receiving() as receiver, receiving() as fewer:
        acted.add_webhook(receiver.url)
        acted.add_webhook(fewer.url, ["right.revoked"])
        with node(database_url), node(database_url):
            acted.make_events(EVENTS)
            receiver.wait_for(has_all(ALL))
            fewer.wait_for(has_all(ALL[1::2]))
    assert receiver.numbers == [*ALL]
    assert fewer.numbers == [*ALL[1::2]]


def test_what_begins_and_ends_is_brought_once_by_however_many_nodes(acted: Scene, database_url: str) -> None:
    at = now()
    begins, ends = at + timedelta(seconds=0.5), at + timedelta(seconds=1)
    with receiving() as receiver:
        acted.add_webhook(receiver.url, ["right.began", "right.ended"])
        for number in range(1, 7):
            place, terms = Place(PlaceKind.SITE, number), Terms(begins, ends)
            acted.database.write_now(make, acted.customer, OCCASION._replace(at=at), rights.grant, DAN.id, place, terms)
        with node(database_url), node(database_url):
            receiver.wait_for(lambda messages: sum(each.event["type"] == "right.ended" for each in messages) == 6)
    told = [(each.event["type"], each.event["data"]["place"]["id"]) for each in receiver.messages]
    places = [event[1] for event in told]
    assert told == [("right.began", each) for each in places[:6]] + [("right.ended", each) for each in places[:6]]
    assert sorted(places[:6]) == [1, 2, 3, 4, 5, 6]


def test_nothing_is_lost_when_nodes_are_killed_in_the_middle_of_a_delivery(acted: Scene, database_url: str) -> None:
    """One after the other, each while the receiver holds a message of its own; the last one brings the rest."""
    killed_at, go_on = threading.Event(), threading.Event()
    victims = {20, 40, 60}

    def holds_some(handler: Handler, message: Message) -> None:
        if message.number in victims:
            victims.remove(message.number)
            killed_at.set()
            go_on.wait(PATIENCE)
            go_on.clear()
        accepts(handler, message)

    with receiving(holds_some) as receiver:
        acted.add_webhook(receiver.url)
        acted.make_events(EVENTS)
        for _ in range(3):
            with node(database_url, lease=1.5) as process:
                assert killed_at.wait(PATIENCE)
                killed_at.clear()
                process.kill()
                process.wait()
                go_on.set()
        with node(database_url):
            receiver.wait_for(has_all(ALL))
    first_times = list(dict.fromkeys(receiver.numbers))
    assert first_times == [*ALL]
    again = len(receiver.numbers) - len(first_times)
    assert again >= 3, "the one that was held, at each kill, and what was sent since it was last noted"


def test_a_receiver_that_was_down_gets_everything_when_it_is_back(acted: Scene, database_url: str) -> None:
    with receiving(answers(500)) as receiver:
        acted.add_webhook(receiver.url)
        with node(database_url):
            acted.make_events(30)
            receiver.wait_for(lambda messages: len(messages) >= 3)
            assert set(receiver.numbers) == {4}
            receiver.behaviour = accepts
            receiver.wait_for(has_all(range(4, 34)))
    assert list(dict.fromkeys(receiver.numbers)) == [*range(4, 34)]


# -- whole servers --------------------------------------------------------------------------------

ANY_TARGET = {"CHARGERIGHTS_WEBHOOK_TARGETS": "any"}
NETWORK = {
    "sites": [{"id": 1, "name": "Depot"}],
    "chargers": [{"chargerId": "DEP-1", "siteId": 1}],
    "drivers": [{"id": 1, "name": "Alice", "tags": [{"idTag": "A1"}]}],
}


def post(client: httpx.Client, path: str, body: Any) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def consumed(client: httpx.Client, after: int, limit: int = 7) -> list[dict[str, Any]]:
    """What a consumer gets who asks for the log, a few at a time."""
    found: list[dict[str, Any]] = []
    while True:
        page = client.get("/v2/events", params={"after": after, "limit": limit}).json()
        found += page["items"]
        after = page["last"]
        if not page["hasMore"]:
            return found


def test_two_servers_bring_to_a_webhook_what_a_consumer_reads(database_url: str) -> None:
    """Over HTTP alone: rights granted through either server, one that begins later, and a driver disabled."""
    with opened(database_url) as database:
        caller = new_customer(database, NETWORK)
    with (
        receiving() as receiver,
        serving(database_url, settings=ANY_TARGET) as one,
        serving(database_url, settings=ANY_TARGET) as two,
        one.client(caller.key) as first,
        two.client(caller.key) as second,
    ):
        webhook = post(first, "/v2/webhooks", {"url": receiver.url, "after": 0})
        post(first, "/v2/rights", {"driverId": 1, "siteId": 1})
        begins = (now() + timedelta(seconds=4)).isoformat()
        post(second, "/v2/rights", {"driverId": 1, "siteId": 1, "validFrom": begins})
        assert second.patch("/v2/drivers/1", json={"enabled": False}).status_code == 200
        receiver.wait_for(lambda messages: len(messages) == 5)
        assert [message.event for message in receiver.messages] == consumed(second, 0)
        types = [message.event["type"] for message in receiver.messages]
        assert types[:3] == ["network.loaded", "right.granted", "right.granted"]
        assert sorted(types[3:]) == ["driver.disabled", "right.began"], "on a slow machine the right begins first"
        assert post(second, f"/v2/webhooks/{webhook['id']}/test", None) == {"delivered": True, "status": 200}
        assert receiver.messages[-1].event["type"] == "webhook.test"
        wait_until_noted(first, webhook["id"], 5)
        assert one.stop() == two.stop() == -signal.SIGTERM


def wait_until_noted(client: httpx.Client, webhook_id: int, position: int) -> None:
    wait_until(lambda: client.get(f"/v2/webhooks/{webhook_id}").json()["delivery"]["position"] == position)


def test_a_server_that_is_stopped_while_a_receiver_hangs_stops(sqlite_url: str) -> None:
    done = threading.Event()

    def hangs_until_done(handler: Handler, message: Message) -> None:
        done.wait(PATIENCE)
        accepts(handler, message)

    with opened(sqlite_url) as database:
        caller = new_customer(database, NETWORK)
    with receiving(hangs_until_done) as receiver, serving(sqlite_url, settings=ANY_TARGET) as server:
        with server.client(caller.key) as client:
            post(client, "/v2/webhooks", {"url": receiver.url, "after": 0})
        receiver.wait_for(lambda messages: len(messages) == 1)
        assert server.stop() == -signal.SIGTERM
        done.set()
