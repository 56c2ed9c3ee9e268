"""Pages of tags and rights are parts of the whole lists, from whichever end they are walked."""

from __future__ import annotations

import pytest
from pyroaring import BitMap64

from chargerights.rights import search_drivers
from chargerights.rights.model import Tag
from tests.support.world import ALICE, BOB, FACTS, FRANK, network

RIGHTS = [(driver.id, right.id) for driver in FACTS.drivers for right in driver.rights]
TEXTS = sorted(tag.id_tag for driver in FACTS.drivers for tag in driver.tags)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("count", [1, 3, 100])
def test_pages_of_rights_are_all_rights_by_driver(descending: bool, count: int) -> None:
    found = []
    for start in range(0, len(RIGHTS) + count, count):
        found += search_drivers.rights_page(network(), descending, start, count)
    whole = RIGHTS[::-1] if descending else RIGHTS
    assert [(driver.id, right.id) for driver, right in found] == whole


@pytest.mark.parametrize("descending", [False, True])
def test_pages_of_tags_are_all_tags_by_text(descending: bool) -> None:
    pages = [search_drivers.tags_page(network(), None, None, descending, start, 5) for start in (0, 5, 10)]
    whole = TEXTS[::-1] if descending else TEXTS
    assert [tag.id_tag for tags, _ in pages for tag in tags] == whole
    assert {total for _, total in pages} == {len(TEXTS)}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("few", [0, 2_000])
@pytest.mark.parametrize("among", [None, BitMap64((ALICE.id, BOB.id, FRANK.id))])
def test_after_each_tag_come_those_that_follow_by_text(
    monkeypatch: pytest.MonkeyPatch, among: BitMap64 | None, few: int, descending: bool
) -> None:
    monkeypatch.setattr(search_drivers, "FEW", few)
    whole = [text for text in TEXTS if among is None or text in ("ALICE", "BOB", "FRANK")]
    for last in (None, *TEXTS):
        behind = [each for each in whole if last is None or (each < last if descending else each > last)]
        found = [tag.id_tag for tag in search_drivers.tags_after(network(), among, descending, last)]
        assert found == behind[:: -1 if descending else 1]


@pytest.mark.parametrize("descending", [False, True])
def test_after_each_right_come_those_that_follow_by_driver(descending: bool) -> None:
    them = network()
    everybody = search_drivers.everybody(them)
    for last in (None, *RIGHTS):
        behind = [each for each in RIGHTS if last is None or (each < last if descending else each > last)]
        found = [
            (driver.id, right.id) for driver, right in search_drivers.rights_after(them, everybody, descending, last)
        ]
        assert found == behind[:: -1 if descending else 1]


@pytest.mark.parametrize(
    ("search", "holds"), [(None, True), (" ", True), ("card", True), ("lab", True), ("other", False)]
)
def test_a_tag_is_searched_by_its_text_and_its_label(search: str | None, holds: bool) -> None:
    assert search_drivers.tag_holds(Tag(1, 1, "Card 7", token_name="A label"), search) is holds


@pytest.mark.parametrize(("search", "found"), [("ali", ["ALICE"]), (" ", ["ALICE", "BOB"]), ("xyzzy", [])])
def test_tags_are_searched_among_some_drivers(search: str, found: list[str]) -> None:
    tags, total = search_drivers.tags_page(network(), search, BitMap64((ALICE.id, BOB.id)), False, 0, 10)
    assert ([tag.id_tag for tag in tags], total) == (found, len(found))
