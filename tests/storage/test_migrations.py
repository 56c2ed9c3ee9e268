"""The tables: one migration history for both databases, and databases that it cannot migrate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from chargerights.storage.database import Database, DatabaseAway, InvalidDatabaseUrl
from chargerights.storage.migration import UnknownSchema, latest, migrate
from tests.storage.writing import add_customer, everything, put_facts, stored
from tests.support.servers import opened
from tests.support.world import FACTS, network

READ_VERSION = "SELECT version_num FROM alembic_version"


def alembic(connection: Connection, run: Any, *arguments: str) -> None:
    """One of Alembic's own commands over that connection."""
    config = Config()
    config.set_main_option("script_location", "chargerights.storage:migrations")
    config.attributes["connection"] = connection
    run(config, *arguments)


def tables(connection: Connection) -> list[str]:
    return sorted(inspect(connection).get_table_names())


def shape(connection: Connection) -> dict[str, Any]:
    """Everything that the database says of its tables."""
    inspector = inspect(connection)
    return {
        name: (
            [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(name)
            ],
            inspector.get_pk_constraint(name),
            sorted(map(repr, inspector.get_foreign_keys(name))),
            sorted(orjson.dumps(index, default=str) for index in inspector.get_indexes(name)),
            sorted(map(repr, inspector.get_unique_constraints(name))),
            sorted(map(repr, inspector.get_check_constraints(name))),
        )
        for name in tables(connection)
    }


def schema_version(database: Database) -> str:
    return database.read_now(lambda connection: str(connection.exec_driver_sql(READ_VERSION).scalar_one()))


def set_version(connection: Connection, version: str) -> None:
    connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(database: Database, database_url: str) -> None:
    customer = add_customer(database)
    put_facts(database, customer, FACTS)
    before = database.read_now(everything)
    version = schema_version(database)
    database.write_now(set_version, "9999")
    try:
        with pytest.raises(UnknownSchema, match="newer version of chargerights"):
            migrate(database_url)
        assert database.read_now(everything) == before
    finally:
        database.write_now(set_version, version)
    migrate(database_url)
    assert stored(database, customer) == network(FACTS)


@pytest.mark.parametrize("revision", ["0001", "0009", "0017"])
def test_a_database_of_a_preview_is_refused_with_the_way_out_and_left_as_it_is(
    revision: str, database: Database, database_url: str
) -> None:
    put_facts(database, add_customer(database), FACTS)
    version = schema_version(database)
    database.write_now(set_version, revision)
    before = database.read_now(everything), database.read_now(shape)
    try:
        with pytest.raises(UnknownSchema, match=f"preview .* revision {revision}.* `chargerights dump` .* new, empty"):
            migrate(database_url)
        assert (database.read_now(everything), database.read_now(shape)) == before
        assert schema_version(database) == revision
    finally:
        database.write_now(set_version, version)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://root@localhost/x", "sqlite://", "sqlite:///:memory:", "postgresql", "oracle://x"]
)
def test_a_url_of_no_database_of_ours_is_refused_in_words(url: str) -> None:
    with pytest.raises(InvalidDatabaseUrl, match=r"sqlite:///file\.db"):
        migrate(url)


@pytest.mark.parametrize("url", ["postgresql://someone@127.0.0.1:9/none", "sqlite:////no/such/folder/file.db"])
def test_a_database_that_is_not_there_is_away(url: str) -> None:
    with pytest.raises(DatabaseAway, match="cannot be reached"):
        migrate(url)


def test_a_file_that_is_no_database_is_refused_in_words_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    file.write_text('{"sites": []}' * 1000)
    with pytest.raises(InvalidDatabaseUrl, match="is not an SQLite database"):
        migrate(f"sqlite:///{file}")
    assert file.read_text() == '{"sites": []}' * 1000


def test_the_tables_are_those_of_the_schema(database: Database) -> None:
    """`alembic check`: a difference raises."""
    database.write_now(alembic, command.check)


def test_migrating_again_changes_nothing(database: Database, database_url: str) -> None:
    customer = add_customer(database)
    put_facts(database, customer, FACTS)
    before = database.read_now(everything), database.read_now(shape)
    migrate(database_url)
    assert (database.read_now(everything), database.read_now(shape)) == before


def test_nodes_that_start_at_once_migrate_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_database_url] * 4))
    with opened(empty_database_url) as database:
        database.write_now(alembic, command.check)
        put_facts(database, add_customer(database), FACTS)


def test_the_latest_revision_is_the_head_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", "chargerights.storage:migrations")
    assert latest() == ScriptDirectory.from_config(config).get_current_head()
