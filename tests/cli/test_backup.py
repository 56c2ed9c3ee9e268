"""chargerights backup: a whole and checked copy of an SQLite database, while servers write to it."""

from __future__ import annotations

import itertools
import shlex
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from chargerights.cli.networks import load_network
from chargerights.files.network_file import parse
from chargerights.storage.backup import back_up
from chargerights.storage.database import Database
from tests.cli.conftest import DEPOT, Cli, Done
from tests.conftest import Databases
from tests.support.programs import needs
from tests.support.servers import TEST, opened
from tests.support.waiting import PATIENCE


def content(file: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True) as connection:
        return connection.execute(query).fetchall()


def test_a_backup_is_one_state_while_others_write(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{back_up.__module__}.PAGES", 1)  # many steps, between which others write
    customer, written, done = run.customer(DEPOT), threading.Semaphore(0), threading.Event()
    assert run("backup", "before.db").status == 0

    def write() -> None:
        with opened(run.url) as database:
            for number in itertools.count(100):
                load_network(database, customer, parse(b'{"drivers": [{"id": %d, "name": "New"}]}' % number), TEST)
                written.release()
                if done.is_set():
                    return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            assert written.acquire(timeout=PATIENCE)
            assert run("backup", f"{number}.db").status == 0
    finally:
        done.set()
        writer.join(30)
    for number in range(3):
        copy = Path(f"{number}.db")
        assert content(copy, "PRAGMA integrity_check") == [("ok",)]
        (revision,) = content(copy, "SELECT revision FROM customers")
        assert content(copy, "SELECT max(revision) FROM journal") == [revision]
        (before,) = content(Path("before.db"), "SELECT revision FROM customers")
        new = revision[0] - before[0]  # each revision since then has added a driver
        assert new > 0
        assert content(copy, "SELECT count(*) FROM drivers") == [(len(DEPOT["drivers"]) + new,)]


def test_a_backup_says_what_it_is_and_what_is_not_in_it(run: Cli) -> None:
    run.customer(DEPOT)
    done = run("backup", "backup.db", "--json")
    spool = Path(f"{run.url.removeprefix('sqlite:///')}-spool")
    size = Path("backup.db").stat().st_size
    assert done.json == {"file": str(Path("backup.db").absolute()), "bytes": size, "spool": str(spool)}
    done = run("backup", "second.db")
    assert f"second.db: {size / 1e6:.1f} MB, checked" in done.out
    assert f"Not included: charger messages that wait in the spool, {spool}" in done.out
    assert {each.name for each in Path().iterdir()} == {"backup.db", "second.db", "network.json"}
    assert stat.S_IMODE(Path("backup.db").stat().st_mode) == 0o600


def test_a_backup_before_an_upgrade_leaves_the_old_tables_as_they_are(databases: Databases, run: Cli) -> None:
    with sqlite3.connect("old.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('of before')")
    connection.close()
    done = run("backup", "copy.db", "--database", "sqlite:///old.db", database=False)
    assert done.status == 0, done.err
    for file in ("old.db", "copy.db"):
        assert content(Path(file), "SELECT * FROM alembic_version") == [("of before",)]


def refused(done: Done, *words: str) -> None:
    assert (done.status, done.out) == (2, "")
    for each in words:
        assert each in done.err


@pytest.mark.parametrize("already", ["file", "folder", "dangling link"])
def test_a_backup_overwrites_nothing(run: Cli, already: str) -> None:
    target = Path("backup.db")
    if already == "file":
        target.write_text("what was there")
    elif already == "folder":
        target.mkdir()
    else:
        target.symlink_to("nowhere")
    before = sorted(Path().iterdir())
    refused(run("backup", target), "backup.db exists", "name a file that does not")
    assert sorted(Path().iterdir()) == before
    assert already != "file" or target.read_text() == "what was there"


def test_two_backups_to_one_file_do_not_mix(run: Cli) -> None:
    Path("backup.db.part").write_text("of the other one")
    refused(run("backup", "backup.db"), "backup.db.part exists", "delete it")
    assert Path("backup.db.part").read_text() == "of the other one"


def test_a_folder_that_is_not_there_is_refused(run: Cli) -> None:
    refused(run("backup", "absent/backup.db"), "absent/backup.db.part cannot be written: No such file or directory")


def test_a_database_that_is_not_there_is_not_made(run: Cli) -> None:
    for url in ("sqlite:///absent.db", "sqlite:///absent/file.db"):
        refused(run("backup", "backup.db", "--database", url, database=False), "there is no database at")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("bytes_before", [0, 100])
def test_a_file_that_is_no_database_is_refused_and_nothing_kept(run: Cli, bytes_before: int) -> None:
    Path("notes.txt").write_bytes(b"no database\n" * bytes_before)
    done = run("backup", "backup.db", "--database", "sqlite:///notes.txt", database=False)
    refused(done, "is not a chargerights database")
    assert [each.name for each in Path().iterdir()] == ["notes.txt"]


def test_a_damaged_database_makes_no_backup(run: Cli) -> None:
    run.customer(DEPOT)
    file = Path(run.url.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'journal'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with file.open("r+b") as target:
        target.seek((page - 1) * size)
        target.write(b"\xff" * size)
    done = run("backup", "backup.db")
    assert (done.status, done.out) == (3, "")
    assert "the database is damaged" in done.err
    assert "Keep your earlier backups" in done.err
    assert [each.name for each in Path().glob("backup*")] == []


def test_for_postgresql_it_names_pg_dump_with_the_command_and_without_the_password(run: Cli) -> None:
    url = "postgresql://server:s3cret@db.example:5433/charge rights?sslmode=require"
    done = run("backup", "it's.dump", "--database", url, database=False)
    expected = (
        """pg_dump --format=custom --file='it'"'"'s.dump' """
        "--dbname='postgresql://server@db.example:5433/charge rights?sslmode=require'"
    )
    refused(done, "SQLite", expected)
    assert "s3cret" not in done.err
    assert list(Path().iterdir()) == []


@needs("bash")
def test_a_full_disk_leaves_no_file(run: Cli) -> None:
    command = f"ulimit -f 64; exec {shlex.quote(sys.executable)} -m chargerights backup backup.db --database {run.url}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "the backup failed and no file was kept" in ended.stderr
    assert list(Path().iterdir()) == []


def test_an_interrupted_backup_leaves_no_file(run: Cli) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(Database(run.url), Path("backup.db"), interrupt)
    assert list(Path().iterdir()) == []
