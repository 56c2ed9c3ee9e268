"""Messages and exit statuses of commands that an error stopped."""

from __future__ import annotations

import os
import sys
import traceback

from ..rights.errors import DomainError
from ..serving.listening import CannotListen
from ..settings import InvalidSettings
from ..storage.backup import BackupRefused
from ..storage.charging.spool_file import UnusableFolder
from ..storage.database import DatabaseFault, InvalidDatabaseUrl
from ..storage.migration import MayNotMigrate, UnknownSchema
from ..storage.roles import InvalidRole
from .common import WrongQuestion, complain

STATUSES: dict[type[Exception], int] = {
    DomainError: 2,
    WrongQuestion: 2,
    InvalidSettings: 2,
    InvalidDatabaseUrl: 2,
    UnknownSchema: 2,
    MayNotMigrate: 2,
    InvalidRole: 2,
    BackupRefused: 2,
    UnusableFolder: 2,
    DatabaseFault: 3,
    CannotListen: 4,
}
"""By class; a subclass without a row of its own has its parent's."""
FAULT, INTERRUPTED, OUTPUT_CLOSED = 70, 130, 141


def status_of(error: BaseException) -> int:
    """Prints the error and returns the exit status."""
    known = next((STATUSES[class_] for class_ in type(error).__mro__ if class_ in STATUSES), None)
    if known is not None:
        complain(str(error))
        return known
    if isinstance(error, BrokenPipeError):  # the program that reads the output has ended, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains while it ends
        return OUTPUT_CLOSED
    if isinstance(error, KeyboardInterrupt):
        complain("interrupted; this command changed nothing")
        return INTERRUPTED
    traceback.print_exception(error)  # status 1 would be read as "no"
    return FAULT
