"""Runs the independent client against a central system, whichever it is.

    steps = await run_client(url, "CP-1", "ocpp1.6", password=..., expect={"ALICE": "Accepted"},
                             commands={"remote-start": start})  # what makes the central system send it

Needs node, and `npm ci` in this folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")
INSTALLED = NODE is not None and (HERE / "node_modules" / "ocpp-rpc").is_dir()
needs_node = pytest.mark.skipif(
    not INSTALLED and "CI" not in os.environ,
    reason="needs node, and npm ci in tests/ocpp_rpc; in CI they must be there",
)

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
    assert NODE is not None, "node is not installed"
    assert INSTALLED, "its packages are not installed: npm ci in tests/ocpp_rpc"
    arguments = ["--endpoint", url, "--identity", charger_id, "--protocol", protocol, "--seconds", str(seconds)]
    arguments += [] if password is None else ["--password", password]
    arguments += [word for tag, status in (expect or {}).items() for word in ("--expect", f"{tag}={status}")]
    arguments += ["--await", ",".join(commands or {})]
    process = await asyncio.create_subprocess_exec(
        NODE, str(HERE / "client.mjs"), *arguments, stdout=asyncio.subprocess.PIPE
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
