"""Chargers' messages as bytes, for the spool and for messages that are set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter

from ..schema import sessions
from ..schema.columns import Instant
from .authorizations import Authorization
from .charger_reports import ChargerReport
from .live import NodeEnded
from .session_notices import SessionNotice


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message without a JSON form, or with that of an older version."""

    text: str


Message = SessionNotice | Authorization | ChargerReport | NodeEnded | Unreadable

_NOTICE, _DECISION, _REPORT = TypeAdapter(SessionNotice), TypeAdapter(Authorization), TypeAdapter(ChargerReport)
_ENDED = TypeAdapter(NodeEnded)
_INSTANTS = frozenset(column.name for column in sessions.c if isinstance(column.type, Instant))
MAX_UNREADABLE = 100_000


def dump(message: Message) -> bytes:
    """Returns the message as JSON.

    Never fails: a value without a JSON form is kept as its `repr`.
    """
    try:
        match message:
            case SessionNotice():
                return b'{"notice":' + _NOTICE.dump_json(message) + b"}"
            case Authorization():
                return orjson.dumps({"decision": message._asdict()})
            case ChargerReport():
                return orjson.dumps({"report": message._asdict()})
            case NodeEnded():
                return orjson.dumps({"ended": message._asdict()})
            case Unreadable():
                return orjson.dumps({"unreadable": message.text})
    except Exception:
        return orjson.dumps({"unreadable": ascii(message)[:MAX_UNREADABLE]})


def load(raw: bytes) -> Message:
    """Returns the message that `dump` was given."""
    try:
        match orjson.loads(raw):
            case {"notice": notice}:
                notice["says"] = {name: _said(name, value) for name, value in notice["says"].items()}
                return _NOTICE.validate_python(notice)
            case {"decision": decision}:
                return _DECISION.validate_python(decision)
            case {"report": report}:
                return _REPORT.validate_python(report)
            case {"ended": ended}:
                return _ENDED.validate_python(ended)
            case {"unreadable": str(text)}:
                return Unreadable(text)
    except Exception:
        return Unreadable(ascii(raw)[:MAX_UNREADABLE])
    return Unreadable(ascii(raw)[:MAX_UNREADABLE])


def received_at(message: Message, now: datetime) -> datetime:
    """Returns when the message was received, or now if it does not say."""
    match message:
        case SessionNotice():
            return message.received_at
        case Authorization() | ChargerReport() | NodeEnded():
            return message.at
    return now


def charger_of(message: Message) -> str:
    return "" if isinstance(message, NodeEnded | Unreadable) else message.charger_id


def shown(message: Message) -> Any:
    """Returns the message as a JSON value that every database accepts."""
    raw = dump(message)
    if b"\\u0000" in raw:
        return {"unreadable": ascii(message)[:MAX_UNREADABLE]}
    return orjson.loads(raw)


def _said(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name in _INSTANTS and isinstance(value, str) else value
