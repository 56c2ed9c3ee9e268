"""The memory limit of an import in any process.

A small file may unpack to much.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_MEMORY = 4 << 30
"""Bytes of address space beyond what the process uses already."""


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Raises MemoryError in this process for allocations beyond the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = _taken() + MAX_MEMORY
    given = [limit for limit in (soft, hard, bound) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(given), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _taken() -> int:
    """Returns the size of this process's address space.

    0 where the system does not say.
    """
    with suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 0
