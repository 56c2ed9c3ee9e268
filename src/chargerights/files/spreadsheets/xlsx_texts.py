"""Texts of xlsx: runs of rich text as one, characters that XML cannot hold."""

from __future__ import annotations

import re

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Text:
    """Collects rich text as plain text, without phonetic guides."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._taken = self._aloud = False

    def start(self, element: str) -> None:
        if element == "rPh":
            self._aloud = True
        elif element == "t":
            self._taken = not self._aloud

    def end(self, element: str) -> None:
        if element == "rPh":
            self._aloud = False
        elif element == "t":
            self._taken = False

    def text(self, text: str) -> None:
        if self._taken:
            self._parts.append(text)

    def take(self) -> str:
        if not self._parts:
            return ""
        text = "".join(self._parts)
        self._parts.clear()
        return unescaped(text)


def unescaped(text: str) -> str:
    """The text with the characters that XML cannot hold; they are written in UTF-16."""
    if "_x" not in text:
        return text
    found = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
