"""chargerights customer … and chargerights key …"""

from __future__ import annotations

import re

import pytest

from chargerights.storage import callers
from chargerights.storage.charging import charger_batches
from chargerights.storage.database import Database
from tests.cli.conftest import Cli
from tests.support.world import NOW

KEY = r"crk_\d+_[0-9a-f]{64}"


def authenticated(run: Cli, key: str) -> callers.Caller | None:
    database = Database(run.url)
    try:
        return database.read_now(callers.authenticate, key, NOW)
    finally:
        database.close_now()


def test_a_new_customer_comes_with_a_key_that_works(run_both: Cli) -> None:
    made = run_both("customer", "add", "Harbour", "--json").json
    assert made.keys() == {"clientId", "name", "key"}
    assert made["name"] == "Harbour"
    caller = authenticated(run_both, made["key"])
    assert caller is not None
    assert (caller.customer_id, caller.read_only) == (made["clientId"], False)


def test_without_json_a_person_reads_the_same(run: Cli) -> None:
    done = run("customer", "add", "Harbour [x]")
    assert done.status == 0
    assert re.fullmatch(rf"Customer 1, Harbour \[x\]\. Its key, shown only once:\n{KEY}\n", done.out)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 501])
def test_a_name_that_says_nothing_is_refused(run: Cli, name: str) -> None:
    done = run("customer", "add", name, "--json")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("the customer's name ")
    assert run("customer", "list", "--json").json == []


def test_what_is_set_of_a_customer_is_set_and_the_rest_stays(run_both: Cli) -> None:
    us = run_both("customer", "add", "Us", "--json").json["clientId"]

    def settings() -> tuple[bool, bool]:
        database = Database(run_both.url)
        try:
            found = database.read_now(charger_batches.standing, us, "node", NOW)
        finally:
            database.close_now()
        assert found is not None
        return found.one_session_per_tag, found.lists_hours_too

    assert settings() == (False, False)
    done = run_both("customer", "set", str(us), "--lists-hours-too", "--json")
    assert done.json == {"clientId": us, "listsHoursToo": True}
    assert settings() == (False, True)
    assert run_both("customer", "set", str(us), "--one-session-per-tag").out == (
        f"Customer {us}: one session per tag is on.\n"
    )
    assert settings() == (True, True)
    run_both("customer", "set", str(us), "--no-one-session-per-tag", "--no-lists-hours-too")
    assert settings() == (False, False)
    for command in (("customer", "set", str(us)), ("customer", "set", "99", "--lists-hours-too")):
        assert run_both(*command).status == 2


def test_customers_are_listed(run: Cli) -> None:
    run.customer(name="Us")
    run.customer({"sites": [{"id": 1, "name": "x"}]}, name="[/them]")
    assert run("customer", "list", "--json").json == [
        {"clientId": 1, "name": "Us", "revision": 1},
        {"clientId": 2, "name": "[/them]", "revision": 2},
    ]
    shown = run("customer", "list")
    assert shown.status == 0
    assert "Us" in shown.out
    assert "[/them]" in shown.out


def test_a_key_may_be_named_read_only_and_expire(run_both: Cli) -> None:
    customer = run_both.customer()
    made = run_both(
        "key", "add", "--customer", customer, "--name", "report", "--read-only",
        "--expires", "2099-01-01T00:00:00+02:00", "--json",
    ).json  # fmt: skip
    assert made.keys() == {"id", "key"}
    caller = authenticated(run_both, made["key"])
    assert caller is not None
    assert (caller.key_id, caller.read_only) == (made["id"], True)
    first, second = run_both("key", "list", "--json").json
    assert (first["name"], first["readOnly"], first["expiresAt"]) == ("first key", False, None)
    shown = ("clientId", "id", "name", "operatorId", "lastCharacters", "readOnly", "expiresAt")
    assert {name: second[name] for name in shown} == {
        "clientId": customer,
        "id": made["id"],
        "name": "report",
        "operatorId": 1,
        "lastCharacters": made["key"][-4:],
        "readOnly": True,
        "expiresAt": "2098-12-31T22:00:00Z",
    }


def test_the_list_of_keys_tells_their_last_characters_from_their_expiry(run: Cli) -> None:
    customer = run.customer()
    secret = run("key", "add", "--customer", customer, "--expires", "2099-01-01T00:00:00Z", "--json").json["key"]
    table = run("key", "list").out
    assert "Ends" not in table
    assert f"crk_{customer}_…{secret[-4:]}" in table
    assert "expires 2099-01-01" in table


def test_a_key_is_never_shown_again(run: Cli) -> None:
    secret = run("customer", "add", "Us", "--json").json["key"]
    for shown in (run("key", "list"), run("key", "list", "--json")):
        assert shown.status == 0
        assert secret[-4:] in shown.out
        assert not re.search(KEY, shown.out)
        assert secret[6:-4] not in shown.out


@pytest.mark.parametrize(
    ("expires", "why"),
    [
        ("2020-01-01T00:00:00Z", "the key would expire at "),
        ("tomorrow", "--expires is 'tomorrow': write a date and time with its zone"),
        ("2099-01-01T00:00:00", "--expires is '2099-01-01T00:00:00': write a date and time with its zone"),
        ("9999-12-31T23:59:59-12:00", "--expires is '9999-12-31T23:59:59-12:00': write an instant from "),
    ],
)
def test_an_expiry_that_cannot_be_makes_no_key(run: Cli, expires: str, why: str) -> None:
    customer = run.customer()
    done = run("key", "add", "--customer", customer, "--expires", expires)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(why)
    assert len(run("key", "list", "--json").json) == 1


@pytest.mark.parametrize("customer", [7, 0, -1, 2**63 - 1, 2**63, 10**30])
def test_a_customer_that_there_is_not_gets_no_key(run_both: Cli, customer: int) -> None:
    done = run_both("key", "add", f"--customer={customer}")
    assert (done.status, done.out) == (2, "")
    assert str(customer) in done.err
    assert "Traceback" not in done.err


def test_keys_are_listed_of_one_customer_or_of_all(run: Cli) -> None:
    run.customer(name="Us")
    run.customer(name="Them")
    assert [each["clientId"] for each in run("key", "list", "--json").json] == [1, 2]
    assert [each["clientId"] for each in run("key", "list", "--customer", 2, "--json").json] == [2]
    assert run("key", "list", "--customer", 3, "--json").json == []


def test_a_revoked_key_is_refused_and_says_so_in_the_list(run_both: Cli) -> None:
    made = run_both("customer", "add", "Us", "--json").json
    (key,) = run_both("key", "list", "--json").json
    assert run_both("key", "revoke", key["id"], "--json").json == {"id": key["id"], "clientId": 1, "revoked": True}
    assert authenticated(run_both, made["key"]) is None
    (after,) = run_both("key", "list", "--json").json
    assert after["revokedAt"] is not None
    assert "revoked" in run_both("key", "list").out
    again = run_both("key", "revoke", key["id"])
    assert (again.status, again.out) == (0, f"Key {key['id']} of customer 1 is revoked.\n")


def test_an_unknown_key_is_a_wrong_question(run: Cli) -> None:
    run.customer()
    done = run("key", "revoke", 99)
    assert (done.status, done.out, done.err) == (2, "", "no API key 99\n")


def test_where_two_customers_have_a_key_of_that_id_the_customer_must_be_named(run: Cli) -> None:
    run.customer(name="Us")
    run.customer(name="Them")
    first, second = run("key", "list", "--json").json
    assert first["id"] == second["id"]
    done = run("key", "revoke", first["id"])
    assert (done.status, done.out) == (2, "")
    assert done.err == f"customers 1, 2 have a key {first['id']}: add --customer\n"
    assert run("key", "revoke", first["id"], "--customer", 2).status == 0
    assert [each["revokedAt"] is None for each in run("key", "list", "--json").json] == [True, False]


def test_a_customer_allows_a_tag_one_session_at_a_time_or_any_number(run_both: Cli) -> None:
    customer = run_both("customer", "add", "Harbour", "--json").json["clientId"]
    database = Database(run_both.url)
    try:
        for option, wanted in (("--one-session-per-tag", True), ("--no-one-session-per-tag", False)):
            said = run_both("customer", "set", str(customer), option, "--json").json
            assert said == {"clientId": customer, "oneSessionPerTag": wanted}
            standing = database.read_now(charger_batches.standing, customer, "node", NOW)
            assert standing is not None
            assert standing.one_session_per_tag is wanted
    finally:
        database.close_now()


def test_settings_of_no_customer_are_refused(run_both: Cli) -> None:
    refused = run_both("customer", "set", 404, "--one-session-per-tag")
    assert refused.status == 2
    assert "no customer 404" in refused.err
