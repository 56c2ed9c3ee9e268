"""Pauses double with each failure, up to the longest."""

from __future__ import annotations

import pytest

from chargerights.net import backoff


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 5.0), (1, 5.0), (2, 10.0), (5, 80.0), (6, 100.0), (10_000, 100.0)]
)
def test_a_pause_doubles_with_each_failure_up_to_the_longest(failures: int, seconds: float) -> None:
    assert backoff.pause(failures, first=5.0, longest=100.0) == seconds
