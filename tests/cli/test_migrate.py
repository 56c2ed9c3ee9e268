"""chargerights migrate, and the role that the server may run as."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from chargerights.cli.networks import load_network
from chargerights.files.network_file import parse
from tests.cli.conftest import DEPOT, Cli
from tests.conftest import Databases
from tests.support.postgres import Postgres
from tests.support.servers import TEST, new_customer, opened, serving

ROLE = 'server "1"'
APPEND_ONLY = ("journal", "journal_changes")


def test_an_empty_database_is_brought_to_this_version_and_again_nothing_happens(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Cli(empty_database_url, monkeypatch, capsys)
    for _ in range(2):
        done = run("migrate")
        assert (done.status, done.out) == (0, "Database schema is up to date.\n")
    assert run("migrate", "--json").json == {"migrated": True, "grantedTo": None}
    assert run("customer", "list", "--json").json == []


def test_sqlite_has_no_roles_to_grant_to(run: Cli) -> None:
    done = run("migrate", "--grant-to", "server")
    assert (done.status, done.out) == (2, "")
    assert done.err == "SQLite has no roles: anyone who can write the file can change everything\n"


@pytest.fixture
def role(postgres: Postgres, postgres_url: str) -> Iterator[str]:
    """The URL of the database for a role that may only log in."""
    postgres.execute('CREATE ROLE "server ""1""" LOGIN')
    yield postgres_url.replace("postgres@", "server%20%221%22@")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute('DROP OWNED BY "server ""1"""')
    postgres.execute('DROP ROLE "server ""1"""')


@pytest.fixture
def owner(postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(postgres_url, monkeypatch, capsys)


def test_the_servers_role_cannot_change_what_the_journal_holds(owner: Cli, role: str) -> None:
    owner.customer(DEPOT)
    done = owner("migrate", "--grant-to", ROLE)
    assert (done.status, done.err) == (0, "")
    assert done.out.endswith(f"{ROLE} has the grants of the server. It cannot change the journal.\n")
    with psycopg.connect(role, autocommit=True) as connection:
        for table in APPEND_ONLY:
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() != (0,)
            for statement in (f"UPDATE {table} SET revision = 7", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE journal_personal SET before = NULL")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("TRUNCATE customers CASCADE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id integer)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.execute("DELETE FROM journal_personal")


def test_the_server_runs_as_that_role_and_writes_all_that_it_writes(owner: Cli, role: str) -> None:
    owner("migrate", "--grant-to", ROLE)
    with opened(role) as database:
        us = new_customer(database, DEPOT)
        load_network(database, us.customer_id, parse(b'{"drivers": [{"id": 9, "name": "Zoe"}]}'), TEST)
    with serving(role) as server, server.client(us.key) as client:
        assert client.post("/api/group/authorisedUsers", json=[2]).status_code == 200
        site = client.post("/api/group/add", json={"name": "New"})
        assert site.status_code == 200
        assert client.post(f"/api/charger/add/NEW-1/{site.json()}", json={"chargerName": "New"}).status_code == 200
        driver = client.post("/v2/drivers", json={"name": "Dan"}, headers={"idempotency-key": "once"})
        assert driver.status_code == 201
        again = client.post("/v2/drivers", json={"name": "Dan"}, headers={"idempotency-key": "once"})
        assert again.json() == driver.json()
        path = f"/v2/drivers/{driver.json()['id']}"
        tag = client.post("/v2/tags", json={"driverId": driver.json()["id"], "idTag": "DAN"})
        assert tag.status_code == 201
        assert client.patch(f"/v2/tags/{tag.json()['id']}", json={"blocked": True}).status_code == 200
        assert client.delete(f"/v2/tags/{tag.json()['id']}").status_code == 204
        assert client.patch(path, json={"enabled": False}).status_code == 200
        assert client.delete(path).status_code == 204
        operator = client.post("/v2/operators", json={"name": "Desk", "permissions": [], "siteIds": None})
        assert operator.status_code == 201
        key = client.post("/v2/api-keys", json={"name": "desk", "operatorId": operator.json()["id"]})
        assert key.status_code == 201
        assert client.delete(f"/v2/api-keys/{key.json()['id']}").status_code == 204
        assert client.delete(f"/v2/operators/{operator.json()['id']}").status_code == 204
        log = client.get("/v2/audit-logs?limit=1")
        assert [each["command"] for each in log.json()["items"]] == ["operator.remove"]
        assert "Traceback" not in server.log()


def test_a_role_that_may_not_migrate_is_told_to_let_the_owner(
    databases: Databases, role: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = databases.new("postgresql", migrated=False)
    name = empty.partition("?")[0].rpartition("/")[2]
    run = Cli(role.replace(role.partition("?")[0].rpartition("/")[2], name, 1), monkeypatch, capsys)
    done = run("customer", "list")
    assert (done.status, done.out) == (2, "")
    assert "run `chargerights migrate` as the user that owns them" in done.err
    databases.drop(empty)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("missing-here", "there is no role missing-here: make it first"),
        ("postgres", "postgres is a superuser with all privileges: name another role"),
    ],
)
def test_a_role_that_cannot_be_narrowed_is_refused(owner: Cli, to: str, why: str) -> None:
    done = owner("migrate", "--grant-to", to)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(why)


def test_a_role_that_owns_the_tables_is_refused(owner: Cli, role: str, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute('ALTER TABLE journal OWNER TO "server ""1"""')
    done = owner("migrate", "--grant-to", ROLE)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{ROLE} owns journal, or is a member of its owner")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE journal OWNER TO postgres")


def test_what_a_role_could_do_before_is_taken_from_it(owner: Cli, role: str, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute('GRANT ALL ON journal TO "server ""1"""')
    owner("migrate", "--grant-to", ROLE)
    with psycopg.connect(role, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM journal")
