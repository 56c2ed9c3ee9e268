"""A clock that jumps is believed once it has stayed there, and a jump is logged once."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from chargerights.webhooks.steady_clock import BELIEVED_SECONDS, SteadyClock
from tests.support.world import NOW

YEAR = timedelta(days=365)


class Machine:
    """Its clock and its seconds."""

    def __init__(self) -> None:
        self.clock, self.seconds = NOW, 0.0
        self.steady = SteadyClock(lambda: self.clock, lambda: self.seconds)

    def passes(self, seconds: float, jump: timedelta = timedelta(0)) -> datetime:
        self.clock += timedelta(seconds=seconds) + jump
        self.seconds += seconds
        return self.steady()


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_steady_clock_is_believed_and_small_corrections_too() -> None:
    machine = Machine()
    assert machine.passes(1) == after(1)
    assert machine.passes(3600, timedelta(seconds=50)) == machine.clock
    assert machine.passes(3600, timedelta(seconds=-50)) == machine.clock


def test_time_goes_on_while_a_jump_ahead_is_doubted_and_is_taken_back() -> None:
    machine = Machine()
    with structlog.testing.capture_logs() as logs:
        assert machine.passes(1, 14 * YEAR) == after(1)
        assert machine.passes(BELIEVED_SECONDS - 1) == after(BELIEVED_SECONDS)
        assert machine.passes(0, -14 * YEAR) == after(BELIEVED_SECONDS)
    assert [(each["log_level"], each["clock"][:4]) for each in logs] == [("warning", "2040")]
    assert machine.passes(1, 14 * YEAR) == after(BELIEVED_SECONDS + 1), "the next jump is doubted as long"


def test_a_jump_that_stays_is_believed_in_the_end() -> None:
    for jump in (YEAR, -YEAR):
        machine = Machine()
        doubted = machine.passes(1, jump)
        assert doubted == min(after(1), machine.clock)
        assert machine.passes(BELIEVED_SECONDS) == machine.clock
        assert machine.passes(1) == machine.clock
