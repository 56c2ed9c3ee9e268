"""The changes that doors make, and what each refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, Table, update
from sqlalchemy.exc import IntegrityError

from chargerights.rights.errors import (
    IdTaken,
    InvalidWindow,
    UnknownAccessGroup,
    UnknownCharger,
    UnknownDriver,
    UnknownSite,
)
from chargerights.rights.identifiers import INT64_MAX
from chargerights.rights.model import Charger, Connector, Driver, Hours, Place, PlaceKind, Right, Site
from chargerights.storage import revisions, schema
from chargerights.storage.changes import chargers as charger_changes
from chargerights.storage.changes import rights, sites
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor, UnknownCustomer
from chargerights.storage.revisions import LARGEST_FOLLOWED, revise
from chargerights.storage.rows import chargers
from tests.storage.writing import OCCASION, add_customer, everything, put, put_facts, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.servers import opened
from tests.support.world import (
    ALICE,
    CAROL,
    COMPANY,
    DAN,
    DEP_1,
    DEPOT,
    FACTS,
    GF_1,
    NOW,
    OFFICE,
    TOMORROW,
    VISITORS,
    YESTERDAY,
    place,
)

DEPOT_ALONE = replace(DEPOT, parent_id=None)
A_CHARGER = Charger(0, "NEW-1", DEPOT.id, "New", connectors=(Connector(1, "left"),))


def add_site(database: Database, customer: int, name: str = "New") -> int:
    return database.write_now(revisions.make, customer, OCCASION, sites.add, name).id


def add_charger(database: Database, customer: int, charger: Charger) -> None:
    database.write_now(revisions.make, customer, OCCASION, charger_changes.add, charger)


def grant(database: Database, customer: int, driver_id: int, where: Place, **when: Any) -> Right:
    return database.write_now(
        revisions.make, customer, OCCASION, rights.grant, driver_id, where, rights.Terms(**when)
    ).right


def revoke(database: Database, customer: int, driver_id: int, where: Place) -> int:
    return database.write_now(revisions.make, customer, OCCASION, rights.revoke, driver_id, where)


@pytest.fixture
def cast(database: Database, customer: int) -> int:
    """The customer, with the cast's network."""
    put_facts(database, customer, FACTS, reserve=1000)
    return customer


@pytest.mark.parametrize(
    ("where", "error", "text"),
    [
        (Place(PlaceKind.SITE, 404), UnknownSite, "no site 404"),
        (Place(PlaceKind.SITE, INT64_MAX), UnknownSite, f"no site {INT64_MAX}"),
        (Place(PlaceKind.CHARGER, "404"), UnknownCharger, "no charger 404"),
        (Place(PlaceKind.CHARGER, "dep-1"), UnknownCharger, "no charger dep-1"),
        (Place(PlaceKind.ACCESS_GROUP, 404), UnknownAccessGroup, "no access group 404"),
    ],
)
def test_a_grant_on_a_place_that_there_is_not_is_refused_in_words(
    database: Database, cast: int, where: Place, error: type[Exception], text: str
) -> None:
    before = database.read_now(everything)
    with pytest.raises(error, match=f"^{text}$"):
        grant(database, cast, DAN.id, where)
    assert database.read_now(everything) == before


def test_a_grant_on_another_customers_places_is_refused_as_if_there_were_none(database: Database, cast: int) -> None:
    other = add_customer(database, "Other")
    put_facts(database, other, Facts(drivers=[Driver(1, "Mallory")]))
    before = database.read_now(everything)
    for what, error in ((DEPOT, UnknownSite), (DEP_1, UnknownCharger), (VISITORS, UnknownAccessGroup)):
        with pytest.raises(error):
            grant(database, other, 1, place(what))
    assert database.read_now(everything) == before


@pytest.mark.parametrize("change", [grant, revoke])
def test_a_driver_that_there_is_not_is_refused(database: Database, cast: int, change: Any) -> None:
    before = database.read_now(everything)
    with pytest.raises(UnknownDriver, match=r"^no driver 404$"):
        change(database, cast, 404, place(DEPOT))
    assert database.read_now(everything) == before


def test_a_customer_that_there_is_not_is_refused(database: Database, cast: int) -> None:
    before = database.read_now(everything)
    for change, arguments in (
        (add_site, ("New",)),
        (add_charger, (A_CHARGER,)),
        (grant, (ALICE.id, place(DEPOT))),
        (revoke, (ALICE.id, place(DEPOT))),
    ):
        with pytest.raises(UnknownCustomer):
            change(database, cast + 1, *arguments)  # type: ignore[operator]
    assert database.read_now(everything) == before


def test_a_grant_of_a_window_that_is_none_is_refused(database: Database, cast: int) -> None:
    before = database.read_now(everything)
    for start, end in ((NOW, NOW), (TOMORROW, NOW), (NOW.astimezone(timezone(timedelta(hours=1))), None)):
        with pytest.raises(InvalidWindow):
            grant(database, cast, DAN.id, place(DEPOT), valid_from=start, valid_until=end)
    assert database.read_now(everything) == before


def test_a_charger_on_a_site_that_there_is_not_is_refused(database: Database, cast: int) -> None:
    before = database.read_now(everything)
    with pytest.raises(UnknownSite, match=r"^no site 404$"):
        add_charger(database, cast, replace(A_CHARGER, site_id=404))
    assert database.read_now(everything) == before


@pytest.mark.parametrize("until", [YESTERDAY, NOW], ids=["yesterday", "now"])
def test_a_block_that_has_ended_already_is_refused(database: Database, cast: int, until: datetime) -> None:
    before = database.read_now(everything)
    with pytest.raises(InvalidWindow, match=r"^it has passed: a block ends after now, which is 2026-06-03T09:00:00"):
        block(database, cast, "DEP-1", until)
    assert database.read_now(everything) == before


def test_another_customers_charger_is_not_blocked_and_not_unblocked(database: Database, cast: int) -> None:
    other = add_customer(database, "Other")
    put_facts(database, other, Facts([Site(1, "Theirs")]))
    block(database, cast, "DEP-1", TOMORROW)
    before = database.read_now(everything)
    with pytest.raises(UnknownCharger, match=r"^no charger DEP-1$"):
        block(database, other, "DEP-1", TOMORROW)
    with pytest.raises(UnknownCharger, match=r"^no charger DEP-1$"):
        database.write_now(revisions.make, other, OCCASION, charger_changes.unblock, "DEP-1")
    assert database.read_now(everything) == before


def test_a_block_is_a_fact_of_one_charger_until_it_is_taken_off(database: Database, cast: int) -> None:
    block(database, cast, "DEP-1", TOMORROW)
    blocked = stored(database, cast).chargers
    assert blocked["DEP-1"] == replace(DEP_1, blocked_until=TOMORROW)
    assert {each.blocked_until for each in blocked.values() if each.charger_id != "DEP-1"} == {None}
    revision = revision_of(database, cast)
    block(database, cast, "DEP-1", TOMORROW)  # which it is already
    assert revision_of(database, cast) == revision
    for _ in range(2):  # the second finds nothing to do
        database.write_now(revisions.make, cast, OCCASION, charger_changes.unblock, "DEP-1")
    assert revision_of(database, cast) == revision + 1
    assert stored(database, cast).chargers["DEP-1"] == DEP_1


def block(database: Database, customer: int, charger_id: str, until: datetime) -> None:
    database.write_now(revisions.make, customer, OCCASION, charger_changes.block, charger_id, until)


def test_a_charger_id_that_any_customer_has_is_refused(database: Database, cast: int) -> None:
    other = add_customer(database, "Other")
    put_facts(database, other, Facts([Site(DEPOT.id, "Theirs")]))
    before = database.read_now(everything)
    for whose in (cast, other):
        with pytest.raises(IdTaken, match=r"^charger id DEP-1 is taken"):
            add_charger(database, whose, replace(A_CHARGER, charger_id=DEP_1.charger_id))
    assert database.read_now(everything) == before


@pytest.mark.parametrize("write", [put, lambda connection, customer, it: chargers.add(connection, customer, [it])])
def test_a_charger_id_that_another_took_since_it_was_looked_for_is_refused(
    database: Database, customer: int, write: Any
) -> None:
    """Two writers of different customers both see that the id is free; nothing but the table keeps them apart."""
    other = add_customer(database, "Other")
    for each in (customer, other):
        put_facts(database, each, Facts([DEPOT_ALONE]))
    add_charger(database, customer, A_CHARGER)
    with pytest.raises(IdTaken, match="NEW-1"):
        database.write_now(write, other, replace(A_CHARGER, id=1))
    assert database.read_now(chargers.owner, A_CHARGER.charger_id) == customer
    assert A_CHARGER.charger_id not in stored(database, other).chargers
    assert revision_of(database, other) == 1


def test_a_new_site_stands_at_the_top_with_the_name_given(database: Database, cast: int) -> None:
    site_id = add_site(database, cast, "Ünïcødé 🚗")
    assert stored(database, cast).sites[site_id] == Site(site_id, "Ünïcødé 🚗")
    assert stored(database, cast).subsites(None) == tuple(sorted((COMPANY.id, OFFICE.id, site_id)))


def test_ids_that_are_assigned_are_never_those_that_a_file_brought(database: Database, customer: int) -> None:
    """Also without `reserve`, which a load calls: an assigned id skips what is there."""
    put_facts(database, customer, Facts([Site(i, f"S{i}") for i in (1, 2, 3, 5, INT64_MAX)]))
    assigned = [add_site(database, customer) for _ in range(4)]
    assert assigned == [4, 6, 7, 8]


@pytest.mark.parametrize("brought", [7, LARGEST_FOLLOWED - 2])
def test_ids_are_assigned_above_those_that_a_load_reserved(database: Database, customer: int, brought: int) -> None:
    def load(connection: Connection) -> None:
        with revise(connection, customer, at=NOW, actor=Actor("test"), action="test") as revision:
            revision.reserve(brought)
            assert revision.next_id() == brought + 1

    database.write_now(load)
    assert add_site(database, customer) == brought + 2


@pytest.mark.parametrize("brought", [LARGEST_FOLLOWED, INT64_MAX])
def test_huge_ids_of_a_file_do_not_push_the_assigned_ones(database: Database, customer: int, brought: int) -> None:
    def load(connection: Connection) -> None:
        with revise(connection, customer, at=NOW, actor=Actor("test"), action="test") as revision:
            revision.put(Site(brought, "Huge"))
            revision.reserve(brought)

    database.write_now(load)
    assert add_site(database, customer) == 2
    assert set(stored(database, customer).sites) == {2, brought}


def test_reserving_less_than_was_assigned_takes_nothing_back(database: Database, customer: int) -> None:
    first = add_site(database, customer)

    def load(connection: Connection) -> None:
        with revise(connection, customer, at=NOW, actor=Actor("test"), action="test") as revision:
            revision.reserve(0)
            revision.reserve(first - 1)

    database.write_now(load)
    assert add_site(database, customer) == first + 1


def test_a_refused_change_uses_up_no_id(database: Database, cast: int) -> None:
    first = add_site(database, cast)
    with pytest.raises(UnknownSite):
        grant(database, cast, DAN.id, Place(PlaceKind.SITE, 404))
    assert add_site(database, cast) == first + 1


def test_a_new_charger_has_all_its_members_and_a_number_of_its_own(database: Database, cast: int) -> None:
    add_site(database, cast)
    add_charger(database, cast, A_CHARGER)
    add_charger(database, cast, replace(A_CHARGER, charger_id="NEW-2"))
    found = stored(database, cast).chargers
    first, second = found["NEW-1"], found["NEW-2"]
    assert first == replace(A_CHARGER, id=first.id, created_at=NOW, updated_at=NOW)
    assert second == replace(first, charger_id="NEW-2", id=second.id)
    assert len({charger.id for charger in found.values()}) == len(found)


@pytest.mark.parametrize("what", [DEPOT, DEP_1, VISITORS])
def test_a_granted_right_is_the_drivers_until_it_is_revoked(database: Database, cast: int, what: Any) -> None:
    granted = grant(database, cast, DAN.id, place(what))
    assert stored(database, cast).drivers[DAN.id] == replace(DAN, rights=(granted,))
    assert revoke(database, cast, DAN.id, place(what)) == 1
    assert stored(database, cast).drivers[DAN.id] == DAN


def test_a_right_keeps_its_window_and_hours(database: Database, cast: int) -> None:
    until = datetime(2030, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    hours = (Hours(1, 480, 1020), Hours(5, 1320, 120))
    granted = grant(database, cast, DAN.id, place(GF_1), valid_from=NOW, valid_until=until, hours=hours)
    assert granted == Right(granted.id, place(GF_1), NOW, until, hours)
    assert stored(database, cast).drivers[DAN.id].rights == (granted,)


def test_a_right_that_is_held_already_in_the_same_words_is_not_given_twice(database: Database, cast: int) -> None:
    first = grant(database, cast, DAN.id, place(DEPOT), valid_until=TOMORROW)
    again = grant(database, cast, DAN.id, place(DEPOT), valid_until=TOMORROW)
    other = grant(database, cast, DAN.id, place(DEPOT))
    assert again == first
    assert other != first
    assert stored(database, cast).drivers[DAN.id].rights == (first, other)


def test_revoking_takes_every_right_on_that_very_place_and_no_other(database: Database, cast: int) -> None:
    for what in (COMPANY, DEP_1, VISITORS):
        grant(database, cast, CAROL.id, place(what))
    grant(database, cast, CAROL.id, place(DEPOT))
    assert revoke(database, cast, CAROL.id, place(DEPOT)) == 2
    kept = stored(database, cast).drivers[CAROL.id].rights
    assert [right.place for right in kept] == [place(COMPANY), place(DEP_1), place(VISITORS)]
    assert stored(database, cast).drivers[ALICE.id] == ALICE


def test_revoking_what_is_not_held_takes_nothing(database: Database, cast: int) -> None:
    before = stored(database, cast)
    assert revoke(database, cast, DAN.id, place(DEPOT)) == 0
    assert revoke(database, cast, DAN.id, Place(PlaceKind.SITE, 404)) == 0
    assert stored(database, cast) == before


def test_each_change_is_one_revision(database: Database, cast: int) -> None:
    before = revision_of(database, cast)
    add_site(database, cast)
    add_charger(database, cast, A_CHARGER)
    grant(database, cast, DAN.id, place(DEPOT))
    revoke(database, cast, DAN.id, place(DEPOT))
    assert revision_of(database, cast) == before + 4


def test_grants_at_the_same_time_are_all_kept(database: Database, database_url: str, cast: int) -> None:
    """Each reads the driver, adds a right and writes the whole driver; the customer's lock keeps them apart."""
    sites = [add_site(database, cast) for _ in range(12)]

    def some(start: int) -> None:
        with opened(database_url) as mine:
            for site_id in sites[start::3]:
                grant(mine, cast, DAN.id, Place(PlaceKind.SITE, site_id))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(some, range(3)))
    rights = stored(database, cast).drivers[DAN.id].rights
    assert sorted(right.place.id for right in rights) == sites  # type: ignore[type-var]
    assert len({right.id for right in rights}) == len(sites)


def test_sites_added_at_the_same_time_have_ids_of_their_own(database: Database, database_url: str, cast: int) -> None:
    def some(_: int) -> list[int]:
        with opened(database_url) as mine:
            return [add_site(mine, cast) for _ in range(8)]

    with ThreadPoolExecutor(3) as pool:
        added = [site_id for each in pool.map(some, range(3)) for site_id in each]
    assert len(set(added)) == 24
    assert set(stored(database, cast).sites) == {site.id for site in FACTS.sites} | set(added)


def test_a_load_after_assigned_ids_and_assigned_ids_after_a_load_meet_nowhere(database: Database, cast: int) -> None:
    store_facts(database, cast, Facts([Site(1000, "Loaded")]))
    database.write_now(put, cast, Site(1001, "Put"))
    assert add_site(database, cast) not in {site.id for site in FACTS.sites} | {1000, 1001}


@pytest.mark.parametrize(("table", "column"), [(schema.tags, "blocked"), (schema.drivers, "enabled")])
def test_a_row_does_not_leave_open_whether_it_is_good(database: Database, cast: int, table: Table, column: str) -> None:
    """citrineos-core #877: a tag's row without a status was accepted."""

    def forget(connection: Connection) -> None:
        connection.execute(update(table).where(table.c.customer_id == cast).values({column: None}))

    with pytest.raises(IntegrityError):
        database.write_now(forget)
