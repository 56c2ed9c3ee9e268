"""chargerights who, check and explain: 0 for yes, 1 for no, 2 for a wrong question."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chargerights.rights.explain import explain
from tests.cli.conftest import DEPOT, NOON, Cli
from tests.files.network_file.loading import network_of


@pytest.fixture
def depot(run: Cli) -> Cli:
    run.customer(DEPOT)
    return run


@pytest.fixture
def depot_on_both(run_both: Cli) -> Cli:
    run_both.customer(DEPOT)
    return run_both


def test_who_lists_the_drivers_of_each_site_as_the_server_answers(depot_on_both: Cli) -> None:
    done = depot_on_both("who", 2, 3, "--customer", 1, "--at", NOON, "--json")
    assert (done.status, done.json) == (
        0,
        [
            {
                "groupId": 2,
                "users": [
                    {"id": 1, "name": "Alice", "homeGroupId": 2, "homeGroupName": "Depot"},
                    {"id": 2, "name": "Bob"},
                ],
            },
            {"groupId": 3, "users": []},
        ],
    )


def test_who_is_a_table_for_a_person(depot: Cli) -> None:
    done = depot("who", 2, 3, "--customer", 1, "--at", NOON)
    assert done.status == 0
    for text in ("Depot (2)", "Alice", "ALICE", "Bob", "Void (3): no one may charge there."):
        assert text in done.out
    assert "Carol" not in done.out


def test_who_is_no_where_no_driver_may_charge_at_any_site(depot: Cli) -> None:
    done = depot("who", 3, "--customer", 1)
    assert (done.status, done.out) == (1, "Void (3): no one may charge there.\n")
    assert depot("who", 3, "--customer", 1, "--json").status == 1


def test_who_asks_about_the_instant_given(depot: Cli) -> None:
    (site,) = depot("who", 2, "--customer", 1, "--at", "2099-05-01T00:00:00Z", "--json").json
    assert [user["name"] for user in site["users"]] == ["Alice", "Bob", "Carol"]


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_an_unknown_site_is_a_wrong_question_that_names_it(depot: Cli, json: list[str]) -> None:
    done = depot("who", 2, 77, 78, "--customer", 1, *json)
    assert (done.status, done.out, done.err) == (2, "", "no site 77, 78\n")


@pytest.mark.parametrize(("tag", "status", "word"), [("alice", 0, "yes Accepted"), ("CAROL", 1, "no NotAtThisTime"),
                                                     ("ZOE", 1, "no Unknown")])  # fmt: skip
def test_check_says_yes_or_no_and_why(depot_on_both: Cli, tag: str, status: int, word: str) -> None:
    done = depot_on_both("check", tag, "DEP-1", "--at", NOON)
    assert (done.status, done.out) == (status, f"{word}\n")
    answer = depot_on_both("check", tag, "DEP-1", "--at", NOON, "--json")
    assert (answer.status, answer.json["allowed"]) == (status, status == 0)
    assert answer.json["reason"] == word.partition(" ")[2]


@pytest.mark.parametrize(("tag", "status"), [("ALICE", 0), ("BOB", 0), ("CAROL", 1), ("ZOE", 1)])
def test_explain_says_the_core_s_sentence(depot_on_both: Cli, tag: str, status: int) -> None:
    sentence = explain(network_of(DEPOT), tag, "DEP-1", datetime.fromisoformat(NOON)).sentence
    done = depot_on_both("explain", tag, "DEP-1", "--at", NOON)
    assert done.status == status
    assert sentence in done.out.splitlines()
    answer = depot_on_both("explain", tag, "DEP-1", "--at", NOON, "--json")
    assert (answer.status, answer.json["sentence"]) == (status, sentence)


def test_explain_shows_every_right_and_what_became_of_it(depot: Cli) -> None:
    assert "✓ right on site Depot (2): stands" in depot("explain", "ALICE", "DEP-1", "--at", NOON).out
    assert "✗ right on site Depot (2): " in depot("explain", "CAROL", "DEP-1", "--at", NOON).out


@pytest.mark.parametrize("command", ["check", "explain"])
def test_a_charger_that_there_is_not_is_a_wrong_question(depot: Cli, command: str) -> None:
    depot.customer({"sites": [{"id": 1, "name": "T"}], "chargers": [{"chargerId": "THEIRS", "siteId": 1}]}, "Them")
    assert depot(command, "ALICE", "NONE-1").err == "no charger NONE-1\n"
    of_another = depot(command, "ALICE", "THEIRS", "--customer", 1)
    assert (of_another.status, of_another.out, of_another.err) == (2, "", "no charger THEIRS\n")
    assert depot(command, "ALICE", "THEIRS").status == 1


@pytest.mark.parametrize(
    "at", ["noon", "2026-06-03T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "", "2026-13-01T00:00Z"]
)
@pytest.mark.parametrize(
    "question", [("who", 2, "--customer", 1), ("check", "ALICE", "DEP-1"), ("explain", "X", "DEP-1")]
)
def test_an_instant_that_cannot_be_asked_about_is_a_wrong_question(depot: Cli, question: Any, at: str) -> None:
    done = depot(*question, "--at", at)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"--at is {at!r}: write ")


def test_names_that_look_like_markup_are_shown_as_they_are(run: Cli) -> None:
    name = "[red]x[/] [/] \\"
    network = {
        "sites": [{"id": 1, "name": name}, {"id": 2, "name": name + "2"}],
        "chargers": [{"chargerId": "DEP-1", "siteId": 1, "name": name}],
        "drivers": [{"id": 1, "name": name, "tags": [{"idTag": "[/t]"}], "rights": [{"siteId": 1}]}],
    }
    run.customer(network, "[/us]")
    done = run("who", 1, 2, "--customer", 1)
    assert done.status == 0
    assert done.out.count("[red]x[/] [/] \\") == 3
    assert "[/t]" in done.out
    assert "[red]x[/] [/] \\" in run("explain", "[/t]", "DEP-1").out
    assert run("check", "[/t]", "DEP-1").status == 0


def test_explain_hints_at_the_other_spelling_of_a_card(run: Cli) -> None:
    run.customer({**DEPOT, "drivers": [{"id": 7, "name": "Kim", "tags": [{"idTag": "04A1B2C3"}], "rights": []}]})
    hint = "The card may be known in another spelling: 04A1B2C3 is a tag of Kim (driver 7)."
    assert hint in run("explain", "C3:B2:A1:04", "DEP-1").out
    assert run("check", "04:a1:b2:c3", "DEP-1", "--json").json["hint"] == hint
