"""What all commands share: which database, wrong usage, and how they end."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from cyclopts import App

from chargerights import cli
from tests.cli.conftest import DEPOT, Cli, process
from tests.conftest import Databases
from tests.support.programs import needs
from tests.support.waiting import PATIENCE

HEAVY = {"alembic", "fastapi", "httpx", "ocpp", "orjson", "psycopg", "pydantic", "sqlalchemy", "starlette", "uvicorn"}
AWAY = "postgresql://someone@127.0.0.1:1/nothing?connect_timeout=1"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["customer", "nonsense"],
        ["customer", "add"],
        ["customer", "add", "Us", "Them"],
        ["customer", "list", "--colour"],
        ["key", "add"],
        ["key", "add", "--customer", "one"],
        ["key", "revoke", "one"],
        ["load", "file.json"],
        ["load", "--customer", "1"],
        ["dump"],
        ["who", "--customer", "1"],
        ["who", "1"],
        ["check", "ALICE"],
        ["explain", "ALICE", "DEP-1", "more"],
        ["customer", "set", str(2**63), "--one-session-per-tag"],
        ["key", "revoke", str(-(2**63) - 1)],
        ["operator", "add", "Us", "--customer", "1", "--site", "2", "--site", str(2**63)],
        ["operator", "change", str(2**63), "--customer", "1", "--name", "Us"],
        ["operator", "remove", str(2**63), "--customer", "1"],
        ["who", "1", str(2**63), "--customer", "1"],
        ["serve", "--port", "70000"],
        ["serve", "--port", "http"],
        ["serve", "--workers", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_touches_nothing(run: Cli, arguments: list[str]) -> None:
    done = run(*arguments, database=False)
    assert (done.status, done.out) == (2, "")
    assert "Error" in done.err
    assert not any(Path.cwd().iterdir())


@pytest.mark.parametrize("arguments", [[], ["--help"], ["customer"], ["key", "add", "--help"], ["--version"]])
def test_help_and_version_are_no_error(run: Cli, arguments: list[str]) -> None:
    done = run(*arguments, database=False)
    assert (done.status, done.err) == (0, "")
    assert done.out


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["--version"]])
def test_help_does_not_wait_for_libraries_that_only_commands_need(arguments: list[str]) -> None:
    assert not HEAVY & imported(*arguments)


def test_a_database_that_is_up_to_date_is_opened_without_the_tool_that_migrates(run: Cli) -> None:
    url = "sqlite:///new.db"
    assert "alembic" in imported("customer", "list", "--database", url)
    assert "alembic" not in imported("customer", "list", "--database", url)


def test_questions_of_a_person_are_answered_without_the_libraries_of_the_server(run: Cli) -> None:
    customer = run.customer(DEPOT)
    for command in (["who", "2"], ["driver", "show", "1"], ["explain", "ALICE", "DEP-1"], ["check", "ZOE", "DEP-1"]):
        assert not {"fastapi", "uvicorn"} & imported(*command, "--customer", str(customer), "--database", run.url)


def imported(*arguments: str) -> set[str]:
    """The modules that a command imports."""
    program = "import sys; from chargerights.cli import main; sys.exit(main())"
    watched = f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); {program}"
    command = [sys.executable, "-c", watched, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    modules = set(ended.stderr.split())
    assert "cyclopts" in modules, ended.stderr
    return modules


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_the_list_of_commands_says_what_each_is_for(arguments: list[str]) -> None:
    listed = " ".join(process(*arguments).out.replace("│", " ").split())
    assert cli.COMMANDS
    for text in cli.COMMANDS.values():
        assert text in listed


@pytest.mark.parametrize("where", cli.COMMANDS)
def test_a_command_says_the_same_of_itself_as_the_list(where: str) -> None:
    module, _, name = where.partition(":")
    command = getattr(import_module(f"chargerights.cli.{module}"), name)
    if not isinstance(command, App):  # a group of commands has its text from the list
        assert " ".join(inspect.getdoc(command).partition("\n\n")[0].split()) == cli.COMMANDS[where]


def test_the_database_option_wins_over_the_environment_and_that_over_the_current_folder(
    run: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names(*arguments: str) -> list[str]:
        return [each["name"] for each in run("customer", "list", "--json", *arguments, database=False).json]

    run("customer", "add", "in the folder", database=False)
    assert Path("chargerights.db").exists()
    monkeypatch.setenv("CHARGERIGHTS_DATABASE", "sqlite:///environment.db")
    run("customer", "add", "in the environment", database=False)
    run("customer", "add", "in the option", "--database", "sqlite:///option.db", database=False)
    assert names() == ["in the environment"]
    assert names("--database", "sqlite:///option.db") == ["in the option"]
    monkeypatch.delenv("CHARGERIGHTS_DATABASE")
    assert names() == ["in the folder"]


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "", "sqlite://", "sqlite:///:memory:"])
def test_a_database_url_that_is_none_is_a_wrong_question(run: Cli, url: str) -> None:
    done = run("customer", "list", "--database", url, database=False)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("the database URL ")


def test_a_malformed_setting_is_a_wrong_question(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARGERIGHTS_DATABSE", "sqlite:///x.db")
    done = run("customer", "list", database=False)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("CHARGERIGHTS_DATABSE is not a setting; the settings are ")


@pytest.mark.parametrize("command", [["customer", "list"], ["dump", "--customer", "1"], ["who", "1", "--customer", "1"],
                                     ["check", "ALICE", "DEP-1"], ["serve", "--port", "0"]], ids=" ".join)  # fmt: skip
def test_a_database_that_is_away_ends_with_3(run: Cli, command: list[str]) -> None:
    done = run(*command, "--database", AWAY, database=False)
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("the database cannot be reached at 127.0.0.1:1: Connection refused")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "place", "reason"),
    [
        ("postgresql://me:hush@127.0.0.1:1/x?connect_timeout=1", "127.0.0.1:1", "Connection refused"),
        ("postgresql://me:hush@[::1]:1/x", "[::1]:1", ""),
        ("postgresql://me:hush@nowhere.invalid/x", "nowhere.invalid:5432", ""),
        ("postgresql://me:hush@/x?host=127.0.0.1:1&host=127.0.0.1:2", "127.0.0.1:1, 127.0.0.1:2", "Connection refused"),
        ("postgresql://me:hush@/x?host=/absent", "/absent:5432", "No such file or directory"),
        ("postgresql:///x?host=127.0.0.1&port=1&password=hush", "127.0.0.1:1", "Connection refused"),
        ("sqlite:///absent/folder.db", "absent/folder.db", "unable to open database file"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named_with_the_reason_and_without_the_password(
    run: Cli, url: str, place: str, reason: str
) -> None:
    done = run("customer", "list", "--database", url, database=False)
    assert (done.status, done.out) == (3, "")
    assert re.search(rf"^the database cannot be reached at \S*{re.escape(place)}: .*{reason}", done.err), done.err
    assert "hush" not in done.err


def test_a_login_that_the_database_refuses_is_its_reason(run: Cli, databases: Databases) -> None:
    url = re.sub(r"//[^@/]*@", "//stranger:hush@", databases.new("postgresql"))
    done = run("customer", "list", "--database", url, database=False)
    assert (done.status, done.out) == (3, "")
    assert re.search("cannot be reached at .*: FATAL: +.*stranger", done.err), done.err
    assert "hush" not in done.err


def test_the_program_runs_as_a_module_and_ends_with_the_command_s_status() -> None:
    assert process("customer", "add", "Us", "--json").json["clientId"] == 1
    assert process("who", "1", "--customer", "1").status == 2
    assert process("nonsense").status == 2


@needs("bash")
def test_the_shell_completes_commands_and_options(run: Cli, tmp_path: Path) -> None:
    script = tmp_path / "completion"
    done = run("--install-completion", "--shell", "bash", "--output", script, database=False)
    assert done.status == 0, done.err

    def completed(*words: str) -> list[str]:
        ask = f"""source {script}; COMP_WORDS=(chargerights {" ".join(words)} ""); COMP_CWORD={len(words) + 1}
            $(complete -p chargerights | sed 's/.*-F \\([^ ]*\\).*/\\1/'); printf '%s\n' "${{COMPREPLY[@]}}" """
        return subprocess.run(["bash", "-c", ask], capture_output=True, text=True, timeout=PATIENCE).stdout.split()

    assert {"serve", "who", "driver"} <= set(completed())
    assert {"list", "show", "erase"} <= set(completed("driver"))
