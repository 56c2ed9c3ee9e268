"""Tells errors of the database itself from errors of the data that it was given.

A statement that fails for its own data (a value out of range, a key that is taken) fails again however often it is
sent. Every other error says something about the database: it is read-only, full, restarting, or lacks a grant. What
was to be written then is kept and written later. So an error that is not known here counts as one of the database.
"""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError

OF_DATA = frozenset({"21", "22", "23", "42", "44", "54", "0A"})
"""Classes of SQLSTATE that one statement causes by what it says: cardinality, data, integrity, syntax, check option,
limits such as the size of an index row, and what PostgreSQL does not support."""
OF_DATABASE = frozenset({"42501", "42P01", "42703", "42883"})
"""Exceptions: missing grants, and tables, columns and functions that the database does not have (yet)."""
_MISSING = ("no such table", "no such column", "has no column named", "no such function")


def is_of_data(error: DBAPIError) -> bool:
    """Whether the statement fails for its own data, and no other statement does."""
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
    """The error's name for a log or an answer; no text of the database's, which may quote data."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return getattr(original, "sqlite_errorname", None) or type(original).__name__
