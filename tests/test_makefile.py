"""`make` sets up what a command needs, once, with what the machine has, and asks for nothing that it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from chargerights import __version__
from tests.support.programs import needs

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.slow, needs("make")]
NPM = """#!/bin/sh
echo "$@" >> npm.log
test -n "$OFFLINE" && exit 1
mkdir -p "$3/node_modules" && touch "$3/node_modules/.package-lock.json"
"""
PYTHON = """#!/bin/sh
test "$1 $2" = "-m venv" || exec {python} "$@"
{python} -m venv --without-pip .venv
for each in .venv/lib/python3.*/site-packages; do echo {packages} > "$each/tests.pth"; done
printf '%s\\n' '#!/bin/sh' 'echo "$@" | sed "s/.*--quiet/pip:/" >> installed.log' > .venv/bin/pip
printf '%s\\n' '#!/bin/sh' > .venv/bin/pytest
chmod +x .venv/bin/pip .venv/bin/pytest
"""
UV = """#!/bin/sh
test "$1" = venv && exec python3 -m venv
echo "$@" | sed "s/.*--quiet/uv:/" >> installed.log
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our Makefile, one folder of npm packages, and tests that pass."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements-dev.lock", "pyproject.toml", "tests/linter/package-lock.json", ".venv/bin/python"):
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
    return make(project, "test", **more)


def make(project: Path, target: str, **more: str) -> str:
    """What the command prints; only the programs of the project's own folder and of the system are found."""
    path = project / "path"
    path.mkdir(exist_ok=True)
    for name in ("make", "sh", "mkdir", "touch", "echo", "grep", "chmod", "sed"):
        if not (path / name).exists():
            (path / name).symlink_to(shutil.which(name) or pytest.fail(f"no {name}"))
    ended = subprocess.run(
        ["make", target, "PYTHON=python3"],
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


@pytest.fixture
def bare(project: Path) -> Path:
    """A clean clone of our code, on a machine whose pip and uv write down what they are to install."""
    shutil.rmtree(project / ".venv")
    (project / "requirements.lock").write_text("one==1 \\\n    --hash=sha256:1\ntwo==2\n")
    (project / "src").symlink_to(ROOT / "src")
    program(project / "path" / "python3", PYTHON.format(python=sys.executable, packages=sysconfig.get_path("purelib")))
    return project


def installed(project: Path) -> list[str]:
    """What was installed, and with which program, since the last question."""
    log = project / "installed.log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.write_text("")
    return lines


def test_the_demo_installs_what_serving_needs_and_runs_the_code_as_it_is(bare: Path) -> None:
    assert __version__ in make(bare, "demo", ARGS="--version").splitlines()
    assert installed(bare) == ["pip: --require-hashes -r requirements.lock"]


def test_the_demo_and_the_tests_share_an_environment_and_install_nothing_twice(bare: Path) -> None:
    make(bare, ".venv/.runtime")
    make(bare, "test")
    assert installed(bare) == [
        "pip: --require-hashes -r requirements.lock",
        "pip: --require-hashes -r requirements-dev.lock",
        "pip: --no-deps --no-build-isolation -e .",
    ]
    make(bare, ".venv/.runtime")
    make(bare, "test")
    assert installed(bare) == []


def test_after_the_tests_the_demo_has_what_it_needs(bare: Path) -> None:
    make(bare, "test")
    installed(bare)
    make(bare, ".venv/.runtime")
    assert installed(bare) == []


def test_uv_installs_where_it_is_found(bare: Path) -> None:
    program(bare / "path" / "uv", UV)
    make(bare, ".venv/.runtime")
    assert installed(bare) == ["uv: --require-hashes -r requirements.lock"]
