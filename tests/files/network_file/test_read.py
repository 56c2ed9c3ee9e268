"""What a file means once it is read."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from itertools import count

import pytest

from chargerights.files.network_file import dump, facts, parse
from chargerights.rights.identifiers import MAX_SITE_DEPTH
from chargerights.rights.model import NOWHERE, ExternalId, Hours, Location, ReferenceType, SiteType
from chargerights.rights.network import Network
from tests.files.network_file.loading import (
    CHARGER,
    LOADED_AT,
    SITE,
    errors_of,
    load,
    raw,
    with_driver,
    with_right,
    with_tag,
)


def test_an_empty_file_is_an_empty_network() -> None:
    for file in ({}, {"sites": None, "chargers": None, "accessGroups": None, "drivers": None}, b"\xef\xbb\xbf{}"):
        read = load(file)
        assert (read.sites, read.chargers, read.access_groups, read.drivers) == ((), (), (), ())
    assert b"".join(dump(Network())) == b"{}\n"


def test_null_says_the_same_as_nothing() -> None:
    members = ["homeSiteId", "externalId", "payerId", "enabled", "externalIds", "tags", "rights"]
    assert load(with_driver(**dict.fromkeys(members))) == load(with_driver())
    assert load(with_driver()).drivers[0].enabled
    named = {"siteId": 1, "chargerId": None, "accessGroupId": None, "validFrom": None, "hours": None}
    assert load(with_right(named)) == load(with_right({"siteId": 1}))


def test_an_empty_text_says_nothing() -> None:
    assert load(with_driver(externalId=" ")).drivers[0].external_id is None


def test_texts_and_tags_are_trimmed() -> None:
    [driver] = load(with_driver(name=" Alice ", tags=[{"idTag": "\t04A2 "}])).drivers
    assert (driver.name, driver.tags[0].id_tag) == ("Alice", "04A2")


@pytest.mark.parametrize(
    "written",
    [
        "2026-06-03T09:00:00Z",
        "2026-06-03T09:00Z",
        "2026-06-03T12:00:00+03:00",
        "2026-06-03T12:00:00,000+0300",
        "2026-06-02T22:30:00.0-10:30",
    ],
)
def test_a_date_is_the_same_instant_in_any_zone_and_kept_in_utc(written: str) -> None:
    starts_at = load(with_tag(startDate=written)).drivers[0].tags[0].starts_at
    assert starts_at == datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
    assert starts_at is not None
    assert starts_at.tzinfo is UTC


def test_hours_are_minutes_and_may_cross_midnight() -> None:
    hours = [
        {"weekday": 1, "from": "00:00", "until": "24:00"},
        {"weekday": 7, "from": "22:30", "until": "06:15"},
    ]
    [right] = load(with_right({"siteId": 1, "hours": hours})).drivers[0].rights
    assert right.hours == (Hours(1, 0, 1440), Hours(7, 1350, 375))


def test_sites_come_with_parents_before_children_whatever_their_order_in_the_file() -> None:
    parents = {5: 4, 3: 1, 4: 3, 1: None, 2: 1}
    read = load({"sites": [{"id": each, "name": "S", "parentId": parent} for each, parent in parents.items()]})
    assert [site.id for site in read.sites] == [1, 3, 4, 5, 2]


def test_sites_are_read_in_any_order_parents_first() -> None:
    sites = [{"id": each, "name": "S", "parentId": each - 1 or None} for each in range(MAX_SITE_DEPTH, 0, -1)]
    assert [site.id for site in load({"sites": sites}).sites] == list(range(1, MAX_SITE_DEPTH + 1))


def test_a_chain_of_fifty_thousand_sites_is_refused_once() -> None:
    sites = [{"id": each, "name": "S", "parentId": each - 1 or None} for each in range(50_000, 0, -1)]
    assert len(errors_of({"sites": sites})) == 1


def test_chargers_tags_and_rights_get_numbers_of_their_own() -> None:
    file = with_driver(tags=[{"idTag": "A"}, {"idTag": "B"}], rights=[{"siteId": 1}, {"chargerId": "DEP-1"}])
    number = count(700)
    read = facts(parse(raw(file)), Network(), number.__next__, LOADED_AT)
    [driver] = read.drivers
    numbers = [read.chargers[0].id, *(tag.id for tag in driver.tags), *(right.id for right in driver.rights)]
    assert numbers == [700, 701, 702, 703, 704]
    assert {(tag.driver_id, tag.updated_at) for tag in driver.tags} == {(1, LOADED_AT)}


@pytest.mark.parametrize("member", ["postalCode", "postalNumber"])
def test_a_postal_code_has_two_names(member: str) -> None:
    read = load({"sites": [{**SITE, member: "00220"}], "chargers": [{**CHARGER, "locationInfo": {member: "00221"}}]})
    assert read.sites[0].location == Location(postal_code="00220")
    assert read.chargers[0].location == Location(postal_code="00221")


def test_what_is_left_out_has_the_wires_default() -> None:
    file = with_driver(externalIds=[{"referenceId": "HR", "externalId": "7"}])
    read = load(file)
    assert read.sites[0].type is SiteType.SUB_CPO
    assert read.chargers[0].location is NOWHERE
    assert read.drivers[0].external_ids == (ExternalId("HR", "7", ReferenceType.INTEGRATION),)


def test_the_garbage_collector_is_on_again_after_reading() -> None:
    load(with_driver())
    assert gc.isenabled()
    errors_of(with_driver(id=0))
    assert gc.isenabled()
