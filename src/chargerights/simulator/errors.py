"""Reasons why the central system brought no answer."""

from __future__ import annotations


class NoAnswer(Exception):
    """A call that the central system did not answer as it should."""


class LinkLost(NoAnswer):
    """The link ended before the answer came."""


class TimedOut(NoAnswer):
    """No answer came in time."""

    def __str__(self) -> str:
        return "timed out"


class CallRefused(NoAnswer):
    """A CALLERROR came. The text is the error's code."""


class MalformedAnswer(NoAnswer):
    """The answer cannot be read."""

    def __str__(self) -> str:
        return "malformed answer"
