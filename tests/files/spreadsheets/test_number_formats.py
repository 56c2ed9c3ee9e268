"""What a format shows of a number is known, or it is known not to be."""

from __future__ import annotations

import pytest

from chargerights.files.spreadsheets.number_formats import built_in, formatted, number_format
from chargerights.files.spreadsheets.tables import Formatted


@pytest.mark.parametrize(
    "code",
    ["General", "@", "0", "#", "#0", "0_ ;[Red]\\-0\\ ", "0_);(0)", "[Blue]0", "General;-General;;@", "[$-409]General",
     "* 0", "GENERAL"],
)  # fmt: skip
def test_a_plain_format_shows_the_digits(code: str) -> None:
    assert formatted(421, number_format(code).of(421)) == 421


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [("0000", 421, "0421"), ("00000000", 421, "00000421"), ("00", 421, "421"), ("0000;-0000", 7, "0007"),
     ("[Red]0000_)", 421, "0421"), ("0000", -421, "-0421"), ("000", 0, "000")],
)  # fmt: skip
def test_a_format_of_zeros_shows_leading_ones(code: str, number: int, shown: str) -> None:
    assert formatted(number, number_format(code).of(number)) == Formatted(number, shown)


@pytest.mark.parametrize(
    "code",
    ["#,##0", "0.00", "0%", "0.00E+00", "##0.0E+0", "# ?/?", '"T"0000', "\\T0000", "0000\\A", "000-000", "(000) 0000",
     "[<100]000;0", "0 \"km\"", "[$€-407] 0", ";;;", "", '"hidden"', "00#"],
)  # fmt: skip
def test_any_other_format_shows_something_else(code: str) -> None:
    assert formatted(421, number_format(code).of(421)) == Formatted(421, None)


@pytest.mark.parametrize(
    ("code", "number"),
    [('0;;"yes"', 0), ('0;"no";"none"', -5), ('0;"no";"none"', 0), ("0;;;", 0), ("0;;;", -5), ('0;"never"', -5),
     ("General;General", -5), ("0;0", -5), ("0;(0)", -5), ("#", 0), ("##;-##", 0), ("0*0", 421), ("0;*-0", -5),
     ('0;"-"0', -5), ('[<5]0;"many"', 7), ('[=0]"none";0', 421), ("[>1]0;yyyy-mm-dd", 46053), ('0;0;"a;b"', 0),
     ('"ID "@', 421), ('yyyy-mm-dd;;"never"', 0), ("0;-0.0", -5), ("General;\\m0", -5)],
)  # fmt: skip
def test_a_section_for_negative_numbers_or_zero_that_shows_other_text_counts(code: str, number: int) -> None:
    assert formatted(number, number_format(code).of(number)) == Formatted(number, None)


@pytest.mark.parametrize(
    ("code", "number"),
    [('0;;"yes"', 421), ("0;-0", -421), ("0;[Red]-0;0", -421), ("General;\\-General", -421), ("0_ ;[Red]\\-0\\ ", -421),
     ('0;"no";0', 0), ("0;-0;;@", 421), ("0;@", -421), ("#0", 0), ("General", 0), ("0;\"no\"", 0)],
)  # fmt: skip
def test_a_section_that_shows_the_digits_counts_for_its_numbers_only(code: str, number: int) -> None:
    assert formatted(number, number_format(code).of(number)) == number


@pytest.mark.parametrize(
    ("code", "is_shown"),
    [("General", True), ("@", True), ("0", True), ("0;-0;0;@", True), ("0;@", True), ("[Red]@", True), ("@_)", True),
     ("@* ", True), ('"@"0', True), ("yyyy-mm-dd;@", True), ("0;-0;0;General", True), ('"ID "@', False), ("@@", False),
     (";;;", False), ('0;-0;0;"hidden"', False), ("0;-0;0;", False), ('0;"x"@', False), ("@*-", False)],
)  # fmt: skip
def test_a_format_shows_a_text_as_it_is_or_not(code: str, is_shown: bool) -> None:
    assert number_format(code).shows_text is is_shown


def test_a_fraction_is_not_shown_by_whole_digits() -> None:
    for code in ("0000", "0", "#"):
        assert formatted(4.5, number_format(code).of(4.5)) == Formatted(4.5, None)
    assert formatted(4.5, number_format("General").of(4.5)) == 4.5


@pytest.mark.parametrize(
    ("code", "is_whole"),
    [("yyyy-mm-dd", True), ("d.m.yy", True), ("[$-F800]dddd, mmmm dd, yyyy", True), ("m/d/yy h:mm AM/PM", True),
     ('d" de "mmmm" de "yyyy', True), ("[$-de-DE]d. mmmm yyyy;@", True), ("[$-411]ggge\"年\"m\"月\"d\"日\"", True),
     ("yyyy\\-mm\\-dd\\Thh:mm:ss", True), ("mmm-yy", False), ("d-mmm", False), ("yyyy", False), ("dddd", False),
     ("m/d", False), ("mmmm", False), ("dd/yyyy", False)],
)  # fmt: skip
def test_a_date_is_shown_whole_or_in_part(code: str, is_whole: bool) -> None:
    found = number_format(code).of(1)
    assert (found.day, found.whole_day, found.time) == (True, is_whole, False)


@pytest.mark.parametrize("code", ["h:mm", "[h]:mm:ss", "[mm]:ss", "mm:ss.0", "h AM/PM", "[s]"])
def test_a_time_alone_is_no_day(code: str) -> None:
    assert number_format(code).of(1).time


def test_built_in_formats_are_known_by_their_numbers() -> None:
    assert [built_in(each).of(1).day for each in (0, 1, 14, 15, 16, 17, 22, 27, 49, 50, 99)] == [
        False, False, True, True, True, True, True, True, False, True, False,
    ]  # fmt: skip
    assert [built_in(each).of(1).whole_day for each in (14, 15, 16, 17, 22)] == [True, True, False, False, True]
    assert built_in(18).of(1).time
    assert formatted(7, built_in(49).of(7)) == 7
