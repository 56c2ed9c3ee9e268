"""Programs that tests run and that a machine may lack. Without one the tests that need it are skipped, but fail in CI.

Packages of npm are pinned by the package-lock.json of a folder here; `make test` installs them.
"""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NODE = shutil.which("node")


def needs(program: str) -> pytest.MarkDecorator:
    """Marks tests that need that program."""
    return _skipped_without(path_of(program), program)


def needs_module(name: str, target: str) -> pytest.MarkDecorator:
    """Marks tests that need that Python package, which that target of make installs."""
    return _skipped_without(find_spec(name), f"`make {target}`")


def path_of(program: str) -> str | None:
    """The program's path, in .venv or on the path; None where it is not installed."""
    return shutil.which(program, path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")


def needs_packages(folder: Path) -> pytest.MarkDecorator:
    """Marks tests that need Node and the packages of that folder."""
    return _skipped_without(
        installed(folder), f"Node, npm, and `make test` to install {folder.relative_to(TESTS.parent)}"
    )


def installed(folder: Path) -> bool:
    """Whether Node is there, and all packages of the folder: npm writes this file after the last one."""
    return NODE is not None and (folder / "node_modules" / ".package-lock.json").is_file()


def node(folder: Path) -> str:
    """The path of node, for a program of the folder's packages."""
    assert NODE is not None, "node is not installed"
    assert installed(folder), f"its packages are not installed: npm ci --prefix {folder.relative_to(TESTS.parent)}"
    return NODE


def _skipped_without(found: object, what: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not found and "CI" not in os.environ, reason=f"needs {what}; in CI this fails")
