"""`serve --demo` is alive: chargers come, cards are shown, each decision can be explained, and all end with it."""

from __future__ import annotations

import re
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from tests.gateway.server import find
from tests.support.servers import Server, free_port, start
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.slow

T = TypeVar("T")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Server]:
    port = free_port()
    with tempfile.TemporaryFile() as log:
        url = f"sqlite:///{tmp_path / 'demo.db'}"
        process = start("serve", "--demo", "--port", str(port), "--database", url, output=log)
        server = Server(process, port, log)
        try:
            server.wait_until_it_answers()
            yield server
        finally:
            if process.poll() is None:
                server.kill()


def becomes(ask: Callable[[], T]) -> T:
    """The first answer that is one."""
    deadline = time.monotonic() + PATIENCE
    while not (found := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_chargers_come_cards_are_shown_and_all_end_with_the_server(demo: Server, how: signal.Signals) -> None:
    key = re.search(r"crk_\w+", demo.log())
    assert key is not None
    with demo.client(key[0]) as client:

        def connected() -> Any:
            (pier,) = client.post("/api/group/authorisedUsers", json=[410]).json()
            (driver, *_) = [each for each in pier["users"] if each["chargerGroups"]]
            charger = find(driver["chargerGroups"], "HKI-PIER-01")
            return charger if charger["activeConnection"] and charger["manufacturer"] == "chargerights" else None

        becomes(connected)
        decision = becomes(lambda: client.get("/v2/authorisations").json()["items"])[-1]
        asked = {"chargerId": decision["chargerId"], "idTag": decision["idTag"]}
        explained = client.get("/v2/access/explain", params=asked).json()
        assert (explained["allowed"], explained["reason"]) == (decision["allowed"], decision["reason"])
        versions = {"ocpp1.6", "ocpp2.0.1", "ocpp2.1"}
        becomes(lambda: set(re.findall(r'"version": "(ocpp[\d.]+)"', demo.log())) == versions)
    children = psutil.Process(demo.process.pid).children(recursive=True)
    assert len(children) == 1
    demo.process.send_signal(how)
    demo.process.wait(PATIENCE)
    _, alive = psutil.wait_procs(children, timeout=PATIENCE)
    assert not alive
    assert "Traceback" not in demo.log()
    assert "Warning" not in demo.log()


def test_where_chargers_must_use_tls_the_demo_has_none(tmp_path: Path) -> None:
    port = free_port()
    with tempfile.TemporaryFile() as log:
        arguments = (
            "--port",
            str(port),
            "--ocpp-security-profile",
            "2",
            "--database",
            f"sqlite:///{tmp_path / 'd.db'}",
        )
        server = Server(start("serve", "--demo", *arguments, output=log), port, log)
        try:
            server.wait_until_it_answers()
            assert psutil.Process(server.process.pid).children() == []
        finally:
            server.kill()
