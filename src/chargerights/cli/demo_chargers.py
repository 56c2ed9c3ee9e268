"""The simulated chargers of `serve --demo`, in a process of their own.

The process ends with its standard input, and so with the server.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle

import orjson

from .simulator import VERSIONS

SECURITY_PROFILE = 1
ARRIVALS_PER_MINUTE, SESSION_SECONDS, METER_SECONDS = 12, 90, 15
OUTAGES_PER_HOUR, OUTAGE_SECONDS = 60, 20
LOOK_SECONDS = 0.2
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - a server that listens everywhere is reached here


@contextmanager
def running(host: str, port: int, passwords: Mapping[str, str], tags: Sequence[str]) -> Iterator[None]:
    """Runs the chargers while the context is open.

    They connect as soon as the server listens, and end with this process, however it ends.
    """
    told = {"host": ANYWHERE.get(host, host), "port": port, "passwords": passwords, "tags": tags}
    program = f"from {__name__} import main; main()"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)  # noqa: S603 - of this file
    assert child.stdin is not None  # noqa: S101 - of a pipe that was asked for
    with child.stdin as stdin:
        stdin.write(orjson.dumps(told) + b"\n")  # not as arguments, which others on this machine can read
        stdin.flush()
        yield
    child.wait()


async def _run(host: str, port: int, passwords: Mapping[str, str], tags: Sequence[str]) -> None:
    from ..simulator.fleet import ChargerSpec, Fleet, Plan  # here, as it takes half a second to import

    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    over = asyncio.ensure_future(reader.read())
    while not (over.done() or await _listens(host, port)):
        await asyncio.wait([over], timeout=LOOK_SECONDS)
    plan = Plan(tags, ARRIVALS_PER_MINUTE, SESSION_SECONDS, OUTAGES_PER_HOUR, OUTAGE_SECONDS)
    specs = [
        ChargerSpec(charger_id, version, password)
        for (charger_id, password), version in zip(passwords.items(), cycle(VERSIONS), strict=False)
    ]
    address = f"[{host}]" if ":" in host else host
    settings = {"MeterValueSampleInterval": METER_SECONDS}
    async with Fleet(f"ws://{address}:{port}/ocpp", specs, plan, configuration=settings):
        await over


async def _listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def main() -> None:
    """Runs the chargers that the first line of standard input describes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the server
    told = orjson.loads(sys.stdin.buffer.readline())
    asyncio.run(_run(**told))
