"""After a driver was erased, no column of any table holds what named them. A new column must say what it is for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import JSON, Connection, Text, insert, select

from chargerights.rights.local_list import ListedTag
from chargerights.rights.model import Driver, ExternalId, Place, PlaceKind, Right, Tag
from chargerights.storage import imports, revisions, schema
from chargerights.storage.charging import charger_batches, commands, local_lists, sessions, set_aside
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.charging.charger_reports import ChargerReport
from chargerights.storage.charging.commands import Action
from chargerights.storage.charging.local_lists import KeptList
from chargerights.storage.charging.session_notices import OCPP_2X, OCPP_16, SessionNotice
from chargerights.storage.charging.sessions import SessionFilter
from chargerights.storage.database import Database
from chargerights.storage.imports import Attempt, ImportRequest
from chargerights.storage.journal import ERASURE, Actor, ChangeContext
from chargerights.storage.personal import erase
from tests.replica.test_as_of import at_minute, change, put
from tests.storage.writing import put_facts
from tests.support.world import BOB, DEPOT, FACTS, NOW

MARK = "URSULA"
NUMBERS = (771_000_001, 771_000_002)
"""Who pays for her, and her company."""
WHO = Driver(
    50,
    f"{MARK} Unterm-Rad",
    DEPOT.id,
    f"{MARK}-external",
    *NUMBERS,
    external_ids=(ExternalId(f"{MARK}-system", f"{MARK}-there"),),
    tags=(Tag(51, 50, f"{MARK}1", token_name=f"{MARK}'s card"),),
    rights=(Right(52, Place(PlaceKind.SITE, DEPOT.id)),),
)
CARD = (f"{MARK}1", f"{MARK}1")

NAMELESS = {
    "what chargers, sites and groups are": {
        "sites", "chargers", "connectors", "access_groups", "access_group_chargers", "charger_owners",
        "charger_passwords", "live_chargers", "live_nodes", "out_of_use", "meter_values",
    },
    "operators and their keys; the texts that they choose for requests, for a day": {
        "customers", "operators", "api_keys", "idempotency_keys", "journal", "webhooks", "partner_authorisations",
    },
    "places of rights, and things by number": {"rights", "events"},
}  # fmt: skip
"""Tables in whose texts nothing stands that names a driver, and why."""
COLUMNS = {
    "authorisations": {"charger_id", "message", "reason", "cause", "place_kind", "place_id"},
    "sessions": {"charger_id", "key", "transaction_id", "reason", "stop_reason", "ended_by", "ocpp", "registers"},
    "local_lists": {"charger_id", "reason"},
    "charger_reports": {
        "charger_id",
        "kind",
        "message",
        "code",
        "variable",
        "vendor_id",
        "vendor_error_code",
        "digest",
    },
    "set_aside": {"charger_id", "error"},
    "imports": {"mode", "state", "phase", "attempt"},
    "charger_commands": {"id", "actor", "charger_id", "action", "arguments", "state", "node", "outcome"},
    "journal_changes": {"kind", "entity_id", "before", "after"},
    "driver_external_ids": {"reference_type"},
}
"""The same of columns: words of protocols, places, numbers, and facts without what names a driver."""


def live(connection: Connection, customer: int) -> None:
    """What is kept while she is there."""
    at, attempt = at_minute(2), Attempt(customer, 900, "x")
    imports.add(connection, attempt, ImportRequest(1, "add", False, f"{MARK}.csv"), at)
    imports.end(connection, attempt, imports.ImportState.REFUSED, at, {"errors": [{"message": f"{MARK}1 is taken"}]})
    asked = [
        Authorization(NOW, "DEP-1", None, 1, *CARD, "Authorize", "Accepted", "rightStands", WHO.id, 52, "site", "2"),
        Authorization(NOW, "DEP-1", None, 1, *CARD, "Authorize", "Unknown", "tagUnknown", *[None] * 4),
    ]
    says = {"id_tag": CARD[0], "tag_key": CARD[1], "driver_id": WHO.id, "started_at": NOW}
    stopped = {"id_tag": "BOB", "tag_key": "BOB", "driver_id": BOB.id, "stopped_at": NOW, "stop_id_tag": CARD[0]}
    notices = [SessionNotice("DEP-1", NOW, "1", "1", None, says), SessionNotice("DEP-1", NOW, "2", "2", None, stopped)]
    texts = {"info": f"card {CARD[0].lower()} cannot be read", "value": CARD[0]}
    report = ChargerReport(NOW, "DEP-1", "fault", "StatusNotification", "ReaderFailure", **texts)
    batch = Batch(1, NOW, messages=(*asked, *notices, report))
    charger_batches.write(connection, customer, "node", batch)
    set_aside.add(connection, customer, 900, NOW, asked[0], "refused for its data")
    tags = {CARD[1]: ListedTag(CARD[0], WHO.id, None)}
    local_lists.put(connection, customer, [KeptList("DEP-1", 1, wanted=1, reason=None, tags=tags, updated_at=NOW)])
    connection.execute(
        insert(schema.charger_commands).values(
            customer_id=customer, id="waits", at=NOW, actor="key 5", charger_id="DEP-1", action=Action.START,
            arguments={}, secret={"idTag": CARD[0]}, state=commands.WAITING, node="node", expires_at=at_minute(9),
        )
    )  # fmt: skip


@pytest.fixture
def lived(database: Database, customer: int) -> int:
    put_facts(database, customer, FACTS)
    change(database, customer, at_minute(1), put(WHO))
    change(database, customer, at_minute(2), put(replace(WHO, name=f"{MARK} Übermut")))
    database.write_now(live, customer)
    return customer


def naming(database: Database) -> set[str]:
    """The columns, `table.column`, in which something names her."""

    def sweep(connection: Connection) -> set[str]:
        found = set()
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                found |= {f"{table.name}.{name}" for name, value in row.items() if names(value)}
        return found

    return database.read_now(sweep)


def names(value: Any) -> bool:
    said = repr(value)
    return MARK.casefold() in said.casefold() or any(str(number) in said for number in NUMBERS)


def forget(database: Database, customer: int) -> None:
    database.write_now(revisions.make, customer, ChangeContext(at_minute(3), Actor("key 5", 1), ERASURE), erase, WHO.id)


def test_no_column_of_any_table_names_an_erased_driver(database: Database, lived: int) -> None:
    assert naming(database)
    forget(database, lived)
    assert naming(database) == set()
    assert database.write_now(commands.take, lived, "node", at_minute(4)) == []


def test_every_column_with_texts_is_one_that_names_her_or_is_known_to_name_nobody(
    database: Database, lived: int
) -> None:
    told = naming(database)
    unknown = {
        f"{table.name}.{column.name}"
        for table in schema.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Text | JSON)
        and not any(table.name in tables for tables in NAMELESS.values())
        and column.name not in COLUMNS.get(table.name, ())
    }
    assert unknown - told == set()
    nameless = {*(name for tables in NAMELESS.values() for name in tables)}
    assert {each.partition(".")[0] for each in told} & nameless == set()
    assert not {f"{table}.{name}" for table, columns in COLUMNS.items() for name in columns} & told


def test_records_that_are_written_after_the_erasure_name_nobody_either(database: Database, lived: int) -> None:
    """Chargers' doings are written a second later, or hours, when the database was away."""
    forget(database, lived)
    late = Authorization(NOW, "DEP-1", None, 1, *CARD, "Authorize", "Accepted", "rightStands", WHO.id, 52, "site", "2")
    says = {"id_tag": CARD[0], "tag_key": CARD[1], "driver_id": WHO.id, "started_at": NOW}
    session = SessionNotice("DEP-1", NOW, "9", "9", None, says)
    database.write_now(charger_batches.write, lived, "node", Batch(2, NOW, messages=(late, session)))
    assert naming(database) == set()


@pytest.mark.parametrize("ocpp", [OCPP_16, OCPP_2X])
def test_the_stop_of_a_session_that_runs_during_the_erasure_does_not_name_the_driver(
    database: Database, lived: int, ocpp: str
) -> None:
    says = {"id_tag": CARD[0], "tag_key": CARD[1], "driver_id": WHO.id, "started_at": NOW}
    started = SessionNotice("DEP-1", NOW, "9", "9", None, says, ocpp=ocpp)
    database.write_now(charger_batches.write, lived, "node", Batch(2, NOW, messages=(started,)))
    forget(database, lived)
    ends = {"stopped_at": at_minute(5), "stop_id_tag": CARD[0], "stop_tag_key": CARD[1]}
    stopped = SessionNotice("DEP-1", at_minute(5), "9", says=ends, ocpp=ocpp)
    database.write_now(charger_batches.write, lived, "node", Batch(3, at_minute(5), messages=(stopped,)))
    (session, *_) = database.read_now(sessions.find, lived, SessionFilter(charger_id="DEP-1", running=False), 9)
    assert (session.transaction_id, session.driver_id, session.ended_by) == ("9", WHO.id, "charger")
    assert naming(database) == set()


def test_a_driver_who_has_the_number_of_an_erased_one_is_named(database: Database, lived: int) -> None:
    forget(database, lived)
    change(database, lived, at_minute(4), put(replace(BOB, id=WHO.id, tags=(), rights=())))
    asked = Authorization(NOW, "DEP-1", None, 1, "B", "B", "Authorize", "Accepted", "rightStands", WHO.id, *[None] * 3)
    database.write_now(charger_batches.write, lived, "node", Batch(2, NOW, messages=(asked,)))
    rows = database.read_now(lambda connection: connection.scalars(select(schema.authorisations.c.id_tag)).all())
    assert "B" in rows
