"""Logs: one line an event on standard error, as JSON or as text, without queries and without values of variables."""

from __future__ import annotations

import json
import subprocess
import sys

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
