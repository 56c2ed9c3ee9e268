"""openapi-python-client makes a client of the document, of all of it; twenty operations do what they say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chargerights.api.openapi import pages
from tests.support import programs
from tests.support.servers import Caller, Server

HERE = Path(__file__).parent
DOCUMENT = pages.FOLDER / pages.OPENAPI
PACKAGE = "chargerights_client"

pytestmark = [pytest.mark.slow, programs.needs_development_package("openapi_python_client")]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What the generator says; its package can be imported."""
    folder = tmp_path_factory.mktemp("client")
    arguments = ["generate", "--path", DOCUMENT, "--config", HERE / "python.yaml", "--meta", "none"]
    ended = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", *map(str, arguments), "--output-path", folder / PACKAGE],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    sys.path.insert(0, str(folder))
    yield ended.stdout + ended.stderr
    sys.path.remove(str(folder))


class Client:
    """The generated client; `do` calls the module of an operation, and counts."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.done = 0

    def do(self, operation: str, *arguments: Any, **members: Any) -> Any:
        module = import_module(f"{PACKAGE}.api.{operation}")
        answer = module.sync_detailed(*arguments, client=self._client, **members)
        assert answer.status_code < 300, answer.content
        self.done += 1
        return answer.parsed

    def refused(self, operation: str, *arguments: Any) -> Any:
        return import_module(f"{PACKAGE}.api.{operation}").sync(*arguments, client=self._client)


@pytest.fixture
def client(generated: str, caller: tuple[Server, Caller]) -> Iterator[Client]:
    server, (_, key) = caller
    made = import_module(PACKAGE).AuthenticatedClient(server.url, token=key, httpx_args={"trust_env": False})
    with made as opened:
        yield Client(opened)


@pytest.fixture
def models(generated: str) -> ModuleType:
    return import_module(f"{PACKAGE}.models")


def test_the_generator_leaves_nothing_out(generated: str) -> None:
    assert generated.split() == ["Generating", *generated.split()[1:2]], generated


def test_twenty_operations_with_the_generated_client(client: Client, models: ModuleType) -> None:
    do = client.do

    garage = models.SiteCreate(name="Python garage", group_type=models.SiteType.SITE, timezone="Europe/Helsinki")
    site = do("sites.add_site", body=garage)
    assert do("sites.get_site", site.id) == site
    renamed = do("sites.change_site", site.id, body=models.SiteUpdate(name="Garage"))
    assert (type(renamed), renamed.name, renamed.group_type) == (models.Site, "Garage", models.SiteType.SITE)

    socket = models.SocketInput(id=1, type_=models.ConnectorType.IEC_62196_T2, format_=models.ConnectorFormat.SOCKET)
    new = models.ChargerCreate(
        site_id=site.id, charger_id="PY-1", capabilities=[models.Capability.RFID_READER], sockets=[socket]
    )
    charger = do("chargers.add_charger", body=new)
    assert (type(charger), charger.sockets[0].format_) == (models.Charger, models.ConnectorFormat.SOCKET)
    dry = do("chargers.change_charger", "PY-1", body=models.ChargerUpdate(name="Bay one"), dry_run=True)
    assert (type(dry), dry.dry_run, dry.drivers.total) == (models.Impact, True, 0)
    changed = do("chargers.change_charger", "PY-1", body=models.ChargerUpdate(name="Bay one"))
    assert (type(changed), changed.name) == (models.Charger, "Bay one")
    assert do("chargers.get_charger", "PY-1").name == "Bay one"
    assert [item.charger_id for item in do("chargers.list_chargers", site_id=site.id).items] == ["PY-1"]

    driver = do("drivers.add_driver", body=models.DriverCreate(name="Petra", tags=[models.NewTag(id_tag="PYTAG1")]))
    tag = do("tags.add_tag", body=models.TagCreate(id_tag="PYTAG2", driver_id=driver.id))
    assert do("tags.change_tag", tag.id, body=models.TagUpdate(blocked=True)).blocked is True
    right = do("rights.grant_right", body=models.RightCreate(driver_id=driver.id, site_id=site.id))
    hours = [models.WeeklyHoursInput(weekday=weekday, from_="00:00", until="24:00") for weekday in range(1, 8)]
    assert len(do("rights.change_right", right.id, body=models.RightUpdate(hours=hours)).hours) == 7
    assert [item.id for item in do("rights.list_rights", driver_id=driver.id).items] == [right.id]

    question = models.AccessQuestion(charger_id="PY-1", id_tag="PYTAG1")
    decision = do("decisions.check_access", body=question)
    assert (decision.allowed, decision.reason) == (True, models.DecisionReason.ACCEPTED)
    group = do("access_groups.add_access_group", body=models.AccessGroupCreate(name="Python", charger_ids=["PY-1"]))
    assert [member.charger_id for member in group.chargers] == ["PY-1"]
    events = do("events.list_events", types=[models.EventType.RIGHT_GRANTED])
    assert [event.data["driverId"] for event in events.items] == [driver.id]
    assert do("audit_log.list_audit_logs", kind=models.AuditedKind.DRIVER).items
    assert do("imports_and_exports.export_drivers_as_excel").payload.read(2) == b"PK"

    sites = models.ChargerGroupIds(group_ids=[site.id])
    (listed,) = do("who_may_charge.get_authorised_users_for_charger_groups", body=sites)
    assert (type(listed), listed.users[0].name) == (models.SiteDrivers, "Petra")
    (top,) = do("sites.get_charger_groups")
    assert (top.group_name, top.group_type) == ("Garage", models.GroupType.VALUE_1)

    do("rights.revoke_right", right.id)
    problem = client.refused("rights.get_right", right.id)
    assert (type(problem), problem.status, problem.title) == (models.Problem, 404, "Not Found")
    assert client.done >= 20
