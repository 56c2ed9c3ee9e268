"""chargerights load and chargerights dump."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from chargerights.files.demo_network import demo_network
from tests.api.network import FILE as HARBOUR
from tests.cli.conftest import DEPOT, Cli, process
from tests.support.waiting import PATIENCE
from tests.support.world import NOW


def with_driver(**members: Any) -> dict[str, Any]:
    return {"sites": [{"id": 50, "name": "New"}], "drivers": [{"id": 50, "name": "Zoe", **members}]}


BAD: dict[str, tuple[object, list[str]]] = {
    "not JSON": (b"{sites: []}", ["the file: is not JSON in UTF-8"]),
    "empty": (b"", ["the file: is not JSON in UTF-8"]),
    "broken UTF-8": (b'{"sites": [{"id": 1, "name": "\xff"}]}', ["the file: is not JSON in UTF-8"]),
    "a list": ([], ["the file: must be an object, not a list"]),
    "an unknown member": ({"places": []}, ["places: is not a member of a network file"]),
    "two errors of shape": (
        {"sites": [{"id": "1", "name": "x"}, {"id": 50}]},
        ["sites[0].id: must be a whole number", "sites[1].name: is missing"],
    ),
    "an unknown site": (with_driver(rights=[{"siteId": 999}]), ["drivers[0].rights[0].siteId: "]),
    "a tag twice": (
        with_driver(tags=[{"idTag": "04A2"}, {"idTag": "04a2 "}]),
        ["drivers[0].tags[1].idTag: "],
    ),
    "a tag that is taken": (with_driver(tags=[{"idTag": "alice"}]), ["drivers[0].tags[0].idTag: "]),
    "a site id that is taken": ({"sites": [{"id": 2, "name": "x"}]}, ["sites[0].id: "]),
    "a driver id that is taken": ({"drivers": [{"id": 1, "name": "x"}]}, ["drivers[0].id: "]),
    "an access group id that is taken": ({"accessGroups": [{"id": 1, "name": "x"}]}, ["accessGroups[0].id: "]),
    "a charger id that is taken": ({"chargers": [{"chargerId": "DEP-1", "siteId": 2}]}, ["chargers[0].chargerId: "]),
    "a charger id of another customer": (
        {"chargers": [{"chargerId": "NEW-1", "siteId": 2}, {"chargerId": "THEIRS", "siteId": 2}]},
        ["chargers[1].chargerId: "],
    ),
    "a cycle": (
        {"sites": [{"id": 51, "parentId": 52, "name": "x"}, {"id": 52, "parentId": 51, "name": "y"}]},
        ["sites["],
    ),
    "a window that ends before it begins": (
        with_driver(rights=[{"siteId": 50, "validFrom": "2026-02-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"}]),
        ["drivers[0].rights[0]"],
    ),
}


@pytest.mark.parametrize(("content", "errors"), BAD.values(), ids=BAD)
def test_of_a_bad_file_nothing_is_loaded_and_every_error_is_told_with_its_place(
    run: Cli, content: object, errors: list[str]
) -> None:
    us = run.customer(DEPOT)
    run.customer({"sites": [{"id": 1, "name": "T"}], "chargers": [{"chargerId": "THEIRS", "siteId": 1}]}, "Them")
    before = run("dump", "--customer", us).out
    file = run.file(content)

    told = run("load", file, "--customer", us)
    assert (told.status, told.out) == (2, "")
    lines = told.err.splitlines()
    assert len(lines) == len(errors) + 1
    assert all(line.startswith(error) for line, error in zip(lines, errors, strict=False)), lines
    assert lines[-1].startswith(f"Nothing was loaded: the file has {len(errors)} error")

    as_json = run("load", file, "--customer", us, "--json")
    assert as_json.status == 2
    assert as_json.json == {"errors": lines[:-1]}
    assert run("dump", "--customer", us).out == before


def test_of_very_many_errors_a_person_reads_some_and_a_program_all(run: Cli) -> None:
    us = run.customer()
    file = run.file({"sites": [{"id": 0, "name": "x"}] * 250})
    told = run("load", file, "--customer", us)
    *lines, last = told.err.splitlines()
    assert (told.status, len(lines)) == (2, 200)
    assert last == "Nothing was loaded: the file has 250 errors (50 more are not shown; --json lists all)."
    assert len(run("load", file, "--customer", us, "--json").json["errors"]) == 250


def test_a_good_file_is_loaded_and_counted(run_both: Cli) -> None:
    us = run_both.customer()
    counts = {"sites": 3, "chargers": 1, "accessGroups": 1, "drivers": 3, "revision": 2}
    assert run_both("load", run_both.file(DEPOT), "--customer", us, "--json").json == counts
    them = run_both.customer(name="Them")
    other = {**DEPOT, "chargers": [], "accessGroups": []}
    done = run_both("load", run_both.file(other), "--customer", them)
    assert (done.status, done.out) == (
        0,
        "Loaded 3 sites, 0 chargers, 0 accessGroups, 3 drivers; revision 2.\n",
    )


def test_a_second_file_adds_to_the_first(run: Cli) -> None:
    us = run.customer(DEPOT)
    more = {"drivers": [{"id": 9, "name": "Zoe", "rights": [{"siteId": 2}]}]}
    assert run("load", run.file(more), "--customer", us, "--json").json["revision"] == 3
    (site,) = run("who", 2, "--customer", us, "--json", "--at", "2099-06-03T12:00:00Z").json
    assert [user["id"] for user in site["users"]] == [1, 2, 9]


@pytest.mark.parametrize("customer", [7, 2**63, 10**30])
def test_a_customer_that_there_is_not_is_a_wrong_question(run_both: Cli, customer: int) -> None:
    for command in (("load", run_both.file(DEPOT)), ("dump",), ("who", 2)):
        done = run_both(*command, "--customer", customer)
        assert (done.status, done.out) == (2, ""), command
        assert str(customer) in done.err
        assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["absent.json", "."])
def test_a_file_that_cannot_be_read_is_a_wrong_question(run: Cli, name: str) -> None:
    done = run("load", name, "--customer", run.customer())
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{name} cannot be read: ")


@pytest.mark.parametrize("name", ["absent/dump.json", "."])
def test_a_file_that_cannot_be_written_is_a_wrong_question(run: Cli, name: str) -> None:
    done = run("dump", "--customer", run.customer(DEPOT), "--output", name)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{name} cannot be written: ")


NETWORKS = {"the depot": DEPOT, "the harbour": HARBOUR, "the demo": demo_network(NOW.date()), "nothing": {}}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_what_was_dumped_loads_and_dumps_to_the_same_bytes(run_both: Cli, network: dict[str, Any]) -> None:
    us = run_both.customer(network)
    first = run_both("dump", "--customer", us).out
    for kind in DEPOT:
        assert len(orjson.loads(first).get(kind, [])) == len(network.get(kind, [])), kind
    them = Cli(f"sqlite:///{Path.cwd() / 'other.db'}", run_both._monkeypatch, run_both._capsys)
    assert them("load", them.file(first.encode()), "--customer", them.customer()).status == 0
    assert them("dump", "--customer", 1).out == first


def test_a_dump_goes_to_a_file_too(run: Cli) -> None:
    us = run.customer(DEPOT)
    done = run("dump", "--customer", us, "--output", "dump.json", "--json")
    assert done.json == {"output": "dump.json"}
    assert Path("dump.json").read_text() == run("dump", "--customer", us).out


def test_standard_input_and_output_carry_a_network_from_one_database_to_another(run: Cli) -> None:
    us = run.customer(DEPOT)
    dumped = process("dump", "--customer", us, "--database", run.url)
    assert dumped.status == 0
    assert process("customer", "add", "Them", "--database", "sqlite:///other.db").status == 0
    loaded = process(
        "load", "-", "--customer", 1, "--database", "sqlite:///other.db", "--json", stdin=dumped.out.encode()
    )
    assert (loaded.status, loaded.json["drivers"]) == (0, 3)
    assert process("dump", "--customer", 1, "--database", "sqlite:///other.db").out == dumped.out


def test_a_reader_that_goes_away_ends_a_dump_without_a_traceback(run: Cli) -> None:
    us = run.customer(NETWORKS["the demo"])
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        command = [sys.executable, "-m", "chargerights", "dump", "--customer", str(us), "--database", run.url]
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (141, b"")
