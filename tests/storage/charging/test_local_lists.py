"""What chargers' local lists hold, as it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chargerights.rights.local_list import ListedTag
from chargerights.storage.charging import authorizations, charger_batches, local_lists
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.charging.local_lists import IDS_PER_QUERY, KeptList, OutOfStep
from chargerights.storage.database import Database
from tests.storage.writing import put_facts
from tests.support.world import FACTS, NOW, TOMORROW

TAGS = {"ALICE": ListedTag("alice", 1, TOMORROW), "STRASSE": ListedTag("Straße", 2, None)}
FULL = KeptList("DEP-1", 2**40, 3, OutOfStep.TOO_SMALL, TAGS, NOW)
UNKNOWN = KeptList("GF-1", 0, 0, None, None, NOW)


@pytest.fixture
def cast(database: Database, customer: int) -> int:
    put_facts(database, customer, FACTS)
    return customer


def test_lists_are_read_as_they_were_written(database: Database, cast: int) -> None:
    database.write_now(local_lists.put, cast, [FULL, UNKNOWN])
    assert database.read_now(local_lists.get, cast, "DEP-1") == FULL
    assert database.read_now(local_lists.get, cast, "GF-1") == UNKNOWN
    assert database.read_now(local_lists.get, cast, "CIR-1") is None
    assert database.read_now(local_lists.get, cast + 1, "DEP-1") is None
    assert (FULL.size, FULL.in_step, UNKNOWN.size, UNKNOWN.in_step) == (2, False, 0, False)


def test_a_list_is_replaced_and_one_of_a_charger_that_there_is_not_is_left_out(database: Database, cast: int) -> None:
    database.write_now(local_lists.put, cast, [FULL])
    many = [KeptList(f"NOPE-{number}", 1, 0, None, {}, NOW) for number in range(IDS_PER_QUERY)]
    newer = KeptList("DEP-1", 7, 0, None, {}, TOMORROW)
    database.write_now(local_lists.put, cast, [*many, newer])
    assert database.read_now(local_lists.get, cast, "DEP-1") == newer
    assert newer.in_step
    assert database.read_now(local_lists.get, cast, "NOPE-1") is None


def test_a_list_that_holds_a_tag_to_forget_is_known_no_more_and_others_are(database: Database, cast: int) -> None:
    """An erased driver's tag: the charger receives the full list."""
    other = KeptList("GF-1", 3, 1, None, {"STRASSE": TAGS["STRASSE"]}, NOW)
    database.write_now(local_lists.put, cast, [FULL, other])
    database.write_now(local_lists.forget_tags, cast, {"ALICE", "STRANGER"})
    kept = database.read_now(local_lists.get, cast, "DEP-1")
    assert kept is not None
    assert (kept.version, kept.tags) == (FULL.version, None)
    assert database.read_now(local_lists.get, cast, "GF-1") == other


def test_the_tags_accepted_last_come_first(database: Database, cast: int) -> None:
    def decision(minute: int, tag: str, reason: str = "Accepted", charger_id: str = "DEP-1") -> Authorization:
        at = NOW + timedelta(minutes=minute)
        return Authorization(
            at, charger_id, None, None, tag, tag, "Authorize", reason, "rightStands", None, None, None, None
        )

    decisions = (
        decision(1, "A"),
        decision(2, "B"),
        decision(3, "A"),
        decision(4, "C", "Blocked"),
        decision(5, "D", charger_id="GF-1"),
    )
    database.write_now(charger_batches.write, cast, "node", Batch(1, NOW, messages=tuple(decisions)))
    assert database.read_now(authorizations.recent_tags, cast, "DEP-1") == ["A", "B"]
