"""A dumped network is loaded as the same network, and a loaded file dumped as the same file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chargerights.files.network_file import dump
from chargerights.files.network_file.write import LINES_PER_CHUNK
from chargerights.rights.model import Driver
from chargerights.rights.network import Network
from tests.files.network_file.loading import dumped, network_of
from tests.files.network_file.strategies import network_files
from tests.rights.strategies import facts
from tests.support.oracle import Facts
from tests.support.world import network


def unnumbered(driver: Driver) -> Driver:
    """The driver without what a file does not carry: the numbers of tags and rights, and when they changed."""
    return replace(
        driver,
        tags=tuple(replace(tag, id=0, updated_at=None) for tag in driver.tags),
        rights=tuple(replace(right, id=0) for right in driver.rights),
    )


def same(of: Network) -> tuple[object, ...]:
    return (
        of.sites,
        {charger_id: replace(charger, id=0) for charger_id, charger in of.chargers.items()},
        of.access_groups,
        {driver_id: unnumbered(driver) for driver_id, driver in of.drivers.items()},
    )


@given(network_files())
def test_a_file_in_normal_form_is_dumped_as_it_was_loaded(file: dict[str, Any]) -> None:
    assert dumped(network_of(file)) == file


@given(network_files())
def test_a_dumped_network_is_loaded_as_the_same_network(file: dict[str, Any]) -> None:
    before = network_of(file)
    assert same(network_of(b"".join(dump(before)))) == same(before)


@given(facts())
def test_a_network_that_did_not_come_from_a_file_comes_back_from_one(facts: Facts) -> None:
    before = network(facts)
    assert same(network_of(b"".join(dump(before)))) == same(before)


@given(facts(), st.randoms(use_true_random=False))
def test_the_dump_does_not_depend_on_the_order_in_which_facts_were_added(facts: Facts, order: Any) -> None:
    shuffled = Facts(*(order.sample([*each], len(each)) for each in facts))
    assert b"".join(dump(network(shuffled))) == b"".join(dump(network(facts)))


def test_the_cast_comes_back_from_a_file() -> None:
    before = network()
    assert same(network_of(b"".join(dump(before)))) == same(before)


def test_a_dump_comes_in_pieces_that_end_with_lines() -> None:
    drivers = [{"id": each, "name": "A"} for each in range(1, 2 * LINES_PER_CHUNK + 2)]
    pieces = [*dump(network_of({"drivers": drivers}))]
    assert [piece.count(b'"id"') for piece in pieces] == [LINES_PER_CHUNK, LINES_PER_CHUNK, 1, 0]
    assert b"".join(pieces).splitlines()[2] == b'{"id":1,"name":"A"},'
