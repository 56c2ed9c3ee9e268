"""The published schema and page say what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given

from chargerights.files.demo_network import demo_network
from chargerights.files.network_file import published, schema
from chargerights.files.network_file.schema import ENTRIES, members_of
from tests.files.network_file.loading import (
    CHARGER,
    SITE,
    dumped,
    errors_of,
    load,
    network_of,
    with_driver,
    with_right,
    with_tag,
)
from tests.files.network_file.strategies import network_files
from tests.support.world import network

DOCS = Path(__file__).parents[3] / "docs"
VALIDATOR = jsonschema_rs.Draft202012Validator(schema())
RENEW = "run `python -m chargerights.files.network_file.published docs`"


@given(network_files())
def test_whatever_is_dumped_has_the_published_shape(file: dict[str, Any]) -> None:
    VALIDATOR.validate(dumped(network_of(file)))


def test_the_cast_and_the_demo_have_the_published_shape() -> None:
    VALIDATOR.validate(dumped(network()))
    VALIDATOR.validate(demo_network())


@pytest.mark.parametrize(
    "file",
    [
        [],
        {"Sites": []},
        {"drivers": {}},
        {"drivers": [{"id": 1}]},
        with_driver(nmae="A"),
        with_driver(id="1"),
        with_driver(id=0),
        with_driver(id=2**63),
        with_driver(enabled=1),
        with_driver(name=""),
        with_tag(startDate="2026-01-31"),
        with_tag(startDate=5),
        with_tag(idTag="x" * 256),
        with_right({}),
        with_right({"siteId": 1, "chargerId": "DEP-1"}),
        with_right({"siteId": 1, "hours": [{"weekday": 8, "from": "08:00", "until": "17:00"}]}),
        with_right({"siteId": 1, "hours": [{"weekday": 1, "from": "24:00", "until": "17:00"}]}),
        with_right({"siteId": 1, "hours": [{"weekday": 1, "from": "08:00", "until": "24:01"}]}),
        {"sites": [{**SITE, "type": "SUBSITE"}]},
        {"sites": [{**SITE, "latitude": 91}]},
        {"sites": [{**SITE, "postalCode": "1", "postalNumber": "2"}]},
        {"sites": [SITE], "chargers": [{**CHARGER, "sockets": [{"id": 0}]}]},
        {"sites": [SITE], "chargers": [{**CHARGER, "sockets": [{"id": 1, "type": "Type2"}]}]},
    ],
)
def test_what_the_schema_can_see_is_refused_by_both(file: object) -> None:
    assert not VALIDATOR.is_valid(file)
    assert errors_of(file)


@pytest.mark.parametrize(
    "file",
    [
        {"sites": None},
        with_driver(tags=None, enabled=None),
        with_right({"siteId": 1, "chargerId": None}),
        with_tag(startDate="2026-06-03T09:00Z"),
        {"sites": [{**SITE, "postalNumber": "1"}]},
        {"sites": [SITE], "chargers": [{**CHARGER, "locationInfo": {"postalCode": "1"}}]},
    ],
)
def test_what_need_not_be_in_normal_form_is_taken_by_both(file: object) -> None:
    VALIDATOR.validate(file)
    load(file)


def test_every_member_is_described() -> None:
    undescribed = [
        (place, name)
        for place, (_, entry) in ENTRIES.items()
        for name, member in members_of(entry).items()
        if not member.description
    ]
    assert undescribed == []


def test_the_published_schema_is_the_codes() -> None:
    assert (DOCS / published.SCHEMA_NAME).read_text(encoding="utf-8") == published.schema_text(), RENEW


def test_the_published_page_is_the_codes() -> None:
    page = (DOCS / published.PAGE_NAME).read_text(encoding="utf-8")
    assert published.members_tables() in page, RENEW
    assert published.renewed(page) == page


def test_the_pages_example_can_be_loaded() -> None:
    [example] = re.findall(r"```json\n(.*?)```", (DOCS / published.PAGE_NAME).read_text(encoding="utf-8"), re.DOTALL)
    assert [driver.name for driver in load(orjson.loads(example)).drivers] == ["Aino Laaksonen", "Emeka Okafor"]
    VALIDATOR.validate(orjson.loads(example))
