"""`import` changes everything of a spreadsheet or nothing; what `export` writes, `import` takes without a change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chargerights.importing import bounds
from tests.cli.conftest import DEPOT, Cli, process
from tests.files.spreadsheets.books import ods
from tests.files.spreadsheets.sheets import csv_bytes, xlsx_bytes

NEW = [["Name", "RFID tag", "Site access"], ["Dan", "DAN", "Depot"], ["Eve", "EVE", "Company / Depot; Void"]]


def drivers(run: Cli, customer: int) -> list[Any]:
    found: list[Any] = run("dump", "--customer", customer).json.get("drivers", [])
    return found


def test_a_file_with_errors_changes_nothing_and_every_error_is_listed_with_its_place(run_both: Cli) -> None:
    customer = run_both.customer(DEPOT)
    before = drivers(run_both, customer)
    rows = [*NEW, ["Fay", "alice", "Depo"], ["", "7", "Depot [Mo]"]]
    file = run_both.file(csv_bytes(rows), "new.csv")
    done = run_both("import", file, "--customer", customer, "--mode", "add")
    assert done.status == 2
    assert "B4 (RFID tag): is driver 1, Alice already" in done.err
    assert "A5 (Name): is missing" in done.err
    assert 'C5 (Site access): "Mo" names days but no hours' in done.err
    assert "Nothing was imported: the file has 3 errors." in done.err
    as_json = run_both("import", file, "--customer", customer, "--mode", "add", "--json")
    assert as_json.status == 2
    assert [(each["row"], each["column"]) for each in as_json.json["errors"]] == [
        (4, "RFID tag"), (5, "Name"), (5, "Site access"),
    ]  # fmt: skip
    assert as_json.json["counts"] is None
    assert drivers(run_both, customer) == before


@pytest.mark.parametrize("mode", ["add", "update", "replace-all"])
def test_a_file_that_cannot_be_read_is_refused_in_every_mode(run: Cli, mode: str) -> None:
    customer = run.customer(DEPOT)
    done = run("import", run.file(b"PK\x03\x04 broken", "x.xlsx"), "--customer", customer, "--mode", mode)
    assert done.status == 2
    assert "the workbook is damaged" in done.err
    assert len(drivers(run, customer)) == 3


def test_a_file_that_needs_too_much_memory_is_refused_on_the_command_line_too(
    run: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = run.customer(DEPOT)
    monkeypatch.setattr(bounds, "MAX_MEMORY", 16 << 20)
    row = "<table:table-row{}><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row>".format
    file = run.file(ods(cells=row("", "Name") + row("", "Ada" * (50 << 20))), "large.ods")
    done = run("import", file, "--customer", customer, "--mode", "replace-all")
    assert done.status == 2
    assert "GB of memory: split it" in done.err
    assert len(drivers(run, customer)) == 3


def test_a_dry_run_says_what_would_be_done_and_does_nothing(run_both: Cli) -> None:
    customer = run_both.customer(DEPOT)
    before = run_both("dump", "--customer", customer).out
    file = run_both.file(csv_bytes(NEW), "new.csv")
    done = run_both("import", file, "--customer", customer, "--mode", "replace-all", "--dry-run")
    assert done.status == 0
    assert "driver 1, Alice: would lose 2 sites and 1 charger" in done.out
    assert "Would be: 2 added, 0 changed, 3 removed, 0 unchanged." in done.out
    found = run_both("import", file, "--customer", customer, "--mode", "replace-all", "--dry-run", "--json").json
    assert (found["dryRun"], found["revision"], found["counts"]["removed"]) == (True, None, 3)
    assert found["losers"][0] == {"driverId": 1, "name": "Alice", "sites": 2, "chargers": 1}
    assert run_both("dump", "--customer", customer).out == before
    assert run_both("customer", "list", "--json").json[0]["revision"] == 2


@pytest.mark.parametrize("content", [csv_bytes(NEW, ";", "cp1252"), xlsx_bytes(NEW)], ids=["csv", "xlsx"])
def test_drivers_are_added_with_tags_and_rights(run_both: Cli, content: bytes) -> None:
    customer = run_both.customer(DEPOT)
    done = run_both("import", run_both.file(content, "new.bin"), "--customer", customer, "--mode", "add")
    assert (done.status, done.out) == (0, "Drivers: 2 added, 0 changed, 0 removed, 0 unchanged; revision 3.\n")
    assert "Read as" in done.err
    assert [(each["name"], len(each["rights"])) for each in drivers(run_both, customer)[3:]] == [("Dan", 1), ("Eve", 2)]
    assert run_both("check", "eve", "DEP-1").status == 0


def test_drivers_are_updated_and_replaced(run_both: Cli) -> None:
    customer = run_both.customer(DEPOT)
    rows = [["RFID tag", "Site access"], ["alice", "Void"]]
    found = run_both(
        "import", run_both.file(csv_bytes(rows)), "--customer", customer, "--mode", "update", "--json"
    ).json
    assert (found["counts"]["changed"], found["revision"]) == (1, 3)
    assert drivers(run_both, customer)[0]["rights"] == [{"siteId": 3}]
    done = run_both("import", run_both.file(csv_bytes(NEW)), "--customer", customer, "--mode", "replace-all")
    assert "driver 2, Bob: lost 2 sites and 1 charger" in done.out
    assert [each["name"] for each in drivers(run_both, customer)] == ["Dan", "Eve"]


@pytest.mark.parametrize("name", ["all.csv", "all.XLSX"])
def test_what_was_exported_is_imported_without_a_change_and_into_an_empty_customer(run_both: Cli, name: str) -> None:
    customer = run_both.customer(DEPOT)
    done = run_both("export", name, "--customer", customer)
    assert (done.status, done.out) == (0, f"Wrote 3 drivers to {name}.\n")
    assert sorted(path.name for path in Path.cwd().iterdir()) == sorted([name, "network.json"])
    for mode in ("update", "replace-all"):
        found = run_both("import", name, "--customer", customer, "--mode", mode, "--json").json
        assert (found["counts"], found["revision"]) == (
            {"added": 0, "changed": 0, "removed": 0, "unchanged": 3},
            None,
        )
    places = {**DEPOT, "chargers": [{"chargerId": "DEP-2", "siteId": 2}], "accessGroups": [], "drivers": []}
    empty = run_both.customer(places, "Empty")
    assert run_both("import", name, "--customer", empty, "--mode", "add").status == 0
    assert drivers(run_both, empty) == drivers(run_both, customer)


def test_a_file_comes_from_standard_input(run: Cli) -> None:
    customer = run.customer(DEPOT)
    arguments = ["import", "-", "--customer", customer, "--mode", "add", "--json", "--database", run.url]
    assert process(*arguments, stdin=csv_bytes(NEW)).json["counts"]["added"] == 2


def test_a_new_id_is_given_to_nothing_else(run: Cli) -> None:
    """A Driver id that the file brings is not given again, nor one that the network has already."""
    customer = run.customer(DEPOT)
    rows = [["Name", "Driver id", "RFID tag"], ["Far", "5000", "FAR"], ["Near", "", "NEAR"]]
    assert run("import", run.file(csv_bytes(rows)), "--customer", customer, "--mode", "add").status == 0
    assert run("import", run.file(csv_bytes(NEW)), "--customer", customer, "--mode", "add").status == 0
    ids = [each["id"] for each in drivers(run, customer)]
    assert ids[:4] == [1, 2, 3, 5000]
    assert len(ids) == len({*ids}) == 7


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["import", "no.csv", "--mode", "add", "--customer", "1"], "no.csv cannot be read"),
        (["export", "x.ods", "--customer", "1"], "neither .xlsx nor .csv"),
        (["export", "no/folder/x.csv", "--customer", "1"], "cannot be written"),
        (["import", "x.csv", "--mode", "merge", "--customer", "1"], "merge"),
        (["import", "x.csv", "--customer", "1"], "mode"),
        (["import", "x.csv", "--mode", "add", "--customer", "99"], "no customer 99"),
        (["export", "x.csv", "--customer", "99"], "no customer 99"),
    ],
)
def test_a_wrong_question_ends_with_2(run: Cli, arguments: list[str], why: str) -> None:
    run.customer(DEPOT)
    run.file(csv_bytes(NEW), "x.csv")
    done = run(*arguments)
    assert done.status == 2
    assert why in " ".join(done.err.split())
    assert not list(Path.cwd().glob("*.part"))
