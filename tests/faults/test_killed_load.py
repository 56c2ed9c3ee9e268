"""`kill -9` while `chargerights load` works: the database is as it was before, or as it is after, never between."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from chargerights.cli.networks import load_network
from chargerights.files.network_file import InvalidNetworkFile, parse
from chargerights.rights.listing import drivers_of_site
from chargerights.storage.database import Database
from tests.faults import stepping
from tests.storage.writing import count_rows, everything, revision_of, stored, wait_for_writers
from tests.support.servers import TEST, Caller, new_customer, opened, serving, start
from tests.support.waiting import PATIENCE
from tests.support.world import NOW

pytestmark = pytest.mark.slow

DRIVERS = 1500
SITE = 100
SMALL: dict[str, Any] = {
    "sites": [{"id": 1, "name": "Depot"}],
    "chargers": [{"chargerId": "DEP-1", "siteId": 1}],
    "drivers": [{"id": 1, "name": "Alice", "tags": [{"idTag": "ALICE"}], "rights": [{"siteId": 1}]}],
}
LARGE: dict[str, Any] = {
    "sites": [{"id": SITE, "name": "Garage"}, {"id": SITE + 1, "name": "Floor", "parentId": SITE}],
    "chargers": [{"chargerId": f"GAR-{number}", "siteId": SITE + 1} for number in range(50)],
    "accessGroups": [{"id": 1, "name": "Visitors", "chargerIds": ["GAR-1", "GAR-2"]}],
    "drivers": [
        {
            "id": number,
            "name": f"Driver {number}",
            "homeSiteId": SITE,
            "tags": [{"idTag": f"TAG-{number}"}],
            "rights": [{"siteId": SITE}, {"accessGroupId": 1}],
        }
        for number in range(1000, 1000 + DRIVERS)
    ],
}
ADDED = {
    "sites": 2, "chargers": 50, "charger_owners": 50, "access_groups": 1, "access_group_chargers": 2,
    "drivers": DRIVERS, "tags": DRIVERS, "rights": 2 * DRIVERS, "journal": 1, "events": 1,
}  # fmt: skip


@pytest.fixture
def caller(database_url: str) -> Caller:
    """A customer who has a small network and is to load a large one; another has one too."""
    with opened(database_url) as database:
        rival = {"sites": [{"id": 1, "name": "Rival"}], "chargers": [{"chargerId": "RIV-1", "siteId": 1}]}
        new_customer(database, rival, "Rival")
        return new_customer(database, SMALL)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "network.json"
    path.write_bytes(orjson.dumps(LARGE))
    return path


def load_and_kill(url: str, customer: int, file: Path, moment: str, how: str) -> None:
    arguments = ["load", str(file), "--customer", str(customer), "--database", url]
    process = subprocess.Popen(
        [sys.executable, stepping.__file__, moment, how, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline().decode().strip()
        process.kill()
        process.wait(PATIENCE)
    assert line == stepping.REACHED


def is_after(database: Database, customer: int, before: dict[str, list[Any]]) -> bool:
    """Returns whether the whole load is there, else nothing. The customer's key and small network came first."""
    if revision_of(database, customer) == 2:
        assert database.read_now(everything) == before
        return False
    assert revision_of(database, customer) == 3
    rows = database.read_now(count_rows)
    assert rows == {name: len(them) + ADDED.get(name, 0) for name, them in before.items()}
    network = stored(database, customer)
    assert len(drivers_of_site(network, SITE + 1, NOW).drivers) == DRIVERS
    assert list(drivers_of_site(network, 1, NOW).drivers) == [1]
    return True


@pytest.mark.parametrize(
    ("moment", "how", "committed"),
    [
        ("INSERT INTO drivers", "let-go", {False, True}),
        ("INSERT INTO rights", "held", {False}),
        ("COMMIT", "held", {False}),
        ("COMMIT", "let-go", {False, True}),
        ("COMMIT", "done", {True}),
    ],
)
def test_a_load_that_is_killed_has_loaded_all_or_nothing(
    database_url: str, caller: Caller, file: Path, moment: str, how: str, committed: set[bool]
) -> None:
    with opened(database_url) as database:
        before = database.read_now(everything)
    load_and_kill(database_url, caller.customer_id, file, moment, how)
    with opened(database_url) as database:
        wait_for_writers(database)
        after = is_after(database, caller.customer_id, before)
        assert after in committed
        if after:
            with pytest.raises(InvalidNetworkFile):
                load_network(database, caller.customer_id, parse(file.read_bytes()), TEST)
        else:
            load_network(database, caller.customer_id, parse(file.read_bytes()), TEST)
        assert is_after(database, caller.customer_id, before)


def test_after_a_killed_load_the_server_starts_by_itself_and_the_same_command_loads(
    database_url: str, caller: Caller, file: Path
) -> None:
    load_and_kill(database_url, caller.customer_id, file, "INSERT INTO rights", "held")
    with serving(database_url) as server, server.client(caller.key) as client:
        found = client.post("/api/group/authorisedUsers?excludeDetails=true", json=[1])
        assert [user["id"] for user in found.json()[0]["users"]] == [1]
        assert client.post("/api/group/authorisedUsers", json=[SITE]).status_code == 404
        command = start("load", str(file), "--customer", str(caller.customer_id), "--database", database_url)
        assert command.wait(PATIENCE) == 0
        found = client.post("/api/group/authorisedUsers?excludeDetails=true", json=[SITE])
        assert len(found.json()[0]["users"]) == DRIVERS
