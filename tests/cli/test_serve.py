"""chargerights serve: the demo's request, workers, and how a server ends."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
import pytest

from chargerights.cli.demo import DEMO_SITES
from tests.support.programs import needs
from tests.support.servers import Server, free_port, start
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo server with two workers."""
    port = free_port()
    url = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"
    with tempfile.TemporaryFile() as log:
        process = start("serve", "--demo", "--port", str(port), "--workers", "2", "--database", url, output=log)
        server = Server(process, port, log)
        try:
            server.wait_until_it_answers()
            yield server
        finally:
            if process.poll() is None:
                server.stop()


@needs("curl")
def test_the_demo_s_first_request_gives_exactly_the_answer_that_is_printed(demo: Server) -> None:
    lines = re.findall(r"(?m)^(?:export (?:HOST|KEY)=.*|curl .*\\\n.*)$", demo.log())
    printed = re.search(r"(?m)^The answer:\n\n(.*)\n", demo.log())
    assert printed is not None
    assert len(lines) == 3
    asked = subprocess.run(
        ["sh", "-c", "\n".join(["set -eu", *lines])], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (asked.returncode, asked.stdout) == (0, printed[1]), asked.stderr
    assert [each["groupId"] for each in orjson.loads(asked.stdout)] == DEMO_SITES


def test_the_demo_s_key_may_write_and_does_not_expire(demo: Server) -> None:
    key = re.search(r"(?m)^export KEY=(crk_\w+)$", demo.log())
    assert key is not None
    with demo.client(key[1]) as client:
        assert client.post("/v2/sites", json={"name": "New"}).status_code == 201
        keys = client.get("/v2/api-keys").json()["items"]
        (mine,) = [each for each in keys if key[1].endswith(each["lastCharacters"])]
        assert (mine["readOnly"], mine.get("expiresAt")) == (False, None)
        assert client.head("/openapi.json").headers["content-type"] == "application/json"
    assert "change everything of the demo customer, and does not expire" in demo.log()


def test_a_story_of_the_demo_ends_as_it_says(demo: Server) -> None:
    lines = re.findall(r"^\S+ explain (.+?)  # (Yes|No)(?! not|,| Mo|.* else no)", demo.log(), re.MULTILINE)
    database = re.search(r"CHARGERIGHTS_DATABASE=(\S+)", demo.log())
    assert len(lines) >= 5
    assert database is not None
    question, expected = lines[0]
    ended = start("explain", *shlex.split(question), "--database", database[1])
    assert ended.wait(PATIENCE) == (0 if expected == "Yes" else 1)


def test_two_workers_serve(demo: Server) -> None:
    assert len(workers_of(demo)) == 2
    answers = [httpx.get(f"{demo.url}/openapi.json", trust_env=False).status_code for _ in range(10)]
    assert answers == [200] * 10


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_ends_the_server_cleanly(tmp_path: Path, how: signal.Signals, workers: str) -> None:
    port = free_port()
    with tempfile.TemporaryFile() as log:
        url = f"sqlite:///{tmp_path / 'served.db'}"
        process = start("serve", "--port", str(port), "--workers", workers, "--database", url, output=log)
        server = Server(process, port, log)
        try:
            server.wait_until_it_answers()
            children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(how)
            status = process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                server.kill()
        assert status in (0, 130, -how), server.log()
        assert "Traceback" not in server.log()
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
        assert not alive
        assert not (tmp_path / "served.db-wal").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_is_one_line_and_a_status_of_its_own(demo: Server, tmp_path: Path, workers: str) -> None:
    """Before anything is printed or the database made, so that no script takes the demo's key for a good one."""
    port, database = demo.url.rpartition(":")[2], tmp_path / "other.db"
    with tempfile.TemporaryFile() as output:
        options = ("--demo", "--port", port, "--workers", workers, "--database", f"sqlite:///{database}")
        status = start("serve", *options, output=output).wait(PATIENCE)
        output.seek(0)
        printed = output.read().decode()
    assert (status, printed.count("\n")) == (4, 1)
    assert printed == (
        f"cannot listen on port {port} of 127.0.0.1: another program listens there: stop it, or choose another --port\n"
    )
    assert not database.exists()


@pytest.mark.parametrize(
    ("host", "cause"),
    [
        ("192.0.2.1", "this machine does not have that address: choose another --host"),
        ("no-such-name.invalid", "is not a name or address of this machine"),
        ("", "is not a name or address of this machine"),
    ],
)
def test_an_address_that_is_not_this_machine_s_is_told_so(tmp_path: Path, host: str, cause: str) -> None:
    with tempfile.TemporaryFile() as output:
        options = ("--port", str(free_port()), "--host", host, "--database", f"sqlite:///{tmp_path / 'other.db'}")
        status = start("serve", *options, output=output).wait(PATIENCE)
        output.seek(0)
        printed = output.read().decode()
    assert status == 4
    assert cause in printed
    assert "Traceback" not in printed


def workers_of(server: Server) -> list[psutil.Process]:
    children = psutil.Process(server.process.pid).children()
    return [each for each in children if "spawn_main" in " ".join(each.cmdline())]


def events(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]


def test_a_worker_that_takes_long_to_start_is_waited_for_and_one_that_dies_is_started_again(tmp_path: Path) -> None:
    """On a small busy machine they were killed after five seconds, again and again, without a word."""
    port = free_port()
    with tempfile.TemporaryFile() as log:
        options = ("--port", str(port), "--workers", "2", "--database", f"sqlite:///{tmp_path / 'served.db'}")
        server = Server(start("serve", *options, output=log), port, log)
        try:
            wait_until(lambda: len(workers_of(server)) == 2)
            slow, killed = workers_of(server)
            slow.suspend()
            killed.kill()
            time.sleep(7)
            slow.resume()
            server.wait_until_it_answers()
            wait_until(lambda: len([each for each in events(server) if each["event"] == "worker serves"]) == 2)
            assert slow in workers_of(server)
            started = [each["pid"] for each in events(server) if each["event"] == "worker started"]
            assert started[:2] == [slow.pid, killed.pid]
            assert len(started) == 3
            assert [each["pid"] for each in events(server) if each["event"] == "worker died"] == [killed.pid]
        finally:
            if server.process.poll() is None:
                server.stop()


def test_a_worker_that_dies_is_replaced_and_the_log_says_so(demo: Server) -> None:
    victim, other = workers_of(demo)
    wait_until(lambda: len([each for each in events(demo) if each["event"] == "worker serves"]) >= 2)
    victim.kill()
    wait_until(lambda: len({each["pid"] for each in events(demo) if each["event"] == "worker serves"}) == 3)
    died = [each for each in events(demo) if each["event"] == "worker died"]
    assert [(each["pid"], each["signal"], each["level"]) for each in died] == [(victim.pid, "SIGKILL", "error")]
    assert other in workers_of(demo)
    assert len(workers_of(demo)) == 2
    assert httpx.get(f"{demo.url}/health", trust_env=False).status_code == 200
