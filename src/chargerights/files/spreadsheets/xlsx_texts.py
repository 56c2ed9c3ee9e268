"""Texts of xlsx: runs of rich text as one, and characters that XML cannot contain."""

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
    """Restores the characters that XML cannot contain, which are written in UTF-16."""
    if "_x" not in text:
        return text
    restored = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return restored.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
