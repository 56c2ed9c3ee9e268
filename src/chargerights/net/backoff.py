"""Exponential back-off."""

from __future__ import annotations

MOST_DOUBLINGS = 32


def pause(failures: int, first: float, longest: float) -> float:
    """Returns the pause after that many failures.

    It is `first` after one failure. Each further one doubles it, up to `longest`.
    """
    return min(first * 2.0 ** min(max(failures - 1, 0), MOST_DOUBLINGS), longest)
