"""The demo network is sound, large enough to look at, and its stories are true."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chargerights.files.demo_network import DEMO_DAY, STORIES, Story, demo_network
from chargerights.rights.decide import Cause, decide
from chargerights.rights.network import Network
from tests.files.network_file.loading import network_of

WEDNESDAY_NOON = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
WEDNESDAY_NIGHT = datetime(2026, 6, 3, 21, 0, tzinfo=UTC)
SATURDAY_NOON = datetime(2026, 6, 6, 9, 0, tzinfo=UTC)

CAUSES_AT_NOON = (
    Cause.RIGHT_STANDS,
    Cause.NO_RIGHT_HERE,
    Cause.RIGHT_STANDS,
    Cause.RIGHT_STANDS,
    Cause.RIGHT_STANDS,
    Cause.NO_RIGHT_NOW,
    Cause.NO_RIGHT_NOW,
    Cause.TAG_BLOCKED,
    Cause.RIGHT_STANDS,
    Cause.TAG_EXPIRED,
    Cause.DRIVER_DISABLED,
    Cause.RIGHT_STANDS,
    Cause.RIGHT_STANDS,
    Cause.NO_RIGHT_NOW,
    Cause.TAG_UNKNOWN,
)


@pytest.fixture(scope="module")
def demo() -> Network:
    return network_of(demo_network())


def test_the_demo_is_the_same_for_the_same_day() -> None:
    assert demo_network() == demo_network(DEMO_DAY)
    assert demo_network() != demo_network(DEMO_DAY + timedelta(days=1))


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2028, 2, 29), date(2040, 12, 31)])
def test_the_demo_can_be_loaded_on_any_day(day: date) -> None:
    assert len(network_of(demo_network(day)).drivers) == 302


def test_the_demo_is_a_network_to_look_at(demo: Network) -> None:
    assert len(demo.sites) == 25
    assert max(len(demo.chain(site_id)) for site_id in demo.sites) == 4
    assert len(demo.chargers) == 100
    assert all(charger.evse_id and charger.connectors and charger.location.city for charger in demo.chargers.values())
    assert len({driver.name for driver in demo.drivers.values()}) == 302
    assert len(demo.tags) > 400


@pytest.mark.parametrize(("story", "cause"), [*zip(STORIES, CAUSES_AT_NOON, strict=True)])
def test_a_story_is_true(demo: Network, story: Story, cause: Cause) -> None:
    assert decide(demo, story.id_tag, story.charger_id, WEDNESDAY_NOON).cause is cause


def test_the_visitor_charges_in_office_hours_and_the_guest_at_night(demo: Network) -> None:
    visitor, guest = [story for story in STORIES if "else no" in story.expect]
    for at, visits, stays in (
        (WEDNESDAY_NOON, True, False),
        (WEDNESDAY_NIGHT, False, True),
        (SATURDAY_NOON, False, False),
    ):
        assert decide(demo, visitor.id_tag, visitor.charger_id, at).allowed is visits
        assert decide(demo, guest.id_tag, guest.charger_id, at).allowed is stays


def test_the_stories_begin_with_what_one_will_see() -> None:
    for story, cause in zip(STORIES, CAUSES_AT_NOON, strict=True):
        first = story.expect.removeprefix("…but ").split()[0].strip(":,").capitalize()
        assert first == "Yes" or cause is not Cause.RIGHT_STANDS
        assert first == "No" or cause is Cause.RIGHT_STANDS or "else no" in story.expect
