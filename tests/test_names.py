"""A class name has one meaning: it stands in one module of `src/`, except for those listed here with a reason."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

SRC = Path(__file__).parents[1] / "src" / "chargerights"

SIMULATOR = "an error that both sides of OCPP-J meet, and the simulator must not import the server"
PUBLISHED = "the name of a schema in the published document of v1, as its clients know it"

SHARED = {
    "CallRefused": SIMULATOR,
    "NoAnswer": SIMULATOR,
}
"""Names that stand in two modules, with the reason."""


def _modules_by_class() -> dict[str, list[str]]:
    modules = defaultdict(set)
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                modules[node.name].add(str(path.relative_to(SRC)))
    return {name: sorted(paths) for name, paths in modules.items()}


def test_no_class_name_stands_in_two_modules() -> None:
    twice = {name: paths for name, paths in _modules_by_class().items() if len(paths) > 1 and name not in SHARED}
    assert twice == {}, "give each class a name of its own, or list it here with the reason"


def test_every_exception_is_still_one() -> None:
    modules = _modules_by_class()
    assert [name for name in SHARED if len(modules.get(name, ())) < 2] == [], "take these names off the list"
