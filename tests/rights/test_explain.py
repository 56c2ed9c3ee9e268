"""The sentences that a support agent reads out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chargerights.rights.decide import RightEvaluation, RightStatus, decide
from chargerights.rights.explain import (
    clock_text,
    explain,
    explain_decision,
    explain_driver,
    hours_text,
    place_name,
    why_not,
)
from chargerights.rights.model import Hours, Right
from tests.support.world import (
    CIRCUIT_A,
    DEP_1,
    DEPOT,
    FACTS,
    NOW,
    TOMORROW,
    VISITORS,
    WEEKDAYS_8_TO_17,
    YESTERDAY,
    On,
    driver,
    network,
    place,
)

BY_TAG = {
    ("ALICE", "DEP-1"): "Yes: Alice with tag ALICE may charge at charger DEP-1 at Depot, by a right on site Depot (2).",
    ("BOB", "DEP-1"): "Yes: Bob with tag BOB may charge at charger DEP-1 at Depot, "
    "by a right on site Company (1), which contains Depot.",
    ("ALICE", "CIR-1"): "Yes: Alice with tag ALICE may charge at charger CIR-1 at Circuit A, "
    "by a right on site Depot (2), which contains Circuit A.",
    ("JUDY", "CIR-2"): "Yes: Judy with tag JUDY may charge at charger CIR-2 at Circuit A, "
    "by a right on access group Visitors (1).",
    ("niaj", "GF-1"): "Yes: Niaj with tag niaj may charge at charger GF-1 at Ground floor, by a right on charger GF-1.",
    ("MALLORY", "DEP-1"): 'No: tag "MALLORY" is not known, so it may not charge at charger DEP-1 at Depot.',
    ("GRACE", "DEP-1"): "No: Grace with tag GRACE may not charge at charger DEP-1 at Depot: the tag is blocked.",
    ("FRANK", "DEP-1"): "No: Frank with tag FRANK may not charge at charger DEP-1 at Depot: the driver is disabled.",
    ("IVAN", "DEP-1"): "No: Ivan with tag IVAN may not charge at charger DEP-1 at Depot: "
    "the tag is valid only from 2026-06-04 09:00 UTC.",
    ("HEIDI", "DEP-1"): "No: Heidi with tag HEIDI may not charge at charger DEP-1 at Depot: "
    "the tag expired at 2026-06-02 09:00 UTC.",
    ("DAN", "DEP-1"): "No: Dan with tag DAN may not charge at charger DEP-1 at Depot: no right reaches it.",
    ("CAROL", "DEP-1"): "No: Carol with tag CAROL may not charge at charger DEP-1 at Depot: "
    "a right reaches it, but it ended at 2026-06-02 09:00 UTC.",
    ("PEGGY", "DEP-1"): "No: Peggy with tag PEGGY may not charge at charger DEP-1 at Depot: "
    "a right reaches it, but it begins only at 2026-06-04 09:00 UTC.",
}


@pytest.mark.parametrize(("question", "sentence"), BY_TAG.items(), ids=[" at ".join(each) for each in BY_TAG])
def test_each_of_the_cast_is_told_why(question: tuple[str, str], sentence: str) -> None:
    assert explain(network(), *question, NOW).sentence == sentence


@pytest.mark.parametrize(
    ("id_tag", "why"),
    [
        ("GRACE", "the tag is blocked"),
        ("FRANK", "the driver is disabled"),
        ("IVAN", "the tag is not valid at this time"),
        ("HEIDI", "the tag is not valid at this time"),
        ("DAN", "no right reaches it"),
        ("PEGGY", "a right reaches it, but is not valid at this time"),
    ],
)
def test_a_decision_without_its_driver_says_why_but_nothing_that_tells_whose_tag_it_is(id_tag: str, why: str) -> None:
    decision = decide(network(), id_tag, "DEP-1", NOW)
    explanation = explain_decision(network(), "DEP-1", decision.without_driver(), id_tag)
    assert explanation.sentence == f'No: tag "{id_tag}" may not charge at charger DEP-1 at Depot: {why}.'
    assert explanation.verdicts == ()
    assert explanation.decision.reason == decision.reason


def test_a_yes_without_its_driver_names_no_right() -> None:
    decision = decide(network(), "ALICE", "DEP-1", NOW).without_driver()
    sentence = explain_decision(network(), "DEP-1", decision, "ALICE").sentence
    assert sentence == 'Yes: tag "ALICE" may charge at charger DEP-1 at Depot.'


def test_a_driver_is_named_by_his_number_where_he_shows_no_tag() -> None:
    assert explain_driver(network(), 7, "DEP-1", NOW).sentence == (
        "Yes: Grace (driver 7) may charge at charger DEP-1 at Depot, by a right on site Depot (2)."
    )
    assert explain_driver(network(), 6, "DEP-1", NOW).sentence == (
        "No: Frank (driver 6) may not charge at charger DEP-1 at Depot: the driver is disabled."
    )


def test_a_yes_names_the_first_right_that_stands() -> None:
    trent = driver(20, "Trent", On(DEP_1, valid_until=YESTERDAY), On(VISITORS), On(DEPOT), On(DEP_1))
    asked = network(FACTS._replace(drivers=[trent]))
    assert explain(asked, "TRENT", "DEP-1", NOW).sentence.endswith("by a right on site Depot (2).")


def test_a_no_for_the_time_tells_of_every_right_that_reaches_the_charger_and_of_no_other() -> None:
    trent = driver(
        20,
        "Trent",
        On(DEPOT, valid_until=YESTERDAY),
        On(VISITORS),
        On(DEP_1, valid_from=TOMORROW),
        On(DEPOT, hours=(Hours(1, 6 * 60, 7 * 60 + 30), Hours(2, 22 * 60, 24 * 60))),
    )
    asked = network(FACTS._replace(drivers=[trent]))
    assert explain(asked, "TRENT", "DEP-1", NOW).sentence.endswith(
        ": a right reaches it, but it ended at 2026-06-02 09:00 UTC and it begins only at 2026-06-04 09:00 UTC "
        "and it is valid only Mo 06:00–07:30, Tu 22:00–24:00 local time."
    )


def test_a_blocked_charger_says_until_when_and_that_it_is_nobodys_fault() -> None:
    blocked = replace(DEP_1, blocked_until=TOMORROW)
    asked = network(FACTS._replace(chargers=[blocked]))
    explained = explain(asked, "ALICE", "DEP-1", NOW)
    assert explained.sentence == (
        "No: Alice with tag ALICE may not charge at charger DEP-1 at Depot: "
        "the charger is blocked until 2026-06-04 09:00 UTC, for everyone."
    )
    assert [each.standing for each in explained.verdicts] == [RightStatus.STANDS]
    assert explain_driver(asked, 1, "DEP-1", NOW).sentence == (
        "No: Alice (driver 1) may not charge at charger DEP-1 at Depot: "
        "the charger is blocked until 2026-06-04 09:00 UTC, for everyone."
    )


@pytest.mark.parametrize("name", ["GRACE", "FRANK", "HEIDI", "IVAN"])
def test_a_no_that_fell_before_the_rights_were_asked_still_shows_what_they_would_give(name: str) -> None:
    explained = explain(network(), name, "DEP-1", NOW)
    assert explained.decision.verdicts == ()
    assert [(each.standing, each.via) for each in explained.verdicts] == [(RightStatus.STANDS, (DEPOT.id,))]


def test_an_unknown_tag_has_no_rights_to_show() -> None:
    assert explain(network(), "STRANGER", "DEP-1", NOW).verdicts == ()


def test_every_standing_but_one_says_why_the_right_does_not_count() -> None:
    right = Right(1, place(DEPOT), YESTERDAY, TOMORROW, WEEKDAYS_8_TO_17[:2])
    assert {standing: why_not(RightEvaluation(right, standing)) for standing in RightStatus} == {
        RightStatus.STANDS: "",
        RightStatus.ELSEWHERE: "does not reach this charger",
        RightStatus.NOT_YET: "begins only at 2026-06-02 09:00 UTC",
        RightStatus.ENDED: "ended at 2026-06-04 09:00 UTC",
        RightStatus.OUTSIDE_HOURS: "is valid only Mo–Tu 08:00–17:00 local time",
    }


def test_a_place_is_named_as_people_know_it() -> None:
    named = [place_name(network(), place(each)) for each in (CIRCUIT_A, DEP_1, VISITORS)]
    assert named == ["site Circuit A (4)", "charger DEP-1", "access group Visitors (1)"]


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ([], ""),
        ([(1, 480, 1020)], "Mo 08:00–17:00"),
        ([(day, 480, 1020) for day in range(1, 6)], "Mo–Fr 08:00–17:00"),
        ([(5, 480, 1020), (6, 480, 1020), (6, 1080, 1440)], "Fr–Sa 08:00–17:00, Sa 18:00–24:00"),
        ([(1, 0, 1440), (3, 0, 1440)], "Mo 00:00–24:00, We 00:00–24:00"),
        ([(7, 1320, 360), (1, 1320, 360)], "Su–Mo 22:00–06:00"),
        ([(day, 0, 60) for day in (1, 2, 3, 4, 5, 6, 7, 1)], "Mo–Su 00:00–01:00, Mo 00:00–01:00"),
    ],
)
def test_days_with_the_same_hours_are_written_as_one_range(hours: list[tuple[int, int, int]], text: str) -> None:
    weekly = [Hours(*each) for each in hours]
    assert hours_text(weekly) == text
    assert hours_text(weekly, dash="-") == text.replace("–", "-")


def test_every_weekday_has_its_name() -> None:
    named = [hours_text([Hours(weekday, 0, 1)]).split()[0] for weekday in range(1, 8)]
    assert named == ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]


def test_the_clock_has_24_hours() -> None:
    assert [clock_text(each) for each in (0, 9, 60, 8 * 60 + 5, 23 * 60 + 59, 24 * 60)] == [
        *("00:00", "00:09", "01:00", "08:05", "23:59", "24:00")
    ]
