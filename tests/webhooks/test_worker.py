"""What runs beside the doors goes on whatever happens to it, and ends when the process does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from chargerights.net.allowed_targets import AllowedTargets
from chargerights.storage import events
from chargerights.storage.database import DatabaseAway
from chargerights.storage.events import EventsGone
from chargerights.webhooks import worker
from chargerights.webhooks.worker import advance_time, prune_events, running, steadily
from tests.replica.following import all_events, types
from tests.support.clock import Clock
from tests.support.world import NOW, TOMORROW
from tests.webhooks.receiver import receiving
from tests.webhooks.scene import Scene

KEPT = timedelta(days=90)


class Work:
    """Fails as configured, in turns, and stops after the last."""

    def __init__(self, *faults: Exception | None) -> None:
        self.faults = list(faults)
        self.done = 0
        self.stopping = asyncio.Event()

    async def __call__(self) -> None:
        self.done += 1
        fault = self.faults.pop(0)
        if not self.faults:
            self.stopping.set()
        if fault is not None:
            raise fault


async def log_of(work: Work) -> list[Any]:
    with capture_logs() as logs:
        await asyncio.wait_for(steadily(work, 0, work.stopping), 10)
    return [each["log_level"] for each in logs]


async def test_work_goes_on_after_any_fault() -> None:
    work = Work(ZeroDivisionError(), DatabaseAway(OSError()), ZeroDivisionError(), None)
    await log_of(work)
    assert work.done == 4


async def test_that_the_database_is_away_is_logged_once_until_it_is_back() -> None:
    away = DatabaseAway(OSError())
    assert await log_of(Work(away, away, away, None, away, away)) == ["warning", "warning"]


async def test_an_error_is_logged_each_time() -> None:
    assert await log_of(Work(ZeroDivisionError(), ZeroDivisionError())) == ["error", "error"]


async def test_stopping_ends_a_pause() -> None:
    work, stopping = Work(None, None), asyncio.Event()
    task = asyncio.create_task(steadily(work, 3_600, stopping))
    await asyncio.sleep(0)
    stopping.set()
    await asyncio.wait_for(task, 10)
    assert work.done == 1


async def test_time_is_told_in_steps_to_its_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "EDGES_PER_STEP", 4)
    await advance_time(scene.database, Clock(TOMORROW))
    assert sorted(types(all_events(scene.database, scene.customer, 1))) == ["right.began", "tag.began"]
    await advance_time(scene.database, Clock(TOMORROW))
    assert len(all_events(scene.database, scene.customer)) == 3


async def test_old_events_are_pruned_in_steps_as_far_as_webhooks_have_got_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PRUNED_PER_STEP", 2)
    with receiving() as receiver:
        webhook_id, _ = scene.add_webhook(receiver.url)
        scene.make_events(5)
        await prune_events(scene.database, NOW)
        assert len(all_events(scene.database, scene.customer)) == 6
        await prune_events(scene.database, TOMORROW)
        assert len(all_events(scene.database, scene.customer, 1)) == 5
        scene.change(webhook_id, enabled=False)
        await prune_events(scene.database, TOMORROW)
    with pytest.raises(EventsGone):
        scene.database.read_now(events.since, scene.customer, 5, 10)
    assert all_events(scene.database, scene.customer, 6) == []


async def test_a_running_process_tells_prunes_and_delivers_until_it_stops(scene: Scene) -> None:
    scene.make_events(2)
    with receiving() as receiver:
        scene.add_webhook(receiver.url, ["right.began", "right.granted"])
        clock = Clock(TOMORROW)
        async with running(scene.database, clock, AllowedTargets.ANY, KEPT):
            await asyncio.to_thread(receiver.wait_for, lambda messages: len(messages) == 1)
            scene.make_events(1)
            await asyncio.to_thread(receiver.wait_for, lambda messages: len(messages) == 2)
    assert [message.event["type"] for message in receiver.messages] == ["right.began", "right.granted"]
