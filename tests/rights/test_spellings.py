"""One card in another spelling is found, and no spelling makes a card known that is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargerights.rights.decide import decide
from chargerights.rights.identifiers import tag_key
from chargerights.rights.model import Driver, Tag
from chargerights.rights.network import Network
from chargerights.rights.spellings import hint, is_placeholder, known_as, readings, spellings
from tests.world import NOW


def network_with(*id_tags: str) -> Network:
    drivers = [Driver(i, f"Driver {i}", tags=(Tag(i, i, each),)) for i, each in enumerate(id_tags, 1)]
    return Network.build([], [], [], drivers)


CARD = ["04A1B2C3", "04a1b2c3", "04:A1:B2:C3", "04-A1-B2-C3", "04 A1 B2 C3", "0x04A1B2C3", "C3B2A104", "C3:B2:A1:04",
        "77705923", "0077705923", "3283263748"]  # fmt: skip
LONG = ["04A1B2C3D4E580", "04:a1:b2:c3:d4:e5:80", "80E5D4C3B2A104", "1303689068602752", "01303689068602752"]
CONTRACT = ["NL-TNM-C00122045-K", "NLTNMC00122045K", "nl tnm c00122045 k"]


@pytest.mark.parametrize("card", [CARD, LONG, CONTRACT], ids=["four bytes", "seven bytes", "contract"])
def test_a_card_is_found_by_each_of_its_spellings(card: list[str]) -> None:
    for known in card[:1] + card[2:5] + card[6:]:
        for shown in card:
            if tag_key(shown) == tag_key(known):
                continue
            assert readings(shown) & readings(known), (shown, known)
            if not known.startswith(("nl tnm", "0x")):
                found = known_as(network_with(known), shown, lambda driver: True)
                assert found is not None, (shown, known)
                assert found.id_tag == known


@pytest.mark.parametrize(
    ("one", "other"),
    [("04A1B2C3", "04A1B2C4"), ("1", "01"), ("1", "16777216"), ("A-1", "A1"), ("12345", "00003039"),
     ("ALICE", "A-LICE"), ("", "-"), ("0000000", "00000000")],
)  # fmt: skip
def test_tags_that_are_alike_by_chance_are_not_one_card(one: str, other: str) -> None:
    assert not readings(one) & readings(other)
    assert tag_key(other) not in spellings(one)


def test_the_hint_names_the_tag_and_its_driver_to_those_who_see_them() -> None:
    network = network_with("04A1B2C3")
    assert hint(network, "C3:B2:A1:04", lambda driver: True) == (
        "The card may be known in another spelling: 04A1B2C3 is a tag of Driver 1 (driver 1)."
    )
    assert hint(network, "C3:B2:A1:04", lambda driver: False) is None
    assert hint(network, "C3:B2:A1:05", lambda driver: True) is None
    assert hint(network, "04A1B2C3", lambda driver: True) is None


@pytest.mark.parametrize(
    "id_tag",
    ["NULL", "null", " None ", "N/A", "n/a", "NaN", "-", "--", "?", "0", "0000", "00:00:00:00", "FFFFFFFF",
     "ff ff ff ff ff ff ff", "unknown", "test", "Test 1", "TEST-TAG-07", "tbd", "XXX", "#N/A"],
)  # fmt: skip
def test_a_word_that_stands_where_a_card_should_is_a_placeholder(id_tag: str) -> None:
    assert is_placeholder(id_tag)


@pytest.mark.parametrize(
    "id_tag", ["04A1B2C3", "1", "10", "0421", "ALICE", "FF", "TESTER", "NULL-1", "NL-ABC-1", "F", ""]
)
def test_a_card_is_no_placeholder(id_tag: str) -> None:
    assert not is_placeholder(id_tag)


@given(st.text())
def test_spellings_are_total_and_never_the_text_itself(text: str) -> None:
    found = spellings(text)
    assert tag_key(text) not in found
    assert len(found) <= 40
    assert is_placeholder(text) in (True, False)
    assert all(tag_key(each) == each for each in found)


numbers = st.sampled_from([4, 5, 7, 8, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


@given(numbers.filter(lambda number: number[0] and number[-1]))
def test_every_spelling_of_a_card_means_it_and_none_makes_it_known(number: bytes) -> None:
    network = network_with(number.hex())
    for each in spellings(number.hex()):
        assert readings(each) & readings(number.hex())
        assert decide(network, each, "none", NOW).tag is None
