"""Local lists as a charger keeps them, and as it answers about them."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.exceptions import FormatViolationError, OCPPError

from chargerights.simulator import SILENCE, SimulatedCharger
from chargerights.simulator.local_list import ListUpdate, LocalList, TagInfo
from tests.simulator.central import Central
from tests.simulator.conftest import NewCharger

YES = TagInfo("Accepted")


def tags(found: LocalList) -> set[str]:
    return set(found.entries)


def test_a_full_list_replaces_whatever_its_version() -> None:
    known = LocalList(10)
    assert known.replace(5, [("A", YES), ("B", YES)]) is ListUpdate.ACCEPTED
    assert known.replace(2, [("C", YES)]) is ListUpdate.ACCEPTED
    assert (known.version, tags(known)) == (2, {"c"})


def test_a_difference_adds_changes_and_removes() -> None:
    known = LocalList(10)
    known.replace(1, [("A", YES), ("B", YES)])
    blocked = TagInfo("Blocked")
    assert known.change(2, [("a", blocked), ("B", None), ("C", YES), ("NEVER", None)]) is ListUpdate.ACCEPTED
    assert (known.version, known.entries) == (2, {"a": blocked, "c": YES})


@pytest.mark.parametrize("version", [0, 2, 3])
def test_a_difference_that_is_not_newer_changes_nothing(version: int) -> None:
    known = LocalList(10)
    known.replace(3, [("A", YES)])
    assert known.change(version, [("B", YES)]) is ListUpdate.VERSION_MISMATCH
    assert (known.version, tags(known)) == (3, {"a"})


@pytest.mark.parametrize(
    ("version", "entries"),
    [
        (2, [("A", YES), ("B", YES), ("C", YES)]),  # too many
        (2, [("A", YES), ("a", YES)]),  # one tag twice
        (2, [("A", None)]),  # nothing to remove in a full list
        (0, [("A", YES)]),  # 0 means empty
        (-1, [("A", YES)]),
    ],
)
def test_a_full_list_that_fails_changes_nothing(version: int, entries: list[tuple[str, TagInfo | None]]) -> None:
    known = LocalList(2)
    known.replace(1, [("X", YES)])
    assert known.replace(version, entries) is ListUpdate.FAILED
    assert (known.version, tags(known)) == (1, {"x"})


def test_a_difference_that_makes_the_list_too_long_fails_whole() -> None:
    known = LocalList(2)
    known.replace(1, [("A", YES)])
    assert known.change(2, [("B", YES), ("C", YES)]) is ListUpdate.FAILED
    assert known.change(2, [("A", None), ("B", YES), ("C", YES)]) is ListUpdate.ACCEPTED
    assert tags(known) == {"b", "c"}


def test_an_empty_list_has_version_0() -> None:
    known = LocalList(2)
    known.replace(4, [("A", YES)])
    known.change(5, [("A", None)])
    assert known.version == 0
    assert known.change(1, [("B", YES)]) is ListUpdate.ACCEPTED


class Lists:
    """A charger's list as its central system sees it, in either generation's words."""

    def __init__(self, central: Central, charger: SimulatedCharger) -> None:
        self._central, self._charger = central, charger
        self._sixteen = charger.dialect.subprotocol == "ocpp1.6"

    async def send(self, version: int, kind: str, *entries: tuple[str, str | None]) -> str:
        sent = [self._entry(*each) for each in entries] or None
        number = "list_version" if self._sixteen else "version_number"
        wanted: dict[str, Any] = {number: version, "update_type": kind, "local_authorization_list": sent}
        return str((await self._central.command(self._charger.id, "SendLocalList", **wanted)).status)

    async def version(self) -> int:
        answer = await self._central.command(self._charger.id, "GetLocalListVersion")
        return int(answer.list_version if self._sixteen else answer.version_number)

    def _entry(self, tag: str, status: str | None) -> dict[str, Any]:
        info = {} if status is None else {"status": status}
        if self._sixteen:
            return {"idTag": tag, **({"idTagInfo": info} if info else {})}
        return {"idToken": {"idToken": tag, "type": "ISO14443"}, **({"idTokenInfo": info} if info else {})}


@pytest.fixture
def lists(central: Central, charger: SimulatedCharger) -> Lists:
    return Lists(central, charger)


async def test_a_charger_takes_lists_and_says_their_version(lists: Lists, charger: SimulatedCharger) -> None:
    assert await lists.version() == 0
    assert await lists.send(1, "Full", ("ALICE", "Accepted"), ("BOB", "Accepted")) == "Accepted"
    assert await lists.send(2, "Differential", ("BOB", None), ("CAROL", "Blocked")) == "Accepted"
    assert await lists.version() == 2
    assert charger.local_list.entries == {"alice": YES, "carol": TagInfo("Blocked")}


async def test_a_charger_refuses_a_version_that_is_not_newer(lists: Lists) -> None:
    await lists.send(3, "Full", ("ALICE", "Accepted"))
    assert await lists.send(3, "Differential", ("BOB", "Accepted")) == "VersionMismatch"


async def test_an_empty_full_list_removes_everything(lists: Lists, charger: SimulatedCharger) -> None:
    await lists.send(3, "Full", ("ALICE", "Accepted"))
    assert await lists.send(4, "Full") == "Accepted"
    assert (await lists.version(), len(charger.local_list)) == (0, 0)


async def test_a_list_longer_than_the_charger_holds_fails(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    charger = await new_charger(version=version, local_list_capacity=2)
    await charger.until(lambda each: each.online)
    lists = Lists(central, charger)
    assert await lists.send(1, "Full", ("A", "Accepted"), ("B", "Accepted")) == "Accepted"
    assert await lists.send(2, "Differential", ("C", "Accepted")) == "Failed"
    assert await lists.version() == 1


async def test_more_entries_than_a_message_may_have_fail(
    central: Central, new_charger: NewCharger, version: str
) -> None:
    charger = await new_charger(version=version, configuration={"SendLocalListMaxLength": 1})
    await charger.until(lambda each: each.online)
    two = (("A", "Accepted"), ("B", "Accepted"))
    lists = Lists(central, charger)
    if version == "1.6":
        assert await lists.send(1, "Full", *two) == "Failed"
    else:
        with pytest.raises(OCPPError, match="ItemsPerMessage"):
            await lists.send(1, "Full", *two)
    assert await lists.version() == 0


async def test_a_message_with_more_bytes_than_allowed_fails(central: Central, new_charger: NewCharger) -> None:
    charger = await new_charger(version="2.0.1", configuration={"LocalAuthListCtrlr.BytesPerMessage": 100})
    await charger.until(lambda each: each.online)
    with pytest.raises(FormatViolationError, match="BytesPerMessage"):
        await Lists(central, charger).send(1, "Full", ("ALICE", "Accepted"))


async def test_a_charger_without_lists_says_so(lists: Lists, charger: SimulatedCharger) -> None:
    charger.configuration.put("LocalAuthListEnabled", False)
    sixteen = charger.dialect.subprotocol == "ocpp1.6"
    assert await lists.send(1, "Full", ("ALICE", "Accepted")) == ("NotSupported" if sixteen else "Failed")
    assert await lists.version() == (-1 if sixteen else 0)


async def test_a_charger_can_be_made_to_answer_otherwise(
    central: Central, lists: Lists, charger: SimulatedCharger
) -> None:
    charger.answers["SendLocalList"] = {"status": "VersionMismatch"}
    assert await lists.send(1, "Full", ("ALICE", "Accepted")) == "VersionMismatch"
    charger.answers["SendLocalList"] = FormatViolationError()
    with pytest.raises(FormatViolationError):
        await lists.send(1, "Full", ("ALICE", "Accepted"))
    assert len(charger.local_list) == 0
    charger.answers["SendLocalList"] = SILENCE
    central.links[charger.id]._response_timeout = 0.05
    with pytest.raises(TimeoutError):
        await lists.send(1, "Full", ("ALICE", "Accepted"))
    assert len(charger.commands("SendLocalList")) == 3
