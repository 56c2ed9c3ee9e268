"""chargerights serve: the demo's request, workers, and how a server ends."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import psutil
import pytest

from tests.servers import Server, free_port, start


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


def test_the_demo_s_curl_line_gives_exactly_the_answer_that_is_printed(demo: Server) -> None:
    printed = demo.log()
    line = re.search(r"^curl .*\\\n.*$", printed, re.MULTILINE)
    answer = re.search(r"^It answers:\n\n(.*)\n", printed, re.MULTILINE)
    assert line is not None
    assert answer is not None
    words = shlex.split(line[0].replace("\\\n", " "))
    assert words[:3] == ["curl", "-s", "-H"]
    header, body, url = words[3], words[5], words[6]
    name, _, value = header.partition(": ")
    response = httpx.post(url, headers={name: value}, content=body, trust_env=False)
    assert (response.status_code, response.text) == (200, answer[1])
    assert len(orjson.loads(answer[1])) == len(orjson.loads(body)["groupIds"])


def test_the_demo_s_key_reads_and_no_more(demo: Server) -> None:
    key = re.search(r"crk_\w+", demo.log())
    assert key is not None
    with demo.client(key[0]) as client:
        assert client.post("/api/group/add", json={"name": "x"}).status_code == 401


def test_a_story_of_the_demo_ends_as_it_says(demo: Server) -> None:
    lines = re.findall(r"^\S+ explain (.+?)  # (Yes|No)(?! not|,| Monday|.* else no)", demo.log(), re.MULTILINE)
    database = re.search(r"CHARGERIGHTS_DATABASE=(\S+)", demo.log())
    assert len(lines) >= 5
    assert database is not None
    question, expected = lines[0]
    ended = start("explain", *shlex.split(question), "--database", database[1])
    assert ended.wait(60) == (0 if expected == "Yes" else 1)


def test_two_workers_serve(demo: Server) -> None:
    children = psutil.Process(demo.process.pid).children()
    assert len([each for each in children if "spawn_main" in " ".join(each.cmdline())]) == 2
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
            status = process.wait(30)
        finally:
            if process.poll() is None:
                server.kill()
        assert status in (0, 130, -how), server.log()
        assert "Traceback" not in server.log()
        _, alive = psutil.wait_procs(children, timeout=10)
        assert not alive
        assert not (tmp_path / "served.db-wal").exists()


def test_a_port_that_is_taken_ends_the_server_with_an_error(demo: Server, tmp_path: Path) -> None:
    port = demo.url.rpartition(":")[2]
    done = start("serve", "--port", port, "--database", f"sqlite:///{tmp_path / 'other.db'}", output=subprocess.DEVNULL)
    assert done.wait(60) not in (0, None)
