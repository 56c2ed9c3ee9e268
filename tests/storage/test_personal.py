"""Personal data: what is known about a driver, and erasing it for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, insert, select

from chargerights.replica.images import NetworkReplicas
from chargerights.rights.errors import UnknownDriver
from chargerights.rights.identifiers import NO_TAG
from chargerights.rights.model import Driver, ExternalId, Place, PlaceKind, Right, Tag
from chargerights.storage import personal_tables, revisions, schema
from chargerights.storage.charging import authorizations, charger_batches, sessions, set_aside
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.charging.messages import Message, Unreadable
from chargerights.storage.charging.session_notices import SessionNotice
from chargerights.storage.database import Database
from chargerights.storage.journal import ERASURE, Actor, ChangeContext
from chargerights.storage.personal import PersonalRecord, erase, known_about
from chargerights.storage.personal_tables import ERASED, Holder, used_tags
from chargerights.storage.rows.pseudonyms import pseudonymous
from tests.replica.test_as_of import at_minute, change, drop, put
from tests.storage.writing import add_customer, everything, put_facts, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.world import ALICE, BOB, DEPOT, FACTS, NOW

OFFICER = Actor("key 5", 1)
URSULA = Driver(
    50,
    "Ursula Übermut",
    DEPOT.id,
    external_id="HR-4711",
    external_ids=(ExternalId("crm", "crm-0815"),),
    tags=(Tag(51, 50, "04URSULA", token_name="Ursula's card"),),
    rights=(Right(52, Place(PlaceKind.SITE, DEPOT.id)),),
)
MARRIED = replace(URSULA, name="Ursula Unterm-Rad", tags=(Tag(53, 50, "04MARRIED", token_name="new card"),))
WORDS = ("Ursula", "4711", "0815", "04URSULA", "04MARRIED", "new card")
"""What names her, in the rows of a database."""

VISITS = Table(
    "visits",
    MetaData(),
    Column("customer_id", BigInteger, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("driver_id", BigInteger),
    Column("tag_key", Text),
    Column("id_tag", Text, nullable=False),
)
"""A table of another part of the server, with rows that outlive drivers."""


@pytest.fixture
def visits(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    database.write_now(lambda connection: VISITS.create(connection))
    monkeypatch.setattr(personal_tables, "HOLDERS", (Holder(VISITS, {"tag_key": ERASED, "id_tag": ERASED}),))
    yield
    database.write_now(lambda connection: VISITS.drop(connection))


@pytest.fixture
def lived(database: Database, customer: int) -> int:
    """A customer at which Ursula came, married, and got another card."""
    put_facts(database, customer, FACTS)
    change(database, customer, at_minute(1), put(URSULA))
    change(database, customer, at_minute(2), put(MARRIED))
    return customer


def forget(database: Database, customer: int, driver_id: int = URSULA.id) -> None:
    database.write_now(revisions.make, customer, ChangeContext(at_minute(3), OFFICER, ERASURE), erase, driver_id)


def known(database: Database, customer: int, driver_id: int = URSULA.id) -> PersonalRecord:
    return database.read_now(known_about, customer, driver_id)


def traces(database: Database) -> list[str]:
    rows = [row for rows in database.read_now(everything).values() for row in rows]
    return [row for row in rows if any(word in row for word in WORDS)]


def test_nobody_known_by_that_number_can_neither_be_told_of_nor_erased(database: Database, lived: int) -> None:
    before = database.read_now(everything)
    with pytest.raises(UnknownDriver, match="99"):
        known(database, lived, 99)
    with pytest.raises(UnknownDriver, match="99"):
        forget(database, lived, 99)
    assert database.read_now(everything) == before


def test_another_customers_driver_is_not_known(database: Database, lived: int) -> None:
    other = add_customer(database, "Other")
    before = database.read_now(everything)
    with pytest.raises(UnknownDriver):
        known(database, other)
    with pytest.raises(UnknownDriver):
        forget(database, other)
    assert database.read_now(everything) == before


def test_what_is_known_is_the_driver_and_every_change_of_him(database: Database, lived: int) -> None:
    found = known(database, lived)
    assert found.driver == MARRIED
    assert [(each.revision, each.at, each.actor, each.before, each.after) for each in found.history] == [
        (2, at_minute(1), "test", None, URSULA),
        (3, at_minute(2), "test", URSULA, MARRIED),
    ]
    assert all(each.named for each in found.history)
    assert found.rows == {"authorisations": [], "sessions": [], "set_aside": [], "stopped_sessions": []}


def test_an_erased_driver_leaves_no_word_that_names_him(database: Database, lived: int) -> None:
    assert traces(database)
    forget(database, lived)
    assert traces(database) == []
    assert URSULA.id not in stored(database, lived).drivers


def test_others_keep_their_names_and_history(database: Database, lived: int) -> None:
    change(database, lived, at_minute(2), put(replace(ALICE, name="Alicia")))
    before = known(database, lived, ALICE.id)
    forget(database, lived)
    assert known(database, lived, ALICE.id) == before
    assert stored(database, lived).drivers[BOB.id] == BOB


def test_the_journal_keeps_who_erased_whom_when_and_the_rights_by_number(database: Database, lived: int) -> None:
    forget(database, lived)
    *_, married, erased = known(database, lived).history
    assert (erased.revision, erased.at, erased.actor, erased.operator_id, erased.action) == (
        4,
        at_minute(3),
        "key 5",
        1,
        ERASURE,
    )
    assert (erased.before, erased.after, erased.named) == (pseudonymous(MARRIED), None, False)
    assert (married.before, married.after) == (pseudonymous(URSULA), pseudonymous(MARRIED))
    assert erased.before.rights == URSULA.rights


def test_erasing_again_changes_nothing(database: Database, lived: int) -> None:
    forget(database, lived)
    before = database.read_now(everything)
    forget(database, lived)
    assert database.read_now(everything) == before
    assert revision_of(database, lived) == 4


async def test_a_driver_who_was_removed_before_can_be_erased_and_images_follow(database: Database, lived: int) -> None:
    images = NetworkReplicas(database, lambda: NOW)
    change(database, lived, at_minute(3), drop(MARRIED))
    image = await images.fresh(lived, 4)
    forget(database, lived)
    assert traces(database) == []
    assert known(database, lived).history[-1].action == ERASURE
    followed = await images.fresh(lived, 5)
    assert followed is image  # it applied the entry, and was not loaded again
    assert (followed.revision, followed.network) == (5, stored(database, lived))
    forget(database, lived)
    assert revision_of(database, lived) == 5
    await database.close()


async def test_images_follow_an_erasure(database: Database, lived: int) -> None:
    images = NetworkReplicas(database, lambda: NOW)
    image = await images.fresh(lived, 3)
    forget(database, lived)
    followed = await images.fresh(lived, 4)
    assert followed is image
    assert followed.network == stored(database, lived)
    await database.close()


def test_a_driver_from_a_bulk_load_can_be_erased_though_no_entry_tells_of_him(
    database: Database, customer: int
) -> None:
    store_facts(database, customer, Facts([replace(DEPOT, parent_id=None)], (), (), [URSULA]))
    assert known(database, customer).history == []
    forget(database, customer)
    assert traces(database) == []
    assert [each.action for each in known(database, customer).history] == [ERASURE]


def test_an_erased_drivers_number_names_nobody_when_it_is_given_again(database: Database, lived: int) -> None:
    forget(database, lived)
    change(database, lived, at_minute(4), put(replace(BOB, id=URSULA.id, tags=(), rights=())))
    assert [each.named for each in known(database, lived).history] == [False, False, False, True]


def visit(connection: Connection, customer: int, id_: int, driver_id: int | None, tag: str) -> None:
    row = {"customer_id": customer, "id": id_, "driver_id": driver_id, "tag_key": tag.upper(), "id_tag": tag}
    connection.execute(insert(VISITS), [row])


def test_rows_that_outlive_him_are_told_of_and_blanked_those_by_his_former_tags_too(
    database: Database, lived: int, visits: None
) -> None:
    other = add_customer(database, "Other")

    def fill(connection: Connection) -> None:
        visit(connection, lived, 1, URSULA.id, "04married")
        visit(connection, lived, 2, None, "04ursula")
        visit(connection, lived, 3, BOB.id, "04URSULA")  # was Bob's for a while
        visit(connection, lived, 4, None, "STRANGER")
        visit(connection, other, 5, URSULA.id, "04URSULA")
        visit(connection, lived, 6, None, NO_TAG + "04URSULA")  # sent as a number

    database.write_now(fill)
    assert [row["id"] for row in known(database, lived).rows["visits"]] == [1, 2, 6]
    forget(database, lived)
    rows = database.read_now(lambda connection: connection.execute(select(VISITS).order_by(VISITS.c.id)).all())
    assert [(row.id, row.driver_id, row.tag_key, row.id_tag) for row in rows] == [
        (1, URSULA.id, ERASED, ERASED),
        (2, None, ERASED, ERASED),
        (3, BOB.id, "04URSULA", "04URSULA"),
        (4, None, "STRANGER", "STRANGER"),
        (5, URSULA.id, "04URSULA", "04URSULA"),
        (6, None, ERASED, ERASED),
    ]
    assert [row["id"] for row in known(database, lived).rows["visits"]] == [1]


def test_tags_that_were_shown_are_used_whoever_showed_them(database: Database, lived: int, visits: None) -> None:
    assert database.read_now(used_tags, lived) == frozenset()
    for id_, tag in enumerate(("04married", "04MARRIED", "stranger")):
        database.write_now(visit, lived, id_, None, tag)
    database.write_now(visit, add_customer(database, "Other"), 9, None, "THEIRS")
    assert database.read_now(used_tags, lived) == {"04MARRIED", "STRANGER"}


def test_decisions_and_sessions_of_an_erased_driver_name_him_no_more(database: Database, lived: int) -> None:
    asked = Authorization(
        NOW, "DEP-1", None, 1, "04ursula", "04URSULA", "Authorize", "Accepted", "rightStands", URSULA.id, *[None] * 3
    )
    says = {"id_tag": "04ursula", "tag_key": "04URSULA", "driver_id": URSULA.id, "stop_id_tag": "04ursula"}
    says |= {"started_at": NOW, "stopped_at": NOW}
    session = SessionNotice("DEP-1", NOW, "1", "1", None, says)
    database.write_now(charger_batches.write, lived, "node", Batch(1, NOW, messages=(asked, session)))
    assert {name: len(rows) for name, rows in known(database, lived).rows.items()} == {
        "authorisations": 1,
        "sessions": 1,
        "set_aside": 0,
        "stopped_sessions": 0,
    }
    forget(database, lived)
    ((_, decision),) = database.read_now(authorizations.find, lived, authorizations.AuthorizationFilter(), 9)
    (kept,) = database.read_now(sessions.find, lived, sessions.SessionFilter(), 9)
    assert (decision.id_tag, decision.tag_key) == (ERASED, ERASED)
    assert (kept.id_tag, kept.stop_id_tag) == (ERASED, None)


def test_messages_set_aside_that_name_an_erased_driver_are_removed(database: Database, lived: int) -> None:
    def put(number: int, message: Message) -> None:
        database.write_now(charger_batches.put_aside, lived, "node", Batch(number, NOW, messages=(message,)), "refused")

    decided = Authorization(NOW, "DEP-1", None, 1, "04ursula", "04URSULA", "Authorize", "Accepted", "x", *[None] * 4)
    put(1, SessionNotice("DEP-1", NOW, "1", "1", None, {"id_tag": "04ursula"}))
    put(2, SessionNotice("DEP-1", NOW, "2", "2", None, {"stop_id_tag": "04URSULA"}))
    put(3, SessionNotice("DEP-1", NOW, "3", "3", None, {"driver_id": URSULA.id}))
    put(4, decided)
    put(5, Unreadable("id_tag='04ursula'"))
    put(6, SessionNotice("DEP-1", NOW, "6", "6", None, {"id_tag": "BOB"}))
    assert len(known(database, lived).rows["set_aside"]) == 5
    forget(database, lived)
    assert known(database, lived).rows["set_aside"] == []
    (left,) = database.read_now(set_aside.find, lived)
    assert left.message["notice"]["says"] == {"id_tag": "BOB"}


def test_whose_session_he_stopped_is_told_by_the_stop_alone_and_his_tag_is_forgotten_there(
    database: Database, lived: int
) -> None:
    def stopped(number: str, tag: str) -> SessionNotice:
        says = {"id_tag": "BOB", "tag_key": "BOB", "driver_id": BOB.id, "started_at": NOW, "stopped_at": NOW}
        says["stop_id_tag"] = tag
        return SessionNotice("DEP-1", NOW, number, number, None, says)

    notices = stopped("1", "04ursula"), stopped("2", "BOB"), stopped("3", "bob"), stopped("4", "STRANGER")
    database.write_now(charger_batches.write, lived, "node", Batch(1, NOW, messages=tuple(notices)))
    (stop,) = known(database, lived).rows["stopped_sessions"]
    assert (stop["charger_id"], stop["stopped_at"], stop["stop_id_tag"]) == ("DEP-1", NOW, "04ursula")
    assert not {"id_tag", "driver_id"} & stop.keys()
    forget(database, lived)
    kept = database.read_now(sessions.find, lived, sessions.SessionFilter(), 9)
    assert [(each.id_tag, each.stop_id_tag) for each in kept] == [
        ("BOB", tag) for tag in ("STRANGER", "bob", "BOB", None)
    ]
    assert known(database, lived).rows["stopped_sessions"] == []


def test_every_table_that_names_tags_or_drivers_is_known_here() -> None:
    """A new table with such a column belongs to `HOLDERS`."""
    facts = {"drivers", "driver_external_ids", "tags", "rights", "journal_personal"}
    naming = {
        table.name
        for table in schema.metadata.sorted_tables
        if {"driver_id", "tag_key", "id_tag"} & {*table.columns.keys()}
    }
    assert naming - facts <= {holder.table.name for holder in personal_tables.HOLDERS}
