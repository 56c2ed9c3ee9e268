"""What may be an id, a tag or a name, and when two tags are one. What may not is in test_refusals."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chargerights.rights.errors import InvalidIdentifier
from chargerights.rights.identifiers import (
    MAX_CHARGER_ID_LENGTH,
    MAX_TAG_LENGTH,
    charger_id,
    entity_id,
    is_int64,
    name,
    tag_key,
    tag_text,
    text,
    zone,
)
from tests.support.oracle import same_tag

letters = st.one_of(st.text(), st.text("aAbBßẞsSſıIİiσςΣǅǆKkÅåå \t", max_size=6))
"""Any text, and texts of letters whose case is not simple."""


@given(letters)
@example("ß")
def test_a_tags_key_is_its_own_key(shown: str) -> None:
    assert tag_key(tag_key(shown)) == tag_key(shown)


@given(letters)
def test_a_tag_has_one_key_in_every_case_and_with_spaces_around_it(shown: str) -> None:
    for spelling in (shown.upper(), shown.lower(), shown.casefold(), shown.swapcase(), f"\t {shown} \n"):
        assert tag_key(spelling) == tag_key(shown)


@given(letters, letters)
@example("ABC", "abd")
def test_two_tags_have_one_key_exactly_when_only_case_and_spaces_around_tell_them_apart(one: str, other: str) -> None:
    assert (tag_key(one) == tag_key(other)) == same_tag(one, other)


def test_every_letter_there_is_has_one_key_in_every_case() -> None:
    """So has every text, then: but for lower(), which the key does not ask, Python changes case letter by letter."""
    for letter in map(chr, range(sys.maxunicode + 1)):
        cases = {letter.upper(), letter.lower(), letter.casefold(), letter.title()}
        if cases != {letter}:
            assert {tag_key(each) for each in cases} == {tag_key(letter)} == {tag_key(tag_key(letter))}


def test_a_tag_without_small_letters_is_kept_once_not_copied_as_its_own_key() -> None:
    shown = "".join(["04A2", "B3C4"])
    assert tag_key(shown) is shown


def test_a_tag_is_kept_as_it_was_entered_but_trimmed() -> None:
    assert tag_text("  Straße 1 ") == "Straße 1"


def test_the_longest_tag_and_charger_id_are_within_their_limits_spaces_around_a_tag_aside() -> None:
    assert tag_text(f" {'x' * MAX_TAG_LENGTH} ") == "x" * MAX_TAG_LENGTH
    assert charger_id("x" * MAX_CHARGER_ID_LENGTH) == "x" * MAX_CHARGER_ID_LENGTH


def test_a_charger_id_keeps_its_case_and_may_hold_spaces_within() -> None:
    assert charger_id("Depot charger*1") == "Depot charger*1"


@pytest.mark.parametrize("value", [1, 42, 2**63 - 1])
def test_an_id_is_a_whole_number_from_1_to_64_bits(value: int) -> None:
    assert entity_id(value) == value


@pytest.mark.parametrize("value", [-(2**63), -1, 0, 2**63 - 1])
def test_a_number_of_64_bits_is_one(value: int) -> None:
    assert is_int64(value)


@pytest.mark.parametrize("value", [-(2**63) - 1, 2**63, True, 1.0, "1", None])
def test_anything_else_is_none(value: object) -> None:
    assert not is_int64(value)


def test_a_text_and_a_name_are_trimmed() -> None:
    assert text("  Main street ", "a street") == "Main street"
    assert text("   ", "a street") == ""
    assert name("  Depot ", "a name") == "Depot"


def test_a_text_is_as_long_as_its_limit_at_most_spaces_around_it_aside() -> None:
    assert text(f" {'x' * 500} ", "a street") == "x" * 500
    assert text(" 12345 ", "a postal code", 5) == "12345"


def test_a_time_zone_has_an_iana_name() -> None:
    assert zone("Europe/Amsterdam").key == "Europe/Amsterdam"


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u200c"])
def test_names_may_hold_the_invisible_characters_that_people_write(space: str) -> None:
    assert text(f"Ann{space}a", "a name") == f"Ann{space}a"


@pytest.mark.parametrize("control", ["\x00", "\n", "\u2028", "\u202e", "\ud800"])
def test_names_hold_no_character_that_breaks_a_line_or_turns_a_text_around(control: str) -> None:
    with pytest.raises(InvalidIdentifier, match="cannot be shown"):
        text(f"Ann{control}a", "a name")
