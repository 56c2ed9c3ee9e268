"""Without a tag: start buttons (`NoAuthorization`, empty tokens) are answered by the charger's mark alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargerights.rights.decide import Cause, Reason, decide, decide_without_tag
from chargerights.rights.errors import UnknownCharger
from chargerights.rights.explain import explain_without_tag
from chargerights.rights.listing import drivers_of_site
from chargerights.rights.local_list import tags_of_charger
from chargerights.rights.network import Network
from tests.support.world import CIR_1, CIRCUIT_A, COMPANY, DEPOT, FACTS, NOW, TOMORROW, network

marks = st.sampled_from([None, True, False])


def marked(marks: dict[int | str, bool | None], blocked: bool = False) -> Network:
    """The cast's network with those marks, by site number or charger id."""
    end = TOMORROW if blocked else None
    return network(
        FACTS._replace(
            sites=[replace(each, free_to_use=marks.get(each.id)) for each in FACTS.sites],
            chargers=[
                replace(each, free_to_use=marks.get(each.charger_id), blocked_until=end) for each in FACTS.chargers
            ],
        )
    )


def test_without_a_mark_anywhere_no_one_charges_without_a_tag() -> None:
    decision = decide_without_tag(network(), "CIR-1", NOW)
    assert (decision.allowed, decision.cause, decision.reason) == (False, Cause.NOT_FREE_TO_USE, Reason.INVALID)


def test_an_unknown_charger_is_not_free() -> None:
    assert decide_without_tag(marked({COMPANY.id: True}), "NONE", NOW).cause is Cause.CHARGER_UNKNOWN
    with pytest.raises(UnknownCharger):
        explain_without_tag(network(), "NONE", NOW)


def test_a_blocked_charger_is_not_free_until_the_block_ends() -> None:
    asked = marked({"CIR-1": True}, blocked=True)
    assert decide_without_tag(asked, "CIR-1", NOW).cause is Cause.CHARGER_BLOCKED
    assert decide_without_tag(asked, "CIR-1", TOMORROW).cause is Cause.FREE_TO_USE
    assert decide_without_tag(marked({}, blocked=True), "CIR-1", NOW).cause is Cause.NOT_FREE_TO_USE


@given(charger=marks, above=st.lists(marks, min_size=4, max_size=4))
def test_the_nearest_mark_counts(charger: bool | None, above: list[bool | None]) -> None:
    """From the charger up: Circuit A, Ground floor, Depot, Company."""
    asked = marked({"CIR-1": charger, **dict(zip((4, 3, 2, 1), above, strict=True))})
    nearest = next((each for each in (charger, *above) if each is not None), False)
    assert decide_without_tag(asked, "CIR-1", NOW).allowed == nearest
    explained = explain_without_tag(asked, "CIR-1", NOW)
    assert (explained.decision.allowed, explained.sentence.startswith("Yes: ")) == (nearest, nearest)


@given(st.dictionaries(st.sampled_from([1, 2, 3, 4, "DEP-1", "CIR-1"]), marks))
def test_a_mark_changes_nothing_for_tags_lists_and_local_lists(marks: dict[int | str, bool | None]) -> None:
    """A blocked card is refused at a free charger, too."""
    plain, free = network(), marked(marks)
    for charger_id in plain.chargers:
        for driver in plain.drivers.values():
            before, after = (decide(each, driver.name, charger_id, NOW) for each in (plain, free))
            assert (before.cause, before.verdicts) == (after.cause, after.verdicts)
        assert tags_of_charger(plain, charger_id, NOW) == tags_of_charger(free, charger_id, NOW)
    for site_id in plain.sites:
        assert drivers_of_site(plain, site_id, NOW).drivers == drivers_of_site(free, site_id, NOW).drivers


def test_the_sentence_names_the_mark() -> None:
    here = "charger CIR-1 at Circuit A"

    def sentence(marks: dict[int | str, bool | None], blocked: bool = False) -> str:
        return explain_without_tag(marked(marks, blocked), CIR_1.charger_id, NOW).sentence

    assert sentence({}) == f"No: {here} is not free to use: a driver must show a tag."
    assert sentence({DEPOT.id: True, CIRCUIT_A.id: False}) == sentence({})
    assert sentence({"CIR-1": True}) == f"Yes: anyone may charge at {here} without a tag: charger CIR-1 is free to use."
    assert (
        sentence({DEPOT.id: True}) == f"Yes: anyone may charge at {here} without a tag: site Depot (2) is free to use."
    )
    blocked = "the charger is blocked until 2026-06-04 09:00 UTC, for everyone"
    assert sentence({DEPOT.id: True}, blocked=True) == f"No: without a tag no one may charge at {here}: {blocked}."
