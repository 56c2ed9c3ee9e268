"""The image: linted, fed with nothing but what it is built from, and its health check tried on a real server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.deploy.proxies import checked
from tests.support.programs import needs_tool, tool
from tests.support.servers import Server, free_port
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.strip() and not line.startswith("#")
]


def instruction(name: str) -> list[str]:
    """What follows that word, for each time it is there."""
    joined = re.sub(r"\\\n", " ", DOCKERFILE)
    return re.findall(rf"(?m)^\s*{name} (.*)$", joined)


@needs_tool("hadolint")
def test_a_linter_finds_nothing() -> None:
    checked([tool("hadolint"), str(ROOT / "Dockerfile")])


def test_the_builder_is_sent_what_the_image_is_built_from_and_no_more() -> None:
    copied = {
        source.rstrip("/") for copy in instruction("COPY") if "--from" not in copy for source in copy.split()[:-1]
    }
    assert IGNORED[0] == "*"
    assert {line.removeprefix("!") for line in IGNORED if line.startswith("!")} == copied
    assert all((ROOT / each).exists() for each in copied)
    again = [line for line in IGNORED[1:] if not line.startswith("!")]
    assert any(fnmatch("src/chargerights/__pycache__", each) for each in again)


def test_packages_are_checked_by_hash_and_nothing_is_fetched_unpinned() -> None:
    (packages,) = (run for run in instruction("RUN") if "requirements.lock" in run)
    installs = [
        step for run in instruction("RUN") for step in run.split("&&") if re.search(r"pip.* (install|wheel) ", step)
    ]
    assert len(installs) == 4
    for step in installs:
        assert "--require-hashes" in step or (
            "--no-deps" in step and ("--no-build-isolation" in step or "*.whl" in step)
        )
    assert packages.count("--only-binary=:all:") == 2


def test_the_build_lock_pins_what_the_wheel_is_built_with() -> None:
    locked = dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", (ROOT / "requirements-build.lock").read_text()))
    developed = dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", (ROOT / "requirements-dev.lock").read_text()))
    assert "hatchling" in locked
    assert {name: developed.get(name) for name in locked} == locked


def test_it_runs_as_a_user_of_its_own_who_owns_the_volume() -> None:
    assert instruction("USER") == ["10001:10001"]
    assert instruction("VOLUME") == instruction("WORKDIR")[-1:] == ["/data"]
    assert instruction("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(instruction("ENTRYPOINT")[0]) == ["chargerights"]


@pytest.mark.slow
def test_the_health_check_tells_a_server_that_lives_from_one_that_does_not(server: Server) -> None:
    command = json.loads(instruction("HEALTHCHECK")[0].partition("CMD")[2])
    assert command[:2] == ["python", "-c"]
    assert "8080" in command[2]

    def healthy(port: int) -> int:
        program = command[2].replace("8080", str(port))
        return subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=PATIENCE).returncode

    assert healthy(int(server.url.rpartition(":")[2])) == 0
    assert healthy(free_port()) != 0
