"""OCPP-J's frames: `[2, id, action, payload]`, `[3, id, payload]`, `[4, id, code, description, details]`, and of 2.1
`[5, …]`, an error about a result, and `[6, id, action, payload]`, which nobody answers.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

import orjson

UNREADABLE_ID = "-1"
"""The id of an answer to a frame whose id cannot be read (OCPP 2.0.1 part 4, section 4.2.3)."""
MAX_ID_LENGTH = 255
"""The standard says 36; longer ones are sent back as they came."""
V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"


class Kind(IntEnum):
    CALL = 2
    RESULT = 3
    ERROR = 4
    RESULT_ERROR = 5
    SEND = 6


class Fault(StrEnum):
    """Why a message is not understood; `code` says it in the version's own spelling."""

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


UNKNOWN_ACTION = (Fault.NOT_IMPLEMENTED, Fault.NOT_SUPPORTED)
"""How whoever is called says that he does no such thing."""
_CODES_16 = {
    Fault.FORMAT: "FormationViolation",
    Fault.OCCURRENCE: "OccurenceConstraintViolation",  # the standard's spelling
    Fault.MESSAGE_TYPE: "ProtocolError",
    Fault.FRAMEWORK: "FormationViolation",
}


class BadFrame(Exception):
    """A frame that gets an error for an answer, with a text that says what was wrong and nothing of this program."""

    def __init__(self, fault: Fault, text: str, message_id: str = UNREADABLE_ID) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text
        self.message_id = message_id


def read(raw: str | bytes) -> list[Any]:
    """The frame's members; the first is its kind, the second its id. Raises BadFrame."""
    try:
        frame = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadFrame(Fault.FRAMEWORK, "the message is not JSON") from None
    if not isinstance(frame, list) or len(frame) < 3:
        raise BadFrame(Fault.FRAMEWORK, "the message is not an array of a type, an id and more")
    message_id = frame[1]
    if not isinstance(message_id, str) or len(message_id) > MAX_ID_LENGTH:
        raise BadFrame(Fault.FRAMEWORK, "the message's id is not a text of at most 36 characters")
    if type(frame[0]) is not int:
        raise BadFrame(Fault.MESSAGE_TYPE, "the message's type is not a number", message_id)
    if "\\u0000" not in (raw if isinstance(raw, str) else raw.decode()):
        return frame
    try:
        return _without_nul(frame)  # type: ignore[no-any-return]
    except RecursionError:
        raise BadFrame(Fault.FORMAT, "the message is nested too deeply", message_id) from None


def call(message_id: str, action: str, payload: dict[str, Any]) -> str:
    return _written([Kind.CALL.value, message_id, action, payload])


def result(message_id: str, payload: dict[str, Any]) -> str:
    return _written([3, message_id, payload])


def error(message_id: str, code: str, text: str) -> str:
    return _written([Kind.ERROR.value, message_id, code, text, {}])


def _written(frame: list[Any]) -> str:
    """Compact: some chargers match text. Instants end in Z."""
    return orjson.dumps(frame, option=orjson.OPT_UTC_Z).decode()


def _without_nul(value: Any) -> Any:
    """The same without the character that PostgreSQL cannot store."""
    match value:
        case str():
            return value.replace("\0", "")
        case list():
            return [_without_nul(each) for each in value]
        case dict():
            return {_without_nul(name): _without_nul(each) for name, each in value.items()}
        case _:
            return value
