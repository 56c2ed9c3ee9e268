"""Every error has its row: no door meets an exception that it has no status for."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import chargerights
from chargerights import storage
from chargerights.api.common import errors
from chargerights.operations.errors import InMember
from chargerights.rights.errors import DomainError, InvalidInput
from chargerights.storage.backup import BackupRefused
from chargerights.storage.charging.spool_file import SpoolFault, UnusableFolder
from chargerights.storage.database import DatabaseAway


def modules(package: ModuleType) -> list[ModuleType]:
    names = (each.name for each in pkgutil.walk_packages(package.__path__, package.__name__ + "."))
    return [importlib.import_module(name) for name in names if "migrations" not in name and "__main__" not in name]


def errors_of(package: ModuleType) -> list[type[Exception]]:
    """The package's public exceptions."""
    found = {
        each
        for module in modules(package)
        for name, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__ and not name.startswith("_")
    }
    return sorted(found, key=lambda each: each.__qualname__)


DOMAIN = [each for each in errors_of(chargerights) if issubclass(each, DomainError) and each is not DomainError]
NO_DOOR = (SpoolFault, UnusableFolder, BackupRefused)
"""Faults of the node's own files, which the gateway and the start of the server catch, and of commands."""
STORAGE = [each for each in errors_of(storage) if not issubclass(each, NO_DOOR)]


def blank(error: type[Exception]) -> Exception:
    """One of them, whatever its constructor asks for: the table goes by class."""
    return InMember("name", InvalidInput("x")) if error is InMember else error.__new__(error)


@pytest.mark.parametrize("error", [*DOMAIN, *(each for each in STORAGE if each not in DOMAIN)])
def test_every_error_that_a_door_can_meet_has_a_status(error: type[Exception]) -> None:
    assert errors.status_of(blank(error)) in {400, 401, 403, 404, 409, 410, 412, 429, 502, 503, 504}


def test_the_walk_finds_errors_of_every_layer() -> None:
    assert {each.__module__.split(".")[1] for each in DOMAIN} >= {"rights", "storage", "files", "api"}
    assert DatabaseAway in STORAGE


def test_every_row_of_the_table_is_of_use() -> None:
    known = {*DOMAIN, *STORAGE}
    assert set(errors.STATUSES) <= known


def test_an_error_without_a_row_would_be_noticed() -> None:
    class Forgotten(DomainError):
        pass

    with pytest.raises(StopIteration):
        errors.status_of(Forgotten())
