"""openapi-typescript makes types of the document; with them, twenty operations compile and do what they say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from chargerights.api.openapi import pages
from tests.support import programs
from tests.support.servers import Caller, Server

HERE = Path(__file__).parent
DOCUMENT = pages.FOLDER / pages.OPENAPI
PROGRAMS = HERE / "node_modules"

pytestmark = [pytest.mark.slow, programs.needs_packages(HERE)]


def run(*arguments: str | Path, folder: Path) -> str:
    ended = subprocess.run(
        [programs.node(HERE), *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_twenty_operations_with_the_types_of_the_document(caller: tuple[Server, Caller], tmp_path: Path) -> None:
    server, (_, key) = caller
    for name in ("operations.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(PROGRAMS)
    run(PROGRAMS / "openapi-typescript" / "bin" / "cli.js", DOCUMENT, "-o", "schema.ts", folder=tmp_path)
    run(PROGRAMS / "typescript" / "bin" / "tsc", "-p", ".", folder=tmp_path)
    assert int(run("built/operations.js", server.url, key, folder=tmp_path)) >= 20
