"""deploy/compose.yaml is a Compose file, and its steps work: secrets, the role, `migrate`, the server as that role."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from importlib import import_module
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from chargerights.settings import FILE, PREFIX, Settings
from tests.conftest import Databases
from tests.deploy.proxies import DEPLOY, checked
from tests.support.postgres import Postgres
from tests.support.programs import needs_tool_package
from tests.support.servers import serving, start
from tests.support.waiting import PATIENCE

COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "server")


@needs_tool_package("compose_spec")
def test_it_keeps_to_the_compose_specification() -> None:
    compose_spec = import_module("compose_spec")
    parsed = compose_spec.PyCompose.from_yaml(yaml.safe_dump(COMPOSE))
    assert set(parsed.service_names()) == SERVICES.keys()
    with pytest.raises(ValueError, match="unknown"):
        compose_spec.PyCompose.from_yaml("services: {db: {image: postgres, unknown: 1}}")


def test_every_name_in_it_is_defined() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys(), name
        assert set(service.get("networks", ())) <= COMPOSE["networks"].keys(), name
        assert service.get("depends_on", {}).keys() <= SERVICES.keys(), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume


@pytest.mark.parametrize("name", OURS)
def test_settings_exist_and_secrets_come_from_files(name: str) -> None:
    service = SERVICES[name]
    for variable, value in service["environment"].items():
        setting = variable.removeprefix(PREFIX).removesuffix(FILE).lower()
        assert setting in Settings.model_fields, variable
        if variable.endswith(FILE):
            assert value.removeprefix("/run/secrets/") in service["secrets"]
        else:
            assert "pass" not in value
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]


def test_only_the_proxy_is_reached_from_other_machines() -> None:
    assert [name for name, each in SERVICES.items() if "profiles" not in each and "ports" in each] == ["proxy"]
    assert all(
        port.startswith("127.0.0.1:") for each in SERVICES.values() if "profiles" in each for port in each["ports"]
    )
    assert SERVICES["db"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"]["internal"]


def test_the_server_trusts_the_proxy_s_address_which_no_other_container_can_get() -> None:
    trusted = ip_address(SERVICES["server"]["environment"]["CHARGERIGHTS_TRUSTED_PROXIES"])
    assert str(trusted) == SERVICES["proxy"]["networks"]["front"]["ipv4_address"]
    (config,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert trusted in ip_network(config["subnet"])
    assert trusted not in ip_network(config["ip_range"])
    assert str(trusted) != config["gateway"]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The folder that make-secrets has made, in a copy of deploy/."""
    shutil.copy(DEPLOY / "make-secrets", tmp_path)
    checked([str(tmp_path / "make-secrets")])
    return tmp_path / "secrets"


def test_secrets_are_made_once_and_only_their_owner_reaches_them(secrets: Path) -> None:
    made = {path.name: path.read_text() for path in secrets.iterdir()}
    assert made.keys() == COMPOSE["secrets"].keys()
    assert len(set(made.values())) == len(made)
    assert made["server_url"] == f"postgresql://chargerights_server:{made['server_password']}@db/chargerights"
    assert len(made["server_password"]) == 48
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o444}  # as their users read them
    checked([str(secrets.parent / "make-secrets")])
    assert {path.name: path.read_text() for path in secrets.iterdir()} == made


@pytest.fixture
def new_database(postgres: Postgres, databases: Databases) -> Iterator[str]:
    url = databases.new("postgresql", migrated=False)
    yield url
    databases.drop(url)
    postgres.execute("DROP ROLE chargerights_server")


@pytest.mark.slow
def test_its_steps_end_in_a_server_that_cannot_rewrite_the_log(
    postgres: Postgres, new_database: str, secrets: Path, tmp_path: Path
) -> None:
    script = (DEPLOY / "postgres" / "10-server-role.sh").read_text().replace("/run/secrets", str(secrets))
    name, host = new_database.partition("?")[0].rpartition("/")[2], new_database.partition("host=")[2]
    environment = {
        "PATH": f"{postgres.programs}:{os.environ['PATH']}",
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": name,
        "PGHOST": host,
    }
    checked(["sh", "-c", script], environment)

    def settings(service: str, role: str) -> dict[str, str]:
        """The service's settings, with its secrets and its database here."""
        url = tmp_path / f"{service}_url"
        url.write_text(new_database.replace("postgres@", f"{role}@"))
        given = SERVICES[service]["environment"] | {"CHARGERIGHTS_DATABASE_FILE": str(url)}
        return {variable: value.replace("/run/secrets", str(secrets)) for variable, value in given.items()}

    assert start(*SERVICES["migrate"]["command"], settings=settings("migrate", "postgres")).wait(PATIENCE) == 0
    as_server = settings("server", "chargerights_server")
    with (tmp_path / "printed").open("w+b") as printed:
        assert start("customer", "add", "Northlight", output=printed, settings=as_server).wait(PATIENCE) == 0
    assert b"crk_" in (tmp_path / "printed").read_bytes()
    arguments = SERVICES["server"]["command"][1:]
    arguments[arguments.index("0.0.0.0")] = "127.0.0.1"
    with serving(None, *arguments, settings=as_server) as server, server.client() as client:
        assert client.get("/ready").status_code == 200
        token = (secrets / "metrics_token").read_text()
        assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    with (
        psycopg.connect(new_database.replace("postgres@", "chargerights_server@"), autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM journal")
