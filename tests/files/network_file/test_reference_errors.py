"""What contradicts itself or the network it is to join is refused, every error with its place."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.files.network_file import charger_taken_error, parse
from chargerights.files.network_file.problems import MAX_ERRORS
from chargerights.rights.identifiers import MAX_SITE_DEPTH
from tests.files.network_file.loading import (
    CHARGER,
    DRIVER,
    GROUP,
    SITE,
    errors_of,
    load,
    network_of,
    raw,
    with_driver,
    with_right,
    with_tag,
)
from tests.support.world import ALICE, network


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (
            {"sites": [{**SITE, "parentId": 99}]},
            "sites[0].parentId: there is no site 99 in this file or in the network",
        ),
        ({"chargers": [CHARGER]}, "chargers[0].siteId: there is no site 1 in this file or in the network"),
        (
            {"accessGroups": [{**GROUP, "chargerIds": ["dep-1"]}], "sites": [SITE], "chargers": [CHARGER]},
            'accessGroups[0].chargerIds[0]: there is no charger "dep-1" in this file or in the network',
        ),
        (with_driver(homeSiteId=2), "drivers[0].homeSiteId: there is no site 2 in this file or in the network"),
        (with_right({"siteId": 2}), "drivers[0].rights[0].siteId: there is no site 2 in this file or in the network"),
        (
            with_right({"chargerId": "DEP-2"}),
            'drivers[0].rights[0].chargerId: there is no charger "DEP-2" in this file or in the network',
        ),
        (
            with_right({"accessGroupId": 2}),
            "drivers[0].rights[0].accessGroupId: there is no access group 2 in this file or in the network",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused(file: object, error: str) -> None:
    assert errors_of(file) == [error]


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ({"sites": [SITE, {"id": 2, "name": "B"}, SITE]}, "sites[2].id: 1 is already the id of sites[0]"),
        (
            {"sites": [SITE], "chargers": [CHARGER, CHARGER]},
            'chargers[1].chargerId: "DEP-1" is already the chargerId of chargers[0]',
        ),
        ({"accessGroups": [GROUP, GROUP]}, "accessGroups[1].id: 1 is already the id of accessGroups[0]"),
        ({"drivers": [DRIVER, DRIVER]}, "drivers[1].id: 1 is already the id of drivers[0]"),
        (
            {"sites": [SITE], "chargers": [{**CHARGER, "sockets": [{"id": 2}, {"id": 1}, {"id": 2}]}]},
            "chargers[0].sockets[2].id: 2 is already the id of sockets[0]",
        ),
    ],
)
def test_an_id_given_twice_is_refused(file: object, error: str) -> None:
    assert errors_of(file) == [error]


def test_an_id_that_the_network_has_is_taken() -> None:
    file = with_driver()
    assert errors_of(file, network()) == [
        "sites[0].id: 1 is taken: the network already has it",
        'chargers[0].chargerId: "DEP-1" is taken: the network already has it',
        "accessGroups[0].id: 1 is taken: the network already has it",
        "drivers[0].id: 1 is taken: the network already has it",
    ]


@pytest.mark.parametrize(("second", "spelt"), [("04a2", ""), ("04A2", ', written "04a2" there'), (" 04a2 ", "")])
def test_two_tags_that_differ_only_in_case_are_refused(second: str, spelt: str) -> None:
    one, two = {"idTag": "04a2"}, {"idTag": second}
    said = f'"{second.strip()}" is already a tag of driver 1{spelt}'
    assert errors_of({"drivers": [{**DRIVER, "tags": [one, two]}]}) == [f"drivers[0].tags[1].idTag: {said}"]
    between = {"drivers": [{**DRIVER, "tags": [one]}, {"id": 2, "name": "Bob", "tags": [two]}]}
    assert errors_of(between) == [f"drivers[1].tags[0].idTag: {said}"]


def test_a_tag_that_the_network_knows_is_refused() -> None:
    file = {"drivers": [{"id": 99, "name": "Zoe", "tags": [{"idTag": "alice"}]}]}
    assert errors_of(file, network()) == [
        f'drivers[0].tags[0].idTag: "alice" is already a tag of driver {ALICE.id}, written "ALICE" there'
    ]


def test_a_tag_with_a_wrong_window_is_still_taken() -> None:
    wrong = {"idTag": "A", "startDate": "2026-01-02T00:00:00Z", "expiringDate": "2026-01-01T00:00:00Z"}
    errors = errors_of({"drivers": [{**DRIVER, "tags": [wrong, {"idTag": "a"}]}]})
    assert [error.partition(":")[0] for error in errors] == [
        "drivers[0].tags[0].expiringDate",
        "drivers[0].tags[1].idTag",
    ]


@pytest.mark.parametrize(
    ("parents", "errors"),
    [
        ({1: 1}, ["sites[0].parentId: the sites above site 1 lead back to it: 1, 1"]),
        ({1: 3, 2: 1, 3: 2}, ["sites[0].parentId: the sites above site 1 lead back to it: 1, 3, 2, 1"]),
        ({1: 2, 2: 3, 3: 2}, ["sites[1].parentId: the sites above site 2 lead back to it: 2, 3, 2"]),
        (
            {1: 2, 2: 1, 3: None, 4: 3, 5: 6, 6: 5},
            [
                "sites[0].parentId: the sites above site 1 lead back to it: 1, 2, 1",
                "sites[4].parentId: the sites above site 5 lead back to it: 5, 6, 5",
            ],
        ),
    ],
)
def test_sites_in_a_cycle_are_refused_once_a_cycle(parents: dict[int, int | None], errors: list[str]) -> None:
    sites = [{"id": each, "name": f"S{each}", "parentId": parent} for each, parent in parents.items()]
    assert errors_of({"sites": sites}) == errors


def test_sites_lie_one_below_the_other_up_to_a_limit() -> None:
    def tower(height: int) -> dict[str, Any]:
        return {"sites": [{"id": each, "name": "S", "parentId": each - 1 or None} for each in range(1, height + 1)]}

    assert errors_of(tower(MAX_SITE_DEPTH + 2)) == [
        f"sites[{MAX_SITE_DEPTH}].parentId: the site is too deep: a site tree has at most {MAX_SITE_DEPTH} levels"
    ]
    top = network_of(tower(MAX_SITE_DEPTH))
    assert load({"sites": [{"id": 99, "name": "S", "parentId": 1}]}, top).sites[0].id == 99
    assert len(errors_of({"sites": [{"id": 99, "name": "S", "parentId": MAX_SITE_DEPTH}]}, top)) == 1


def test_a_long_cycle_is_named_by_its_beginning() -> None:
    sites = [{"id": each, "name": "S", "parentId": each % 50_000 + 1} for each in range(1, 50_001)]
    assert errors_of({"sites": sites}) == [
        "sites[0].parentId: the sites above site 1 lead back to it: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …"
    ]


@pytest.mark.parametrize(
    ("right", "error"),
    [
        ({}, "names no place"),
        ({"siteId": None, "hours": []}, "names no place"),
        ({"siteId": 1, "chargerId": "DEP-1"}, "names siteId and chargerId"),
        ({"siteId": 1, "accessGroupId": 1}, "names siteId and accessGroupId"),
        ({"siteId": 9, "chargerId": "X", "accessGroupId": 9}, "names siteId and chargerId and accessGroupId"),
    ],
)
def test_a_right_that_does_not_name_exactly_one_place_is_refused(right: dict[str, Any], error: str) -> None:
    assert errors_of(with_right(right)) == [
        f"drivers[0].rights[0]: {error}; a right names exactly one of siteId, chargerId, accessGroupId"
    ]


@pytest.mark.parametrize("end", ["2026-06-01T00:00:00Z", "2026-05-31T23:59:59.999999Z", "2026-06-01T01:00:00+02:00"])
def test_a_window_that_ends_before_it_begins_is_refused(end: str) -> None:
    start = "2026-06-01T00:00:00Z"
    [tag_error] = errors_of(with_tag(startDate=start, expiringDate=end))
    [right_error] = errors_of(with_right({"siteId": 1, "validFrom": start, "validUntil": end}))
    for error, place in ((tag_error, "tags[0].expiringDate"), (right_error, "rights[0].validUntil")):
        assert error.startswith(f"drivers[0].{place}: it ends 2026-0")
        assert error.endswith("which is not after its start 2026-06-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("start", "until", "error"),
    [
        ("08:00", "08:00", "hours begin and end at the same minute: for a whole day use 00:00 to 24:00"),
        ("24:00", "08:00", "hours are outside the day: use 00:00 to 24:00"),
    ],
)
def test_hours_of_no_length_are_refused(start: str, until: str, error: str) -> None:
    right = {"siteId": 1, "hours": [{"weekday": 1, "from": start, "until": until}]}
    assert errors_of(with_right(right)) == [f"drivers[0].rights[0].hours[0]: {error}"]


def test_every_wrong_thing_is_listed() -> None:
    window = {"validFrom": "2026-06-02T00:00:00Z", "validUntil": "2026-06-01T00:00:00Z"}
    errors = errors_of(with_driver(homeSiteId=7, rights=[{}, {"siteId": 8, **window}, {"siteId": 9}]))
    assert [error.partition(":")[0] for error in errors] == [
        "drivers[0].homeSiteId",
        "drivers[0].rights[0]",
        "drivers[0].rights[1].siteId",
        "drivers[0].rights[1].validUntil",
        "drivers[0].rights[2].siteId",
    ]


def test_no_more_errors_are_listed_than_somebody_could_mend() -> None:
    assert len(errors_of(with_driver(rights=[{}] * (MAX_ERRORS + 1)))) == MAX_ERRORS + 1


def test_chargers_of_another_customer_are_named_with_their_places() -> None:
    file = parse(raw({"chargers": [CHARGER, {**CHARGER, "chargerId": "DEP-2"}, {**CHARGER, "chargerId": "DEP-3"}]}))
    assert charger_taken_error(file, ["DEP-1", "DEP-3"]).errors == [
        'chargers[0].chargerId: "DEP-1" is taken: charger ids are unique across all customers, use another',
        'chargers[2].chargerId: "DEP-3" is taken: charger ids are unique across all customers, use another',
    ]


def test_references_may_point_to_the_network_so_far() -> None:
    file = {
        "sites": [{"id": 50, "name": "New wing", "parentId": 2}],
        "chargers": [{"chargerId": "NEW-1", "siteId": 3}],
        "accessGroups": [{"id": 50, "name": "Both", "chargerIds": ["NEW-1", "GF-1"]}],
        "drivers": [
            {
                **DRIVER,
                "id": 50,
                "homeSiteId": 6,
                "rights": [{"siteId": 2}, {"chargerId": "GF-1"}, {"accessGroupId": 1}],
            }
        ],
    }
    read = load(file, network())
    assert read.sites[0].parent_id == 2
    assert [right.place.id for right in read.drivers[0].rights] == [2, "GF-1", 1]


def test_the_network_so_far_is_left_as_it_is() -> None:
    known = network()
    errors_of(with_driver(), known)
    load({"sites": [{"id": 50, "name": "New wing", "parentId": 2}]}, known)
    assert known == network()
