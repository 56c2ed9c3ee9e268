"""Tells number formats that show plain digits, leading zeros, a day or other text."""

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
"""Formats that files name by number only. How they show a day depends on the language; whether they do, does not."""

_SPACE = re.compile(r"_.|\* |\\ ")
_LITERAL = re.compile(r'"[^"]*"|\\.')
_ASIDE = re.compile(r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+|\$-[^\]]*)\]", re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_has_condition = re.compile(r"\[[<>=]").search
_GENERAL = frozenset({"general", "standard", "@"})
_MINUS = re.compile(r"\\?-")
_digits = re.compile("#*(0*)").fullmatch


class Section(NamedTuple):
    """The display of the numbers to which one section of a format applies.

    `code` is the format's text in the file. `zeros` is the minimum number of digits, None where other text is shown,
    and `whole` says that fractions are rounded. `day` and `time` say that a day, or only a time, is shown.
    """

    code: str
    zeros: int | None = 1
    whole: bool = False
    day: bool = False
    whole_day: bool = True
    time: bool = False


class Format(NamedTuple):
    """The display of a cell.

    `shows_text` says that a text is shown as it is.
    """

    positive: Section
    negative: Section
    zero: Section
    shows_text: bool = True

    def of(self, number: float) -> Section:
        """Returns the section that applies to the number."""
        if number == 0:
            return self.zero
        return self.negative if number < 0 else self.positive


_AS_IT_IS = Section("General")
GENERAL = Format(_AS_IT_IS, _AS_IT_IS, _AS_IT_IS)


def built_in(number: int) -> Format:
    """Returns the format that Excel files refer to by that number."""
    return number_format(_BUILT_IN.get(number, "General"))


@lru_cache(maxsize=1_000)
def number_format(code: str) -> Format:
    """Parses a format code for numbers and texts."""
    parts = _parts(code)
    texts = parts[3:4] or [part for part in parts[-1:] if "@" in _LITERAL.sub("", part)]
    shows_text = all(_bare(text) in _GENERAL for text in texts)
    if _has_condition(code):
        other = Section(code, None)
        return Format(other, other, other, shows_text)
    numbers = parts[: len(parts) - len(texts)] or parts
    positive = _section(code, numbers[0])
    negative, zero = positive, positive
    if len(numbers) > 1:
        minus = _MINUS.match(_bare(numbers[1]))
        negative = _section(code, _bare(numbers[1])[minus.end() :]) if minus else Section(code, None)
    if len(numbers) > 2:
        zero = _section(code, numbers[2])
    return Format(positive, negative, zero, shows_text)


def _section(code: str, part: str) -> Section:
    first = _bare(part)
    if first in _GENERAL:
        return _AS_IT_IS
    if first and (digits := _digits(first)) is not None:
        return Section(code, len(digits[1]), whole=True)
    bare = _LITERAL.sub("", _ELAPSED.sub("", first)).replace("am/pm", "h").replace("a/p", "h")
    letters = set(bare.replace("general", "")) & set("ydmhsegb")
    if re.search("e[+-]", bare):  # a power of ten, not an era's year
        letters.discard("e")
    if not letters and not _ELAPSED.search(first):
        return Section(code, None)
    has_year, has_day = bool(letters & set("yegb")), "d" in letters
    if has_year or has_day or letters == {"m"}:
        return Section(code, None, day=True, whole_day=has_year and has_day and "m" in letters)
    return Section(code, None, time=True)


def formatted(number: float, section: Section) -> Cell:
    """Returns the number, with its displayed text unless that is its plain digits."""
    if section.zeros is None or (section.whole and number != number // 1) or (section.zeros == 0 and number == 0):
        return Formatted(number, None)
    if section.zeros <= 1:
        return number
    digits = str(abs(int(number))).zfill(section.zeros)
    return Formatted(number, f"-{digits}" if number < 0 else digits)


def unshown_day(shown: str) -> Unread:
    return Unread(f"is a date that shows only a part of itself ({shown}): write it whole, such as 2026-12-31")


def _bare(part: str) -> str:
    """Returns the part without colours and spaces, in lower case."""
    return _SPACE.sub("", _ASIDE.sub("", part)).strip().casefold()


def _parts(code: str) -> list[str]:
    """Splits a code into sections for positive numbers, negative ones, zero and texts.

    With fewer sections, one applies to several kinds.
    """
    quoted = escaped = False
    parts = [""]
    for character in code:
        if not escaped and not quoted and character == ";":
            parts.append("")
            continue
        if not escaped and character == '"':
            quoted = not quoted
        escaped = not escaped and not quoted and character in "\\_*"
        parts[-1] += character
    return parts
