"""Prose follows the rule of words in CONTRIBUTING.md: what a program can see of it.

First lines of docstrings are a verb in the third person or a noun phrase, at most 80 characters. Some words are not
used anywhere, because readers stumble over them: the table says what to write instead.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST = 80
OPENINGS = re.compile(r"(Who|Whom|Whose|What|Whatever|Whether|How|Where|Which|When|If|Of|May|It|None|Nobody)\b")
INSTEAD = {
    "anew": "again, or reload",
    "whoever": "anyone who, or the noun",
    "whom": "a sentence with a subject",
    "nobody": "no one, or a sentence about what is there",
    "none of": "no",
    "(?:is|are|was|were) told": "is sent, is notified, or receives",
    "by itself": "automatically, or alone",
    "so many": "at most N, or N",
    "to be had": "available",
    "(?:he|his|him|himself)": "they, their, them, or the noun",
}
BANNED = [(re.compile(rf"\b{word}\b", re.IGNORECASE), instead) for word, instead in INSTEAD.items()]


def _sources() -> Iterator[Path]:
    for folder, kind in (("src", "py"), ("tests", "py"), ("bench", "py"), ("docs", "md")):
        yield from sorted((ROOT / folder).rglob(f"*.{kind}"))
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md") if (ROOT / name).exists())


SOURCES = [path for path in _sources() if "node_modules" not in path.parts and path != Path(__file__)]


def _docstrings(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None:
                yield getattr(node, "lineno", 1), text


def _faults(path: Path) -> Iterator[str]:
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for word, instead in BANNED:
            for match in word.finditer(line):
                if not match[0].isupper():  # a tag or constant, such as NOBODY
                    yield f"{path.relative_to(ROOT)}:{number}: “{match[0]}”: write {instead}"
    if path.suffix != ".py" or path.is_relative_to(ROOT / "tests"):
        return
    for number, text in _docstrings(path):
        first, _, rest = text.partition("\n")
        place = f"{path.relative_to(ROOT)}:{number}: the docstring's first line"
        if len(first) > LONGEST:
            yield f"{place} has {len(first)} characters: say it in {LONGEST}, and the rest below an empty line"
        if ";" in first:
            yield f"{place} has a semicolon: make two sentences of it"
        if found := OPENINGS.match(first):
            yield f"{place} begins with “{found[0]}”: begin with a verb (“Returns …”) or a noun"
        if rest and not rest.startswith("\n"):
            yield f"{place} goes on: end it, and leave an empty line"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_follows_the_rule_of_words(path: Path) -> None:
    faults = list(_faults(path))
    assert not faults, "\n".join(faults)
