"""The memory limit of an import, in any process: a small file may unpack to much."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_MEMORY = 4 << 30
"""Bytes of address space beside what the process has already."""


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Raises MemoryError in this process for allocations beyond the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = _taken() + MAX_MEMORY
    given = [each for each in (soft, hard, bound) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(given), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _taken() -> int:
    """The address space of this process; 0 where the system does not tell."""
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 0
