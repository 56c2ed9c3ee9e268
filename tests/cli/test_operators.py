"""chargerights operator …, and the keys of operators."""

from __future__ import annotations

import pytest

from chargerights.rights.permissions import Permission
from tests.cli.conftest import DEPOT, Cli
from tests.cli.test_customers import authenticated


def test_an_operator_is_added_gets_a_key_and_may_what_was_given(run_both: Cli) -> None:
    us = run_both.customer(DEPOT)
    made = run_both(
        "operator", "add", "Front desk", "--customer", us, "--may", "ReadDrivers", "--may", "writetags",
        "--site", 2, "--json",
    ).json  # fmt: skip
    assert made == {
        "clientId": us, "id": made["id"], "name": "Front desk", "permissions": ["ReadDrivers", "WriteTags"],
        "siteIds": [2], "enabled": True,
    }  # fmt: skip
    key = run_both("key", "add", "--customer", us, "--operator", made["id"], "--json").json
    caller = authenticated(run_both, key["key"])
    assert caller is not None
    assert (caller.operator_id, caller.site_ids) == (made["id"], (2,))
    assert caller.permissions == {Permission.READ_DRIVERS, Permission.WRITE_TAGS}


def test_without_words_an_operator_may_nothing_and_without_sites_he_sees_all(run: Cli) -> None:
    us = run.customer()
    made = run("operator", "add", "Someone", "--customer", us, "--json").json
    assert (made["permissions"], made["siteIds"]) == ([], None)


def test_operators_are_listed_for_programs_and_for_people(run: Cli) -> None:
    us = run.customer(DEPOT)
    run("operator", "add", "[/x]", "--customer", us, "--may", "ReadTags", "--site", 2, "--site", 1)
    first, second = run("operator", "list", "--customer", us, "--json").json
    assert (first["name"], first["permissions"], first["siteIds"]) == ("Administrator", ["GlobalAdmin"], None)
    assert (second["name"], second["siteIds"]) == ("[/x]", [1, 2])
    shown = run("operator", "list", "--customer", us).out
    assert "[/x]" in shown
    assert "all sites" in shown


def test_what_is_given_is_changed_and_nothing_else(run: Cli) -> None:
    us = run.customer(DEPOT)
    made = run("operator", "add", "Desk", "--customer", us, "--may", "ReadTags", "--site", 2, "--json").json["id"]

    def changed(*options: object) -> tuple[object, ...]:
        after = run("operator", "change", made, "--customer", us, *options, "--json").json
        return after["name"], after["permissions"], after["siteIds"], after["enabled"]

    assert changed("--name", "Front desk") == ("Front desk", ["ReadTags"], [2], True)
    assert changed("--may", "ReadDrivers") == ("Front desk", ["ReadDrivers"], [2], True)
    assert changed("--site", 3) == ("Front desk", ["ReadDrivers"], [3], True)
    assert changed("--all-sites") == ("Front desk", ["ReadDrivers"], None, True)
    assert changed("--no-enabled") == ("Front desk", ["ReadDrivers"], None, False)
    assert changed("--enabled") == ("Front desk", ["ReadDrivers"], None, True)


def test_a_removed_operator_keeps_his_record_and_loses_his_keys(run_both: Cli) -> None:
    us = run_both.customer()
    made = run_both("operator", "add", "Desk", "--customer", us, "--json").json["id"]
    key = run_both("key", "add", "--customer", us, "--operator", made, "--json").json["key"]
    done = run_both("operator", "remove", made, "--customer", us)
    assert (done.status, done.out) == (
        0,
        f"Operator {made} of customer {us} is disabled, and their keys are revoked.\n",
    )
    assert authenticated(run_both, key) is None
    assert [each["enabled"] for each in run_both("operator", "list", "--customer", us, "--json").json] == [True, False]
    told = run_both("key", "add", "--customer", us, "--operator", made)
    assert (told.status, told.out) == (2, "")
    assert told.err == f"operator {made} is disabled, and their keys are refused: enable the operator first\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "Desk", "--may", "ReadAll"), "ReadAll is not a permission: use one of ReadSites, "),
        (("add", " "), "the operator's name is empty"),
        (("add", "Desk", "--site", 77), "no site 77"),
        (("change", 99, "--name", "x"), "no operator 99"),
        (("change", 1), "nothing to change: give --name, "),
        (("change", 1, "--site", 2, "--all-sites"), "--site and --all-sites contradict each other"),
        (("change", 1, "--site", 2), "no operator with all permissions would be left: "),
        (("change", 1, "--may", "ReadTags"), "no operator with all permissions would be left: "),
        (("remove", 1), "no operator with all permissions would be left: "),
        (("remove", 99), "no operator 99"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words_and_changes_nothing(
    run: Cli, arguments: tuple[object, ...], why: str
) -> None:
    us = run.customer(DEPOT)
    before = run("operator", "list", "--customer", us, "--json").json, run("key", "list", "--json").json
    done = run("operator", *arguments, "--customer", us)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(why)
    assert (run("operator", "list", "--customer", us, "--json").json, run("key", "list", "--json").json) == before


@pytest.mark.parametrize("command", [("list",), ("add", "Desk"), ("change", 1, "--name", "x"), ("remove", 1)])
def test_a_customer_that_there_is_not_has_no_operators(run: Cli, command: tuple[object, ...]) -> None:
    done = run("operator", *command, "--customer", 9)
    assert (done.status, done.out, done.err) == (2, "", "no customer 9\n")


def test_a_key_without_an_operator_named_is_that_of_one_who_may_do_everything(run: Cli) -> None:
    us = run.customer(DEPOT)
    second = run("operator", "add", "Second", "--customer", us, "--may", "GlobalAdmin", "--json").json["id"]
    run("operator", "change", 1, "--customer", us, "--site", 2)
    key = run("key", "add", "--customer", us, "--json").json["key"]
    caller = authenticated(run, key)
    assert caller is not None
    assert caller.operator_id == second


def test_a_key_of_an_operator_that_there_is_not_is_not_made(run: Cli) -> None:
    us = run.customer()
    done = run("key", "add", "--customer", us, "--operator", 99)
    assert (done.status, done.out, done.err) == (2, "", "no operator 99\n")
