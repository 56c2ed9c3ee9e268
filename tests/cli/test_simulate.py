"""`chargerights simulate` as a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.simulator.central import Central

QUICKLY = ("--arrivals-per-minute", "600", "--session-seconds", "0.2", "--connects-per-second", "500")


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with Central(tags={"ALICE": {"status": "Accepted"}}) as found:
        yield found


async def begin(*arguments: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chargerights", "simulate", *map(str, arguments),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def end(running: asyncio.subprocess.Process) -> tuple[int, str, str]:
    out, err = await asyncio.wait_for(running.communicate(), 60)
    return int(running.returncode or 0), out.decode(), err.decode()


async def simulate(*arguments: object) -> tuple[int, str, str]:
    return await end(await begin(*arguments))


def summary(out: str) -> dict[str, Any]:
    (line,) = out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


async def test_it_runs_so_long_and_prints_one_summary(central: Central) -> None:
    options = ("--chargers", 6, "--protocol", "mixed", "--tags", "ALICE,MALLORY", "--duration", 3, "--seed", 7)
    status, out, err = await simulate("--url", central.url, *options, *QUICKLY, "--json")
    assert (status, err) == (0, "")
    found = summary(out)
    assert (found["chargers"], found["accepted"], found["boots"]) == (6, 6, {"Accepted": 6})
    assert found["sessions"]["started"] == found["sessions"]["ended"] > 0
    assert found["cards"]["refused"].keys() == {"Invalid"}
    assert found["errors"] == {}
    assert found["authoriseMs"]["p99"] > 0
    assert found["messages"]["Authorize"] == len(central.payloads("Authorize"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupt_ends_it_cleanly(central: Central, number: signal.Signals) -> None:
    running = await begin("--url", central.url, "--chargers", 3, "--tags", "ALICE", *QUICKLY[:2])
    await central.heard("StartTransaction", 3)
    running.send_signal(number)
    status, out, err = await end(running)
    assert (status, err) == (0, "")
    assert "chargers accepted   3 of 3" in out
    assert len(central.payloads("StopTransaction")) == len(central.payloads("StartTransaction"))


async def test_without_a_central_system_it_ends_with_1_and_says_why() -> None:
    status, out, _ = await simulate("--url", "ws://127.0.0.1:1/ocpp", "--chargers", 2, "--duration", 0.5)
    assert status == 1
    assert "2 Connection refused" in out


async def test_ids_passwords_and_tags_come_from_files(central: Central, folder: Path) -> None:
    central.passwords = {"A": "one", "B": "two"}
    (folder / "passwords.csv").write_text('A,one\nB,"two"\nC,three\n')
    (folder / "tags").write_text("ALICE\n\n")
    options = ("--passwords", "passwords.csv", "--chargers", 2, "--tags", "@tags", "--duration", 2)
    status, out, _ = await simulate("--url", central.url, *options, *QUICKLY, "--json")
    assert (status, summary(out)["accepted"], central.handshakes) == (0, 2, {101: 2})
    assert {frame.charger_id for frame in central.frames} == {"A", "B"}
    assert {each["idTag"] for each in central.payloads("Authorize")} == {"ALICE"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--url", "http://127.0.0.1/ocpp"], "like ws://"),
        (["--url", "nonsense"], "like ws://"),
        (["--url", "ws://127.0.0.1:1", "--ids", "absent"], "absent cannot be read"),
        (["--url", "ws://127.0.0.1:1", "--tags", "@absent"], "absent cannot be read"),
        (["--url", "ws://127.0.0.1:1", "--ids", "one", "--chargers", "2"], "the file lists 1"),
        (["--url", "ws://127.0.0.1:1", "--passwords", "one"], "row 1 has 1 columns"),
        (["--url", "ws://127.0.0.1:1", "--passwords", "empty"], "the file lists 0"),
        (["--url", "ws://127.0.0.1:1", "--protocol", "3"], "--protocol"),
        (["--url", "ws://127.0.0.1:1", "--chargers", "0"], "--chargers"),
        ([], "--url"),
    ],
)
def test_a_wrong_question_ends_with_2_and_says_what_would_be_right(run: Cli, arguments: list[str], says: str) -> None:
    Path("one").write_text("SIM-1\n")
    Path("empty").touch()
    done = run("simulate", *arguments, database=False)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
