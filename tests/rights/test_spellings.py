"""One card in several spellings: what the import warns of and what a refusal hints at are one rule."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargerights.rights.apply import put_driver, remove_driver
from chargerights.rights.decide import decide
from chargerights.rights.hints import hint, known_as, lost_zeros
from chargerights.rights.identifiers import tag_key
from chargerights.rights.model import Driver, Tag
from chargerights.rights.network import Network
from chargerights.rights.spellings import compact, is_placeholder, readings, spellings
from tests.support.world import NOW


def drivers_with(*id_tags: str) -> list[Driver]:
    return [Driver(i, f"Driver {i}", tags=(Tag(i, i, each),)) for i, each in enumerate(id_tags, 1)]


def network_with(*id_tags: str) -> Network:
    return Network.build([], [], [], drivers_with(*id_tags))


def found(known: str, shown: str) -> str | None:
    tag = known_as(network_with(known), shown, lambda driver: True)
    return tag and tag.id_tag


CARDS = {
    "four bytes": [
        "04A1B2C3", "04a1b2c3", "04:A1:B2:C3", "04-A1-B2-C3", "04 A1 B2 C3", "04.A1.B2.C3", "04_A1_B2_C3", "04A1:B2C3",
        "0x04A1B2C3", "0X04:A1:B2:C3", "C3B2A104", "C3:B2:A1:04", "77705923", "077705923", "0077705923", "777-059-23",
        "3283263748",
    ],
    "seven bytes": ["04A1B2C3D4E580", "04:a1:b2:c3:d4:e5:80", "80E5D4C3B2A104", "1303689068602752",
                    "01303689068602752"],
    "contract": ["NL-TNM-C00122045-K", "NLTNMC00122045K", "nl tnm c00122045 k", "NL*TNM*C00122045*K"],
    "three bytes": ["A1B2D1", "A1:B2:D1", "a1-b2-d1", "0xA1B2D1", "A1B-2D1"],
    "a word and a number": ["CARD-12345", "CARD12345", "card 12345", "CARD_12345", "CA.RD/12345"],
    "zeros": ["0421", "421", "00421", "0000000421"],
    "more zeros": ["00421123", "421123", "0421123", "0-0421123"],
}  # fmt: skip


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_card_is_found_by_each_of_its_spellings_whichever_is_known(card: list[str]) -> None:
    for known, shown in permutations(card, 2):
        if tag_key(shown) != tag_key(known):
            assert readings(shown) & readings(known), (shown, known)
            assert found(known, shown) == known, (shown, known)


@pytest.mark.parametrize(
    ("one", "other"),
    [("04A1B2C3", "04A1B2C4"), ("1", "16777216"), ("A-1", "A1"), ("12345", "00003039"), ("ALICE", "A-LICE"),
     ("", "-"), ("0000000", "00000000"), ("12-34", "1-234"), ("A1:B2:D1", "D1:B2:A1"), ("12-3", "0123"), ("X1", "0X1"),
     ("1", "10")],
)  # fmt: skip
def test_tags_that_are_alike_by_chance_are_not_one_card(one: str, other: str) -> None:
    assert not readings(one) & readings(other)
    assert found(one, other) is None
    assert found(other, one) is None


def test_the_hint_names_the_tag_and_its_driver_to_those_who_see_them() -> None:
    network = network_with("04A1B2C3")
    assert hint(network, "C3:B2:A1:04", lambda driver: True) == (
        "The card may be known in another spelling: 04A1B2C3 is a tag of Driver 1 (driver 1)."
    )
    assert hint(network, "C3:B2:A1:04", lambda driver: False) is None
    assert hint(network, "C3:B2:A1:05", lambda driver: True) is None
    assert hint(network, "04A1B2C3", lambda driver: True) is None


def test_a_tag_of_a_driver_who_is_not_seen_hides_no_other() -> None:
    network = network_with("04:A1:B2:C3", "04-A1-B2-C3")
    tag = known_as(network, "04A1B2C3", lambda driver: driver.id == 1)
    assert tag is not None
    assert tag.driver_id == 1


def test_zeros_that_a_program_dropped_are_known_by_those_who_see_them() -> None:
    network = network_with("00421", "A7")
    tag = lost_zeros(network, "421", lambda driver: True)
    assert tag is not None
    assert tag.id_tag == "00421"
    assert lost_zeros(network, "421", lambda driver: False) is None
    assert lost_zeros(network, "7", lambda driver: True) is None
    assert lost_zeros(network, "A7", lambda driver: True) is None


def test_spellings_are_known_of_a_network_that_changes() -> None:
    """The index of tags with separators is that of the facts, whatever was added and removed before."""
    one, two, three = drivers_with("04:A1:B2:C3", "04-A1-B2-C3", "0X04A1B2C3")
    network = Network.build([], [], [], [one])
    put_driver(network, two)
    put_driver(network, three)
    assert network.separated == Network.build([], [], [], [three, one, two]).separated
    put_driver(network, Driver(1, "Driver 1"))
    remove_driver(network, 3)
    assert network.separated == {"04A1B2C3": ("04-A1-B2-C3",)}
    remove_driver(network, 2)
    assert network.separated == {}
    assert known_as(network, "04A1B2C3", lambda driver: True) is None


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
def test_spellings_are_total_and_each_means_what_the_text_may_mean(text: str) -> None:
    written = spellings(text)
    assert len(written) <= 150
    assert is_placeholder(text) in (True, False)
    assert all(tag_key(each) == each == compact(each) for each in written if not each.startswith("0X"))
    assert found(text, text) is None


numbers = st.sampled_from([4, 5, 7, 8, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
separators = st.sampled_from([":", "-", " ", ".", "_", ""])


def ways(number: bytes, separator: str) -> list[str]:
    """The number as readers and programs show it."""
    plain, turned = number.hex().upper(), number[::-1].hex().upper()
    parted = separator.join(plain[i : i + 2] for i in range(0, len(plain), 2))
    digits = [str(int.from_bytes(each, "big")) for each in (number, number[::-1])]
    return [plain, turned, parted, f"0x{plain.lower()}", *digits, digits[0].zfill(min(len(digits[0]) + 1, 25))]


@given(numbers.filter(lambda number: number[0] > 0 and number[-1] > 0), separators)
def test_every_way_to_write_a_card_is_found_by_every_other_and_none_makes_it_known(
    number: bytes, separator: str
) -> None:
    for known, shown in combinations(ways(number, separator), 2):
        if tag_key(known) != tag_key(shown):
            assert found(known, shown) == known
            assert found(shown, known) == shown
            assert decide(network_with(known), shown, "none", NOW).tag is None


any_tag = st.one_of(
    st.text("0123456789ABCDEF:-. _Xx", min_size=1, max_size=12),
    numbers.flatmap(lambda number: st.sampled_from(ways(number, ":"))),
)


@given(any_tag, any_tag)
def test_a_tag_is_hinted_at_exactly_when_an_import_of_both_warns(one: str, other: str) -> None:
    if tag_key(one) and tag_key(one) != tag_key(other):
        assert (found(one, other) is not None) == bool(readings(one) & readings(other))
