"""Runs the independent client against a central system, whichever it is.

    steps = await run_client(url, "CP-1", "ocpp1.6", password=..., expect={"ALICE": "Accepted"},
                             commands={"remote-start": start})  # what makes the central system send it

Needs Node and the packages of this folder, which `make test` installs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import programs

HERE = Path(__file__).parent
needs_node = programs.needs_packages(HERE)

Send = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Ended:
    """The client's exit status, and what it said of each step."""

    status: int
    steps: list[dict[str, Any]]

    def step(self, name: str) -> dict[str, Any]:
        (found,) = [each for each in self.steps if each["step"] == name]
        return found


async def run_client(
    url: str,
    charger_id: str,
    protocol: str,
    *,
    password: str | None = None,
    expect: Mapping[str, str] | None = None,
    commands: Mapping[str, Send] | None = None,
    seconds: float = 10,
) -> Ended:
    """Awaits the commands in their order; each is sent when the client says that it waits for it."""
    node = programs.node(HERE)
    arguments = ["--endpoint", url, "--identity", charger_id, "--protocol", protocol, "--seconds", str(seconds)]
    arguments += [] if password is None else ["--password", password]
    arguments += [word for tag, status in (expect or {}).items() for word in ("--expect", f"{tag}={status}")]
    arguments += ["--await", ",".join(commands or {})]
    process = await asyncio.create_subprocess_exec(
        node, str(HERE / "client.mjs"), *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    steps = []
    sending: list[asyncio.Future[Any]] = []
    async for line in process.stdout:
        steps.append(json.loads(line))
        if steps[-1]["step"] == "awaiting":
            sending.append(asyncio.ensure_future((commands or {})[steps[-1]["command"]]()))
    await asyncio.gather(*sending, return_exceptions=True)
    return Ended(await process.wait(), steps)
