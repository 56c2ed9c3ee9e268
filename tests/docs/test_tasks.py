"""README and docs do what they say: every block of commands is run against a real server, and what a page shows after
it is what came."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import pytest

from chargerights.files.demo_network import demo_network
from tests.conftest import Databases
from tests.support.programs import needs
from tests.support.servers import free_port, new_customer, opened, serving
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TASKS = sorted(path for path in (ROOT / "docs" / "tasks").glob("*.md") if path.stem != "README")
FIRST_STEPS = [ROOT / "README.md", ROOT / "docs" / "quickstart.md"]
"""Begin with a customer of one's own."""
ELSEWHERE = {"backup": "tests of storage", "deploy": "tests of deploy/", "performance": "make bench"}
"""Pages whose commands need more than a server, and what runs them."""
OF_THE_DEMO = [
    ROOT / "README.md",
    *sorted(path for path in (ROOT / "docs").glob("*.md") if path not in FIRST_STEPS and path.stem not in ELSEWHERE),
]
NOT_RUN = (
    "chargerights serve --host 0.0.0.0 ",
    "chargerights simulate --url ws://127.0.0.1:8080/ocpp ",
    "chargerights migrate ",
)
"""Commands that need a certificate, that run until Ctrl-C, and that are for PostgreSQL."""
END_OF_BLOCK = "=== what the page shows next ==="
JQ = f"""#!{sys.executable}
# As much of jq as the pages use: .id, .key, .items[0].id, .items[].id, [.items[].id]
import json, re, sys
asked = sys.argv[2]
values = [json.load(sys.stdin)]
for step in re.findall(r"[a-zA-Z]+|[0-9]+|\\[\\]", asked):
    values = [
        found
        for value in values
        for found in (value if step == "[]" else [value[int(step) if step.isdigit() else step]])
    ]
print(json.dumps(values, separators=(",", ":")) if asked.startswith("[") else "\\n".join(map(str, values)))
"""
STRICT_CURL = f'#!/bin/sh\nexec {shutil.which("curl")} --fail-with-body "$@"\n'
"""Ends with an error where the server answers one."""
SERVES = """#!/bin/sh
# `chargerights`, whose `serve` returns as soon as the server answers, as if it ran in another terminal
test "$1" = serve || exec {python} -m chargerights "$@"
{python} -m chargerights "$@" --port {port} >{log} 2>&1 &
echo $! >{log}.pid
for each in $(seq 600); do
    curl -s -o /dev/null http://127.0.0.1:{port}/health && exit
    sleep 0.1
done
cat {log} >&2
exit 1
"""


class Block(NamedTuple):
    """Commands, and the JSON that the last of them answers; None: the page does not show it."""

    commands: str
    shown: Any


def blocks(page: str) -> Iterator[Block]:
    found = re.findall(r"(?ms)^ *```(sh|json)\n(.*?)^ *```$", page)
    for position, (kind, text) in enumerate(found):
        if kind == "sh":
            following = found[position + 1] if position + 1 < len(found) else ("", "")
            yield Block(text, orjson.loads(following[1]) if following[0] == "json" else None)


def holds(answer: Any, shown: Any) -> bool:
    """Whether the answer has all that is shown; a page may leave members out."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(name in answer and holds(answer[name], shown[name]) for name in shown)
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(map(holds, answer, shown))
    return bool(answer == shown)


class Bench:
    """Where the blocks of pages are run: an empty folder, and programs that the pages may use."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._programs, self._folder = folder / "bin", folder / "work"
        self._folder.mkdir()
        self._programs.mkdir()
        self.program("jq", JQ)
        self.program("chargerights", f'#!/bin/sh\nexec {sys.executable} -m chargerights "$@"\n')
        (self._folder / "docs").symlink_to(ROOT / "docs")
        self._environment = {"PATH": f"{self._programs}:{os.environ['PATH']}", **environment}

    def program(self, name: str, text: str) -> None:
        path = self._programs / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, steps: list[Block]) -> None:
        """Runs the blocks of one page in one shell. Fails unless each ends well and answers what the page shows."""
        script = "set -euo pipefail\n" + "".join(f"{step.commands}\necho; echo '{END_OF_BLOCK}'\n" for step in steps)
        ran = subprocess.run(
            ["bash", "-c", script],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=len(steps) * PATIENCE,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        printed = [each.strip().rpartition("\n")[2] for each in ran.stdout.split(END_OF_BLOCK)]
        for step, last in zip(steps, printed, strict=False):
            if step.shown is not None:
                assert holds(orjson.loads(last), step.shown), f"{step.commands}\nanswers {last}"


@needs("curl")
@pytest.mark.parametrize("path", TASKS, ids=[path.stem for path in TASKS])
def test_a_task_is_done_as_its_page_says(path: Path, databases: Databases, tmp_path: Path) -> None:
    url = databases.new("sqlite")
    with opened(url) as database:
        caller = new_customer(database, demo_network(datetime.now(UTC).date()))
    steps = list(blocks(path.read_text(encoding="utf-8")))
    assert any(step.shown is not None for step in steps)
    with serving(url) as server:
        Bench(tmp_path, HOST=server.url, KEY=caller.key).run(steps)


@pytest.fixture(scope="module")
def demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """With a server of the demo network that the pages share."""
    url = databases.new("sqlite")
    with opened(url) as database:
        caller = new_customer(database, demo_network(datetime.now(UTC).date()))
    with serving(url) as server:
        bench = Bench(tmp_path_factory.mktemp("demo"), HOST=server.url, KEY=caller.key, CHARGERIGHTS_DATABASE=url)
        bench.program("curl", STRICT_CURL)
        yield bench


@needs("curl")
@pytest.mark.parametrize("path", OF_THE_DEMO, ids=[path.stem for path in OF_THE_DEMO])
def test_what_a_page_shows_of_the_demo_is_so(path: Path, demo: Bench) -> None:
    steps = [step for step in blocks(path.read_text(encoding="utf-8")) if not begins_anew(step)]
    if not steps:
        pytest.skip("the page shows nothing of the demo")
    demo.run(steps)


def begins_anew(step: Block) -> bool:
    """Whether the block is for a database of one's own, or sets up the clone (see test_makefile)."""
    return "make demo" in step.commands or "customer add" in step.commands


def test_every_request_and_command_of_a_page_is_run() -> None:
    """Unless it stands in a line of text, or cannot be run."""
    for path in [*OF_THE_DEMO, *FIRST_STEPS]:
        page = path.read_text(encoding="utf-8")
        page = re.sub(r"(?ms)^<!-- commands: generated -->.*?^<!-- commands: end -->$", "", page)
        page = re.sub(r"(?ms)^ *```sh\n.*?^ *```$", "", page)
        unrun = re.findall(r"(?m)^ *(?:\$ )?((?:curl|chargerights) .*)$", page)
        assert [each for each in unrun if not each.startswith(NOT_RUN)] == [], path


@needs("curl")
@pytest.mark.parametrize("path", FIRST_STEPS, ids=[path.stem for path in FIRST_STEPS])
def test_the_first_steps_lead_to_a_server_that_answers(path: Path, tmp_path: Path) -> None:
    port = free_port()
    bench = Bench(tmp_path)
    bench.program("curl", STRICT_CURL)
    bench.program("pip", '#!/bin/sh\ntest "$*" = "install ."\n')
    bench.program("chargerights", SERVES.format(python=sys.executable, port=port, log=tmp_path / "log"))
    steps = list(blocks(path.read_text(encoding="utf-8")))
    first = next(number for number, step in enumerate(steps) if "customer add" in step.commands)
    at_port = [step._replace(commands=step.commands.replace(":8080", f":{port}")) for step in steps[first:]]
    try:
        bench.run(at_port)
        httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).raise_for_status()
    finally:
        os.kill(int((tmp_path / "log.pid").read_text()), signal.SIGTERM)
