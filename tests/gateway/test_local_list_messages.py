"""What a charger can take of a list, and messages in that measure."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargerights.gateway.ocpp.local_list_messages import (
    FRAME_BYTES,
    UNKNOWN_PER_MESSAGE,
    ListLimits,
    can_say,
    entry,
    in_parts,
    limits,
    removal,
    update,
)
from chargerights.gateway.ocpp.variables import of_report
from chargerights.rights.live import ChargerConfiguration
from chargerights.rights.local_list import ListedTag
from tests.gateway.client import V16, V21, V201, official
from tests.support.world import TOMORROW


def said(**values: str) -> list[ChargerConfiguration]:
    return [ChargerConfiguration(name.replace("_", "."), value, False) for name, value in values.items()]


@pytest.mark.parametrize(
    ("version", "configurations", "found"),
    [
        (V16, [], ListLimits()),
        (V16, said(LocalAuthListEnabled="False"), ListLimits(False)),
        (V16, said(localauthlistenabled=" true ", LocalAuthListMaxLength="48"), ListLimits(capacity=48)),
        (V16, said(SendLocalListMaxLength="7", LocalAuthListMaxLength=""), ListLimits(per_message=7)),
        (V16, said(SendLocalListMaxLength="0", LocalAuthListMaxLength="many"), ListLimits()),
        (V201, said(LocalAuthListCtrlr_Enabled="false"), ListLimits(False)),
        (V201, said(LocalAuthListCtrlr_Entries="3"), ListLimits()),
        (V21, said(LocalAuthListCtrlr_Entries_maxLimit="9"), ListLimits(capacity=9)),
        (
            V201,
            said(LocalAuthListCtrlr_ItemsPerMessage="5", LocalAuthListCtrlr_BytesPerMessage="900"),
            ListLimits(per_message=5, bytes_per_message=900),
        ),
    ],
)
def test_limits_are_read_from_what_the_charger_says_of_its_configuration(
    version: str, configurations: list[ChargerConfiguration], found: ListLimits
) -> None:
    assert limits(version, configurations) == found


def test_how_long_a_list_may_be_is_the_greatest_value_of_how_long_it_is() -> None:
    data: dict[str, Any] = {
        "component": {"name": "LocalAuthListCtrlr"},
        "variable": {"name": "Entries"},
        "variableAttribute": [{"value": "3", "mutability": "ReadOnly"}],
        "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": False, "maxLimit": 48.0},
    }
    assert limits(V201, of_report([data]).values()).capacity == 48


@pytest.mark.parametrize(
    ("version", "id_tag", "yes"),
    [
        (V16, "A" * 20, True),
        (V16, "A" * 21, False),
        (V201, "A" * 36, True),
        (V201, "A" * 37, False),
        (V21, "A" * 255, True),
        (V21, "straße", False),
    ],
)
def test_what_a_version_cannot_say_is_known(version: str, id_tag: str, yes: bool) -> None:
    assert can_say(version, id_tag) is yes


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_messages_keep_to_the_official_schemas(version: str) -> None:
    entries = [
        entry(version, ListedTag("ALICE", 1, TOMORROW)),
        entry(version, ListedTag("BOB", 2**63 - 1, None)),
        removal(version, ListedTag("DAN", 3, None)),
    ]
    for kind, sent in (("Full", entries[:2]), ("Full", []), ("Differential", entries)):
        message = orjson.loads(orjson.dumps(update(version, 7, kind, sent), option=orjson.OPT_UTC_Z))
        official(version, "SendLocalList", "Request").validate(message)


@given(
    st.lists(st.integers(1, 60)),
    st.integers(1, 5),
    st.one_of(st.none(), st.integers(FRAME_BYTES + 1, FRAME_BYTES + 200)),
)
def test_parts_hold_everything_in_order_and_keep_to_the_limits(
    lengths: list[int], per_message: int, size: int | None
) -> None:
    entries = [(str(number), {"idTag": "x" * length}) for number, length in enumerate(lengths)]
    parts = [*in_parts(entries, ListLimits(per_message=per_message, bytes_per_message=size))]
    assert [each for part in parts for each in part] == entries
    assert len(parts) >= 1
    for part in parts:
        assert len(part) <= per_message
        alone = len(part) == 1  # which cannot be cut
        assert alone or size is None or len(orjson.dumps([each for _, each in part])) + FRAME_BYTES <= size + 2


def test_a_charger_that_does_not_say_is_sent_few_at_a_time() -> None:
    entries: list[tuple[str, dict[str, Any]]] = [(str(number), {}) for number in range(UNKNOWN_PER_MESSAGE + 1)]
    assert [len(part) for part in in_parts(entries, ListLimits())] == [UNKNOWN_PER_MESSAGE, 1]
