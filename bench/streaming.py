"""Measures the cost of the largest answer for the server that streams it.

The cost is memory, and how long the stream keeps other requests waiting. Part of `python -m bench.http`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psutil

from bench.client import Answer, Connection, request
from bench.harness import duration, megabytes, ratio

SAMPLED_EVERY = 0.005


class Cost(NamedTuple):
    """Streamed answer and its cost for the server.

    `grown` is the most bytes by which its memory grew, `held` the longest hold of its event loop in seconds.
    """

    answer: Answer
    grown: int
    held: float

    @property
    def speed(self) -> float:
        return self.answer.size / self.answer.total


def cost(port: int, process: psutil.Process, ask: Callable[[], Answer]) -> Cost:
    """Asks once and watches the server meanwhile."""
    with Connection(port) as lag, _peak(process) as peak:
        _longest_hold(lag)
        answer = ask()
        return Cost(answer, peak() - peak.before, _longest_hold(lag))


class _Peak:
    """The most memory a process held since this began."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.before = self._most = process.memory_info().rss

    def sample(self) -> None:
        self._most = max(self._most, self._process.memory_info().rss)

    def __call__(self) -> int:
        self.sample()
        return self._most


@contextmanager
def _peak(process: psutil.Process) -> Iterator[_Peak]:
    peak = _Peak(process)
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLED_EVERY):
            peak.sample()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _longest_hold(connection: Connection) -> float:
    parts: list[bytes] = []
    connection.ask(request("GET", "/_lag", {}), lambda view: parts.append(bytes(view)))
    return float(b"".join(parts))


def rows(ours: list[Cost], floor: list[Cost]) -> list[list[str]]:
    """A table of our first and second answer beside the floor's."""
    columns = [*ours[:2], floor[-1]]
    return [
        ["first byte of the body", *(duration(each.answer.first) for each in columns)],
        ["whole answer", *(duration(each.answer.total) for each in columns)],
        ["a second", *(megabytes(each.speed) for each in columns)],
        ["of the floor's speed", *(ratio(each.speed, floor[-1].speed) for each in columns)],
        ["the server's memory grows by at most", *(megabytes(each.grown) for each in columns)],
        ["the event loop is held for at most", *(duration(each.held) for each in columns)],
    ]
