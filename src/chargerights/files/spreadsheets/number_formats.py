"""What number formats show: plain digits, leading zeros, a day, or other text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .tables import Cell, Formatted, Unread

_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "m/d/yy h:mm", 27: "yyyy/m/d", 28: "m/d", 29: "m/d", 30: "m/d/yy", 31: "yyyy/m/d", 32: "h:mm",
    33: "h:mm:ss", 34: "h:mm", 35: "h:mm:ss", 36: "yyyy/m/d", 37: "#,##0", 38: "#,##0", 39: "#,##0.00",
    40: "#,##0.00", 41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss",
    47: "mmss.0", 48: "##0.0E+0", 50: "yyyy/m/d", 51: "m/d", 52: "yyyy/m", 53: "m/d", 54: "m/d", 55: "yyyy/m",
    56: "m/d", 57: "yyyy/m/d", 58: "m/d",
}  # fmt: skip
"""Formats that files name by number only; what shows a day differs by language, whether it does not."""

_SPACE = re.compile(r"_.|\*.|\\ ")
_LITERAL = re.compile(r'"[^"]*"|\\.')
_ASIDE = re.compile(r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+|\$-[^\]]*)\]", re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_PLAIN = frozenset({"general", "standard", "@", "#", "#0", "##0", "0"})


class Format(NamedTuple):
    """How a number is shown.

    `code` is the text in the file. `zeros` is the least number of digits, None where other text is shown. `day` and
    `time` say that a day, or only a time, is shown.
    """

    code: str
    zeros: int | None = 1
    day: bool = False
    whole_day: bool = True
    time: bool = False


GENERAL = Format("General")


def built_in(number: int) -> Format:
    """The format of that number in files of Excel."""
    return number_format(_BUILT_IN.get(number, "General"))


@lru_cache(maxsize=1_000)
def number_format(code: str) -> Format:
    """What the format code does with a number that is not negative."""
    first = _SPACE.sub("", _ASIDE.sub("", _first_section(code))).strip().casefold()
    if first in _PLAIN:
        return GENERAL
    bare = _LITERAL.sub("", _ELAPSED.sub("", first)).replace("am/pm", "h").replace("a/p", "h")
    letters = set(bare.replace("general", "")) & set("ydmhsegb")
    if re.search("e[+-]", bare):  # a power of ten, not an era's year
        letters.discard("e")
    if not letters and not _ELAPSED.search(first):
        return Format(code, len(first) if re.fullmatch("0+", first) else None)
    has_year, has_day = bool(letters & set("yegb")), "d" in letters
    if has_year or has_day or letters == {"m"}:
        return Format(code, None, day=True, whole_day=has_year and has_day and "m" in letters)
    return Format(code, None, time=True)


def formatted(number: float, format_: Format) -> Cell:
    """The number, together with what its format shows unless that is its digits."""
    if format_.zeros is None or number != number // 1:
        return number if format_ is GENERAL else Formatted(number, None)
    if format_.zeros == 1:
        return number
    digits = str(abs(int(number))).zfill(format_.zeros)
    return Formatted(number, f"-{digits}" if number < 0 else digits)


def unshown_day(shown: str) -> Unread:
    return Unread(f"is a date that shows only a part of itself ({shown}): write it whole, such as 2026-12-31")


def _first_section(code: str) -> str:
    """The part for numbers that are not negative."""
    quoted = escaped = False
    for position, each in enumerate(code):
        if escaped:
            escaped = False
        elif each == '"':
            quoted = not quoted
        elif not quoted and each in "\\_*":
            escaped = True
        elif each == ";" and not quoted:
            return code[:position]
    return code
