"""Events come to webhooks in order, at least once, whatever receivers do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from chargerights.storage.changes import webhooks as changes
from chargerights.storage.database import Database, DatabaseAway
from chargerights.storage.journal import since
from chargerights.storage.revisions import make
from chargerights.webhooks import delivery as couriers
from chargerights.webhooks.delivery import RetryPace
from tests.replica.following import all_events
from tests.storage.writing import OCCASION
from tests.support.clock import Clock
from tests.support.servers import free_port
from tests.support.waiting import PATIENCE
from tests.webhooks.receiver import Behaviour, Handler, Message, Turns, accepts, answers, closes_early, hangs, receiving
from tests.webhooks.scene import QUICK, Scene, now, round_of


async def test_with_nothing_to_tell_nothing_is_written_and_nobody_is_asked(scene: Scene) -> None:
    with receiving() as receiver:
        scene.add_webhook(receiver.url)
        assert await scene.courier().round() == []
        assert receiver.connections == 0


async def test_a_webhook_gets_the_events_after_it_was_added_in_order(scene: Scene) -> None:
    scene.make_events(3)
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(5)
        assert await round_of(scene.courier()) == 1
    assert receiver.numbers == [5, 6, 7, 8, 9]
    assert receiver.connections == 1
    found = scene.progress(webhook_id)
    assert (found.position, found.waiting, found.attempts, found.last_status) == (9, 0, 0, 200)
    assert found.last_error is None
    assert await scene.courier().round() == []


async def test_a_message_is_the_event_of_the_log_signed_and_under_an_id_of_its_own(scene: Scene) -> None:
    with receiving() as receiver:
        webhook_id, secret = scene.add_webhook(receiver.url)
        scene.make_events(1)
        await round_of(scene.courier(Clock(now())))
    (message,) = receiver.messages
    told = Webhook(secret).verify(message.body, message.headers)
    (event,) = all_events(scene.database, scene.customer, 1)
    assert told == {
        "type": "right.granted",
        "timestamp": "2026-06-03T09:00:00Z",
        "number": 2,
        "revision": event.revision,
        "data": event.data,
    }
    assert message.headers["webhook-id"] == f"msg_{scene.customer}_{webhook_id}_2"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["user-agent"].startswith("chargerights/")


@pytest.mark.parametrize("scanned", [1, 2, 10_000])
async def test_a_webhook_gets_the_types_it_wants_and_is_done_with_the_others(
    scene: Scene, scanned: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few events are looked at for one page of the log."""
    monkeypatch.setattr(couriers.events, "SCANNED_PER_PAGE", scanned)
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url, ["right.revoked"])
        scene.make_events(6)
        await round_of(scene.courier())
        assert receiver.numbers == [3, 5, 7]
        assert scene.progress(webhook_id).waiting == 0


async def test_events_that_are_not_for_a_webhook_are_passed_over_without_a_write(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "SKIPPED_UNNOTED", 4)
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url, ["tag.blocked"])
        courier = scene.courier()
        scene.make_events(3)
        assert await round_of(courier) == 1
        assert await courier.round() == [], "it has seen them"
        assert scene.progress(webhook_id).position == 1
        scene.make_events(3)
        await round_of(courier)
        assert scene.progress(webhook_id).position == 7, "enough for the position to be written"
        scene.make_events(1)
        assert await round_of(courier) == 1
        scene.change(webhook_id, types=None)
        await round_of(courier)
        assert receiver.numbers == [8]


@pytest.mark.parametrize("behaviour", [answers(500), closes_early, hangs, answers(302, Location="/")])
async def test_an_event_that_fails_is_tried_again_before_those_after_it(scene: Scene, behaviour: Behaviour) -> None:
    clock = Clock()
    with receiving(Turns([accepts, behaviour, behaviour, accepts])) as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(4)
        courier = scene.courier(clock, replace(QUICK, attempt=1.5) if behaviour is hangs else QUICK)
        await round_of(courier)
        found = scene.progress(webhook_id)
        assert (found.position, found.attempts, found.waiting) == (2, 1, 3)
        assert found.next_attempt_at is not None
        assert found.next_attempt_at > clock.at
        assert await courier.round() == [], "not before it is due"
        clock.at = found.next_attempt_at
        await round_of(courier)
        assert scene.progress(webhook_id).attempts == 2
        clock.move(1)
        await round_of(courier)
        assert receiver.numbers == [2, 3, 3, 3, 4, 5]
        ids = [message.headers["webhook-id"] for message in receiver.messages]
        assert len(set(ids[1:4])) == 1, "one id for all attempts"
        assert scene.progress(webhook_id).attempts == 0


async def test_what_is_told_of_a_failure_is_what_happened(scene: Scene) -> None:
    webhook_id, _ = scene.add_webhook(f"http://127.0.0.1:{free_port()}/")
    scene.make_events(1)
    await round_of(scene.courier())
    found = scene.progress(webhook_id)
    assert found.last_status is None
    assert found.last_error is not None
    assert found.last_error.startswith("the receiver cannot be connected to")
    with receiving(answers(503)) as receiver:
        scene.change(webhook_id, url=receiver.url)
        await round_of(scene.courier())
    found = scene.progress(webhook_id)
    assert (found.last_status, found.last_error, found.attempts) == (503, "the receiver answered 503", 1)


async def test_a_receiver_that_wants_no_more_is_asked_no_more_and_the_journal_says_so(scene: Scene) -> None:
    clock = Clock()
    with receiving(answers(410)) as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(2)
        courier = scene.courier(clock)
        await round_of(courier)
        clock.move(10_000)
        assert await courier.round() == []
        assert len(receiver.messages) == 1
        assert not scene.webhook(webhook_id).enabled
        found = scene.progress(webhook_id)
        assert (found.last_status, found.last_error, found.position) == (410, "the receiver answered 410", 1)
        ((change,),) = [entry.changes for entry in scene.database.read_now(since, scene.customer, 3, 10)][-1:]
        assert (change["kind"], change["before"]["enabled"], change["after"]["enabled"]) == ("webhook", True, False)
        receiver.behaviour = accepts
        scene.change(webhook_id, enabled=True)
        await round_of(courier)
        assert receiver.numbers == [2, 2, 3]


async def test_a_receiver_that_asks_for_time_gets_it_within_bounds(scene: Scene) -> None:
    pace = RetryPace(attempt=PATIENCE, first_retry=1, longest_retry=600)
    for asked, least, most in (("120", 120, 120), ("86400", 600, 600), ("0", 0.8, 1.2)):
        with receiving(answers(429, Retry_After=asked)) as receiver:
            webhook_id, _ = scene.add_webhook(receiver.url)
            scene.make_events(1)
            await round_of(scene.courier(pace=pace))
            found = scene.progress(webhook_id)
            assert found.next_attempt_at is not None
            assert least <= (found.next_attempt_at - Clock().at).total_seconds() <= most
            scene.database.write_now(make, scene.customer, OCCASION, changes.remove, webhook_id)


def test_attempts_come_twice_as_late_each_time_more_or_less_up_to_an_hour() -> None:
    for attempts, seconds in ((1, 5), (2, 10), (3, 20), (8, 640), (10, 2560), (11, 3600), (50, 3600), (10**9, 3600)):
        drawn = [RetryPace().retry(attempts) for _ in range(200)]
        assert seconds * 0.8 <= min(drawn) < seconds < max(drawn) <= seconds * 1.2
    assert RetryPace().lease > 2 * RetryPace().attempt


async def test_receivers_that_hang_hold_up_nobody_else(scene: Scene) -> None:
    with receiving(hangs) as hanging, receiving() as well:
        for _ in range(5):
            scene.add_webhook(hanging.url)
        scene.add_webhook(well.url)
        scene.make_events(30)
        tasks = await scene.courier(pace=RetryPace(attempt=600)).round()
        await asyncio.to_thread(hanging.wait_for, lambda messages: len(messages) == 5)
        await asyncio.to_thread(well.wait_for, lambda messages: len(messages) == 30)
        assert set(hanging.numbers) == {2}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_no_transaction_is_open_while_a_receiver_is_awaited(scene: Scene) -> None:
    """Whatever else is written meanwhile, on the webhook's own row too, is written at once."""
    with receiving(hangs) as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(1)
        tasks = await scene.courier(pace=RetryPace(attempt=30)).round()
        await asyncio.to_thread(receiver.wait_for, lambda messages: len(messages) == 1)
        await asyncio.to_thread(scene.make_events, 2)
        await asyncio.to_thread(scene.change, webhook_id, enabled=False)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_webhook_that_another_node_delivers_to_is_left_to_it_until_its_lease_ends(scene: Scene) -> None:
    clock = Clock()
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(2)
        assert scene.lease(webhook_id, 30) is not None
        assert scene.lease(webhook_id, 30) is None
        courier = scene.courier(clock)
        clock.move(29)
        assert await courier.round() == []
        clock.move(1)
        await round_of(courier)
        assert receiver.numbers == [2, 3]


async def test_of_nodes_that_ask_at_once_one_delivers(scene: Scene) -> None:
    with receiving() as receiver:
        scene.add_webhook(receiver.url)
        scene.make_events(20)
        await asyncio.gather(*(round_of(scene.courier()) for _ in range(4)))
        assert receiver.numbers == [*range(2, 22)]


@pytest.mark.parametrize("change", ["replay", "disable", "remove", "url"])
async def test_a_change_of_a_webhook_ends_what_is_being_delivered_by_its_old_terms(scene: Scene, change: str) -> None:
    """Within what is noted now and then: the rest is not sent there, and what is noted does not undo the change."""
    courier = scene.courier(pace=RetryPace(noted=0))
    with receiving() as receiver, receiving() as other:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(10)

        def at_the_third(handler: Handler, message: Message) -> None:
            if receiver.numbers == [2, 3, 4]:
                if change == "replay":
                    scene.replay(webhook_id, 1)
                elif change == "remove":
                    scene.database.write_now(make, scene.customer, OCCASION, changes.remove, webhook_id)
                else:
                    scene.change(webhook_id, **({"enabled": False} if change == "disable" else {"url": other.url}))
            accepts(handler, message)

        receiver.behaviour = at_the_third
        await round_of(courier)
        assert receiver.numbers == [2, 3, 4]
        await round_of(courier)
    expected = {"replay": [2, 3, 4, *range(2, 12)]}.get(change, [2, 3, 4])
    assert receiver.numbers == expected
    # The third was taken, but that was not written down when the webhook was changed.
    assert other.numbers == ([*range(4, 12)] if change == "url" else [])


async def test_a_node_that_was_too_slow_leaves_the_webhook_to_the_node_that_took_it(scene: Scene) -> None:
    """As one that was frozen for longer than its lease: it neither sends on nor notes anything."""
    courier = scene.courier(pace=RetryPace(noted=0))
    much_later = Clock().at + timedelta(hours=1)
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(10)

        def at_the_third(handler: Handler, message: Message) -> None:
            if receiver.numbers == [2, 3, 4]:
                assert scene.lease(webhook_id, 60, much_later) is not None
            accepts(handler, message)

        receiver.behaviour = at_the_third
        await round_of(courier)
        assert receiver.numbers == [2, 3, 4]
        assert scene.progress(webhook_id).position == 3
        assert scene.lease(webhook_id, 60, much_later) is None, "the other node still has it"


async def test_a_replay_sends_again_under_the_same_ids(scene: Scene) -> None:
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(4)
        courier = scene.courier()
        await round_of(courier)
        scene.replay(webhook_id, 3)
        await round_of(courier)
        assert receiver.numbers == [2, 3, 4, 5, 4, 5]
        ids = [message.headers["webhook-id"] for message in receiver.messages]
        assert ids[2:4] == ids[4:6]


async def test_after_a_rotation_messages_are_signed_with_both_secrets_for_a_day(scene: Scene) -> None:
    clock = Clock(now())
    with receiving() as receiver:
        webhook_id, old = scene.add_webhook(receiver.url)
        occasion = OCCASION._replace(at=clock.at)
        new = scene.database.write_now(make, scene.customer, occasion, changes.rotate, webhook_id)
        courier = scene.courier(clock)
        scene.make_events(1)
        await round_of(courier)
        clock.move(24 * 3600)
        scene.make_events(1)
        await round_of(courier)
    first, second = receiver.messages
    for secret in (old, new):
        Webhook(secret).verify(first.body, first.headers)
    signature = Webhook(new).sign(second.headers["webhook-id"], clock.at, second.body.decode())
    assert second.headers["webhook-signature"] == signature, "and nothing else"


async def test_how_far_it_has_come_is_written_now_and_then_not_after_each(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    keep = couriers.webhook_queue.keep

    def counting(connection: object, lease: object, position: int, *more: object) -> bool:
        written.append(position)
        return keep(connection, lease, position, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(couriers.webhook_queue, "keep", counting)
    with receiving() as receiver:
        scene.add_webhook(receiver.url)
        scene.make_events(150)
        await round_of(scene.courier(pace=RetryPace(noted=600)))
        assert receiver.numbers == [*range(2, 152)]
    assert written == [151]


async def test_a_process_that_stops_lets_attempts_end_and_gives_up_its_leases(scene: Scene) -> None:
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(200)
        courier = scene.courier(pace=RetryPace(noted=600))
        await courier.round()
        await asyncio.to_thread(receiver.wait_for, lambda messages: len(messages) >= 3)
        await courier.stop(grace=30)
        sent = len(receiver.messages)
        assert sent < 200
        assert scene.progress(webhook_id).position == 1 + sent
        assert scene.lease(webhook_id, 1) is not None


async def test_a_process_that_stops_does_not_wait_for_a_receiver_that_hangs(scene: Scene) -> None:
    with receiving(Turns([accepts, hangs])) as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(5)
        courier = scene.courier(pace=RetryPace(attempt=60, noted=600))
        await courier.round()
        await asyncio.to_thread(receiver.wait_for, lambda messages: len(messages) == 2)
        await courier.stop(grace=0.05)
        assert scene.progress(webhook_id).position == 2
        assert scene.lease(webhook_id, 1) is not None


async def test_a_database_that_goes_away_meanwhile_costs_nothing_but_time(
    sqlite_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second note of how far it has come fails: what is sent again is what was not noted."""
    scene, clock = sqlite_scene, Clock()
    real, calls = Database.write, []

    async def failing(self: Database, work: object, /, *args: object, **kwargs: object) -> object:
        if work is couriers.webhook_queue.keep:
            calls.append(args)
            if len(calls) in (2, 3):
                raise DatabaseAway(OSError())
        return await real(self, work, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "write", failing)
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(4)
        courier = scene.courier(clock, RetryPace(noted=0))
        await round_of(courier)
        assert await courier.round() == [], "the lease stands until it ends"
        clock.move(RetryPace().lease)
        await round_of(courier)
        assert receiver.numbers == [2, 2, 3, 4, 5]
        assert scene.progress(webhook_id).waiting == 0


async def test_no_more_webhooks_are_served_at_once_than_the_limit(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "MAX_SERVED", 2)
    with receiving() as receiver:
        for _ in range(3):
            scene.add_webhook(receiver.url)
        scene.make_events(1)
        courier = scene.courier()
        assert await round_of(courier) == 2
        assert await round_of(courier) == 1
        assert receiver.numbers == [2, 2, 2]


def test_the_pace_of_these_tests_is_in_proportion() -> None:
    assert QUICK.lease > 2 * QUICK.attempt
