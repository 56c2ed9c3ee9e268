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
    assert formatted(421, number_format(code)) == 421


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [("0000", 421, "0421"), ("00000000", 421, "00000421"), ("00", 421, "421"), ("0000;-0000", 7, "0007"),
     ("[Red]0000_)", 421, "0421"), ("0000", -421, "-0421"), ("000", 0, "000")],
)  # fmt: skip
def test_a_format_of_zeros_shows_leading_ones(code: str, number: int, shown: str) -> None:
    assert formatted(number, number_format(code)) == Formatted(number, shown)


@pytest.mark.parametrize(
    "code",
    ["#,##0", "0.00", "0%", "0.00E+00", "##0.0E+0", "# ?/?", '"T"0000', "\\T0000", "0000\\A", "000-000", "(000) 0000",
     "[<100]000;0", "0 \"km\"", "[$€-407] 0", ";;;", "", '"hidden"', "00#"],
)  # fmt: skip
def test_any_other_format_shows_something_else(code: str) -> None:
    assert formatted(421, number_format(code)) == Formatted(421, None)


def test_a_fraction_is_not_shown_by_whole_digits() -> None:
    assert formatted(4.5, number_format("0000")) == Formatted(4.5, None)
    assert formatted(4.5, number_format("General")) == 4.5


@pytest.mark.parametrize(
    ("code", "is_whole"),
    [("yyyy-mm-dd", True), ("d.m.yy", True), ("[$-F800]dddd, mmmm dd, yyyy", True), ("m/d/yy h:mm AM/PM", True),
     ('d" de "mmmm" de "yyyy', True), ("[$-de-DE]d. mmmm yyyy;@", True), ("[$-411]ggge\"年\"m\"月\"d\"日\"", True),
     ("yyyy\\-mm\\-dd\\Thh:mm:ss", True), ("mmm-yy", False), ("d-mmm", False), ("yyyy", False), ("dddd", False),
     ("m/d", False), ("mmmm", False), ("dd/yyyy", False)],
)  # fmt: skip
def test_a_date_is_shown_whole_or_in_part(code: str, is_whole: bool) -> None:
    found = number_format(code)
    assert (found.day, found.whole_day, found.time) == (True, is_whole, False)


@pytest.mark.parametrize("code", ["h:mm", "[h]:mm:ss", "[mm]:ss", "mm:ss.0", "h AM/PM", "[s]"])
def test_a_time_alone_is_no_day(code: str) -> None:
    assert number_format(code).time


def test_built_in_formats_are_known_by_their_numbers() -> None:
    assert [built_in(each).day for each in (0, 1, 14, 15, 16, 17, 22, 27, 49, 50, 99)] == [
        False, False, True, True, True, True, True, True, False, True, False,
    ]  # fmt: skip
    assert [built_in(each).whole_day for each in (14, 15, 16, 17, 22)] == [True, True, False, False, True]
    assert built_in(18).time
    assert formatted(7, built_in(49)) == 7
