"""What a change tells, and how a window stands at the instant of its event."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chargerights.rights.events import EventCursor, Window, of_driver
from chargerights.rights.model import Driver, ExternalId, Right
from tests.support.world import (
    ALICE,
    AN_INSTANT,
    CAROL,
    DAN,
    DEPOT,
    FRANK,
    NOW,
    PEGGY,
    TOMORROW,
    YARD,
    YESTERDAY,
    On,
    driver,
)

AT = EventCursor(NOW)


def told(before: Driver | None, after: Driver | None, clock: EventCursor = AT) -> list[tuple[str, dict[str, Any]]]:
    return [(draft.type, draft.payload_at(clock)) for draft in of_driver(before, after)]


def types(before: Driver | None, after: Driver | None) -> list[str]:
    return [type_ for type_, _ in told(before, after)]


def in_force(before: Driver | None, after: Driver | None, clock: EventCursor = AT) -> dict[str, bool]:
    return {type_: data["inForce"] for type_, data in told(before, after, clock) if "inForce" in data}


def with_window(who: Driver, start: datetime | None, end: datetime | None) -> Driver:
    (right,) = who.rights
    return replace(who, rights=(replace(right, valid_from=start, valid_until=end),))


def test_what_is_as_it_was_tells_nothing() -> None:
    assert told(ALICE, ALICE) == told(None, None) == []


def test_a_new_driver_is_told_before_his_rights_and_tags() -> None:
    assert told(None, ALICE) == [
        ("driver.added", {"driverId": 1, "enabled": True}),
        (
            "right.granted",
            {
                "rightId": 10,
                "driverId": 1,
                "place": {"kind": "site", "id": 2},
                "validFrom": None,
                "validUntil": None,
                "inForce": True,
            },
        ),
        (
            "tag.added",
            {"tagId": 1, "driverId": 1, "validFrom": None, "validUntil": None, "blocked": False, "inForce": True},
        ),
    ]


def test_a_removed_driver_is_told_after_his_rights_and_tags_none_of_which_is_in_force() -> None:
    assert types(ALICE, None) == ["right.revoked", "tag.removed", "driver.removed"]
    assert in_force(ALICE, None) == {"right.revoked": False, "tag.removed": False}
    assert told(ALICE, None)[-1] == ("driver.removed", {"driverId": 1})


def test_events_hold_no_name_and_no_card_number() -> None:
    who = replace(driver(9, "Zebra", On(DEPOT)), external_id="Zebra", external_ids=(ExternalId("Zebra", "Zebra"),))
    changed = replace(who, name="Zebra two", external_id="Zebra 2")
    for before, after in ((None, who), (who, None), (who, replace(who, enabled=False)), (who, changed)):
        assert told(before, after)
        assert "zebra" not in str(told(before, after)).lower()


@pytest.mark.parametrize(
    ("who", "granted"), [(ALICE, True), (CAROL, False), (PEGGY, False)], ids=["always", "has ended", "begins tomorrow"]
)
def test_a_granted_right_says_how_its_window_stands(who: Driver, granted: bool) -> None:
    assert in_force(replace(who, rights=()), who) == {"right.granted": granted}


def test_a_window_is_half_open() -> None:
    window = Window(7, NOW, TOMORROW)
    assert not window.in_force(EventCursor(NOW - AN_INSTANT))
    assert window.in_force(EventCursor(NOW))
    assert window.in_force(EventCursor(TOMORROW - AN_INSTANT))
    assert not window.in_force(EventCursor(TOMORROW))


def test_at_one_instant_only_those_up_to_the_clocks_number_have_begun_and_ended() -> None:
    clock = EventCursor(NOW, 7)
    assert [Window(id_, NOW, None).in_force(clock) for id_ in (6, 7, 8)] == [True, True, False]
    assert [Window(id_, None, NOW).in_force(clock) for id_ in (6, 7, 8)] == [False, False, True]


def test_the_next_edge_is_the_first_that_is_not_told() -> None:
    window = Window(7, NOW, TOMORROW)
    assert window.next_edge(EventCursor(YESTERDAY)) == NOW
    assert window.next_edge(EventCursor(NOW, 6)) == NOW
    assert window.next_edge(EventCursor(NOW, 7)) == TOMORROW
    assert window.next_edge(EventCursor(TOMORROW)) is None
    assert Window(7, None, None).next_edge(AT) is None


@pytest.mark.parametrize(
    ("start", "end", "stands"),
    [(TOMORROW, None, False), (None, NOW, False), (None, TOMORROW, True), (YESTERDAY, None, True)],
)
def test_a_right_whose_window_moves_is_changed_and_says_how_it_stands_now(
    start: datetime | None, end: datetime | None, stands: bool
) -> None:
    assert in_force(ALICE, with_window(ALICE, start, end)) == {"right.changed": stands}


def test_a_right_in_place_of_another_is_revoked_and_granted() -> None:
    moved = replace(ALICE, rights=(Right(99, driver(1, "A", On(YARD)).rights[0].place),))
    assert [(type_, data["rightId"]) for type_, data in told(ALICE, moved)] == [
        ("right.revoked", 10),
        ("right.granted", 99),
    ]


def test_a_blocked_tag_is_not_in_force_and_an_unblocked_one_is() -> None:
    blocked = replace(ALICE, tags=(replace(ALICE.tags[0], blocked=True, updated_at=NOW),))
    assert in_force(ALICE, blocked) == {"tag.blocked": False}
    assert in_force(blocked, ALICE) == {"tag.unblocked": True}


def test_a_tag_that_is_blocked_and_given_another_window_is_told_as_both() -> None:
    both = replace(ALICE, tags=(replace(ALICE.tags[0], blocked=True, expires_at=TOMORROW),))
    assert types(ALICE, both) == ["tag.blocked", "tag.changed"]


@pytest.mark.parametrize("members", [{"token_name": "Blue card"}, {"invoicable": True}, {"expires_at": NOW}])
def test_anything_else_of_a_tag_is_a_change(members: dict[str, Any]) -> None:
    changed = replace(ALICE, tags=(replace(ALICE.tags[0], **members),))
    assert in_force(ALICE, changed) == {"tag.changed": "expires_at" not in members}


def test_that_a_tag_was_written_again_is_no_change() -> None:
    assert types(ALICE, replace(ALICE, tags=(replace(ALICE.tags[0], updated_at=NOW),))) == []


def test_a_driver_is_disabled_and_enabled() -> None:
    enabled = replace(FRANK, enabled=True)
    assert told(enabled, FRANK) == [("driver.disabled", {"driverId": 6, "enabled": False})]
    assert told(FRANK, enabled) == [("driver.enabled", {"driverId": 6, "enabled": True})]


@pytest.mark.parametrize(
    "members",
    [
        {"name": "Other"},
        {"home_site_id": 5},
        {"external_id": "7"},
        {"payer_id": 7},
        {"company_id": 7},
        {"external_ids": (ExternalId("a", "b"),)},
    ],
)
def test_anything_else_of_a_driver_is_a_change(members: dict[str, Any]) -> None:
    assert types(DAN, replace(DAN, **members)) == ["driver.changed"]
    assert types(DAN, replace(DAN, **members, enabled=False)) == ["driver.disabled", "driver.changed"]
