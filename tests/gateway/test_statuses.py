"""The tables of words are total, and no word says yes where the reason says no."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from chargerights.gateway.ocpp.statuses import STATES_2X, STATES_16, STATUS_2X, STATUS_16
from chargerights.rights.decide import Reason


def enumeration(folder: str, file: str, *path: str) -> set[str]:
    found = json.loads((files("ocpp") / folder / "schemas" / file).read_text(encoding="utf-8-sig"))
    for name in path:
        found = found[name]
    return set(found["enum"])


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_word_of_each_version_and_only_accepted_is_accepted(reason: Reason) -> None:
    of_16 = enumeration("v16", "AuthorizeResponse.json", "properties", "idTagInfo", "properties", "status")
    of_2x = enumeration("v201", "AuthorizeResponse.json", "definitions", "AuthorizationStatusEnumType")
    assert STATUS_16[reason] in of_16
    assert STATUS_2X[reason] in of_2x
    assert (STATUS_16[reason] == "Accepted") is (STATUS_2X[reason] == "Accepted") is (reason is Reason.ACCEPTED)


def test_blocked_is_blocked_and_not_invalid_on_1_6() -> None:
    """citrineos #215"""
    assert STATUS_16[Reason.BLOCKED] == "Blocked"
    assert STATUS_16[Reason.EXPIRED] == "Expired"
    assert STATUS_16[Reason.CONCURRENT_TX] == "ConcurrentTx"


def test_every_state_has_a_word() -> None:
    assert enumeration("v16", "StatusNotification.json", "properties", "status") <= STATES_16.keys()
    assert enumeration("v201", "StatusNotificationRequest.json", "definitions", "ConnectorStatusEnumType") == set(
        STATES_2X
    )
