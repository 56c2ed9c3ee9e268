"""What one fact says alone."""

from __future__ import annotations

import pickle
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from chargerights.rights.model import Hours, Right, SiteType, Tag
from tests.rights.strategies import hours
from tests.support.world import ALICE, AN_INSTANT, CIR_1, DEPOT, ERIN, NOW, OFFICE, TOMORROW, VISITORS, YESTERDAY, place


@given(hours)
def test_hours_hold_every_minute_from_their_start_until_their_end_and_no_other_of_the_week(hours: Hours) -> None:
    day, week = 24 * 60, 7 * 24 * 60
    start, length = (hours.weekday - 1) * day + hours.start, (hours.end - hours.start) % day or day
    held = {minute for minute in range(week) if hours.hold(minute // day + 1, minute % day)}
    assert held == {minute % week for minute in range(start, start + length)}


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "valid"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + AN_INSTANT, None, False),
        (None, NOW, False),
        (None, NOW + AN_INSTANT, True),
        (NOW, NOW + AN_INSTANT, True),
        (YESTERDAY, NOW, False),
        (NOW + AN_INSTANT, TOMORROW, False),
    ],
)
def test_a_window_holds_its_first_instant_and_not_its_last(
    valid_from: datetime | None, valid_until: datetime | None, valid: bool
) -> None:
    right = Right(1, place(DEPOT), valid_from, valid_until)
    assert right.valid(NOW) is valid
    assert right.has_window is not (valid_from is valid_until is None)


def test_hours_are_no_window() -> None:
    (right,) = ERIN.rights
    assert not right.has_window
    assert right.valid(datetime(2026, 6, 7, 3, 0, tzinfo=NOW.tzinfo))


def test_utc_by_another_name_is_utc() -> None:
    assert Tag(1, 1, "T", NOW.astimezone(ZoneInfo("UTC"))).starts_at == NOW


def test_what_is_not_given_is_not_there() -> None:
    assert (OFFICE.parent_id, OFFICE.timezone, VISITORS.charger_ids) == (None, None, frozenset({"CIR-2", "OFF-1"}))
    assert Right(1, place(DEPOT)).hours == ()
    (tag,) = ALICE.tags
    assert (tag.starts_at, tag.expires_at, tag.blocked, tag.invoicable) == (None, None, False, False)
    assert ALICE.enabled


def test_a_site_is_a_sub_cpo_unless_it_says_otherwise() -> None:
    """The wire's default, API.md section 1.2: type 0."""
    assert type(DEPOT)(1, "Depot").type is SiteType.SUB_CPO


@pytest.mark.parametrize("fact", [DEPOT, CIR_1, VISITORS, ALICE, ERIN])
def test_a_fact_cannot_be_changed_and_can_be_told_by_what_it_says(fact: object) -> None:
    with pytest.raises(AttributeError):
        fact.name = "Other"  # type: ignore[attr-defined]
    copy = pickle.loads(pickle.dumps(fact))
    assert (copy, hash(copy)) == (fact, hash(fact))
