"""What all tests share: a fresh, migrated database of either kind, and how Hypothesis and async tests run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest

from tests.support.postgres import Postgres

DATABASES = ("sqlite", "postgresql")

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000)
hypothesis.settings.register_profile(
    "mutants",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=25,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),  # that it fails is enough: nothing is shrunk
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=DATABASES, help="run storage tests on this database only (default: both)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", DATABASES, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    only = config.getoption("--database")
    if only is not None:
        wanted = [item for item in items if _databases_of(item) <= {only}]
        config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
        items[:] = wanted
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)  # so that no worker begins a slow one last


def _databases_of(item: pytest.Item) -> set[str]:
    """The databases that a test needs; none when any or none will do."""
    needed = {"postgresql"} if "postgres" in getattr(item, "fixturenames", ()) else set()
    if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "database_kind" in item.callspec.params:
        needed.add(str(item.callspec.params["database_kind"]))
    return needed


@pytest.fixture(autouse=True)
def own_loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests share a process, whose loggers stay as they were when first used: what serves in it leaves them alone."""
    monkeypatch.setattr("chargerights.telemetry.configure", lambda *_: None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class Databases:
    """Makes databases of both kinds, migrated or empty, and knows their URLs as a user writes them."""

    def __init__(self, folder: Path, postgres: Callable[[], Postgres]) -> None:
        self._folder = folder
        self._postgres = postgres  # started when first asked for
        self._number = count(1)
        self._templates: dict[str, str] = {}

    def new(self, kind: str, *, migrated: bool = True) -> str:
        """The URL of a new database. Migrations run once for each kind; the rest are copies."""
        return self._url(kind, self._create(kind, self._template(kind) if migrated else None))

    def drop(self, url: str) -> None:
        """Removes a PostgreSQL database, even one in use. SQLite files go with their folder."""
        if url.startswith("postgresql:"):
            name = url.partition("?")[0].rpartition("/")[2]
            self._postgres().execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _template(self, kind: str) -> str:
        if kind not in self._templates:
            from chargerights.storage.migration import migrate

            name = self._create(kind, None)
            migrate(self._url(kind, name))
            assert not Path(f"{name}-wal").exists(), "migrate must close its connections: the file is copied"
            self._templates[kind] = name
        return self._templates[kind]

    def _create(self, kind: str, template: str | None) -> str:
        name = f"test_{next(self._number)}"
        if kind == "postgresql":
            self._postgres().execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
            return name
        path = self._folder / f"{name}.db"
        if template:
            shutil.copyfile(template, path)
        return str(path)

    def _url(self, kind: str, name: str) -> str:
        return self._postgres().url(name) if kind == "postgresql" else f"sqlite:///{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this test run. A test that stops servers makes one of its own."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Databases:
    """For fixtures with a wider scope than a test; a test asks for `database_url`."""
    return Databases(tmp_path_factory.mktemp("databases"), lambda: request.getfixturevalue("postgres"))


@pytest.fixture
def database_url(database_kind: str, databases: Databases) -> Iterator[str]:
    """A fresh, migrated database; the test runs once on SQLite and once on PostgreSQL."""
    url = databases.new(database_kind)
    yield url
    databases.drop(url)


@pytest.fixture
def empty_database_url(database_kind: str, databases: Databases) -> Iterator[str]:
    """A database without tables; the test runs once on SQLite and once on PostgreSQL."""
    url = databases.new(database_kind, migrated=False)
    yield url
    databases.drop(url)


@pytest.fixture
def sqlite_url(databases: Databases) -> str:
    """A fresh, migrated SQLite database, for tests that no database can fail differently."""
    return databases.new("sqlite")


@pytest.fixture
def postgres_url(postgres: Postgres, databases: Databases) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database, for what only it has: several nodes, its faults."""
    url = databases.new("postgresql")
    yield url
    databases.drop(url)
