"""What is put is what is loaded, in every member, on both databases."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection

from chargerights.rights.identifiers import INT64_MAX, INT64_MIN, MAX_CHARGER_ID_LENGTH
from chargerights.rights.model import (
    AccessGroup,
    Charger,
    Connector,
    Driver,
    ExternalId,
    Hours,
    Location,
    Place,
    PlaceKind,
    ReferenceType,
    Right,
    Site,
    SiteType,
    Tag,
)
from chargerights.storage import journal, revisions
from chargerights.storage.changes.access_groups import GroupAndDrivers
from chargerights.storage.database import Database
from chargerights.storage.entity_types import Entity, key_of, version_of
from chargerights.storage.rows import chargers, drivers, sites
from tests.storage.writing import entities_of, put, put_facts, store_facts, stored
from tests.support.oracle import Facts
from tests.support.world import COMPANY, DEP_1, DEPOT, FACTS, NOW, VISITORS, network

BEGIN, END = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
ODD = datetime(2026, 10, 25, 0, 59, 59, 123457, tzinfo=UTC)
TEXT = "Zoë's “garage” — 駐車場 🚗 \\ % _ ' \" ; null"

LOCATION = Location(-89.999999999999, 179.9999999999, "Straße", "12", "bis", "1000 AB", "Århus", TEXT, "NL")
ROOT = Site(
    INT64_MAX, TEXT, None, SiteType.OTHER, TEXT, TEXT, "Asia/Kathmandu", INT64_MIN, TEXT, TEXT, INT64_MAX, False,
    free_to_use=False,
)  # fmt: skip
BELOW = Site(1, "Below", ROOT.id, SiteType.CIRCUIT, location=LOCATION)
CONNECTORS = (
    Connector(1, TEXT, "IEC_62196_T2", "22 kW", "SOCKET", "AC_3_PHASE", 22_000, 400, 32, "RST", TEXT, 1, 2, 3),
    Connector(2),
)
FULL_CHARGER = Charger(
    INT64_MAX, "ÜÑÍ-☃", BELOW.id, TEXT, TEXT, "Model", "0007", "1.2.3", "FRA23E45B*78C", True, True, True,
    ("REMOTE_START", TEXT), TEXT, ("relay", "", TEXT), "8931", "2042", "MSN", "MT",
    (("b", "2"), ("a", ""), (TEXT, TEXT)), BEGIN, ODD, LOCATION, CONNECTORS, END, True,
)  # fmt: skip
BARE_CHARGER = Charger(1, "x" * MAX_CHARGER_ID_LENGTH, ROOT.id)
GROUP = AccessGroup(INT64_MAX, TEXT, frozenset({FULL_CHARGER.charger_id, BARE_CHARGER.charger_id}), ODD, END)
NO_CHARGERS = AccessGroup(1, "Empty")
FULL_DRIVER = Driver(
    INT64_MAX, TEXT, BELOW.id, TEXT, INT64_MIN, INT64_MAX, False,
    (
        ExternalId("z", TEXT, ReferenceType.OTHER, ODD),
        ExternalId("a", "1", ReferenceType.INTEGRATION, None),
        ExternalId("z", TEXT, ReferenceType.OTHER, BEGIN),
    ),
    (
        Tag(1, INT64_MAX, "Straße 1", BEGIN, END, TEXT, True, True, ODD),
        Tag(2, INT64_MAX, "04A2b3"),
        Tag(INT64_MAX, INT64_MAX, "ΟΔΟΣ", None, ODD, None, False, True, None),
    ),
    (
        Right(1, Place(PlaceKind.SITE, ROOT.id), BEGIN, END, (Hours(7, 1439, 1440), Hours(1, 0, 1440), Hours(2, 5, 4))),
        Right(2, Place(PlaceKind.CHARGER, FULL_CHARGER.charger_id), ODD, None),
        Right(3, Place(PlaceKind.ACCESS_GROUP, GROUP.id), None, ODD),
        Right(4, Place(PlaceKind.CHARGER, BARE_CHARGER.charger_id), hours=(Hours(3, 0, 1),)),
        Right(INT64_MAX, Place(PlaceKind.SITE, ROOT.id)),
    ),
)  # fmt: skip
BARE_DRIVER = Driver(1, "Bare")
EVERYTHING = Facts((ROOT, BELOW), (FULL_CHARGER, BARE_CHARGER), (GROUP, NO_CHARGERS), (FULL_DRIVER, BARE_DRIVER))


def test_the_full_entities_leave_no_member_out() -> None:
    for full in (ROOT, FULL_CHARGER, FULL_DRIVER, CONNECTORS[0], LOCATION, FULL_DRIVER.tags[0], FULL_DRIVER.rights[0]):
        defaults = [each.name for each in fields(full) if getattr(full, each.name) in (each.default, None)]
        assert defaults in ([], ["parent_id", "location"]), full


@pytest.mark.parametrize("write", [put_facts, store_facts])
def test_everything_that_is_put_is_loaded_the_same(database: Database, customer: int, write: Any) -> None:
    write(database, customer, EVERYTHING)
    assert stored(database, customer) == network(EVERYTHING)


@pytest.mark.parametrize("write", [put_facts, store_facts])
def test_the_cast_is_loaded_the_same(database: Database, customer: int, write: Any) -> None:
    write(database, customer, FACTS)
    assert stored(database, customer) == network(FACTS)


def test_values_keep_their_types(database: Database, customer: int) -> None:
    put_facts(database, customer, EVERYTHING)
    loaded = stored(database, customer)
    pairs = (
        (loaded.sites[ROOT.id], ROOT),
        (loaded.chargers[FULL_CHARGER.charger_id], FULL_CHARGER),
        (loaded.access_groups[GROUP.id], GROUP),
        (loaded.drivers[FULL_DRIVER.id], FULL_DRIVER),
    )
    for found, given in pairs:
        assert repr(found).replace("frozenset", "") == repr(given).replace("frozenset", "") or found == given
        assert hash(found) == hash(given)
    assert loaded.drivers[FULL_DRIVER.id].tags[0].starts_at == BEGIN
    assert loaded.drivers[FULL_DRIVER.id].tags[0].updated_at.tzinfo is UTC  # type: ignore[union-attr]
    assert type(loaded.sites[BELOW.id].type) is SiteType


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ROOT, Site(ROOT.id, "Renamed")),
        (FULL_CHARGER, Charger(3, FULL_CHARGER.charger_id, ROOT.id, connectors=(Connector(7), Connector(9)))),
        (BARE_CHARGER, replace(FULL_CHARGER, id=5, charger_id=BARE_CHARGER.charger_id)),
        (GROUP, AccessGroup(GROUP.id, "Renamed", frozenset({BARE_CHARGER.charger_id}))),
        (NO_CHARGERS, AccessGroup(1, TEXT, GROUP.charger_ids)),
        (FULL_DRIVER, Driver(FULL_DRIVER.id, "Renamed")),
        (
            BARE_DRIVER,
            Driver(1, TEXT, ROOT.id, tags=(Tag(9, 1, "NEW"),), rights=(Right(9, FULL_DRIVER.rights[0].place, ODD),)),
        ),
    ],
)
def test_a_replaced_entity_keeps_nothing_of_what_it_was(
    database: Database, customer: int, before: Entity, after: Entity
) -> None:
    put_facts(database, customer, EVERYTHING)
    database.write_now(put, customer, after)
    key = key_of
    kept = [
        after if type(each) is type(after) and key(each) == key(after) else each for each in entities_of(EVERYTHING)
    ]
    assert before not in kept
    kinds = (Site, Charger, AccessGroup, Driver)
    assert stored(database, customer) == network(
        Facts(*([each for each in kept if type(each) is kind] for kind in kinds))  # type: ignore[arg-type]
    )


def test_a_tag_may_move_from_one_driver_to_another_in_one_revision(database: Database, customer: int) -> None:
    tag = Tag(1, 1, "CARD")
    database.write_now(put, customer, Driver(1, "First", tags=(tag,)), Driver(2, "Second"))
    moved = (Driver(1, "First"), Driver(2, "Second", tags=(replace(tag, driver_id=2),)))
    database.write_now(put, customer, *moved)
    assert stored(database, customer) == network(Facts(drivers=moved))


def test_instants_of_other_zones_are_kept_as_the_instants_they_are(database: Database, customer: int) -> None:
    zones = [timezone(timedelta(hours=hours, minutes=45)) for hours in (-12, 0, 5, 13)]
    written = [ODD.astimezone(zone) for zone in zones]
    put_facts(
        database,
        customer,
        Facts(drivers=[Driver(1, "D", tags=tuple(Tag(i, 1, f"T{i}", updated_at=at) for i, at in enumerate(written)))]),
    )
    found = [tag.updated_at for tag in stored(database, customer).drivers[1].tags]
    assert found == [ODD] * 4
    assert [each and each.utcoffset() for each in found] == [timedelta(0)] * 4


def test_some_are_loaded_by_their_ids_and_unknown_ids_are_none(database: Database, customer: int) -> None:
    put_facts(database, customer, EVERYTHING)

    def some(connection: Connection) -> list[list[Entity]]:
        return [
            sites.load(connection, customer, [BELOW.id, 404]),
            chargers.load(connection, customer, [BARE_CHARGER.charger_id, "404"]),
            chargers.load_groups(connection, customer, [NO_CHARGERS.id, 404]),
            drivers.load(connection, customer, [FULL_DRIVER.id, 404]),
            sites.load(connection, customer, []),
            chargers.load(connection, customer, []),
            chargers.load_groups(connection, customer, []),
            drivers.load(connection, customer, []),
        ]

    expected: list[list[Entity]] = [[BELOW], [BARE_CHARGER], [NO_CHARGERS], [FULL_DRIVER], [], [], [], []]
    assert database.read_now(some) == expected


def test_more_drivers_than_a_page_come_in_order_and_each_once(
    database: Database, customer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "DRIVERS_PER_PAGE", 7)
    them = [Driver(i * 3, f"D{i}", tags=(Tag(i, i * 3, f"T{i}"),)) for i in range(1, 36)]
    store_facts(database, customer, Facts(drivers=them[::-1]))
    assert database.read_now(drivers.load, customer) == them


def test_charger_ids_are_compared_exactly(database: Database, customer: int) -> None:
    them = [Charger(i, charger_id, 1) for i, charger_id in enumerate(("A-1", "a-1", "A-1 x", "É", "É"))]
    put_facts(database, customer, Facts([Site(1, "S")], them))
    assert set(stored(database, customer).chargers) == {each.charger_id for each in them}
    assert database.read_now(chargers.taken, ["A-1", "a-1", "A-2", "É", "e"]) == {"A-1", "a-1", "É"}


def test_which_ids_are_taken_is_found_for_more_ids_than_one_query_asks(database: Database, customer: int) -> None:
    put_facts(database, customer, Facts([COMPANY, DEPOT], [DEP_1]))
    asked = [f"C-{i}" for i in range(3 * chargers.IDS_PER_QUERY)]
    assert database.read_now(chargers.taken, asked) == set()
    assert database.read_now(chargers.taken, [*asked, DEP_1.charger_id]) == {DEP_1.charger_id}


def test_what_is_removed_is_gone_with_all_that_belongs_to_it(database: Database, customer: int) -> None:
    put_facts(database, customer, EVERYTHING)

    def remove(connection: Connection) -> None:
        with revisions.revise(connection, customer, at=NOW, actor=journal.Actor("test"), action="test") as revision:
            for entity in reversed([*entities_of(EVERYTHING)]):
                if entity is not ROOT:
                    revision.remove(entity)

    database.write_now(remove)
    assert stored(database, customer) == network(Facts([ROOT]))
    assert database.read_now(chargers.owner, FULL_CHARGER.charger_id) is None


def test_a_charger_has_one_owner_of_all_customers(database: Database, customer: int) -> None:
    put_facts(database, customer, FACTS)
    assert database.read_now(chargers.owner, DEP_1.charger_id) == customer
    assert database.read_now(chargers.owner, DEP_1.charger_id.lower()) is None
    assert VISITORS.charger_ids <= database.read_now(chargers.taken, VISITORS.charger_ids)


def test_a_version_is_the_same_however_a_set_came_to_be() -> None:
    one, other = ([8, 16, 0], [0, 16, 8])
    assert [*frozenset(one)] != [*frozenset(other)]
    assert len({version_of(GroupAndDrivers.of(VISITORS, each)) for each in (one, other, [*one, 1], [])}) == 3
    assert version_of(GroupAndDrivers.of(VISITORS, [])) != version_of(
        GroupAndDrivers.of(replace(VISITORS, charger_ids=frozenset()), [])
    )
