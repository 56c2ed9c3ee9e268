"""What chargers report of themselves: versions apart from revisions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chargerights.replica.images import NetworkReplicas
from chargerights.rights.live import ChargerConfiguration, LiveCharger, LiveConnector, Reported
from chargerights.storage import networks
from chargerights.storage.charging import live
from chargerights.storage.database import Database
from chargerights.storage.journal import UnknownCustomer
from tests.storage.writing import put_facts, revision_of
from tests.support.world import DEP_1, FACTS, GF_1, NOW

AT = datetime(2026, 6, 3, 9, 0, 0, 123457, tzinfo=UTC)
TEXT = "Zoë “1” 駐車場"
CONFIGURATIONS = (ChargerConfiguration("K", TEXT, True), ChargerConfiguration("L", "", False))
FULL = LiveCharger(
    DEP_1.charger_id, True, AT, TEXT, "Available",
    (LiveConnector(1, "Charging", AT), LiveConnector(2, "Error", NOW)),
    Reported(TEXT, "M", "SN", "1.2", "89", "20", "MT", "MSN", CONFIGURATIONS),
)  # fmt: skip
BARE = LiveCharger(GF_1.charger_id, False)


@pytest.fixture
def cast(database: Database, customer: int) -> int:
    put_facts(database, customer, FACTS)
    return customer


def test_a_state_of_a_charger_that_there_is_not_is_left_out_and_the_others_are_written(
    database: Database, cast: int
) -> None:
    database.write_now(live.record, cast, [BARE, LiveCharger("404", True)], NOW)
    assert database.read_now(live.since, cast, -1) == (1, [BARE])


def test_a_customer_that_there_is_not_has_no_states(database: Database, cast: int) -> None:
    with pytest.raises(UnknownCustomer):
        database.write_now(live.record, cast + 1, [BARE], NOW)
    assert database.read_now(live.since, cast + 1, -1) == (0, [])


def test_states_are_read_as_they_were_written(database: Database, cast: int) -> None:
    assert database.write_now(live.record, cast, [FULL, BARE], NOW) == 1
    version, found = database.read_now(live.since, cast, 0)
    assert version == 1
    assert {each.charger_id: each for each in found} == {FULL.charger_id: FULL, BARE.charger_id: BARE}


def test_only_what_changed_since_is_read(database: Database, cast: int) -> None:
    database.write_now(live.record, cast, [FULL], NOW)
    assert database.write_now(live.record, cast, [BARE], NOW) == 2
    assert database.read_now(live.since, cast, 1) == (2, [BARE])
    assert database.read_now(live.since, cast, 2) == (2, [])


def test_a_state_replaces_the_one_before_whole(database: Database, cast: int) -> None:
    database.write_now(live.record, cast, [FULL], NOW)
    empty = LiveCharger(FULL.charger_id, False)
    database.write_now(live.record, cast, [empty], NOW)
    assert database.read_now(live.since, cast, -1) == (2, [empty])


def test_live_state_takes_no_revision_and_changes_no_right(database: Database, cast: int) -> None:
    before = revision_of(database, cast)
    database.write_now(live.record, cast, [FULL], NOW)
    assert revision_of(database, cast) == before
    found = database.read_now(networks.load, cast)
    assert (found.live_version, found.live) == (1, {FULL.charger_id: FULL})


async def test_an_image_follows_live_versions(database: Database, cast: int) -> None:
    images = NetworkReplicas(database, lambda: NOW)
    revision = revision_of(database, cast)
    image = await images.fresh(cast, revision, 0)
    assert image.live == {}
    database.write_now(live.record, cast, [FULL], NOW)
    assert (await images.fresh(cast, revision, 0)).live == {}
    assert (await images.fresh(cast, revision, 1)).live == {FULL.charger_id: FULL}
    held = await images.fresh(cast, revision, 1)
    token = held.pin()
    database.write_now(live.record, cast, [BARE], NOW)
    newer = await images.fresh(cast, revision, 2)
    assert (newer.live_version, newer.live) == (2, {FULL.charger_id: FULL, BARE.charger_id: BARE})
    assert (held.live_version, held.live) == (1, {FULL.charger_id: FULL})
    del token
    await database.close()
