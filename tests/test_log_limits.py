"""Log lines about chargers: ten of a kind, then one that says so, and one traceback."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from structlog import DropEvent

from chargerights import log_limits
from chargerights.log_limits import ALIKE, ALIKE_SECONDS, FewAlike, without_traceback_of_peers


class Log:
    def __init__(self) -> None:
        self.now = 0.0
        self.limit = FewAlike(lambda: self.now)

    def line(self, event: str = "odd", charger: str | None = "DEP-1", **more: Any) -> dict[str, Any] | None:
        try:
            return dict(self.limit(None, "info", {"event": event, "charger": charger, **more}))
        except DropEvent:
            return None


def test_after_ten_lines_alike_one_says_that_others_are_left_out() -> None:
    log = Log()
    lines = [log.line() for _ in range(100)]
    assert [line is not None for line in lines] == [True] * (ALIKE + 1) + [False] * 89
    assert lines[ALIKE] == {"event": "odd", "charger": "DEP-1", "more": "others like it are left out for 300 seconds"}
    log.now = ALIKE_SECONDS
    assert log.line() == {"event": "odd", "charger": "DEP-1", "left_out_before": 90}
    assert log.line() == {"event": "odd", "charger": "DEP-1"}


def test_another_charger_kind_or_action_is_not_left_out() -> None:
    log = Log()
    for _ in range(50):
        log.line()
    assert log.line(charger="GF-1")
    assert log.line("other")
    assert log.line(action="StopTransaction")


def test_chargers_that_are_not_known_are_as_one() -> None:
    log = Log()
    assert [log.line(charger=None, id=str(n)) is not None for n in range(20)] == [True] * 11 + [False] * 9


def test_what_operators_do_and_what_is_about_no_charger_is_never_left_out() -> None:
    log = Log()
    assert all(log.line("command") for _ in range(50))
    assert all(log.limit(None, "info", {"event": "request"}) for _ in range(50))


def test_one_traceback_is_enough() -> None:
    log = Log()
    error = ValueError("broken")
    assert (log.line(exc_info=error) or {})["exc_info"] is error
    assert log.line(exc_info=error) == {"event": "odd", "charger": "DEP-1", "cause": "ValueError: broken"}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_limits, "MAX_KINDS", 5)
    log = Log()
    for number in range(50):
        log.line(charger=str(number))
    assert len(log.limit._kinds) == 5


def test_a_text_that_is_not_utf_8_makes_no_traceback() -> None:
    text = "Invalid UTF-8 sequence received from client."
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, text, (), (ValueError, ValueError(), None))
    assert without_traceback_of_peers(record)
    assert (record.exc_info, record.levelname) == (None, "WARNING")
