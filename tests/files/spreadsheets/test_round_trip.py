"""Importing what was exported changes nothing, and into a customer without drivers it makes the same drivers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargerights.files.spreadsheets import drivers_file
from chargerights.files.spreadsheets.drivers_file import Mode
from chargerights.rights.identifiers import tag_key
from chargerights.rights.model import (
    AccessGroup,
    Charger,
    Driver,
    ExternalId,
    Place,
    PlaceKind,
    ReferenceType,
    Right,
    Site,
    Tag,
)
from chargerights.rights.network import Network
from tests.files.spreadsheets.sheets import essence, exported, planned, without_drivers
from tests.rights.strategies import facts, windows
from tests.rights.strategies import hours as some_hours
from tests.support.oracle import Facts
from tests.support.world import FACTS, network

pytestmark = pytest.mark.slow

nasty = st.one_of(
    st.text(" ;/[]\"'=+-@#.,:0019Aaß\u200d５é漢", min_size=1, max_size=8),
    st.sampled_from(["-", '"-"', "''=1+1", "'-", "5E+12", '"5E+3"', "#1", "1", "_x0041_", "2026-01-01", "1e5", "TRUE"]),
    st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=6),
).map(str.strip).filter(lambda text: text and text.isprintable())  # fmt: skip
instants = st.one_of(
    st.sampled_from(
        [
            datetime(2026, 3, 28, 22, tzinfo=UTC),  # midnight in Helsinki before clocks change
            datetime(2026, 3, 29, 21, tzinfo=UTC),
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
            datetime(9999, 12, 31, tzinfo=UTC),
            datetime(1880, 6, 1, 12, 30, 11, 5, tzinfo=UTC),
        ]
    ),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
ends = instants.filter(lambda each: each < datetime(9999, 12, 30, tzinfo=UTC))
"""What ends on the last of all days ends never, and comes back so."""
wide_windows = st.one_of(
    windows,
    st.tuples(instants, ends).filter(lambda two: two[0] < two[1]),
    ends.map(lambda each: (None, each)),
    instants.map(lambda each: (each, None)),
)
charger_names = nasty.filter(lambda text: "/" not in text and ":" not in text)
numbers = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))


@st.composite
def nasty_networks(draw: st.DrawFn) -> Network:
    """Few places with names that mean something else elsewhere, and drivers who hold rights on them."""
    zones = st.sampled_from([None, "Europe/Helsinki", "Africa/Cairo", "America/Havana", "Pacific/Apia"])
    site_ids = draw(st.lists(st.integers(1, 4), min_size=1, unique=True))
    names = draw(st.lists(nasty, min_size=1, max_size=3))
    sites = [
        Site(each, draw(st.sampled_from(names)), draw(st.sampled_from([None, *site_ids[:i]])),
             external_id=draw(st.one_of(st.none(), st.sampled_from(names), st.sampled_from("1234"))),
             timezone=draw(zones))
        for i, each in enumerate(site_ids)
    ]  # fmt: skip
    charger_ids = draw(st.lists(charger_names, max_size=3, unique=True))
    chargers = [
        Charger(i, each, draw(st.sampled_from(site_ids)), draw(st.one_of(st.none(), st.sampled_from(names))))
        for i, each in enumerate(charger_ids)
    ]
    groups = [AccessGroup(each, draw(st.sampled_from(names))) for each in draw(st.sets(st.integers(1, 3)))]
    places = [
        *(Place(PlaceKind.SITE, each) for each in site_ids),
        *(Place(PlaceKind.CHARGER, each) for each in charger_ids),
        *(Place(PlaceKind.ACCESS_GROUP, each.id) for each in groups),
    ]
    cards = draw(st.lists(nasty, max_size=5, unique_by=tag_key))
    driver_ids = draw(
        st.lists(st.one_of(st.integers(1, 5), st.integers(1, 2**63 - 1)), min_size=1, max_size=3, unique=True)
    )
    drivers = [draw(_drivers(each, site_ids, places, cards[i :: len(driver_ids)])) for i, each in enumerate(driver_ids)]
    return Network.build(sites, chargers, groups, drivers)


@st.composite
def _drivers(draw: st.DrawFn, number: int, site_ids: list[int], places: list[Place], cards: list[str]) -> Driver:
    references = st.builds(ExternalId, nasty, nasty, st.sampled_from(ReferenceType), st.one_of(st.none(), instants))
    right = st.tuples(st.sampled_from(places), wide_windows, st.lists(some_hours, max_size=9).map(tuple))
    return Driver(
        number,
        draw(nasty),
        draw(st.sampled_from([None, *site_ids])),
        draw(st.one_of(st.none(), nasty)),
        payer_id=draw(numbers),
        company_id=draw(numbers),
        enabled=draw(st.booleans()),
        external_ids=tuple(draw(st.lists(references, max_size=2))),
        tags=tuple(
            Tag(i, number, each, *draw(wide_windows), draw(st.one_of(st.none(), nasty)), draw(st.booleans()),
                draw(st.booleans()))
            for i, each in enumerate(cards)
        ),
        rights=tuple(
            Right(i, place, *window, hours)
            for i, (place, window, hours) in enumerate(draw(st.lists(right, max_size=4)))
        ),
    )  # fmt: skip


def assert_comes_back(network: Network, raw: bytes) -> None:
    for mode in (Mode.REPLACE_ALL, Mode.UPDATE):
        found = planned(network, raw, mode)
        assert not found.problems.errors.first
        assert (found.added, found.changed, found.removed) == ([], [], [])
        assert found.unchanged == len(network.drivers)
    again = planned(without_drivers(network), raw)
    assert not again.problems.errors.first
    assert essence(again.added) == essence(network.drivers.values())


@given(facts())
def test_what_was_exported_as_csv_changes_nothing(facts: Facts) -> None:
    before = network(facts)
    assert_comes_back(before, exported(before, "csv"))


@given(nasty_networks())
@settings(max_examples=300)
def test_names_and_instants_of_all_kinds_come_back_from_csv(before: Network) -> None:
    assert_comes_back(before, exported(before, "csv"))


@given(nasty_networks())
@settings(max_examples=60)
def test_names_and_instants_of_all_kinds_come_back_from_a_workbook(before: Network) -> None:
    assert_comes_back(before, exported(before, "xlsx"))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_cast_comes_back(kind: str) -> None:
    before = network(FACTS)
    assert_comes_back(before, exported(before, kind))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_more_rights_than_a_cell_holds_come_back(kind: str) -> None:
    chargers = [Charger(i, f"{'LONG-' * 8}{i:05}", 1) for i in range(2000)]
    rights = tuple(Right(i, Place(PlaceKind.CHARGER, each.charger_id)) for i, each in enumerate(chargers))
    before = Network.build([Site(1, "Depot")], chargers, [], [Driver(1, "Alice", rights=rights)])
    assert_comes_back(before, exported(before, kind))


def test_a_workbook_that_would_not_hold_all_rows_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers_file, "WORKBOOK_ROWS", 3)
    drivers = [Driver(number, "Ada") for number in range(1, 4)]
    assert exported(Network.build([], [], [], drivers[:2]), "xlsx")
    with pytest.raises(drivers_file.TooManyRows, match="take a CSV"):
        exported(Network.build([], [], [], drivers), "xlsx")


def test_a_tag_keeps_its_spelling_and_when_it_was_last_changed() -> None:
    tag = Tag(7, 1, "04aB", updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    before = Network.build([], [], [], [Driver(1, "Alice", tags=(tag,))])
    found = planned(before, [["Name", "RFID tag", "RFID name"], ["Alice", "04Ab", "Card"]], Mode.UPDATE)
    assert found.changed[0].tags == (replace(tag, token_name="Card", updated_at=found.changed[0].tags[0].updated_at),)
    assert planned(before, [["Name", "RFID tag"], ["Alice", "04AB"]], Mode.REPLACE_ALL).unchanged == 1
