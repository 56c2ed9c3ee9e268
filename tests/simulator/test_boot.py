"""How a charger comes to its central system, and what it does when it is not wanted."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from ocpp.exceptions import InternalError, SecurityError

from chargerights.simulator import SimulatedCharger
from tests.simulator.central import Central
from tests.simulator.conftest import QUICK, NewCharger
from tests.support.programs import needs


async def test_an_accepted_charger_tells_the_state_of_every_connector(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    await new_charger(version=version, connectors=2)
    if version == "2.1":
        events = await central.heard("NotifyEvent", 2)
        told = [(e["eventData"][0]["component"]["evse"]["id"], e["eventData"][0]["actualValue"]) for e in events]
    elif version == "2.0.1":
        told = [(s["evseId"], s["connectorStatus"]) for s in await central.heard("StatusNotification", 2)]
    else:
        told = [(s["connectorId"], s["status"]) for s in await central.heard("StatusNotification", 3)]
        assert told.pop(0) == (0, "Available")
    assert told == [(1, "Available"), (2, "Available")]
    assert central.actions()[0] == "BootNotification"


async def test_heartbeats_come_at_the_interval_of_the_boot_answer(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    central.boots.append(("Accepted", 2))
    charger = await new_charger(version=version)
    await central.heard("Heartbeat", 3)
    assert charger.configuration.number("HeartbeatInterval") == 2


async def test_a_charger_with_a_wrong_password_is_refused_and_tries_again(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    central.passwords = {"SIM-1": "right"}
    charger = await new_charger(version=version, password="wrong")
    await central.until(lambda: central.handshakes[401] >= 2)
    assert (charger.connected, charger.refusal) == (False, "401")
    charger.password = "right"
    await charger.until(lambda each: each.online)
    assert charger.refusal is None


async def test_an_id_with_strange_characters_arrives_as_it_is(central: Central, new_charger: NewCharger) -> None:
    central.passwords = {"a b/ü:1": "secret"}
    charger = await new_charger("a b/ü:1", password="secret")
    await charger.until(lambda each: each.online)
    assert list(central.links) == ["a b/ü:1"]


async def test_a_central_system_that_speaks_another_version_is_no_link(version: str) -> None:
    others = tuple(f"ocpp{each}" for each in ("1.6", "2.0.1", "2.1") if each != version)
    async with (
        Central(subprotocols=others) as central,
        SimulatedCharger(central.url, "SIM-1", version=version, timings=QUICK) as charger,
    ):
        await charger.until(lambda each: each.refusal is not None)
        assert not charger.connected
        assert central.frames == []


async def test_a_central_system_that_is_not_there_is_looked_for_again(version: str) -> None:
    central = Central()
    await central.listen()
    await central.vanish()
    async with SimulatedCharger(central.url, "SIM-1", version=version, timings=QUICK) as charger:
        await charger.until(lambda each: each.tally.handshakes_refused.total() >= 2)
        await central.listen()
        await charger.until(lambda each: each.online)
    await central.vanish()


async def test_a_rejected_charger_says_nothing_until_it_may_boot_again(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    central.boots += [("Rejected", 5), ("Rejected", 5)]
    charger = await new_charger(version=version)
    await charger.until(lambda each: each.registration == "Rejected")
    with pytest.raises(SecurityError):
        await central.command("SIM-1", "ClearCache")
    await charger.until(lambda each: each.online)
    assert central.actions()[:3] == ["BootNotification"] * 3


async def test_a_pending_charger_obeys_but_starts_nothing(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    central.boots.append(("Pending", 100_000))
    charger = await new_charger(version=version)
    await charger.until(lambda each: each.registration == "Pending")
    assert (await central.command("SIM-1", "ClearCache")).status == "Accepted"
    if version == "1.6":
        start = await central.command("SIM-1", "RemoteStartTransaction", id_tag="ALICE")
    else:
        token = {"idToken": "ALICE", "type": "ISO14443"}
        start = await central.command("SIM-1", "RequestStartTransaction", id_token=token, remote_start_id=1)
    assert start.status == "Rejected"
    assert central.actions() == ["BootNotification"]
    assert (await charger.present("ALICE")).status == "Unknown"  # it is on its own
    assert (await central.command("SIM-1", "TriggerMessage", requested_message="BootNotification")).status == "Accepted"
    await charger.until(lambda each: each.online)


async def test_a_boot_that_fails_is_tried_again(central: Central, new_charger: NewCharger, version: str) -> None:
    central.errors["BootNotification"] = InternalError()
    charger = await new_charger(version=version)
    await central.heard("BootNotification", 2)
    del central.errors["BootNotification"]
    await charger.until(lambda each: each.online)
    assert charger.tally.errors["BootNotification: InternalError"] >= 2


async def test_a_boot_that_is_not_answered_is_tried_again(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    central.silent.add("BootNotification")
    timings = type(QUICK)(answer=0.05, second=0.01)
    charger = await new_charger(version=version, timings=timings)
    await central.heard("BootNotification", 2)
    central.silent.clear()
    await charger.until(lambda each: each.online)
    assert charger.tally.errors["BootNotification: timed out"] >= 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of an unknown issuer, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    found = folder / "certificate.pem", folder / "key.pem"
    kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=central"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-out", str(found[0]), "-keyout", str(found[1])]
    subprocess.run(["openssl", "req", *kind, *names, *files], check=True, capture_output=True)
    return found


@needs("openssl")
@pytest.mark.parametrize("trusted", [True, False])
async def test_only_a_certificate_that_is_trusted_is_a_central_system(
    certificate: tuple[Path, Path], trusted: bool
) -> None:
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(*certificate)
    theirs = ssl.create_default_context(cafile=str(certificate[0])) if trusted else None
    async with (
        Central(tls=ours) as central,
        SimulatedCharger(central.url, "SIM-1", tls=theirs, timings=QUICK) as charger,
    ):
        await charger.until(lambda each: each.online or each.refusal is not None)
        assert charger.online is trusted
        assert trusted or "certificate" in str(charger.refusal).lower()
