"""A linter finds nothing wrong with the OpenAPI document; its rules are in redocly.yaml."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chargerights.app import create_app
from chargerights.storage.database import Database
from tests.support import programs
from tests.support.waiting import PATIENCE

HERE = Path(__file__).parent
OFFLINE = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}

Json = dict[str, Any]
pytestmark = [pytest.mark.slow, programs.needs_packages(HERE)]


@pytest.fixture(scope="module")
def openapi() -> Json:
    return create_app(Database("sqlite:///never-opened.db")).openapi()


def problems(openapi: Json, folder: Path) -> list[str]:
    """Rule, place and words of each problem, warnings too."""
    node = programs.node(HERE)
    document = folder / "openapi.json"
    document.write_text(json.dumps(openapi))
    program = HERE / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
    asked = ["lint", str(document), "--config", str(HERE / "redocly.yaml"), "--format", "json", "--max-problems", "50"]
    ended = subprocess.run(
        [node, str(program), *asked], capture_output=True, text=True, env=os.environ | OFFLINE, timeout=PATIENCE
    )
    assert ended.stdout, ended.stderr
    found = json.loads(ended.stdout)
    assert ended.returncode == (1 if found["totals"]["errors"] else 0), ended.stderr
    return [f"{each['ruleId']} {each['location'][0]['pointer']}: {each['message']}" for each in found["problems"]]


def test_the_linter_finds_nothing_wrong_with_the_document(openapi: Json, tmp_path: Path) -> None:
    assert problems(openapi, tmp_path) == []


@pytest.mark.parametrize(
    ("place", "member", "value", "rule"),
    [
        (["/v2/tags", "post"], "description", "", "operation-description"),
        (["/v2/tags", "post", "responses", "201", "links", "getTag"], "operationID", "getTag", "struct"),
        (["/v2/tags", "post", "responses"], "4XX", None, "operation-4xx-response"),
        (
            ["/v2/tags/{tagId}", "get", "parameters", 0],
            "schema",
            {"type": "integer", "example": "T"},
            "no-invalid-schema",
        ),
        (["/api/groups", "get", "responses", "400", "content", "text/plain"], "example", 7, "no-invalid-media-type"),
    ],
)
def test_it_finds_what_is_wrong(
    openapi: Json, tmp_path: Path, place: list[Any], member: str, value: Any, rule: str
) -> None:
    wrong = copy.deepcopy(openapi)
    node = wrong["paths"]
    for each in place:
        node = node[each]
    node[member] = value
    if value is None:
        del node[member]
    assert rule in " ".join(problems(wrong, tmp_path))
