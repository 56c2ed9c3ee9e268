"""A fault of the data is the caller's; every other fault of a database means that it is away, and nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from chargerights.storage.database import Database, DatabaseAway, DatabaseFault, InvalidDatabaseUrl
from tests.support.servers import opened

AWAY = {
    "25006": "read-only, after a failover to a standby",
    "42501": "a missing grant",
    "42P01": "a table that is not there",
    "42703": "a column that is not there",
    "53100": "disk full",
    "53200": "out of memory",
    "53300": "too many connections",
    "55P03": "a lock that is not available",
    "57014": "cancelled",
    "57P01": "shutting down",
    "58030": "input and output",
    "28000": "not let in",
    "40001": "serialisation",
    "40P01": "deadlock",
    "08006": "connection lost",
    "XX000": "an internal error",
    "XX001": "damaged data",
    "ZZ999": "an unknown code",
}
OF_DATA = {
    "22001": "too long",
    "22003": "out of range",
    "22P02": "no such value of the type",
    "23502": "null where none may be",
    "23503": "a foreign key",
    "23505": "a key that is taken",
    "42804": "another type",
    "54000": "an index row that is too large",
}


def raising(connection: Connection, state: str) -> None:
    connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '{state}'; END $$")


def sql(statement: str) -> Callable[[Connection], Any]:
    return lambda connection: connection.exec_driver_sql(statement)


@pytest.mark.parametrize("state", AWAY, ids=AWAY.get)
def test_postgresql_is_away_for_every_fault_but_those_of_the_data(postgres_url: str, state: str) -> None:
    with opened(postgres_url) as database:
        for run in (database.write_now, database.read_now):
            with pytest.raises(DatabaseAway):
                run(raising, state)
        assert database.write_now(sql("SELECT 1")).scalar() == 1


@pytest.mark.parametrize("state", OF_DATA, ids=OF_DATA.get)
def test_a_fault_of_the_data_is_not_one_of_postgresql(postgres_url: str, state: str) -> None:
    with opened(postgres_url) as database, pytest.raises(DBAPIError):
        database.write_now(raising, state)


async def test_a_postgresql_that_only_reads_is_away_for_writes_and_answers_reads(postgres_url: str) -> None:
    database = Database(f"{postgres_url}&options=-c%20default_transaction_read_only%3Don")
    insert = sql("INSERT INTO customers (name, created_at) VALUES ('x', now())")
    with pytest.raises(DatabaseAway, match="ReadOnlySqlTransaction"):
        await database.write(insert)
    with pytest.raises(DatabaseAway):
        database.write_now(insert)
    assert await database.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()) == 1
    await database.close()


def test_text_that_postgresql_cannot_hold_is_a_fault_of_the_data(postgres_url: str) -> None:
    def insert(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO customers (name, created_at) VALUES (%s, now())", ("nul \0",))

    with opened(postgres_url) as database, pytest.raises(DBAPIError):
        database.write_now(insert)


def sqlite_after(*statements: str) -> Callable[[Connection], Any]:
    def run(connection: Connection) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement)

    return run


GROWING = "INSERT INTO customers (name, created_at) VALUES (hex(randomblob(1000000)), '2026')"


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(sql("SELECT * FROM nowhere"), id="a table that is not there"),
        pytest.param(sql("SELECT colour FROM customers"), id="a column that is not there"),
        pytest.param(sql("INSERT INTO customers (colour) VALUES (1)"), id="a column of an insert"),
    ],
)
def test_sqlite_is_away_when_its_tables_are_of_another_version(sqlite_url: str, work: Callable[..., Any]) -> None:
    with opened(sqlite_url) as database, pytest.raises(DatabaseAway):
        database.write_now(work)


@pytest.mark.parametrize("pragma", ["max_page_count = 1", "query_only = 1"], ids=["full", "read-only"])
def test_sqlite_is_away_when_it_cannot_write_and_writes_again_when_it_can(sqlite_url: str, pragma: str) -> None:
    with opened(sqlite_url) as database:
        database._plain.dispose()
        with database._plain.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        with pytest.raises(DatabaseAway, match=r"SQLITE_(FULL|READONLY)"):
            database.write_now(sql(GROWING))
        with database._plain.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
            connection.exec_driver_sql("PRAGMA query_only = 0")
        database.write_now(sql(GROWING))


def test_sqlite_is_away_while_another_program_writes(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chargerights.storage.engines.BUSY_SECONDS", 0.1)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with opened(sqlite_url) as database:
        with pytest.raises(DatabaseAway, match="SQLITE_BUSY"):
            database.write_now(sql(GROWING))
        other.execute("ROLLBACK")
        database.write_now(sql(GROWING))
    other.close()


def test_sqlite_is_away_when_its_file_is_damaged_or_gone(tmp_path: Path, sqlite_url: str) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(file.read_bytes()[:4096] + b"\xff" * (file.stat().st_size - 4096))
    with opened(f"sqlite:///{damaged}") as database, pytest.raises(DatabaseAway):
        database.read_now(sql("SELECT * FROM customers"))
    with opened(f"sqlite:///{tmp_path}/none/there.db") as database, pytest.raises(DatabaseFault):
        database.read_now(sql("SELECT 1"))
    (tmp_path / "text.db").write_text("no database at all" * 100)
    with opened(f"sqlite:///{tmp_path}/text.db") as database, pytest.raises(InvalidDatabaseUrl):
        database.read_now(sql("SELECT 1"))


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(sql("INSERT INTO customers (id) VALUES (1)"), id="null where none may be"),
        pytest.param(sql("INSERT INTO customers (id) VALUES ('text')"), id="text for a number"),
        pytest.param(sql("SELECT zeroblob(2000000000)"), id="too big"),
        pytest.param(lambda connection: connection.exec_driver_sql("SELECT ?", (object(),)), id="no type of SQLite's"),
        pytest.param(lambda connection: connection.exec_driver_sql("SELECT ?", (2**70,)), id="too large a number"),
    ],
)
def test_a_fault_of_the_data_is_not_one_of_sqlite(sqlite_url: str, work: Callable[..., Any]) -> None:
    with opened(sqlite_url) as database:
        with pytest.raises((DBAPIError, OverflowError)):
            database.write_now(work)
        database.write_now(sql(GROWING))


def test_out_of_memory_is_no_fault_of_the_data(sqlite_url: str) -> None:
    def greedy(_: Connection) -> None:
        raise MemoryError

    with opened(sqlite_url) as database, pytest.raises(DatabaseAway):
        database.write_now(greedy)
