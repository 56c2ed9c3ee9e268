"""What a charger was answered is on a disk: in the database or, while that does not write, in the node's spool."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, select, text, update

from chargerights.gateway import customer_runtime
from chargerights.gateway.writes import write_buffer
from chargerights.gateway.writes.spool import Spool, default_folder, prepare
from chargerights.storage import schema
from chargerights.storage.charging import authorizations, session_keeping, sessions
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_reports import ChargerReport, ReportKind
from chargerights.storage.charging.live import NodeEnded
from chargerights.storage.charging.messages import Unreadable, dump, load
from chargerights.storage.charging.session_notices import MeterReading, SessionNotice, Sign
from chargerights.storage.charging.spool_file import (
    SUFFIX,
    Owner,
    SpoolFault,
    SpoolFile,
    SpoolInUse,
    SpoolRow,
    UnusableFolder,
)
from chargerights.storage.database import Database
from tests.gateway.client import RawCharger
from tests.gateway.server import InProcess, World, node
from tests.gateway.test_metrics import value
from tests.gateway.test_ocpp16 import ALL, EVERY, meter, start, status, stop
from tests.support.servers import spool_folder, writer_held
from tests.support.waiting import PATIENCE, until
from tests.support.world import NOW

OWNER, OTHER = Owner(1, "2026-01-01"), Owner(2, "2026-01-01")
GENEROUS = 1 << 26


def in_spool(url: str) -> list[str]:
    """The kinds of the messages that lie in the spools of the database's servers, which do not run."""
    found = []
    for path in sorted(spool_folder(url).glob(f"*{SUFFIX}")):
        with closing(sqlite3.connect(path)) as connection:  # open, it would lock the next node out
            rows = connection.execute("SELECT message FROM messages ORDER BY customer_id, number")
            found += [next(iter(load_json(row[0]))) for row in rows]
    return found


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def load_json(raw: bytes) -> dict[str, Any]:
    import orjson

    found: dict[str, Any] = orjson.loads(raw)
    return found


async def has_no_answer(charger: RawCharger, action: str, payload: Any) -> None:
    """Sends it, and sees that later messages are answered and this one is not."""
    answer = await charger.begin(action, payload)
    for _ in range(5):
        await charger.call("Heartbeat", {})
        await asyncio.sleep(0.1)
    assert not answer.done()
    answer.cancel()


# -- messages and files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        SessionNotice("C", NOW),
        SessionNotice("C", NOW, "7", "key", 7, dict.fromkeys(("started_at", "stopped_at", "received_at"), NOW)),
        SessionNotice(
            "C", NOW, "7", says={"meter_start": 1.5, "id_tag": "ÄÖ", "connector_id": None, "reason": "2026-01-01"}
        ),
        SessionNotice("C", NOW, "7", at=NOW, ocpp="2.x", is_live=True),
        SessionNotice("C", NOW, sign=Sign.AVAILABLE, says={"connector_id": 1}),
        SessionNotice(
            "C", NOW, readings=(MeterReading(NOW, [{"value": "1", "customData": {"x": [1, None, 2.5]}}], 1, 2),)
        ),
        Authorization(NOW, "C", None, 1, "TAG", "TAG", "Authorize", "Accepted", "rightStands", 1, 2, "site", "3"),
        ChargerReport(
            NOW, "C", ReportKind.FAULT, "StatusNotification", "OtherError", False, 1, info="x", reported_at=NOW
        ),
        NodeEnded("node", NOW),
        Unreadable("what it was"),
    ],
)
def test_a_message_comes_out_of_the_spool_as_it_went_in(message: Any) -> None:
    assert load(dump(message)) == message


def test_every_column_of_a_session_survives_the_spool() -> None:
    says = {
        column.name: NOW if "TIMESTAMP" in str(column.type.compile()) or column.name.endswith("_at") else "text"
        for column in schema.sessions.c
    }
    notice = SessionNotice("C", NOW, "7", says=says)
    assert load(dump(notice)) == notice


def test_a_message_without_a_json_form_is_kept_as_text() -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    for odd in (
        SessionNotice("C", NOW, readings=(MeterReading(NOW, deep),)),
        SessionNotice("C", NOW, says={"id_tag": "\ud800"}),
    ):
        assert isinstance(load(dump(odd)), Unreadable)
    assert isinstance(load(b"\x00 no json"), Unreadable)
    assert isinstance(load(b'{"notice": {"says": 1}}'), Unreadable)


def test_a_spool_file_gives_back_each_customer_s_messages_in_order_until_they_are_dropped(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path / f"a{SUFFIX}", GENEROUS)
    file.put([SpoolRow(OWNER, number, "2026", b"%d" % number) for number in (1, 2, 3, 7)])
    file.put([SpoolRow(OTHER, 1, "2026", b"other")])
    assert file.take(OWNER, 0, 10) == [(1, b"1"), (2, b"2"), (3, b"3")], "up to the gap"
    assert file.take(OWNER, 0, 2) == [(1, b"1"), (2, b"2")]
    assert file.take(OWNER, 3, 10) == [(7, b"7")]
    assert file.drop(OWNER, 3) == 3
    file.close()
    again = SpoolFile(tmp_path / f"a{SUFFIX}", GENEROUS)
    assert again.take(OWNER, 0, 10) == [(7, b"7")]
    assert again.take(OTHER, 0, 10) == [(1, b"other")]
    assert (again.drop(OWNER, 7), again.drop(OTHER, 7)) == (1, 1)
    again.close()
    assert [*tmp_path.iterdir()] == [], "an empty one is removed"


def test_a_spool_file_has_one_process_at_a_time(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path / f"a{SUFFIX}", GENEROUS)
    with pytest.raises(SpoolInUse):
        SpoolFile(tmp_path / f"a{SUFFIX}", GENEROUS)
    file.close()


def test_a_spool_file_that_is_full_or_gone_takes_nothing_and_says_so(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path / f"a{SUFFIX}", 1)
    file.put([SpoolRow(OWNER, 1, "2026", b"small")])
    with pytest.raises(SpoolFault, match="SQLITE_FULL"):
        file.put([SpoolRow(OWNER, number, "2026", b"x" * 10_000) for number in range(2, 50)])
    assert file.take(OWNER, 0, 99) == [(1, b"small")], "all or nothing"
    file.path.unlink()
    with pytest.raises(SpoolFault, match="removed"):
        file.put([SpoolRow(OWNER, 2, "2026", b"small")])


async def test_many_that_wait_for_the_disk_share_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, writes = Spool(tmp_path, "a", GENEROUS), []
    put = SpoolFile.put
    monkeypatch.setattr(SpoolFile, "put", lambda self, rows: (writes.append(len(rows)), put(self, rows)))
    await asyncio.gather(*(spool.put([SpoolRow(OWNER, number, "2026", b"x")]) for number in range(1, 101)))
    assert sum(writes) == 100
    assert len(writes) < 10
    assert (spool.count, spool.holds(OWNER), spool.holds(OTHER)) == (100, True, False)
    taken = await spool.take(OWNER, 1000)
    assert taken is not None
    assert (taken.first, len(taken.messages)) == (1, 100)
    await spool.applied("a", OWNER, 60)
    assert spool.count == 40
    await spool.applied("a", OWNER, 100)
    assert (spool.count, spool.holds(OWNER)) == (0, False)
    await spool.close()
    assert names(tmp_path) == []


def test_the_spool_lies_where_its_operator_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert default_folder(Database(f"sqlite:///{tmp_path}/rights.db")) == tmp_path / "rights.db-spool"
    assert default_folder(Database("postgresql://db/rights")) == Path("chargerights-spool")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/chargerights:/var/lib/other")
    assert default_folder(Database("postgresql://db/rights")) == Path("/var/lib/chargerights/spool")
    prepare(tmp_path / "new" / "spool")
    assert (tmp_path / "new" / "spool").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(UnusableFolder, match="CHARGERIGHTS_SPOOL"):
        prepare(tmp_path / "file")


# -- through the chargers' door --------------------------------------------------------------------


async def test_while_another_program_writes_an_answer_is_durable_and_the_session_is_written_once(
    world: World,
) -> None:
    """As `kill -9` would leave it: the spool of the first node is read by the second."""
    async with node(world) as server, server.charger("DEP-1") as charger:
        first = await charger.call("StartTransaction", start())
        await server.read(sessions.find, *EVERY)
        with writer_held(world.url):
            began = await charger.call("StartTransaction", start(connector=2))
            values = {"connectorId": 2, "transactionId": began["transactionId"], "meterValue": meter("2100")}
            await charger.call("MeterValues", values)
            await charger.call("StopTransaction", stop(began["transactionId"]))
            await charger.call("StopTransaction", stop(first["transactionId"]))
            assert await status(charger, "DAN") == "Invalid"
            copy = spool_folder(world.url).with_suffix(".copy")
            await until(lambda: server.gateway.spool.count >= 5)
            shutil.copytree(spool_folder(world.url), copy)
            health = await asked(server, "/health")
            assert health["status"] == "alive"
            assert health["messages"]["waiting"] >= 4
            server.gateway.measure()
            assert value("spool_waiting") >= 4
            assert value("spool_age_seconds") >= 0
        await until(lambda: not server.gateway.spool.count)
        await check_written(server)
        assert (await asked(server, "/health"))["messages"] == {"waiting": 0, "oldestSeconds": 0}
    assert in_spool(world.url) == []
    for path in copy.glob("*"):  # a process that was killed after the database had it and before its spool had not
        shutil.copy(path, spool_folder(world.url))
    shutil.rmtree(copy)
    assert "notice" in in_spool(world.url)
    async with node(world) as server:
        await until(lambda: not server.gateway.spool.count)
        await check_written(server)
    assert in_spool(world.url) == []


async def check_written(server: InProcess) -> None:
    found = await server.read(sessions.find, *EVERY)
    assert [each.stopped_at is not None for each in found] == [True, True]
    assert (await server.read(sessions.readings, found[0].id))[1] == 1
    decisions = [each for _, each in await server.read(authorizations.find, *ALL)]
    assert [each.id_tag for each in decisions].count("DAN") == 1


async def asked(server: InProcess, path: str) -> Any:
    async with httpx.AsyncClient(
        base_url=server.url.replace("ws", "http"), trust_env=False, timeout=PATIENCE
    ) as client:
        return (await client.get(path)).json()


@pytest.mark.parametrize("commits", [False, True], ids=["not in the database", "already in the database"])
async def test_messages_of_a_process_that_was_killed_are_applied_once_by_the_next(
    database_url: str, commits: bool
) -> None:
    world = World(database_url)
    async with node(world) as server, server.charger("DEP-1") as charger:
        began = await charger.call("StartTransaction", start())
        customer = server.gateway.customers[world.us]
        await customer.write_buffer.write()
        stopped = SessionNotice(
            "DEP-1", NOW, str(began["transactionId"]), says={"stopped_at": NOW, "meter_stop": 200.0}
        )
        write_buffer = customer.write_buffer
        async with write_buffer._writing:  # the node neither writes nor ends before the copy is made
            assert await write_buffer.keep(stopped)
            copy = spool_folder(world.url).with_suffix(".copy")
            shutil.copytree(spool_folder(world.url), copy)
        assert await write_buffer.write()
        if not commits:
            await server.database.write(forget_messages, world.us)
    for path in copy.glob("*"):
        shutil.copy(path, spool_folder(world.url))
    shutil.rmtree(copy)
    async with node(world) as server:
        await until(lambda: not server.gateway.spool.count)
        (found,) = await server.read(sessions.find, *EVERY)
    assert found.meter_stop == 200.0
    assert in_spool(world.url) == []


def forget_messages(connection: Connection, customer_id: int) -> None:
    connection.execute(update(schema.sessions).values(stopped_at=None, meter_stop=None))
    connection.execute(update(schema.live_nodes).values(applied=0))


async def test_while_no_disk_takes_it_a_message_is_not_answered_and_the_charger_may_send_it_again(
    world: World,
) -> None:
    async with node(world) as server, server.charger("DEP-1") as charger:
        await charger.call("StartTransaction", start())
        await server.read(sessions.find, *EVERY)
        folder, before = spool_folder(world.url), value("messages_not_kept_total")
        shutil.rmtree(folder, ignore_errors=True)
        folder.touch()
        try:
            with writer_held(world.url):
                await until(lambda: server.gateway.customers[world.us].write_buffer.is_away or hurry(server, world))
                await has_no_answer(charger, "StartTransaction", start(connector=2))
                await has_no_answer(charger, "StartTransaction", start(connector=2))
                assert await status(charger, "ALICE") == "Accepted", "cards are decided all the same"
                assert value("messages_not_kept_total") >= before + 2
        finally:
            folder.unlink()
        await until(lambda: not server.gateway.customers[world.us].write_buffer.is_away)
        again = await charger.call("StartTransaction", start(connector=2))
        assert again["idTagInfo"]["status"] == "Accepted"
        assert len(await server.read(sessions.find, *EVERY)) == 2


def hurry(server: InProcess, world: World) -> None:
    write_buffer = server.gateway.customers[world.us].write_buffer
    write_buffer.note(server.inside("DEP-1"))
    write_buffer.hurry()


async def test_a_node_that_ends_while_the_database_is_away_leaves_all_in_the_spool(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (customer_runtime, write_buffer):
        monkeypatch.setattr(module, "CLOSE_SECONDS", 0.5)
    async with node(world) as server, server.charger("DEP-1") as charger:
        await charger.call("StartTransaction", start())
        await server.read(sessions.find, *EVERY)
        holding = writer_held(world.url)
        holding.__enter__()
        await charger.call("StopTransaction", stop(1))
        assert await status(charger, "ALICE") == "Accepted"
    try:
        assert in_spool(world.url).count("notice") == 1
        assert in_spool(world.url).count("decision") >= 1
    finally:
        holding.__exit__(None, None, None)
        await asyncio.to_thread(server.gateway._threads.shutdown)  # as if its process had ended
    async with node(world) as server:
        (found,) = await server.read(sessions.find, *EVERY)
        assert found.stopped_at is not None, "it is there before the first charger is"
        assert (await server.shown("DEP-1"))["activeConnection"] is False
        assert len(await server.read(authorizations.find, *ALL)) == 2


async def test_messages_of_another_database_are_never_written_into_this_one(world: World, tmp_path: Path) -> None:
    folder = spool_folder(world.url)
    folder.mkdir(parents=True)
    file = SpoolFile(folder / f"other{SUFFIX}", GENEROUS)
    file.put(
        [
            SpoolRow(
                Owner(world.us, "1999-01-01T00:00:00+00:00"), 1, NOW.isoformat(), dump(SessionNotice("DEP-1", NOW, "9"))
            )
        ]
    )
    file.close()
    async with node(world) as server, server.charger("DEP-1") as charger:
        await charger.call("StartTransaction", start())
        assert len(await server.read(sessions.find, *EVERY)) == 1
        assert server.gateway.spool.count == 1
    assert in_spool(world.url) == ["notice"]


async def test_a_running_node_takes_over_what_another_left(world: World) -> None:
    async with node(world) as server, server.charger("DEP-1") as charger:
        began = await charger.call("StartTransaction", start())
        folder = spool_folder(world.url)
        folder.mkdir(parents=True, exist_ok=True)
        ended = SessionNotice("DEP-1", NOW, str(began["transactionId"]), says={"stopped_at": NOW})
        file = SpoolFile(folder / f"dead{SUFFIX}", GENEROUS)
        file.put([SpoolRow(server.gateway.customers[world.us].write_buffer.owner, 1, NOW.isoformat(), dump(ended))])
        await server.gateway.look_after()
        assert not server.gateway.spool.count, "its process lives"
        file.close()
        await server.gateway.look_after()
        await until(lambda: not server.gateway.spool.count)
        (found,) = await server.read(sessions.find, *EVERY)
        assert found.stopped_at == NOW
    assert names(folder) == []


async def test_a_start_gets_a_number_when_those_of_the_database_run_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_runtime, "NUMBERS_AT_ONCE", 2)
    async with node(world) as server, server.charger("DEP-1") as charger:
        await charger.call("StartTransaction", start(meter=1))
        await server.read(sessions.find, *EVERY)
        with writer_held(world.url):
            numbers = [
                (await charger.call("StartTransaction", start(meter=meter)))["transactionId"] for meter in range(2, 12)
            ]
            assert len({*numbers}) == 10
            assert all(0 < number < 2**31 for number in numbers)
            again = await charger.call("StartTransaction", start(meter=11))
            assert again["transactionId"] == numbers[-1], "a start that is sent again is the same one"
            for number in numbers:
                await charger.call("StopTransaction", stop(number))
        await until(lambda: not server.gateway.spool.count)
        found = await server.read(sessions.find, *EVERY)
    assert len(found) == 11
    assert len({each.id for each in found}) == 11
    assert {each.transaction_id for each in found if each.ended_by == "charger"} == {*map(str, numbers)}


async def test_a_message_that_the_database_refuses_is_set_aside_and_holds_no_other_up(
    either: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = session_keeping.keep

    def picky(connection: Connection, customer_id: int, version: int, notices: Any) -> None:
        if any(each.says.get("id_tag") == "DAN" for each in notices):
            connection.execute(text("INSERT INTO customers (id, name) VALUES (1, NULL)"))
        keep(connection, customer_id, version, notices)

    monkeypatch.setattr(session_keeping, "keep", picky)
    before, tags = value("messages_set_aside_total"), ["BOB", "ERIN", "DAN", "ALICE", "FAY", "GUS", "BOB"]
    async with either.charger("DEP-1") as charger, either.charger("GF-1") as other:
        await charger.call("Heartbeat", {})
        async with either.gateway.customers[either.world.us].write_buffer._writing:  # so that all are in one batch
            calls = [
                await each.begin("StartTransaction", start(tag, meter=number))
                for each in (charger, other)
                for number, tag in enumerate(tags)
                if each is charger or tag != "DAN"
            ]
            await asyncio.gather(*calls)
        found = await either.read(sessions.find, *EVERY)
        assert sorted(each.id_tag for each in found) == sorted(2 * [tag for tag in tags if tag != "DAN"])
        (aside,) = await either.read(rows_of_set_aside)
        assert (await either.shown("GF-1"))["activeConnection"] is True, "states are written, too"
    assert (aside.charger_id, aside.message["notice"]["says"]["id_tag"]) == ("DEP-1", "DAN")
    assert "NotNull" in aside.error or "SQLITE_CONSTRAINT" in aside.error
    assert value("messages_set_aside_total") == before + 1


def rows_of_set_aside(connection: Connection, customer_id: int) -> Any:
    return connection.execute(select(schema.set_aside).where(schema.set_aside.c.customer_id == customer_id)).all()


async def test_of_several_spools_the_oldest_message_comes_first_whichever_file_was_touched_last(tmp_path: Path) -> None:
    """A process that was killed while it replayed another's spool has touched that one last."""
    for name, hour in (("b-older", 1), ("a-newer", 2), ("c-newest", 3)):
        file = SpoolFile(tmp_path / f"{name}{SUFFIX}", GENEROUS)
        file.put([SpoolRow(OWNER, number, f"2026-01-01T0{hour}:00:00+00:00", b"{}") for number in range(1, 4)])
        file.close()
    spool = Spool(tmp_path, "own", GENEROUS)
    await spool.adopt()
    origins = []
    while (taken := await spool.take(OWNER, 2)) is not None:
        origins.append(taken.origin)
        await spool.applied(taken.origin, OWNER, taken.first + len(taken.messages) - 1)
    assert origins == 2 * ["b-older"] + 2 * ["a-newer"] + 2 * ["c-newest"]
    await spool.close()
