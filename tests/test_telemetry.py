"""Logs: one line an event on standard error, as JSON or as text, without queries and without values of variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata

import pytest

PROGRAM = """
import logging, structlog
from chargerights import telemetry
telemetry.configure({format!r}, {level!r})
log = structlog.get_logger()
secret = "hunter2"
log.info("request", path="/api", status=200)
log.warning("database away", cause="gone")
logging.getLogger("uvicorn.error").warning("from the server")
logging.getLogger("uvicorn.access").warning("GET /?code=hunter2")
try:
    raise ValueError("broken")
except ValueError as error:
    log.error("unexpected", exc_info=error)
    logging.getLogger("uvicorn.error").error("from the server, too", exc_info=error)
"""


FORGED = """
import logging, structlog
from chargerights import telemetry
telemetry.configure({format!r}, "info")
log = structlog.get_logger()
forged = "x\\r\\n2026-01-01 [error] forged\\x1b[2J\\x1b]0;title\\x07\\x00\\x9b31m\\u2028\\u202eend\\ud800"
log.info(forged, **{{forged: 1}}, path=forged, many=[forged], word=forged.encode("utf-8", "replace"))
logging.getLogger("uvicorn.error").warning("from %s", forged)
try:
    raise ValueError(forged)
except ValueError as error:
    log.error("unexpected", exc_info=error)
    logging.getLogger("uvicorn.error").error("too", exc_info=error)
"""


def logged(form: str, level: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(format=form, level=level)], capture_output=True, check=True, text=True
    )
    assert done.stdout == ""
    assert "hunter2" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("form", ["json", "auto"])
def test_where_no_terminal_is_each_event_is_a_line_of_json(form: str) -> None:
    lines = [json.loads(line) for line in logged(form, "info").splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("request", "info"),
        ("database away", "warning"),
        ("from the server", "warning"),
        ("unexpected", "error"),
        ("from the server, too", "error"),
    ]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert lines[0]["status"] == 200
    assert all("ValueError: broken" in line["exception"] for line in lines[3:])


def test_a_person_reads_text() -> None:
    text = logged("text", "info")
    assert "database away" in text
    assert "from the server" in text
    assert "ValueError: broken" in text
    assert not text.startswith("{")


def test_what_is_below_the_level_is_not_logged() -> None:
    lines = [json.loads(line)["event"] for line in logged("json", "error").splitlines()]
    assert lines == ["unexpected", "from the server, too"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_is_logged_forges_a_line_or_moves_the_cursor(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", FORGED.format(format=form)], capture_output=True, check=True)
    text = done.stderr.decode()  # fails for what is no UTF-8
    assert text.count("forged") >= 6
    assert not [each for each in text if each != "\n" and unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp", "Cs")]
    assert not [line for line in text.splitlines() if line.startswith("2026-01-01 ")]
    if form == "text":
        lines = [line for line in text.splitlines() if not line.startswith("    ")]
        assert len(lines) == 4, "one for each event; tracebacks are indented"
    else:
        assert len([json.loads(line) for line in text.splitlines()]) == 4


def on_a_terminal(**more: str) -> str:
    """What the program logs to a terminal."""
    ours, theirs = os.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")} | more
    program = [sys.executable, "-c", PROGRAM.format(format="auto", level="info")]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=theirs, env=environment) as running:
        os.close(theirs)
        found = b""
        try:
            while piece := os.read(ours, 65_536):
                found += piece
        except OSError:  # how a terminal says that the other end is closed
            pass
        assert running.wait() == 0
    os.close(ours)
    return found.decode()


def test_colours_are_for_terminals_only_and_for_those_that_want_them() -> None:
    assert "\x1b[" in on_a_terminal(TERM="xterm")
    assert "\x1b" not in on_a_terminal(TERM="xterm", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(TERM="dumb")
    assert "\x1b" not in logged("text", "info")
    assert "\x1b" not in logged("json", "info")
