"""Reads the published contract of v1 from `api/v1/contract.yaml`.

Only `make docs` and tests read it, where PyYAML is installed. A server does not import this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .names import words

Json = dict[str, Any]

CONTRACT = Path(__file__).parents[1] / "v1" / "contract.yaml"


def paths() -> Json:
    """Returns the operations by path and method."""
    return _part("paths")


def schemas() -> Json:
    """Returns the schemas by name, with a title for each member."""
    schemas = _part("schemas")
    for name, schema in schemas.items():
        schema["title"] = name
        for member, part in schema["properties"].items():
            part["title"] = words(member)
    return schemas


def examples() -> Json:
    """Returns an example of each object."""
    return _part("examples")


def operations() -> Iterator[tuple[str, str, Json]]:
    """Yields method, path and description of each operation."""
    for path, item in paths().items():
        yield from ((method.upper(), path, operation) for method, operation in item.items())


def _part(name: str) -> Json:
    part: Json = json.loads(_text(name))  # a copy, in which nothing is shared as YAML's aliases are
    return part


@cache
def _text(name: str) -> str:
    return json.dumps(yaml.safe_load(CONTRACT.read_text())[name])
