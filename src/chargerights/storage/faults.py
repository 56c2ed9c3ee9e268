"""Classification of database errors: of the statement's data, or of the database.

A statement that fails for its own data (a value out of range, a duplicate key) fails again however often it is
sent. Every other error is about the database: it is read-only, full, restarting, or lacks a grant. The write is
then kept and retried later. So an unknown error counts as one of the database.
"""

from __future__ import annotations

import re
import sqlite3
from itertools import cycle

import psycopg
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

OF_DATA = frozenset({"21", "22", "23", "42", "44", "54", "0A"})
"""Classes of SQLSTATE that a statement's own content causes: cardinality, data, integrity, syntax, check option,
limits such as the size of an index row, and features that PostgreSQL does not support."""
OF_DATABASE = frozenset({"42501", "42P01", "42703", "42883"})
"""Exceptions: missing grants, and tables, columns and functions that the database does not have (yet)."""
_MISSING = ("no such table", "no such column", "has no column named", "no such function")


def is_of_data(error: DBAPIError) -> bool:
    """Tells whether the statement failed for its own data, so that others succeed."""
    original = error.orig
    if isinstance(original, psycopg.Error):
        state = original.sqlstate
        if state is not None:
            return state[:2] in OF_DATA and state not in OF_DATABASE
        return isinstance(original, psycopg.DataError | psycopg.ProgrammingError)  # refused before it was sent
    if isinstance(original, sqlite3.DataError | sqlite3.IntegrityError):
        return True
    text = str(original)
    if isinstance(original, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return "binding" in text
    is_plain = getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return is_plain and not any(each in text for each in _MISSING)


def name(error: BaseException) -> str:
    """Returns the error's name for logs and responses.

    The database's own text is left out, as it may quote data.
    """
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return getattr(original, "sqlite_errorname", None) or type(original).__name__


_UNREACHABLE = re.compile(
    r"(?:connection (?:failed|is bad): .* failed: |(?=connection timeout expired|failed to resolve host))(.*)"
)
"""The beginning of psycopg's message when it cannot connect. The system's or the server's reason follows, without
data."""


def unreachable(error: BaseException) -> str | None:
    """Returns why no connection was made, or None for an error of an open connection."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if getattr(original, "sqlite_errorname", "").startswith("SQLITE_CANTOPEN"):
        return str(original)
    found = _UNREACHABLE.match(str(original)) if isinstance(original, psycopg.OperationalError) else None
    return found[1] if found else None


def place(url: URL) -> str:
    """Returns the place of the database: the file, or each host with its port."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    _, arguments = url.get_dialect()().create_connect_args(url)
    if "host" not in arguments:
        return "the default address"
    hosts, ports = (str(arguments.get(name, 5432)).split(",") for name in ("host", "port"))
    return ", ".join(
        f"{f'[{host}]' if ':' in host else host}:{port}" for host, port in zip(hosts, cycle(ports), strict=False)
    )
