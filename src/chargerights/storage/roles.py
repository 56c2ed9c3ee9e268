"""The least grants of a PostgreSQL role that runs the server.

The tables belong to the role that migrates. The server's role reads and writes them, but only reads and adds to the
journal, so that an attacker who takes over the server cannot rewrite the past. Personal data is apart, in
`journal_personal`, where the role can delete, too: drivers can be erased.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from . import schema
from .database import Database, DatabaseFault

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
NARROWED = {
    schema.journal.name: ("SELECT", "INSERT"),
    schema.journal_changes.name: ("SELECT", "INSERT"),
    schema.journal_personal.name: ("SELECT", "INSERT", "DELETE"),
}
VERSION_TABLE = "alembic_version"

_SCHEMA = "SELECT current_schema()"
_ROLE = "SELECT rolsuper FROM pg_roles WHERE rolname = :role"
_OWNED = """
    SELECT relname FROM pg_class
    WHERE relnamespace = (SELECT current_schema())::regnamespace AND relkind = 'r'
      AND relname = ANY(:tables) AND pg_has_role(:role, relowner, 'MEMBER')
    ORDER BY relname
"""
_SEQUENCE = "SELECT pg_get_serial_sequence('customers', 'id')"


class InvalidRole(DatabaseFault):
    """A role that cannot be narrowed to what the server needs."""


def grant(url: str, role: str) -> None:
    """Grants the role what the server needs, and revokes everything else.

    Raises: InvalidRole: the role does not exist or has all privileges anyway, or the database is SQLite, which has no
    roles.
    """
    database = Database(url)
    try:
        if database.is_sqlite:
            raise InvalidRole("SQLite has no roles: anyone who can write the file can change everything")
        database.write_now(_grant, role)
    finally:
        database.close_now()


def _grant(connection: Connection, role: str) -> None:
    tables = [table.name for table in schema.metadata.sorted_tables]
    _require_narrow(connection, role, tables)
    quote = connection.dialect.identifier_preparer.quote
    to, within = quote(role), quote(connection.execute(text(_SCHEMA)).scalar_one())
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {within} TO {to}")
    for table in tables:
        connection.exec_driver_sql(f"REVOKE ALL ON {quote(table)} FROM {to}")
        connection.exec_driver_sql(f"GRANT {', '.join(NARROWED.get(table, ALL))} ON {quote(table)} TO {to}")
    connection.exec_driver_sql(f"GRANT SELECT ON {quote(VERSION_TABLE)} TO {to}")
    sequence = connection.execute(text(_SEQUENCE)).scalar_one()  # quoted as it must be
    connection.exec_driver_sql(f"GRANT USAGE ON SEQUENCE {sequence} TO {to}")


def _require_narrow(connection: Connection, role: str, tables: list[str]) -> None:
    """Checks that the role exists and can be limited. Raises InvalidRole."""
    superuser = connection.execute(text(_ROLE), {"role": role}).scalar()
    if superuser is None:
        raise InvalidRole(f"there is no role {role}: make it first, as in CREATE ROLE {role} LOGIN")
    if superuser:
        raise InvalidRole(f"{role} is a superuser with all privileges: name another role")
    owned = connection.scalars(text(_OWNED), {"role": role, "tables": tables}).all()
    if owned:
        raise InvalidRole(
            f"{role} owns {owned[0]}, or is a member of its owner, and has all privileges: name another role"
        )
