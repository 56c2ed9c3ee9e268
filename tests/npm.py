"""Programs from npm that tests run. Each is pinned by the package-lock.json of a folder here; `npm ci` installs it
there. Without it the tests that need it are skipped, but fail in CI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
NODE = shutil.which("node")


def installed(folder: Path, package: str) -> bool:
    return NODE is not None and (folder / "node_modules" / package).is_dir()


def needs(folder: Path, package: str) -> pytest.MarkDecorator:
    """Marks what needs that package of that folder."""
    return pytest.mark.skipif(
        not installed(folder, package) and "CI" not in os.environ,
        reason=f"needs node, and npm ci in {folder.relative_to(TESTS.parent)}; in CI they must be there",
    )


def require(folder: Path, package: str) -> str:
    """The path of node, for a program of that package."""
    assert NODE is not None, "node is not installed"
    assert installed(folder, package), f"its packages are not installed: npm ci in {folder.relative_to(TESTS.parent)}"
    return NODE
