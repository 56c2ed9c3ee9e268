"""Runs commands: in this process, which is quick, or as a process of their own, where that is what counts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from chargerights import cli
from tests.support.waiting import PATIENCE

DEPOT: dict[str, Any] = {
    "sites": [
        {"id": 1, "name": "Company"},
        {"id": 2, "parentId": 1, "name": "Depot", "timezone": "Europe/Helsinki"},
        {"id": 3, "name": "Void"},
    ],
    "chargers": [{"chargerId": "DEP-1", "siteId": 2}],
    "accessGroups": [{"id": 1, "name": "Guests", "chargerIds": ["DEP-1"]}],
    "drivers": [
        {"id": 1, "name": "Alice", "homeSiteId": 2, "tags": [{"idTag": "ALICE"}], "rights": [{"siteId": 2}]},
        {"id": 2, "name": "Bob", "tags": [{"idTag": "BOB"}], "rights": [{"siteId": 1}]},
        {"id": 3, "name": "Carol", "tags": [{"idTag": "CAROL"}],
         "rights": [{"siteId": 2, "validUntil": "2099-06-01T00:00:00Z"}]},
    ],
}  # fmt: skip
NOON = "2099-06-03T12:00:00+03:00"
"""After every test: what is asked about earlier instants, the journal answers."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.status in (0, 1, 2), self.err
        return orjson.loads(self.out)


class Cli:
    """The command line over one database, named by `--database`."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object, database: bool = True) -> Done:
        """In this process."""
        named = ["--database", self.url] if database else []
        self._monkeypatch.setattr(sys, "argv", ["chargerights", *map(str, arguments), *named])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = self._capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    def customer(self, network: object = None, name: str = "Us") -> int:
        """A customer, with that network when one is given."""
        made = self("customer", "add", name, "--json").json["clientId"]
        if network is not None:
            assert self("load", self.file(network), "--customer", made).status == 0
        return int(made)

    def file(self, content: object, name: str = "network.json") -> Path:
        """A file in the current folder; of bytes, those bytes."""
        path = Path(name)
        path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
        return path


def process(*arguments: object, stdin: bytes = b"", environment: dict[str, str] | None = None) -> Done:
    """As a process of its own, in the current folder, with only those CHARGERIGHTS_ variables."""
    done = subprocess.run(
        [sys.executable, "-m", "chargerights", *map(str, arguments)],
        input=stdin, capture_output=True, check=False, env=environment, timeout=PATIENCE,
    )  # fmt: skip
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty; no setting comes from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE", "DATABASE_FILE", "LOG_FORMAT", "LOG_LEVEL"):
        monkeypatch.delenv(f"CHARGERIGHTS_{name}", raising=False)
    return tmp_path


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(sqlite_url, monkeypatch, capsys)


@pytest.fixture
def run_both(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """On SQLite and on PostgreSQL."""
    return Cli(database_url, monkeypatch, capsys)
