"""`make test` sets up what the machine can run, and asks for nothing that it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.programs import needs

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, needs("make")]
NPM = """#!/bin/sh
echo "$@" >> npm.log
test -n "$OFFLINE" && exit 1
mkdir -p "$3/node_modules" && touch "$3/node_modules/.package-lock.json"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our Makefile, one folder of npm packages, and tests that pass."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements-dev.lock", "pyproject.toml", "tests/linter/package-lock.json", ".venv/bin/pip"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    program(tmp_path / ".venv/bin/pytest", "#!/bin/sh\n")
    (tmp_path / ".venv/.installed").touch()
    return tmp_path


def program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def make_test(project: Path, **more: str) -> str:
    """What `make test` prints; only the programs of the project's own folder and of the system are found."""
    path = project / "path"
    path.mkdir(exist_ok=True)
    for name in ("make", "sh", "mkdir", "touch", "echo"):
        if not (path / name).exists():
            (path / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name}"))
    ended = subprocess.run(
        ["make", "test", "PYTHON=python3"],
        cwd=project,
        env={"PATH": str(path), "HOME": os.environ.get("HOME", "/"), **more},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def asked(project: Path) -> list[str]:
    """The commands that npm was given."""
    log = project / "npm.log"
    return log.read_text().splitlines() if log.exists() else []


def test_npm_packages_are_installed_once(project: Path) -> None:
    program(project / "path" / "npm", NPM)
    make_test(project)
    make_test(project)
    assert [each.split()[:3] for each in asked(project)] == [["ci", "--prefix", "tests/linter"]]


def test_without_npm_the_tests_run_all_the_same(project: Path) -> None:
    make_test(project)
    assert not (project / "tests/linter/node_modules").exists()


def test_packages_that_cannot_be_installed_are_named_and_tried_again(project: Path) -> None:
    program(project / "path" / "npm", NPM)
    assert "npm ci failed in tests/linter: tests that need" in make_test(project, OFFLINE="yes")
    make_test(project)
    assert len(asked(project)) == 2
