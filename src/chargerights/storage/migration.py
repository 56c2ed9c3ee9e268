"""Brings a database to this version's tables."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection

from .database import Database, DatabaseAway, DatabaseFault

LOCK = 0x6368_7267  # any constant of our own

_CONFIG = Config()
_CONFIG.set_main_option("script_location", "chargerights.storage:migrations")
_SCRIPTS = ScriptDirectory.from_config(_CONFIG)


class UnknownSchema(DatabaseFault):
    """The database's tables are of a version that this one does not know."""


class MayNotMigrate(DatabaseFault):
    """The tables are to be brought to this version, and the database's user may not do that."""


def migrate(url: str) -> None:
    """Brings the database's tables to this version's, in one transaction; safe to run at once from many nodes.

    Where they are so already it only reads, so that questions wait for nobody's write.

    Raises InvalidDatabaseUrl, DatabaseAway, MayNotMigrate, and UnknownSchema for a database of a newer version.
    """
    database = Database(url)
    try:
        if database.read_now(_revision) != _SCRIPTS.get_current_head():
            database.write_now(_upgrade)
    except DatabaseAway as away:
        if not isinstance(getattr(away.__cause__, "orig", None), InsufficientPrivilege):
            raise
        raise MayNotMigrate(
            "the database's tables are not of this version, and its user may not change that: run"
            " `chargerights migrate` as the user who owns them, with --grant-to if the server has a role of its own"
        ) from away
    finally:
        database.close_now()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # held to the end of this transaction only
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    _CONFIG.attributes["connection"] = connection
    try:
        command.upgrade(_CONFIG, "head")
    except CommandError as error:
        raise UnknownSchema(
            "the database was made by a newer version of chargerights: run that version, or restore a backup"
        ) from error
