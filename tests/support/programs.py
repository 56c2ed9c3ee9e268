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
    """Marks tests that need that program on the path."""
    return _skipped_without(shutil.which(program), program)


def needs_tool(program: str) -> pytest.MarkDecorator:
    """Marks tests that need that program in the version that `make deploy-tools` installs."""
    return _skipped_without(Path(tool(program)).exists(), f"`make deploy-tools`, which installs {program}")


def tool(program: str) -> str:
    """The path of a program of `make deploy-tools`, in .venv."""
    return str(Path(sys.executable).parent / program)


def needs_tool_package(name: str) -> pytest.MarkDecorator:
    """Marks tests that need that Python package of `make deploy-tools`."""
    return _skipped_without(find_spec(name), f"`make deploy-tools`, which installs {name}")


def needs_development_package(name: str) -> pytest.MarkDecorator:
    """Marks tests that need that Python package of requirements-dev.lock."""
    return _skipped_without(find_spec(name), f"`make install`, which installs {name}")


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
