"""Windows of drivers: who is within one, and for how long that answer holds."""

from __future__ import annotations

from datetime import datetime

import pytest

from chargerights.rights.driver_sets import BEGINNING, END, NO_WINDOWS, WindowedDrivers
from tests.support.world import AN_INSTANT, NOW, TOMORROW, YESTERDAY

TODAY_AND_TOMORROW = ((1, YESTERDAY, NOW), (2, NOW, TOMORROW), (3, BEGINNING, TOMORROW), (4, NOW, END))


@pytest.mark.parametrize(
    ("at", "inside", "since", "until"),
    [
        (YESTERDAY - AN_INSTANT, [3], BEGINNING, YESTERDAY),
        (YESTERDAY, [1, 3], YESTERDAY, NOW),
        (NOW - AN_INSTANT, [1, 3], YESTERDAY, NOW),
        (NOW, [2, 3, 4], NOW, TOMORROW),
        (TOMORROW - AN_INSTANT, [2, 3, 4], NOW, TOMORROW),
        (TOMORROW, [4], TOMORROW, END),
    ],
)
def test_inside_are_those_whose_window_has_begun_and_not_ended(
    at: datetime, inside: list[int], since: datetime, until: datetime
) -> None:
    listing = WindowedDrivers(TODAY_AND_TOMORROW).at(at)
    assert (list(listing.drivers), listing.since, listing.until) == (inside, since, until)


def test_without_windows_nobody_is_inside_ever() -> None:
    listing = NO_WINDOWS.at(NOW)
    assert (list(listing.drivers), listing.since, listing.until) == ([], BEGINNING, END)


def test_an_answer_is_kept_for_as_long_as_it_holds_and_no_longer() -> None:
    windowed = WindowedDrivers(TODAY_AND_TOMORROW)
    answer = windowed.at(NOW)
    assert windowed.at(TOMORROW - AN_INSTANT) is answer
    assert windowed.at(NOW) is answer
    assert windowed.at(TOMORROW) is not answer
    assert list(windowed.at(NOW - AN_INSTANT).drivers) == [1, 3]
    assert list(windowed.at(NOW).drivers) == [2, 3, 4]


def test_windows_are_told_apart_by_what_they_are_not_by_what_was_asked() -> None:
    asked, unasked = WindowedDrivers(TODAY_AND_TOMORROW), WindowedDrivers(TODAY_AND_TOMORROW)
    asked.at(NOW)
    assert asked == unasked
    assert asked != WindowedDrivers(TODAY_AND_TOMORROW[1:])
    assert asked != TODAY_AND_TOMORROW
