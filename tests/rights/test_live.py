"""A charger's status word, and its sockets as entered and as reported."""

from __future__ import annotations

import pytest

from chargerights.rights.live import (
    ChargerFault,
    LiveCharger,
    LiveConnector,
    Reported,
    ReportedSocket,
    known,
    sockets_of,
    status_of,
)
from chargerights.rights.model import Charger, Connector
from tests.support.world import NOW


def test_a_charger_without_a_connection_is_offline_whatever_it_said() -> None:
    assert status_of(None) == "Offline"
    assert status_of(LiveCharger("A", False, status="Available")) == "Offline"


def test_a_chargers_own_word_counts_before_its_connectors() -> None:
    connectors = (LiveConnector(1, "Error", NOW),)
    assert status_of(LiveCharger("A", True, status="Available", connectors=connectors)) == "Available"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((), "Booting"),
        (("Error",), "Error"),
        (("Unavailable", "Unavailable"), "Unavailable"),
        (("Error", "Unavailable"), "Available"),
        (("Error", "Charging"), "Available"),
        (("Charging",), "Available"),
    ],
)
def test_a_charger_that_says_nothing_of_itself_is_what_its_connectors_are(words: tuple[str, ...], status: str) -> None:
    connectors = tuple(LiveConnector(number, word, NOW) for number, word in enumerate(words, 1))
    assert status_of(LiveCharger("A", True, connectors=connectors)) == status


def test_what_a_charger_reports_of_itself_goes_before_what_was_entered() -> None:
    charger = Charger(1, "A", 1, manufacturer="Entered", model="M-1")
    assert known(charger, None, "manufacturer") == "Entered"
    live = LiveCharger("A", True, reported=Reported(manufacturer="Reported"))
    assert (known(charger, live, "manufacturer"), known(charger, live, "model")) == ("Reported", "M-1")


def test_sockets_are_those_entered_and_those_reported_and_the_controller_is_none() -> None:
    charger = Charger(1, "A", 1, connectors=(Connector(2), Connector(0)))
    states = (LiveConnector(0, "Available", NOW), LiveConnector(1, "Charging", NOW))
    assert sockets_of(charger, LiveCharger("A", True, connectors=states)) == [
        (Connector(1), states[1]),
        (Connector(2), None),
    ]
    assert sockets_of(charger, None) == [(Connector(2), None)]


def test_what_was_not_entered_of_a_socket_is_as_reported() -> None:
    charger = Charger(1, "A", 1, connectors=(Connector(1, type="ENTERED"),))
    states = tuple(LiveConnector(number, "Available", NOW, number, 1) for number in (1, 2, 3))
    told = (
        ReportedSocket(1, 1, "REPORTED", "CABLE", "DC", 50_000),
        ReportedSocket(2, None, "OF_ALL"),
        ReportedSocket(3, 2, "OF_ANOTHER"),
    )
    live = LiveCharger("A", True, connectors=states, reported=Reported(sockets=told))
    found = {
        plug.id: (plug.type, plug.format, plug.power_type, plug.max_watts) for plug, _ in sockets_of(charger, live)
    }
    assert found == {
        1: ("ENTERED", "CABLE", "DC", 50_000),
        2: ("OF_ALL", None, None, None),
        3: (None, None, None, None),
    }


def test_the_content_of_a_fault_says_nothing_of_its_place_and_time() -> None:
    assert (
        ChargerFault("X", NOW, 1, 2, info="i").content
        == ChargerFault("X", NOW, 3, 4, info="i").content
        != ChargerFault("Y", NOW).content
    )
