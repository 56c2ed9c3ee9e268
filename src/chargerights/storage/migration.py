"""Migration of a database to this version's tables."""

from __future__ import annotations

import re
from pathlib import Path

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, inspect

from .database import Database, DatabaseAway, DatabaseFault

LOCK = 0x6368_7267  # any constant of our own
VERSIONS = Path(__file__).parent / "migrations" / "versions"
_PREVIEW = re.compile(r"00(0[1-9]|1[0-7])")  # what the previews' migrations were called


class UnknownSchema(DatabaseFault):
    """The database's tables are of a version that this one cannot migrate."""


class MayNotMigrate(DatabaseFault):
    """The tables need a migration that the database's user may not run."""


def migrate(url: str) -> None:
    """Migrates the database to this version's tables in one transaction.

    Any number of nodes can run it at the same time. A database that is up to date is only read, so that no request
    waits for another node's write.

    Raises:
        InvalidDatabaseUrl, DatabaseAway, MayNotMigrate.
        UnknownSchema: the tables were made by a newer version or by a preview of 0.1; they are left as they are.
    """
    database = Database(url)
    try:
        if database.read_now(_revision) != latest():
            database.write_now(_upgrade)
    except DatabaseAway as away:
        if not isinstance(getattr(away.__cause__, "orig", None), InsufficientPrivilege):
            raise
        raise MayNotMigrate(
            "the database's tables are not of this version, and its user may not change that: run"
            " `chargerights migrate` as the user that owns them, with --grant-to if the server has a role of its own"
        ) from away
    finally:
        database.close_now()


def latest() -> str:
    """Returns the newest revision: `r` and the number of the last migration's file."""
    return "r" + max(path.name for path in VERSIONS.glob("[0-9]*.py")).partition("_")[0]


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # here: it takes long to import, and most databases are up to date
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "chargerights.storage:migrations")
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":  # held to the end of this transaction only
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    revision = _revision(connection)
    if revision is not None and _PREVIEW.fullmatch(revision):
        raise UnknownSchema(
            f"the database was made by a preview of chargerights 0.1 (its tables are at revision {revision}), which no"
            " release migrates, and nothing was changed: run `chargerights dump` of that version for each customer,"
            " name a new, empty database in CHARGERIGHTS_DATABASE, and `chargerights load` the files there"
        )
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise UnknownSchema(
            "the database was made by a newer version of chargerights: run that version, or restore a backup"
        ) from error
