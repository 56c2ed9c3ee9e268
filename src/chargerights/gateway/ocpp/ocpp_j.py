"""Frames of OCPP-J.

`[2, id, action, payload]`, `[3, id, payload]`, `[4, id, code, description, details]`, and in 2.1 `[5, …]`, an error
about a result, and `[6, id, action, payload]`, which is not answered.

Frames whose meaning is clear are read although they are odd: after an error, a charger would send the same frame again.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any

import orjson

UNREADABLE_ID = "-1"
"""The id of an answer to a frame whose id cannot be read (OCPP 2.0.1 part 4, section 4.2.3)."""
MAX_ID_LENGTH = 255
"""The standard says 36. Longer ones are sent back as they came."""
INT64_DIGITS = 18
"""Digits of a number that surely fits 64 bits."""
V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"


MAX_BYTES = 2 * 1024 * 1024
"""The longest message. A charger may end a long session with all its meter values."""
UNANSWERED = frozenset({"NotifyPeriodicEventStream"})
"""Actions of 2.1 whose sender expects no answer."""


class FrameKind(IntEnum):
    CALL = 2
    RESULT = 3
    ERROR = 4
    RESULT_ERROR = 5
    SEND = 6


LENGTHS = {FrameKind.CALL: 4, FrameKind.RESULT: 3, FrameKind.ERROR: 5, FrameKind.RESULT_ERROR: 5, FrameKind.SEND: 4}
"""Elements of a frame. Further ones are ignored."""
NOT_ANSWERED = frozenset({FrameKind.RESULT, FrameKind.ERROR, FrameKind.RESULT_ERROR, FrameKind.SEND})
"""Kinds whose sender expects no answer, so an error could be taken for the answer to something else."""


class FrameFault(StrEnum):
    """Reasons why a message is not understood. `code` spells them as the version does."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL = "InternalError"
    FORMAT = "FormatViolation"
    PROPERTY = "PropertyConstraintViolation"
    OCCURRENCE = "OccurrenceConstraintViolation"
    TYPE = "TypeConstraintViolation"
    GENERIC = "GenericError"
    MESSAGE_TYPE = "MessageTypeNotSupported"
    FRAMEWORK = "RpcFrameworkError"

    def code(self, version: str) -> str:
        return _CODES_16.get(self, self.value) if version == V16 else self.value


UNKNOWN_ACTION = (FrameFault.NOT_IMPLEMENTED, FrameFault.NOT_SUPPORTED)
"""Error codes with which a peer says that it does not support an action."""
_CODES_16 = {
    FrameFault.FORMAT: "FormationViolation",
    FrameFault.OCCURRENCE: "OccurenceConstraintViolation",  # the standard's spelling
    FrameFault.MESSAGE_TYPE: "ProtocolError",
    FrameFault.FRAMEWORK: "FormationViolation",
}


_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""The escaped character that PostgreSQL cannot store."""


class BadFrame(Exception):
    """A frame that is answered with an error.

    The text says what is wrong, and nothing of this program. `kind`: the frame's, where nothing else could be read.
    """

    def __init__(self, fault: FrameFault, text: str, message_id: str = UNREADABLE_ID, kind: int | None = None) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text
        self.message_id = message_id
        self.kind = kind


def read(raw: str | bytes) -> tuple[list[Any], str]:
    """Reads a frame. Returns its elements, and what is odd about it.

    The first element is its kind, the second its id. Raises BadFrame.
    """
    frame = _parsed(raw)
    if not isinstance(frame, list) or not frame:
        raise BadFrame(FrameFault.FRAMEWORK, "the message is not an array of a type, an id and more")
    odd = ""
    if type(said := frame[0]) is not int:
        frame[0] = _kind(said)
        odd = f"its type is written {said!r:.40}"
    kind = frame[0]
    if len(frame) == 2 and kind in (FrameKind.RESULT, FrameKind.ERROR):
        frame.append({})
    if len(frame) < 3:
        raise BadFrame(FrameFault.FRAMEWORK, "the message is not an array of a type, an id and more", kind=kind)
    message_id = frame[1]
    if not _is_id(message_id):
        text = f"the message's id is not a text of at most {MAX_ID_LENGTH} characters"
        raise BadFrame(FrameFault.FRAMEWORK, text, kind=kind)
    if kind is None:
        raise BadFrame(FrameFault.MESSAGE_TYPE, "the message's type is not a number", message_id)
    length = LENGTHS.get(kind, len(frame))
    if len(frame) > length:
        odd = f"it has {len(frame)} elements instead of {length}"
        del frame[length:]
    return frame, odd


def _kind(said: Any) -> int | None:
    """The type of a message that is not written as a whole number: "2" and 2.0 are 2."""
    if not isinstance(said, str | float):
        return None
    try:
        number = float(said)
    except ValueError:
        return None
    return int(number) if number.is_integer() and abs(number) < 100 else None


def _is_id(message_id: Any) -> bool:
    """Returns whether it can be sent back.

    Some chargers count with numbers; the answer has the same one.
    """
    if isinstance(message_id, str):
        return len(message_id) <= MAX_ID_LENGTH
    return type(message_id) is int or (type(message_id) is float and message_id.is_integer())


def _parsed(raw: str | bytes) -> Any:
    try:
        if "\\u0000" not in (raw if isinstance(raw, str) else raw.decode()):
            return orjson.loads(raw)
    except ValueError:  # of JSON or of UTF-8
        pass
    try:
        return orjson.loads(_NUL.sub(r"\1", _cleaned(raw)))
    except (ValueError, RecursionError):
        raise BadFrame(FrameFault.FRAMEWORK, "the message is not JSON") from None


def _cleaned(raw: str | bytes) -> str:
    """Repairs text that is nearly JSON.

    Halves of surrogate pairs become "?". NaN, infinities and numbers beyond them become null. Control characters may
    stand in texts, a byte order mark before the frame and NUL after it.
    """
    text = raw if isinstance(raw, str) else raw.decode()
    frame = json.loads(
        text.strip("\ufeff\0 \t\r\n"),
        strict=False,
        parse_constant=lambda _: None,
        parse_int=_whole,
        parse_float=_finite,
    )
    return json.dumps(frame, ensure_ascii=False).encode(errors="replace").decode()


def _whole(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= INT64_DIGITS else _finite(digits)


def _finite(digits: str) -> float | None:
    found = float(digits)
    return found if math.isfinite(found) else None


def call(message_id: str, action: str, payload: dict[str, Any]) -> str:
    return _written([FrameKind.CALL.value, message_id, action, payload])


def result(message_id: str, payload: dict[str, Any]) -> str:
    return _written([3, message_id, payload])


def error(message_id: str, code: str, text: str) -> str:
    return _written([FrameKind.ERROR.value, message_id, code, text, {}])


def _written(frame: list[Any]) -> str:
    """Compact JSON, as some chargers match text."""
    return orjson.dumps(frame, _as_text, orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _as_text(value: Any) -> str:
    """An instant in UTC, cut to milliseconds: OCPP 2.x forbids more decimals."""
    if not isinstance(value, datetime):
        raise TypeError
    instant = value.astimezone(UTC)
    return instant.isoformat(timespec="milliseconds" if instant.microsecond >= 1000 else "seconds")[:-6] + "Z"
