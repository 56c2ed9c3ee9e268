"""For how long a list holds, and what a driver holds by name. Who is listed is in the cases."""

from __future__ import annotations

from datetime import datetime

import pytest

from chargerights.rights.driver_sets import BEGINNING, END, DriverSet
from chargerights.rights.listing import drivers_of_charger, drivers_of_site, drivers_of_sites, held_by_name
from tests.support.world import (
    AN_INSTANT,
    CIR_1,
    CIR_2,
    CIRCUIT_A,
    COMPANY,
    DEP_1,
    DEPOT,
    FACTS,
    FRANK,
    GF_1,
    GROUND_FLOOR,
    NOW,
    OFFICE,
    TOMORROW,
    VISITORS,
    YARD,
    YESTERDAY,
    On,
    driver,
    network,
)


def span(listing: DriverSet) -> tuple[list[int], datetime, datetime]:
    return list(listing.drivers), listing.since, listing.until


def test_a_list_of_rights_without_a_window_holds_for_ever() -> None:
    assert span(drivers_of_site(network(), OFFICE.id, NOW)) == ([10], BEGINNING, END)


def test_a_list_holds_from_the_last_window_that_opened_or_closed_until_the_next() -> None:
    """Carol's right at the Depot ended yesterday, Peggy's begins tomorrow."""
    steady = [1, 2, 5, 7, 8, 9, 10, 11]
    asked = network()
    assert span(drivers_of_site(asked, DEPOT.id, NOW)) == (steady, YESTERDAY, TOMORROW)
    assert span(drivers_of_site(asked, DEPOT.id, YESTERDAY)) == (steady, YESTERDAY, TOMORROW)
    assert span(drivers_of_site(asked, DEPOT.id, TOMORROW)) == ([*steady, 13], TOMORROW, END)
    assert span(drivers_of_site(asked, DEPOT.id, YESTERDAY - AN_INSTANT)) == (
        sorted([*steady, 3]),
        BEGINNING,
        YESTERDAY,
    )


@pytest.mark.parametrize(
    "on", [COMPANY, DEPOT, GROUND_FLOOR, CIRCUIT_A, CIR_1, CIR_2, VISITORS], ids=lambda on: str(on)[:20]
)
def test_a_window_bounds_the_list_of_every_site_that_it_can_change(on: object) -> None:
    trent = driver(20, "Trent", On(on, YESTERDAY, TOMORROW))  # type: ignore[arg-type]
    asked = network(FACTS._replace(drivers=[trent]))
    listed = {DEPOT.id: ([20], YESTERDAY, TOMORROW), YARD.id: ([], BEGINNING, END)}
    if on is COMPANY:
        listed[YARD.id] = listed[DEPOT.id]
    assert {site_id: span(drivers_of_site(asked, site_id, NOW)) for site_id in listed} == listed


def test_a_chargers_list_holds_until_a_window_that_reaches_it_opens_or_closes() -> None:
    trent = driver(20, "Trent", On(GF_1, TOMORROW), On(DEPOT, YESTERDAY), On(DEP_1, NOW))
    asked = network(FACTS._replace(drivers=[trent]))
    assert span(drivers_of_charger(asked, "GF-1", NOW)) == ([20], YESTERDAY, TOMORROW)
    assert span(drivers_of_charger(asked, "CIR-1", NOW)) == ([20], YESTERDAY, END)
    assert span(drivers_of_charger(asked, "DEP-1", NOW)) == ([20], NOW, END)


def test_sites_are_answered_in_the_order_asked_and_once() -> None:
    asked = [OFFICE.id, DEPOT.id, YARD.id, DEPOT.id, OFFICE.id]
    answer = drivers_of_sites(network(), asked, NOW)
    assert {site_id: list(listing.drivers) for site_id, listing in answer.items()} == {
        OFFICE.id: [10],
        DEPOT.id: [1, 2, 5, 7, 8, 9, 10, 11],
        YARD.id: [2, 12],
    }
    assert list(answer) == [OFFICE.id, DEPOT.id, YARD.id]


def test_no_sites_have_no_lists() -> None:
    assert drivers_of_sites(network(), [], NOW) == {}


def test_what_a_driver_holds_by_name_is_what_his_rights_that_are_valid_now_name_in_order() -> None:
    trent = driver(
        20,
        "Trent",
        On(VISITORS),
        On(OFFICE),
        On(DEP_1, valid_until=TOMORROW),
        On(CIR_2),
        On(COMPANY),
        On(GF_1, valid_until=YESTERDAY),
        On(DEPOT, valid_from=TOMORROW),
    )
    asked = network(FACTS._replace(drivers=[trent]))
    assert held_by_name(asked, trent, NOW) == ([COMPANY.id, OFFICE.id], ["CIR-2", "DEP-1", "OFF-1"])
    assert held_by_name(asked, trent, TOMORROW) == ([COMPANY.id, DEPOT.id, OFFICE.id], ["CIR-2", "OFF-1"])


def test_what_a_disabled_driver_holds_by_name_stays_his() -> None:
    assert held_by_name(network(), FRANK, NOW) == ([DEPOT.id], [])


def test_a_list_that_still_holds_is_not_made_again() -> None:
    asked = network()
    listing = drivers_of_site(asked, DEPOT.id, NOW)
    assert all(drivers_of_site(asked, DEPOT.id, at) is listing for at in (YESTERDAY, NOW, TOMORROW - AN_INSTANT))
