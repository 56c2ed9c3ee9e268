"""Reasons why a call to a charger brought no result."""

from __future__ import annotations


class CallFailed(Exception):
    """A call to a charger that brought no result."""


class NotConnected(CallFailed):
    """The charger has no open socket."""


class ConnectionLost(NotConnected):
    """The charger lost its socket after it was asked and before it answered."""


class NoAnswer(CallFailed):
    """The charger did not answer in time."""


class Busy(CallFailed):
    """The charger was still busy with another call, so this one was not sent."""


class NotStarted(Busy):
    """The charger has connected but not started, so the call was not sent."""


class CallRefused(CallFailed):
    """The charger answered with an error, or with a result that cannot be read.

    `code` and `text` are the error's.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text


class NotTaken(CallFailed):
    """The charger did not accept a list, and answered with this word."""

    def __init__(self, kind: str, word: str) -> None:
        super().__init__(f"SendLocalList ({kind}) was answered {word}")
        self.word = word


class NotSupported(NotTaken):
    """The charger does not support lists."""
