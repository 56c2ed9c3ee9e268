"""`chargerights driver export` and `driver erase`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chargerights.cli.common import now
from chargerights.storage.callers import HOST
from chargerights.storage.journal import ChangeContext
from chargerights.storage.revisions import make
from chargerights.storage.rows import drivers
from tests.cli.conftest import DEPOT, Cli
from tests.support.servers import opened


@pytest.fixture
def depot_of(run_both: Cli) -> int:
    return run_both.customer(DEPOT)


def test_export_writes_all_that_is_kept_as_json(run_both: Cli, depot_of: int) -> None:
    told = run_both("driver", "export", 1, "--customer", depot_of)
    assert told.status == 0
    assert told.json == {
        "driverId": 1,
        "driver": {
            "id": 1,
            "name": "Alice",
            "homeSiteId": 2,
            "tags": [{"idTag": "ALICE"}],
            "rights": [{"siteId": 2}],
        },
        "history": [],
        "records": {"authorisations": [], "sessions": [], "stoppedSessions": [], "setAside": []},
    }


def test_nothing_is_erased_without_yes(run_both: Cli, depot_of: int) -> None:
    done = run_both("driver", "erase", 1, "--customer", depot_of)
    assert (done.status, done.out, done.err) == (2, "", "nothing was erased: add --yes to erase Alice for good\n")
    assert run_both("check", "ALICE", "DEP-1").status == 0


def test_an_erased_driver_is_gone_and_the_journal_says_by_what(run_both: Cli, depot_of: int) -> None:
    done = run_both("driver", "erase", 1, "--customer", depot_of, "--yes")
    assert (done.status, done.out) == (0, f"Driver 1 of customer {depot_of} is erased.\n")
    assert run_both("check", "ALICE", "DEP-1").out == "no Unknown\n"
    told = run_both("driver", "export", 1, "--customer", depot_of)
    assert "Alice" not in told.out
    assert [(each["actor"], each["action"]) for each in told.json["history"]] == [("cli", "driver.erase")]
    again = run_both("driver", "erase", 1, "--customer", depot_of, "--yes", "--json")
    assert again.json == {"clientId": depot_of, "driverId": 1, "erased": True}
    assert run_both("driver", "export", 1, "--customer", depot_of).out == told.out


@pytest.mark.parametrize("command", [("export",), ("erase", "--yes")])
@pytest.mark.parametrize(("driver", "customer"), [(77, 1), (1, 7)])
def test_a_driver_that_there_is_not_is_a_wrong_question(
    run: Cli, command: tuple[str, ...], driver: int, customer: int
) -> None:
    run.customer(DEPOT)
    done = run("driver", command[0], driver, "--customer", customer, *command[1:])
    assert (done.status, done.out) == (2, "")
    assert done.err in (f"no driver {driver}\n", f"no customer {customer}\n")


def test_check_explain_and_who_of_the_past_are_answered_from_the_past(run_both: Cli) -> None:
    us = run_both.customer(DEPOT)
    then = now()
    with opened(run_both.url) as database:
        (alice,) = database.read_now(drivers.load, us, [1])
        occasion = ChangeContext(now(), HOST, "test")
        database.write_now(make, us, occasion, lambda revision: revision.put(replace(alice, enabled=False)))
    past = ("--at", then.isoformat())
    assert (run_both("check", "ALICE", "DEP-1", *past).status, run_both("check", "ALICE", "DEP-1").status) == (0, 1)
    assert run_both("explain", "ALICE", "DEP-1", *past).out.startswith("yes Accepted\nYes: Alice")
    assert [
        [user["id"] for user in run_both("who", 2, "--customer", us, "--json", *more).json[0]["users"]]
        for more in (past, ())
    ] == [[1, 2, 3], [2, 3]]


def test_of_the_time_before_a_load_there_is_no_answer(run: Cli) -> None:
    us = run.customer(DEPOT)
    early = ("--at", "2020-01-01T00:00:00Z")
    for question in (("check", "ALICE", "DEP-1"), ("explain", "ALICE", "DEP-1"), ("who", 2, "--customer", us)):
        done = run(*question, *early)
        assert (done.status, done.out) == (2, "")
        assert done.err.startswith("there is no answer before ")
