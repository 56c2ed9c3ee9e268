"""Places are named in many ways; an ambiguous name is refused, and an unknown one gets suggestions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chargerights.rights.model import AccessGroup, Charger, Driver, Place, PlaceKind, Right, Site
from chargerights.rights.network import Network
from tests.files.spreadsheets.sheets import added, csv_bytes, errors_of, exported, planned
from tests.support.world import network

SITE, CHARGER, GROUP = PlaceKind.SITE, PlaceKind.CHARGER, PlaceKind.ACCESS_GROUP
TOWNS = Network.build(
    [
        Site(1, "North"),
        Site(2, "South", external_id="7"),
        Site(3, "Garage", 1),
        Site(4, "Garage", 2),
        Site(5, "A/B; left", 2, external_id="AB"),
        Site(6, '12" rack', 2),
        Site(7, "Yard", 1),
        Site(8, "yard", 2),
        Site(9, "#1", 2),
        Site(10, "Twin", 1),
        Site(11, "Twin", 1),
    ],
    [Charger(1, "C-1", 3, "Gate"), Charger(2, "C-2", 4, "Gate"), Charger(3, "c-2", 4), Charger(4, "1001", 4, "C-1")],
    [AccessGroup(1, "Guests"), AccessGroup(2, "Staff"), AccessGroup(3, "staff"), AccessGroup(4, "2")],
    [],
)


def places_of(column: str, cell: str, of: Network = TOWNS) -> list[int | str]:
    (driver,) = added(of, [["Name", column], ["Ada", cell]])
    return [right.place.id for right in driver.rights]


def error_of(column: str, cell: str) -> str:
    (error,) = errors_of(TOWNS, [["Name", column], ["Ada", cell]])
    return error.removeprefix(f"row 2 column {column}: ")


@pytest.mark.parametrize(
    ("cell", "site"),
    [
        ("North", 1), ("  nOrTh ", 1), ("South", 2), ("2", 2), ("#7", 7), ("# 2", 2), ("AB", 5), ("ab", 5),
        ("North / Garage", 3), ("south/GARAGE", 4), ("A/B; left".join('""'), 5), ('South / "A/B; left"', 5),
        ('12" rack', 6), ('"12"" rack"', 6), ("Yard", 7), ("yard", 8), ('"#1"', 9), ("South / #1", 9), ("#1", 1),
    ],
)  # fmt: skip
def test_a_site_is_found_by_id_external_id_name_or_path(cell: str, site: int) -> None:
    assert places_of("Site access", cell) == [site]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("Garage", '"Garage" may be North / Garage (#3) or South / Garage (#4): write the one you mean'),
        ("YARD", '"YARD" may be North / Yard (#7) or South / yard (#8): write the one you mean'),
        ("7", '"7" may be South (#2) or North / Yard (#7): write the one you mean'),
        ("Twin", '"Twin" may be North / Twin (#10) or North / Twin (#11): write the one you mean'),
        ("Garag", 'there is no site "Garag"; did you mean North / Garage (#3) or South / Garage (#4)?'),
        ("East / Garage", 'there is no site "East / Garage"; did you mean North / Garage (#3) or South / Garage (#4)?'),
        ("#99", 'there is no site "#99"'),
        ("99", 'there is no site "99"'),
        ("Zanzibar", 'there is no site "Zanzibar"'),
    ],
)
def test_a_site_that_is_unknown_or_could_be_two_is_refused_with_candidates(cell: str, why: str) -> None:
    assert error_of("Site access", cell) == why


@pytest.mark.parametrize(("cell", "charger"), [("C-1", "C-1"), ("c-2", "c-2"), ("C-2", "C-2"), ("1001", "1001")])
def test_a_charger_is_found_by_its_id_before_any_name(cell: str, charger: str) -> None:
    assert places_of("Charger access", cell) == [charger]


def test_a_charger_is_found_by_a_name_that_it_alone_has() -> None:
    assert places_of("Charger access", "gate", network()) == ["DEP-1"]
    assert error_of("Charger access", "Gate") == '"Gate" may be C-1 (Gate) or C-2 (Gate): write the one you mean'


@pytest.mark.parametrize(("cell", "group"), [("Guests", 1), ("guests", 1), ("staff", 3), ("#2", 2), ("3", 3)])
def test_an_access_group_is_found_by_name_or_id(cell: str, group: int) -> None:
    assert places_of("Access groups", cell) == [group]


def test_an_access_group_that_could_be_two_is_refused() -> None:
    assert error_of("Access groups", "2") == '"2" may be Staff (#2) or 2 (#4): write the one you mean'


def test_several_places_are_separated_by_semicolons_and_blanks_between_them_are_nothing() -> None:
    assert places_of("Site access", " North ;; South / Garage; ; North") == [1, 4]


def test_a_driver_has_one_home_site_without_limits() -> None:
    assert error_of("Home site", "North; South").startswith('"North; South" is not one site')
    assert "without limits" in error_of("Home site", "North [2026-01-01..]")
    assert "there is no site" in error_of("Home site", "Nowhere")


def test_every_wrong_place_of_a_cell_is_named() -> None:
    rows = [["Name", "Site access", "Charger access"], ["Ada", "Nowhere; North; Garage", "X-9"]]
    assert len(errors_of(TOWNS, rows)) == 3


def test_an_export_names_places_by_name_else_by_path_else_by_number() -> None:
    def written(place: Place) -> str:
        holder = Driver(1, "Ada", rights=(Right(1, place),))
        them = Network.build(TOWNS.sites.values(), TOWNS.chargers.values(), TOWNS.access_groups.values(), [holder])
        cells = exported(them, "csv").decode("utf-8-sig").splitlines()[1].split(",")
        return next(cell for cell in cells[7:10] if cell)

    assert [written(Place(SITE, each)) for each in (1, 3, 7, 9, 10)] == [
        "North", "North / Garage", "Yard", '"""#1"""', "#10",
    ]  # fmt: skip
    assert written(Place(CHARGER, "C-2")) == "C-2"
    assert [written(Place(GROUP, each)) for each in (1, 2, 4)] == ["Guests", "Staff", '"""2"""']


def test_who_sees_only_some_sites_names_only_those_and_their_chargers() -> None:
    rows = [["Name", "Home site", "Site access"], ["Ada", "Garage", "Garage"]]
    found = planned(TOWNS, rows, site_ids=[1])
    assert (found.added[0].home_site_id, found.added[0].rights[0].place.id) == (3, 3)
    rows[1][2] = "South"
    (error,) = planned(TOWNS, rows, site_ids=[1]).problems.errors.first
    assert error.message.startswith('there is no site "South"')
    (error,) = planned(TOWNS, [["Name", "Home site"], ["Ada", "Garag"]], site_ids=[3]).problems.errors.first
    assert error.message == 'there is no site "Garag"; did you mean Garage (#3)?'


def test_who_sees_a_part_of_a_groups_chargers_may_not_grant_rights_on_it() -> None:
    them = replace(network(), listed={})
    rows = [["Name", "Home site", "Access groups"], ["Ada", "Depot", "Visitors"]]
    (error,) = planned(them, rows, site_ids=[2]).problems.errors.first
    assert error.message == '"Visitors" has chargers at sites that you cannot see'
    assert planned(them, csv_bytes(rows), site_ids=[1, 6]).added[0].rights
