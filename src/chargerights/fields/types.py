"""Types of values in network files and the HTTP interface, with their checks.

When read, texts are trimmed, an optional text that is empty becomes None, instants become UTC, and times of day
become minutes. Rejections of the core keep the core's wording.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ..rights import identifiers
from ..rights.errors import InvalidInput
from ..rights.explain import clock_text
from ..rights.model import MINUTES_PER_DAY

MUST_BE, REFUSED = "must_be", "refused"
"""Types of our own errors: "must be …, not <the value>", and a sentence that is complete as it is."""

_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_WEB_ADDRESS = r"https?://[!-~]+"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_is_instant = re.compile(_INSTANT).fullmatch
_is_web_address = re.compile(_WEB_ADDRESS).fullmatch
_MINUTES = {clock_text(minutes): minutes for minutes in range(MINUTES_PER_DAY + 1)}


def _instant(value: object) -> datetime:
    if isinstance(value, str) and _is_instant(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):  # 31 February, 25 o'clock, before the year 1
            pass
    raise PydanticCustomError(MUST_BE, "a date, time and time zone such as 2026-01-31T08:00:00+02:00 or …Z")


def _minutes(value: object) -> int:
    if isinstance(value, str) and value in _MINUTES:
        return _MINUTES[value]
    raise PydanticCustomError(MUST_BE, "a time of day such as 08:00")


def _checked(check: Callable[[str], object], value: str) -> str:
    """Returns the text as the core's check leaves it.

    A rejection becomes a pydantic error.
    """
    try:
        return str(check(value))
    except InvalidInput as refused:
        raise PydanticCustomError(REFUSED, "{why}", {"why": str(refused)}) from None


def _optional_text(value: str | None) -> str | None:
    return None if value is None else _checked(_text, value) or None


def _written(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example]})


def _web_address(value: str) -> str:
    if _is_web_address(value):
        return value
    raise PydanticCustomError(MUST_BE, "a web address such as https://example.org/terms")


_text = partial(identifiers.text, what="it")
_name = partial(identifiers.name, what="it")

EntityId = Annotated[int, Field(ge=1, le=identifiers.INT64_MAX)]
Int64 = Annotated[int, Field(ge=identifiers.INT64_MIN, le=identifiers.INT64_MAX)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
SocketId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Weekday = Annotated[int, Field(ge=1, le=7)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]

Text = Annotated[str, AfterValidator(partial(_checked, _text))]
OptionalText = Annotated[str | None, AfterValidator(_optional_text)]
WebAddress = Annotated[str, AfterValidator(_web_address), _written(_WEB_ADDRESS, "https://example.org/terms")]
Name = Annotated[str, AfterValidator(partial(_checked, _name)), WithJsonSchema({"type": "string", "minLength": 1})]
ChargerId = Annotated[
    str,
    AfterValidator(partial(_checked, identifiers.charger_id)),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": identifiers.MAX_CHARGER_ID_LENGTH}),
]
TagText = Annotated[
    str,
    AfterValidator(partial(_checked, identifiers.tag_text)),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": identifiers.MAX_TAG_LENGTH}),
]
Timezone = Annotated[str, AfterValidator(partial(_checked, identifiers.zone))]
Instant = Annotated[datetime, PlainValidator(_instant), _written(_INSTANT, "2026-01-31T08:00:00+02:00")]
Start = Annotated[int, PlainValidator(_minutes), _written(_TIME, "08:00")]
End = Annotated[int, PlainValidator(_minutes), _written(f"({_TIME}|24:00)", "17:00")]
