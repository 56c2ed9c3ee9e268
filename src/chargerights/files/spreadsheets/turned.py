"""Texts that programs make of others: dates, times, amounts, shortened numbers.

Only the result is in the file; the text that was typed cannot be recovered from it.
"""

from __future__ import annotations

import re

_MONTH = (
    "(?:janv?|ene|gen|febr?|févr?|mar|mär|mrz|mrt|mars|apr|avr|abr|may|mai|mag|maj|mei|juni?|juin|giu|juli?|juil|lug"
    "|aug|août|ago|sept?|sett?|oct|okt|ott|out|nov|dec|dez|déc|dic|des|january|february|march|april|june|july|august"
    "|september|october|november|december|januar|februar|märz|oktober|dezember)\\.?"
)
_DAY = r"(?:[0-2]?\d|3[01])"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )"
_OFFSET = r"(?: ?Z| ?(?:GMT|UTC)?[+-]\d\d:?\d\d(?: \([^()]*\))?)"
_TIME = r"\d{1,2}:[0-5]\d(?::[0-5]\d)?(?:[.,]\d{1,9})?(?: ?[ap]\.?m\.?)?"
_DATE = (
    rf"(?:{_WEEKDAY}?{_DAY}[-./ ]{{1,2}}{_MONTH}(?:[-./ ]\d{{2,4}})?|{_WEEKDAY}?{_MONTH} {_DAY},? \d{{4}}"
    rf"|{_MONTH}[-./ ]\d{{2,4}}|\d{{4}}(?:-\d\d?-|/\d\d?/|\.\d\d?\.)\d\d?"
    rf"|{_DAY}(?:-{_DAY}-|/{_DAY}/|\.{_DAY}\.)\d\d(?:\d\d)?)(?:,?[ T]+{_TIME}{_OFFSET}?)?"
)
_NUMBER = r"[+-]?\d[\d.,']*"
_CENTS = rf"{_NUMBER}[.,]\d\d"
_SYMBOL, _CURRENCY = "[€$£¥]", "(?:EUR|USD|CHF|GBP|SEK|NOK|DKK|kr)"

_MADE = {
    "a date": _DATE,
    "a time": rf"{_TIME}|\d+:[0-5]\d:[0-5]\d",
    "an amount": (
        rf"[+-]?{_SYMBOL}\s?{_NUMBER}|{_NUMBER}\s?(?:{_SYMBOL}|%)|{_CURRENCY}\s?{_CENTS}|{_CENTS}\s?{_CURRENCY}"
    ),
    "a number with separators": r"[+-]?\d{1,3}(?:,\d{3})+",
    "a number with a fraction": r"[+-]?\d+[.,]0+",
    "a word for true or false": "TRUE|FALSE|WAHR|FALSCH|VRAI|FAUX|VERO|FALSO|VERDADERO|WAAR|ONWAAR|SANT|FALSKT",
}
"""A whole number gets a fraction in a column with blank cells."""
_SPOILT = r"[+-]?\d+(?:[.,]\d+)?E[+-]\d+|[+-]?\d+[.,]\d+E\d+|0*[1-9]\d{14}000+"
"""Numbers that Excel kept, as CSVs have them: in powers of ten, or with zeros after the 15 digits that it keeps."""

TURNED = "|".join((_SPOILT, *_MADE.values()))
"""The regular expression, for any case, of texts that a program may have made of others."""

_made = {what: re.compile(pattern, re.IGNORECASE).fullmatch for what, pattern in _MADE.items()}
_spoilt = re.compile(_SPOILT, re.IGNORECASE).fullmatch
_turned = re.compile(TURNED, re.IGNORECASE).fullmatch


def turned(text: str) -> str | None:
    """Returns a sentence about what a program may have made of another text, or None."""
    if not _turned(text):
        return None
    if _spoilt(text):
        return "is what Excel made of a long number, and its digits are gone"
    kind = next(what for what, matches in _made.items() if matches(text))
    return f"is {kind}, which a program may have made of it"
