"""OCPP 1.6: what chargers say is answered, shown and kept once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargerights.gateway.ocpp.groups import group_of
from chargerights.rights.identifiers import INT64_MAX
from chargerights.rights.model import Tag
from chargerights.storage.charging import authorizations, sessions
from chargerights.storage.charging_settings import set_one_session_per_tag
from tests.gateway.client import ANSWERS, CallError, RawCharger
from tests.gateway.server import InProcess, node, text
from tests.storage.writing import count_rows, put
from tests.support.waiting import PATIENCE, until
from tests.support.world import ALICE, NOW, TOMORROW

BOOT = {"chargePointVendor": "Vendor", "chargePointModel": "Model"}
ALL = authorizations.AuthorizationFilter(), 100
EVERY = sessions.SessionFilter(), 100


def start(tag: str = "ALICE", connector: int = 1, meter: int = 100, at: Any = NOW) -> dict[str, Any]:
    return {"connectorId": connector, "idTag": tag, "meterStart": meter, "timestamp": text(at)}


def stop(transaction: int, meter: int = 5100, **more: Any) -> dict[str, Any]:
    return {"transactionId": transaction, "meterStop": meter, "timestamp": text(NOW + timedelta(hours=1)), **more}


def meter(value: str, at: Any = NOW) -> list[dict[str, Any]]:
    return [{"timestamp": text(at), "sampledValue": [{"value": value}]}]


async def status(charger: RawCharger, tag: str) -> str:
    return str((await charger.call("Authorize", {"idTag": tag}))["idTagInfo"]["status"])


async def becomes(charger: RawCharger, tag: str, word: str) -> None:
    """Returns once that is the answer: other processes' writes take up to about a second."""
    async with asyncio.timeout(PATIENCE):
        while await status(charger, tag) != word:  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.02)


# -- what it is -----------------------------------------------------------------------------------


async def test_what_a_charger_says_at_its_start_is_shown_at_once(server: InProcess) -> None:
    said = {
        **BOOT, "chargePointSerialNumber": "S-1", "firmwareVersion": "1.2", "iccid": "89", "imsi": "24",
        "meterType": "MT", "meterSerialNumber": "MS",
    }  # fmt: skip
    async with server.charger("DEP-1") as charger:
        answer = await charger.call("BootNotification", said)
        assert answer["status"] == "Accepted"
        assert answer["currentTime"] == text(NOW)
        shown = await server.shown("DEP-1")
    names = ("manufacturer", "chargerModel", "serialNumber", "firmwareVersion", "iccid", "imsi", "meterType")
    assert [shown[name] for name in names] == ["Vendor", "Model", "S-1", "1.2", "89", "24", "MT"]
    assert shown["meterSerialNumber"] == "MS"
    assert shown["activeConnection"] is True
    assert shown["lastSeen"] == text(NOW)


async def test_a_serial_number_of_26_characters_and_members_nobody_knows_do_not_keep_a_charger_out(
    server: InProcess,
) -> None:
    """mobilityhouse/ocpp #128"""
    said = {**BOOT, "chargePointSerialNumber": "S" * 26, "chargePointModel": "M" * 80, "vendorThing": {"x": [1]}}
    async with server.charger("DEP-1") as charger:
        assert (await charger.call("BootNotification", said))["status"] == "Accepted"
        assert (await server.shown("DEP-1"))["serialNumber"] == "S" * 26


async def test_an_old_charger_s_serial_number_is_that_of_its_box(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        await charger.call("BootNotification", {**BOOT, "chargeBoxSerialNumber": "BOX"})
        assert (await server.shown("DEP-1"))["serialNumber"] == "BOX"


async def test_a_charger_is_asked_for_its_configuration_and_its_secrets_are_not_kept(server: InProcess) -> None:
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "60"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "AuthorizationKey", "readonly": False, "value": "secret"},
        {"key": "authorizationkey", "readonly": False, "value": "secret"},
        {"key": "Empty", "readonly": False},
    ]
    answers = {"GetConfiguration": {"configurationKey": keys, "unknownKey": []}}
    async with server.charger("DEP-1", answers=answers) as charger:
        await charger.call("BootNotification", BOOT)
        assert await charger.asked.get() == ("GetConfiguration", {})
        await until(lambda: server.inside("DEP-1").reported.configurations)
        shown = await server.shown("DEP-1")
    assert shown["chargerConfigurations"] == [
        {"configName": "HeartbeatInterval", "configValue": "60", "canBeChanged": True},
        {"configName": "NumberOfConnectors", "configValue": "2", "canBeChanged": False},
        {"configName": "Empty", "configValue": "", "canBeChanged": True},
    ]
    assert shown["lastMessage"] == "GetConfiguration"


@pytest.mark.parametrize("answer", [("NotSupported", "", {}), {"configurationKey": "none"}, [], None])
async def test_a_charger_that_cannot_say_its_configuration_is_served_all_the_same(
    server: InProcess, answer: Any
) -> None:
    async with server.charger("DEP-1", answers={"GetConfiguration": answer}) as charger:
        await charger.call("BootNotification", BOOT)
        await charger.asked.get()
        assert await status(charger, "ALICE") == "Accepted"


# -- its states -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Available", "Available"), ("Preparing", "Preparing"), ("Charging", "Charging"), ("Finishing", "Finishing"),
        ("SuspendedEV", "SuspendedCAR"), ("SuspendedEVSE", "SuspendedCHARGER"), ("Reserved", "Reserved"),
        ("Unavailable", "Unavailable"), ("Faulted", "Error"),
    ],
)  # fmt: skip
async def test_states_are_shown_in_the_wire_s_words(server: InProcess, said: str, shown: str) -> None:
    async with server.charger("DEP-1") as charger:
        await charger.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": said})
        assert (await server.shown("DEP-1"))["sockets"][0]["status"] == shown


async def test_sockets_that_the_operator_did_not_enter_appear_by_themselves(server: InProcess) -> None:
    async with server.charger("GF-1") as charger:
        assert (await server.shown("GF-1"))["sockets"] == []
        for connector in (0, 1, 2):
            said = {"connectorId": connector, "errorCode": "NoError", "status": "Available", "timestamp": text(NOW)}
            assert await charger.call("StatusNotification", said) == {}
        shown = await server.shown("GF-1")
    assert [(each["id"], each["status"]) for each in shown["sockets"]] == [(1, "Available"), (2, "Available")]
    assert shown["chargerStatus"] == "Available"
    gone = await server.shown("GF-1")
    assert (gone["activeConnection"], gone["chargerStatus"], gone["sockets"][0]["status"]) == (
        False,
        "Offline",
        "Offline",
    )


async def test_three_first_states_at_once_are_all_kept(either: InProcess) -> None:
    """steve #2107: they deadlocked in the database"""
    async with either.charger("DEP-1") as one, either.charger("GF-1") as other:
        said = [
            await charger.begin(
                "StatusNotification", {"connectorId": each, "errorCode": "NoError", "status": "Available"}
            )
            for charger in (one, other)
            for each in (0, 1, 2)
        ]
        assert [await each for each in said] == [{}] * 6
        for charger_id in ("DEP-1", "GF-1"):
            shown = await either.shown(charger_id)
            assert [each["status"] for each in shown["sockets"]] == ["Available", "Available"]


@pytest.mark.parametrize("connector", [-1, 2**40, 2**63])
async def test_a_connector_that_cannot_be_is_answered_and_shown_nowhere(server: InProcess, connector: int) -> None:
    async with server.charger("GF-1") as charger:
        said = {"connectorId": connector, "errorCode": "NoError", "status": "Available"}
        assert await charger.call("StatusNotification", said) == {}
        assert (await server.shown("GF-1"))["sockets"] == []


# -- decisions ------------------------------------------------------------------------------------


async def test_a_decision_says_the_driver_s_group_and_no_expiry_that_nobody_set(server: InProcess) -> None:
    """steve #453"""
    async with server.charger("DEP-1") as charger:
        info = (await charger.call("Authorize", {"idTag": " alice "}))["idTagInfo"]
    assert info == {"status": "Accepted", "parentIdTag": "driver-1"}


async def test_a_decision_expires_when_the_tag_does(server: InProcess) -> None:
    tag = replace(ALICE.tags[0], expires_at=TOMORROW)
    await server.database.write(put, server.world.us, replace(ALICE, tags=(tag,)))
    async with server.charger("DEP-1") as charger:
        info = (await charger.call("Authorize", {"idTag": "ALICE"}))["idTagInfo"]
    assert info["expiryDate"] == text(TOMORROW)


@pytest.mark.parametrize("tag", ["", " ", "X" * 20, "X" * 5000, "é\u0000☃", "'; DROP TABLE tags; --", "%", "\\u0000"])
async def test_a_badly_formed_tag_is_invalid_and_no_error(either: InProcess, tag: str) -> None:
    """citrineos-core #1038"""
    async with either.charger("DEP-1") as charger:
        assert await status(charger, tag) == "Invalid"
        answer = await charger.call("StartTransaction", start(tag))
        assert answer["idTagInfo"]["status"] == "Invalid"
        found = await either.read(authorizations.find, *ALL)
    assert [each.reason for _, each in found] == ["Unknown" if tag.strip() else "Invalid"] * 2


async def test_every_decision_is_kept_with_its_reason_and_path(either: InProcess) -> None:
    async with either.charger("DEP-1") as charger:
        for tag in ("alice", "Stranger", "GRACE"):
            await status(charger, tag)
        await charger.call("StartTransaction", start("BOB", connector=2))
        found = [each for _, each in await either.read(authorizations.find, *ALL)]
    assert [(each.id_tag, each.reason, each.cause, each.message, each.connector_id) for each in found] == [
        ("BOB", "Accepted", "rightStands", "StartTransaction", 2),
        ("GRACE", "Blocked", "tagBlocked", "Authorize", None),
        ("Stranger", "Unknown", "tagUnknown", "Authorize", None),
        ("alice", "Accepted", "rightStands", "Authorize", None),
    ]
    assert [(each.driver_id, each.place_kind, each.place_id, each.right_id) for each in found] == [
        (2, "site", "1", 20),
        (7, None, None, None),
        (None, None, None, None),
        (1, "site", "2", 10),
    ]
    only = authorizations.AuthorizationFilter(charger_id="DEP-1", id_tag="stranger", reason="Unknown", since=NOW)
    assert [each.id_tag for _, each in await either.read(authorizations.find, only, 5)] == ["Stranger"]
    assert await either.read(authorizations.count, authorizations.AuthorizationFilter(until=NOW)) == 0


async def test_a_revoked_right_counts_for_a_charger_that_is_connected(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        assert await status(charger, "ALICE") == "Accepted"
        await server.database.write(put, server.world.us, replace(ALICE, rights=()))
        await becomes(charger, "ALICE", "Invalid")


# -- sessions -------------------------------------------------------------------------------------


async def test_a_session_is_kept_from_its_start_to_its_stop_with_its_meter_values(either: InProcess) -> None:
    async with either.charger("DEP-1") as charger:
        began = await charger.call("StartTransaction", start())
        assert began["idTagInfo"]["status"] == "Accepted"
        values = {"connectorId": 1, "transactionId": began["transactionId"], "meterValue": meter("2100")}
        assert await charger.call("MeterValues", values) == {}
        ended = await charger.call(
            "StopTransaction", stop(began["transactionId"], idTag="alice", reason="EVDisconnected")
        )
        assert ended["idTagInfo"]["status"] == "Accepted"
        (session,) = await either.read(sessions.find, *EVERY)
        (((reading, _),), _) = await either.read(sessions.readings, session.id)
    assert (session.charger_id, session.connector_id, session.id_tag, session.driver_id) == ("DEP-1", 1, "ALICE", 1)
    assert (session.started_at, session.stopped_at) == (NOW, NOW + timedelta(hours=1))
    assert (session.meter_start, session.meter_stop) == (100, 5100)
    assert (session.stop_reason, session.stop_id_tag, session.reason) == ("EVDisconnected", "alice", "Accepted")
    assert (session.site_id, session.transaction_id) == (2, str(began["transactionId"]))
    assert (reading.at, reading.samples) == (NOW, [{"value": "2100"}])


async def test_whatever_is_sent_again_is_kept_once(either: InProcess) -> None:
    async with either.charger("DEP-1") as charger:
        first = await charger.call("StartTransaction", start())
        values = {"connectorId": 1, "transactionId": first["transactionId"], "meterValue": meter("2100")}
        for _ in range(3):
            assert await charger.call("StartTransaction", start()) == first
            await charger.call("MeterValues", values)
        for _ in range(3):
            await charger.call("StopTransaction", stop(first["transactionId"]))
        (session,) = await either.read(sessions.find, *EVERY)
        assert (await either.read(sessions.readings, session.id))[1] == 1


@pytest.mark.parametrize(
    "other", [start(connector=2), start("BOB"), start(meter=101), start(at=NOW + timedelta(seconds=1))]
)
async def test_a_start_that_says_anything_else_is_another_session(server: InProcess, other: dict[str, Any]) -> None:
    async with server.charger("DEP-1") as charger:
        one = await charger.call("StartTransaction", start())
        two = await charger.call("StartTransaction", other)
        assert one["transactionId"] != two["transactionId"]
        assert len(await server.read(sessions.find, *EVERY)) == 2


@pytest.mark.parametrize("at", [datetime(2000, 1, 1, tzinfo=UTC), NOW - timedelta(days=31), NOW + timedelta(days=2)])
async def test_a_charger_without_a_clock_begins_a_new_session_after_the_old_one_has_ended(
    server: InProcess, at: datetime
) -> None:
    async with server.charger("DEP-1") as charger:
        ids = []
        for _ in range(3):
            ids.append((await charger.call("StartTransaction", start(at=at)))["transactionId"])
            await charger.call("StopTransaction", stop(ids[-1]))
        assert len(set(ids)) == 3
    async with server.charger("DEP-1") as charger:  # and so after it has connected again
        assert (await charger.call("StartTransaction", start(at=at)))["transactionId"] not in ids
        assert len(await server.read(sessions.find, *EVERY)) == 4


async def test_a_session_that_is_sent_again_after_its_end_is_kept_once(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        first = await charger.call("StartTransaction", start())
        await charger.call("StopTransaction", stop(first["transactionId"]))
    async with server.charger("DEP-1") as charger:  # which lost its power before it kept that all was answered
        assert await charger.call("StartTransaction", start()) == first
        await charger.call("StopTransaction", stop(first["transactionId"]))
        assert len(await server.read(sessions.find, *EVERY)) == 1


async def test_a_start_is_known_again_by_another_node_and_after_a_restart(either: InProcess) -> None:
    async with either.charger("DEP-1") as charger:
        first = await charger.call("StartTransaction", start())
    async with node(either.world) as other, other.charger("DEP-1") as charger:
        assert await charger.call("StartTransaction", start()) == first
        assert (await charger.call("StartTransaction", start(connector=2)))["transactionId"] != first["transactionId"]
        assert len(await other.read(sessions.find, *EVERY)) == 2


async def test_a_refused_start_gets_a_transaction_and_is_kept(server: InProcess) -> None:
    """steve #25: an unknown tag started offline was resent for ever"""
    async with server.charger("DEP-1") as charger:
        for tag, word in (("NOBODY", "Invalid"), ("DAN", "Invalid"), ("GRACE", "Blocked"), ("HEIDI", "Expired")):
            answer = await charger.call("StartTransaction", start(tag))
            assert answer["idTagInfo"] == {"status": word}
            assert await charger.call("StopTransaction", stop(answer["transactionId"])) == {}
        found = await server.read(sessions.find, *EVERY)
    assert [(each.id_tag, each.reason) for each in reversed(found)] == [
        ("NOBODY", "Unknown"), ("DAN", "NotAtThisLocation"), ("GRACE", "Blocked"), ("HEIDI", "Expired"),
    ]  # fmt: skip
    assert all(each.stopped_at for each in found)


async def test_a_stop_is_answered_however_its_tag_is_written(either: InProcess) -> None:
    """citrineos-core #1048: two rows matched one tag, and StopTransaction was never answered."""
    async with either.charger("DEP-1") as charger:
        for number, tag in enumerate(("ALICE", "alice", " aLiCe", "STRANGER", "stranger")):
            begun = await charger.call("StartTransaction", start(tag, at=NOW + timedelta(hours=number)))
            ended = await charger.call("StopTransaction", stop(begun["transactionId"], idTag=tag.swapcase()))
            assert ended["idTagInfo"]["status"] == begun["idTagInfo"]["status"]
        found = await either.read(sessions.find, *EVERY)
    assert len(found) == 5
    assert all(each.meter_stop == 5100 for each in found)


async def test_a_stop_of_a_session_that_nobody_knows_is_answered_and_kept_once(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for _ in range(2):
            assert await charger.call("StopTransaction", stop(424242, transactionData=meter("7"))) == {}
        (kept,) = await server.read(sessions.find, sessions.SessionFilter(unmatched=True), 100)
        assert await server.read(sessions.find, *EVERY) == []
    assert (kept.transaction_id, kept.started_at, kept.meter_stop) == ("424242", None, 5100)


async def test_meter_values_outside_sessions_are_kept_once(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for _ in range(2):
            assert await charger.call("MeterValues", {"connectorId": 0, "meterValue": meter("1") + meter("2")}) == {}
        rows = await server.read(lambda connection, _: count_rows(connection))
    assert (rows["meter_values"], rows["sessions"]) == (2, 0)


@pytest.mark.parametrize(
    "at", ["1970-01-01T00:00:00Z", "2016-06-03T09:00:00", "2199-01-01T00:00:00+14:00", "yesterday", ""]
)
async def test_a_wrong_clock_ends_no_session(either: InProcess, at: str) -> None:
    async with either.charger("DEP-1") as charger:
        answer = await charger.call("StartTransaction", start() | {"timestamp": at})
        assert answer["idTagInfo"]["status"] == "Accepted"
        (session,) = await either.read(sessions.find, *EVERY)
    assert session.received_at == NOW
    assert session.started_at is not None


async def test_a_session_of_a_tag_in_use_is_refused_where_the_customer_wants_that(either: InProcess) -> None:
    async with either.charger("DEP-1") as one, either.charger("GF-1") as two:
        first = await one.call("StartTransaction", start("BOB"))
        assert await status(two, "BOB") == "Accepted", "not asked for"
        await either.database.write(set_one_session_per_tag, either.world.us, True, NOW)
        await becomes(two, "bob ", "ConcurrentTx")
        assert await status(two, "ALICE") == "Accepted"
        assert await status(one, "BOB") == "Accepted", "the driver may want to stop it"
        assert await one.call("StartTransaction", start("BOB")) == first, "sent again"
        refused = await two.call("StartTransaction", start("BOB"))
        assert refused["idTagInfo"] == {"status": "ConcurrentTx"}
        assert (await one.call("StartTransaction", start("BOB", connector=2)))["idTagInfo"] == {
            "status": "ConcurrentTx"
        }
        await one.call("StopTransaction", stop(first["transactionId"]))
        assert await status(two, "BOB") == "Accepted"


async def test_any_tag_of_a_driver_is_of_one_group(server: InProcess) -> None:
    tags = (*ALICE.tags, Tag(900, ALICE.id, "ALICE-2"))
    await server.database.write(put, server.world.us, replace(ALICE, tags=tags))
    async with server.charger("DEP-1") as charger:
        groups = [
            (await charger.call("Authorize", {"idTag": tag}))["idTagInfo"].get("parentIdTag")
            for tag in ("ALICE", "ALICE-2", "BOB", "DAN")
        ]
    assert groups[0] == groups[1] is not None
    assert groups[2] not in (None, groups[0])
    assert groups[3] is None


def test_a_driver_s_group_fits_a_tag() -> None:
    assert len(group_of(INT64_MAX)) == 20
    assert len({group_of(each) for each in range(1, 5000)}) == 4999


async def test_actions_nobody_knows_and_those_not_done_here_are_told_apart(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for action, code in (("MakeCoffee", "NotImplemented"), ("Reset", "NotSupported"), ("", "NotImplemented")):
            with pytest.raises(CallError) as caught:
                await charger.call(action, {})
            assert (caught.value.code, caught.value.details) == (code, {})


async def test_other_notices_are_answered(server: InProcess) -> None:
    async with server.charger("DEP-1", answers=ANSWERS) as charger:
        for action, payload in (
            ("DiagnosticsStatusNotification", {"status": "Idle"}),
            ("FirmwareStatusNotification", {"status": "Installed"}),
            ("SecurityEventNotification", {"type": "StartupOfTheDevice", "timestamp": text(NOW)}),
            ("LogStatusNotification", {"status": "Idle"}),
        ):
            assert await charger.call(action, payload) == {}
            assert (await server.shown("DEP-1"))["lastMessage"] == action
        assert (await charger.call("DataTransfer", {"vendorId": "x"}))["status"] == "UnknownVendorId"
