"""What has taken chargers out of use, as it is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from chargerights.storage import schema
from chargerights.storage.charging import availability
from chargerights.storage.charging.availability import IN_USE, WHOLE, OutOfUse
from chargerights.storage.database import Database
from tests.storage.writing import put_facts
from tests.support.world import FACTS


@pytest.fixture
def cast(database: Database, customer: int) -> int:
    put_facts(database, customer, FACTS)
    return customer


def kept(database: Database, customer: int, charger_id: str = "DEP-1") -> OutOfUse:
    return database.read_now(availability.get, customer, charger_id)


def test_of_a_charger_that_there_is_not_nothing_is_kept(database: Database, cast: int) -> None:
    database.write_now(availability.by_block, cast, "NOPE-1", True)
    database.write_now(availability.by_operator, cast + 1, "DEP-1", 1, True)
    assert database.read_now(lambda connection: connection.execute(select(schema.out_of_use)).all()) == []


def test_of_a_charger_in_use_nothing_is_kept(database: Database, cast: int) -> None:
    for is_out in (True, False):
        database.write_now(availability.by_block, cast, "DEP-1", is_out)
        database.write_now(availability.by_operator, cast, "DEP-1", 2, is_out)
        assert kept(database, cast) == (OutOfUse(True, frozenset({2})) if is_out else IN_USE)
    assert database.read_now(lambda connection: connection.execute(select(schema.out_of_use)).all()) == []


def test_a_block_and_an_operator_take_out_apart_from_each_other(database: Database, cast: int) -> None:
    database.write_now(availability.by_operator, cast, "DEP-1", WHOLE, True)
    database.write_now(availability.by_block, cast, "DEP-1", True)
    database.write_now(availability.by_block, cast, "DEP-1", False)
    assert kept(database, cast) == OutOfUse(False, frozenset({WHOLE}))
    assert kept(database, cast, "GF-1") == IN_USE


def test_one_socket_is_put_back_alone_and_the_whole_brings_every_one_back(database: Database, cast: int) -> None:
    for socket in (1, 2, 3):
        database.write_now(availability.by_operator, cast, "DEP-1", socket, True)
    database.write_now(availability.by_operator, cast, "DEP-1", 2, False)
    assert kept(database, cast).by_operator == {1, 3}
    database.write_now(availability.by_operator, cast, "DEP-1", WHOLE, False)
    assert kept(database, cast) == IN_USE
