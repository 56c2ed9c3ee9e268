"""chargerights charger block, and unblock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chargerights.storage.charging import charger_batches
from chargerights.storage.charging.charger_reports import ChargerReport, ReportKind
from tests.cli.conftest import DEPOT, NOON, Cli
from tests.support.servers import opened

BLOCK = ("charger", "block", "DEP-1", "--until")
AFTER = "2099-06-03T12:00:01+03:00"


def test_a_charger_that_does_not_exist_is_not_blocked(run: Cli) -> None:
    run.customer(DEPOT)
    for command in (("charger", "block", "NOPE-1", "--until", AFTER), ("charger", "unblock", "NOPE-1")):
        done = run(*command)
        assert (done.status, done.err.strip()) == (2, "no charger NOPE-1")


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2020-01-01T00:00:00Z", "it has passed: a block ends after now"),
        ("tomorrow", "--until is 'tomorrow': write a date and time with its zone"),
        ("2099-06-03T12:00:00", "--until is '2099-06-03T12:00:00': write a date and time with its zone"),
    ],
)
def test_a_block_that_ends_at_no_instant_to_come_is_refused(run: Cli, until: str, said: str) -> None:
    run.customer(DEPOT)
    done = run(*BLOCK, until)
    assert done.status == 2
    assert said in done.err
    assert run("check", "ALICE", "DEP-1", "--at", NOON).status == 0


def test_a_block_needs_its_end(run: Cli) -> None:
    run.customer(DEPOT)
    assert run("charger", "block", "DEP-1").status == 2


def test_a_charger_is_blocked_and_unblocked(run_both: Cli) -> None:
    run_both.customer(DEPOT)
    assert run_both(*BLOCK, AFTER).out == "Charger DEP-1 is blocked until 2099-06-03 09:00:01 UTC.\n"
    assert run_both("check", "ALICE", "DEP-1", "--at", NOON).status == 1
    explained = run_both("explain", "ALICE", "DEP-1", "--at", NOON).out
    assert "the charger is blocked until 2099-06-03 09:00 UTC, for everyone" in explained
    assert run_both("check", "ALICE", "DEP-1", "--at", AFTER).status == 0
    assert run_both("charger", "unblock", "DEP-1").out == "Charger DEP-1 is not blocked.\n"
    assert run_both("check", "ALICE", "DEP-1", "--at", NOON).status == 0


def test_what_a_charger_reported_is_listed_in_lines_that_harm_no_terminal(run_both: Cli) -> None:
    customer = run_both.customer(DEPOT)
    at = datetime(2026, 3, 1, 6, tzinfo=UTC)
    fault = ChargerReport(
        at,
        "DEP-1",
        ReportKind.FAULT,
        "StatusNotification",
        "GroundFailure",
        ended=False,
        connector_id=2,
        info="\x1b[2Jlid",
    )
    step = ChargerReport(at, "DEP-1", ReportKind.FIRMWARE, "FirmwareStatusNotification", "Installed")
    with opened(run_both.url) as database:
        database.write_now(
            charger_batches.write, customer, "node", charger_batches.Batch(1, at, messages=(fault, step))
        )
    assert run_both("charger", "reports", "DEP-1").out.splitlines() == [
        "2026-03-01 06:00:00  firmware  Installed",
        "2026-03-01 06:00:00  fault  GroundFailure  began  connector 2  ?[2Jlid",
    ]
    (shown,) = run_both("charger", "reports", "DEP-1", "--kind", "fault", "--limit", "1", "--json").json
    assert (shown["id"], shown["code"], shown["connectorId"], shown["ended"]) == (1, "GroundFailure", 2, False)
    assert run_both("charger", "reports", "NOPE-1").status == 2


def test_for_programs_it_says_until_when(run: Cli) -> None:
    run.customer(DEPOT)
    said = run(*BLOCK, AFTER, "--json").json
    assert said == {"chargerId": "DEP-1", "blockedUntil": "2099-06-03T09:00:01Z"}
    assert run("charger", "unblock", "DEP-1", "--json").json == {"chargerId": "DEP-1", "blockedUntil": None}
