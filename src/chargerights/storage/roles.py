"""What a PostgreSQL role needs to run the server, and no more: it cannot change what the journal holds.

The tables belong to whoever migrates. The server's role reads and writes them, but of the journal it only reads and
adds, so that nobody who takes over the server can rewrite what was done. What names a person stands apart, in
`journal_personal`, where the role may delete too: drivers can be erased.
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
    """Gives the role what the server needs on the tables as they are now, and takes from it what it does not need.

    Raises InvalidRole for a role that there is not, for one that may do everything anyway, and on SQLite, which has
    no roles.
    """
    database = Database(url)
    try:
        if database.is_sqlite:
            raise InvalidRole("SQLite has no roles: whoever can write the file can change all of it")
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
    """Raises InvalidRole."""
    superuser = connection.execute(text(_ROLE), {"role": role}).scalar()
    if superuser is None:
        raise InvalidRole(f"there is no role {role}: make it first, as in CREATE ROLE {role} LOGIN")
    if superuser:
        raise InvalidRole(f"{role} is a superuser, who may do everything: name another role")
    owned = connection.scalars(text(_OWNED), {"role": role, "tables": tables}).all()
    if owned:
        raise InvalidRole(f"{role} owns {owned[0]}, or is a member of its owner, and may do everything: name another")
