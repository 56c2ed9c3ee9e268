"""`site list`, `charger list`, `driver list` and `driver show`: what there is, found by name as well as by number."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import NOON, Cli

NETWORK: dict[str, Any] = {
    "sites": [
        {"id": 1, "name": "Northlight"},
        {"id": 2, "parentId": 1, "name": "Pier [north]", "timezone": "Europe/Helsinki", "externalId": "P-1"},
        {"id": 3, "parentId": 2, "name": "Yard"},
        {"id": 4, "parentId": 1, "name": "Annex"},
        {"id": 5, "parentId": 4, "name": "Yard", "publicName": "Visitors' yard"},
    ],
    "chargers": [
        {"chargerId": "P-01", "siteId": 2, "name": "By the stairs"},
        {"chargerId": "Y-01", "siteId": 3, "blockedUntil": "2099-01-01T00:00:00Z"},
        {"chargerId": "Y-02", "siteId": 3},
        {"chargerId": "A-01", "siteId": 4},
    ],
    "drivers": [
        {
            "id": 7,
            "name": "Åsa [Berg]",
            "homeSiteId": 2,
            "externalId": "E-7",
            "tags": [
                {"idTag": "04A1", "tokenName": "Blue card"},
                {"idTag": "04A2", "blocked": True, "expiringDate": "2099-06-01T00:00:00Z"},
            ],
            "rights": [
                {"siteId": 2},
                {
                    "chargerId": "A-01",
                    "validUntil": "2099-03-01T00:00:00Z",
                    "hours": [{"weekday": day, "from": "08:00", "until": "17:00"} for day in range(1, 6)],
                },
            ],
        },
        {"id": 8, "name": "Bo", "enabled": False, "tags": [{"idTag": "BO"}]},
        {"id": 9, "name": "bo", "rights": [{"siteId": 3}]},
    ],
}


@pytest.fixture
def network(run: Cli) -> Cli:
    run.customer(NETWORK)
    return run


def rows(text: str) -> list[list[str]]:
    """The cells of a printed table, of its header first."""
    lines = [line.replace("┃", "│") for line in text.splitlines()]
    return [[cell.rstrip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]


def test_sites_are_listed_as_a_tree_with_the_chargers_at_and_below_them(network: Cli) -> None:
    done = network("site", "list", "--customer", 1)
    assert (done.status, done.err) == (0, "")
    assert rows(done.out) == [
        [" Id", " Site", " Chargers", " Time zone", " External id"],
        [" 1", " Northlight", "        4", "", ""],
        [" 4", "   Annex", "        1", "", ""],
        [" 5", "     Yard", "        0", "", ""],
        [" 2", "   Pier [north]", "        3", " Europe/Helsinki", " P-1"],
        [" 3", "     Yard", "        2", "", ""],
    ]


def test_lists_for_programs_have_the_members_of_the_network_file(network: Cli) -> None:
    def listed(noun: str) -> Any:
        return network(noun, "list", "--customer", 1, "--json").json

    assert listed("site")[0] == {"id": 1, "name": "Northlight"}
    assert [each["id"] for each in listed("site")] == [1, 4, 5, 2, 3]
    chargers = listed("charger")
    assert chargers[0] == {"chargerId": "A-01", "siteId": 4, "status": "Offline"}
    assert {each["chargerId"] for each in chargers} == {"P-01", "Y-01", "Y-02", "A-01"}
    assert [each["name"] for each in listed("driver")] == ["Bo", "bo", "Åsa [Berg]"]
    assert network("driver", "show", 7, "--customer", 1, "--json").json == NETWORK["drivers"][0]


def test_chargers_are_listed_with_site_and_state(network: Cli) -> None:
    table = rows(network("charger", "list", "--customer", 1).out)
    assert table[0] == [" Charger", " Name", " Site", " State"]
    assert [" Y-01", "", " Yard (3)", " Offline, blocked until 2099-01-01 00:00 UTC"] in table
    assert [" P-01", " By the stairs", " Pier [north] (2)", " Offline"] in table


@pytest.mark.parametrize(
    ("site", "listed"),
    [(2, ["P-01", "Y-01", "Y-02"]), ("pier [NORTH] ", ["P-01", "Y-01", "Y-02"]), ("visitors' yard", []), (4, ["A-01"])],
)
def test_chargers_of_a_site_are_those_at_and_below_it(network: Cli, site: object, listed: list[str]) -> None:
    done = network("charger", "list", "--customer", 1, "--site", site, "--json")
    assert sorted(each["chargerId"] for each in done.json) == listed


def test_drivers_are_found_by_name_and_by_tag(network: Cli) -> None:
    def found(search: str) -> list[int]:
        return [each["id"] for each in network("driver", "list", "--customer", 1, "--search", search, "--json").json]

    assert (found("berg"), found("04a"), found("BO"), found("xyz")) == ([7], [7], [8, 9], [])


def test_a_long_list_of_drivers_says_that_there_are_more(network: Cli) -> None:
    done = network("driver", "list", "--customer", 1, "--limit", 2)
    assert len(rows(done.out)) == 1 + 2
    assert done.err == "1 more: narrow the list with --search, or raise --limit\n"


@pytest.mark.parametrize("who", [7, "7", "åsa [berg]", " Åsa [Berg] "])
def test_a_driver_is_shown_with_tags_and_rights(network: Cli, who: object) -> None:
    done = network("driver", "show", who, "--customer", 1)
    assert done.status == 0
    assert done.out.splitlines()[0] == "Driver 7, Åsa [Berg]: enabled"
    assert "Home site: Pier [north] (2)" in done.out
    assert "04A1  Blue card" in done.out
    assert "04A2  blocked, until 2099-06-01 00:00 UTC" in done.out
    assert "site Pier [north] (2)\n" in done.out
    assert "charger A-01, until 2099-03-01 00:00 UTC, Mo–Fr 08:00–17:00 local time" in done.out


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (["driver", "show", "99"], "no driver 99"),
        (["driver", "show", "Zoe"], "no driver is called 'Zoe': `chargerights driver list` shows all"),
        (["driver", "show", "BO"], "2 drivers are called 'BO': write one of the numbers 8, 9"),
        (["who", "Nowhere"], "no site is called 'Nowhere': `chargerights site list` shows all"),
        (["who", "yard"], "2 sites are called 'yard': write one of the numbers 3, 5"),
        (["charger", "list", "--site", "77"], "no site 77"),
        (["charger", "list", "--site", ""], "no site is called '': `chargerights site list` shows all"),
    ],
)
def test_a_name_that_there_is_not_or_that_several_have_is_a_wrong_question(
    network: Cli, command: list[str], error: str
) -> None:
    done = network(*command, "--customer", 1)
    assert (done.status, done.out, done.err) == (2, "", f"{error}\n")


@pytest.mark.parametrize("command", ["site list", "charger list", "driver list", "driver show 7"])
def test_another_customer_s_things_are_not_listed(network: Cli, command: str) -> None:
    other = network.customer(name="Them")
    assert "Northlight" not in network(*command.split(), "--customer", other).out
    done = network(*command.split(), "--customer", 99)
    assert (done.status, done.out, done.err) == (2, "", "no customer 99\n")


def test_sites_are_asked_about_by_name_or_number_in_any_order(network: Cli) -> None:
    done = network("who", 3, "pier [north]", "--customer", 1, "--at", NOON, "--json")
    assert [each["groupId"] for each in done.json] == [3, 2]
