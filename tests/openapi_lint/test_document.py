"""Two linters find nothing wrong with the OpenAPI document, nor with the same in Swagger 2.0, warnings included.

Rules are in redocly.yaml, redocly.swagger.yaml and spectral.yaml.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from chargerights.app import create_app
from chargerights.storage.database import Database
from tests.support import programs
from tests.support.waiting import PATIENCE

HERE = Path(__file__).parent
OFFLINE = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
REDOCLY = HERE / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
SPECTRAL = HERE / "node_modules" / "@stoplight" / "spectral-cli" / "dist" / "index.js"

Json = dict[str, Any]
pytestmark = [pytest.mark.slow, programs.needs_packages(HERE)]


@pytest.fixture(scope="module")
def documents() -> dict[str, Json]:
    """The documents as a server sends them."""

    async def asked(path: str) -> Json:
        transport = httpx.ASGITransport(create_app(Database("sqlite:///never-opened.db")))
        async with httpx.AsyncClient(transport=transport, base_url="https://charging.example") as client:
            document: Json = (await client.get(path)).json()
            return document

    return {name: asyncio.run(asked(f"/{name}")) for name in ("openapi.json", "swagger.json")}


def run(program: Path, *arguments: str | Path) -> tuple[int, str]:
    """Returns the exit status of a linter, and what it prints."""
    ended = subprocess.run(
        [programs.node(HERE), str(program), *map(str, arguments)],
        capture_output=True, text=True, env=os.environ | OFFLINE, timeout=PATIENCE,
    )  # fmt: skip
    assert ended.stdout, ended.stderr
    return ended.returncode, ended.stdout


def redocly(document: Json, folder: Path, rules: str = "redocly.yaml") -> list[str]:
    """Returns rule, place and words of each problem."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    status, printed = run(REDOCLY, "lint", path, "--config", HERE / rules, "--format", "json", "--max-problems", "50")
    result = json.loads(printed)
    assert status == (1 if result["totals"]["errors"] else 0)
    problems = result["problems"]
    return [f"{problem['ruleId']} {problem['location'][0]['pointer']}: {problem['message']}" for problem in problems]


def spectral(document: Json, folder: Path) -> list[str]:
    """Returns rule, place and words of each problem."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    _, printed = run(SPECTRAL, "lint", path, "--ruleset", HERE / "spectral.yaml", "--format", "json", "--quiet")
    problems = json.loads(printed)
    return [f"{problem['code']} {'/'.join(map(str, problem['path']))}: {problem['message']}" for problem in problems]


def test_redocly_finds_nothing_wrong_with_openapi(documents: dict[str, Json], tmp_path: Path) -> None:
    assert redocly(documents["openapi.json"], tmp_path) == []


def test_redocly_finds_nothing_wrong_with_swagger(documents: dict[str, Json], tmp_path: Path) -> None:
    assert redocly(documents["swagger.json"], tmp_path, "redocly.swagger.yaml") == []


@pytest.mark.parametrize("name", ["openapi.json", "swagger.json"])
def test_spectral_finds_nothing_wrong(documents: dict[str, Json], tmp_path: Path, name: str) -> None:
    assert spectral(documents[name], tmp_path) == []


@pytest.mark.parametrize(
    ("name", "member", "rule"),
    [("openapi.json", "operationId", "operation-operationId"), ("swagger.json", "host", "oas2-api-host")],
)
def test_spectral_finds_what_is_wrong(
    documents: dict[str, Json], tmp_path: Path, name: str, member: str, rule: str
) -> None:
    wrong = copy.deepcopy(documents[name])
    del (wrong if member in wrong else wrong["paths"]["/v2/tags"]["post"])[member]
    assert rule in " ".join(spectral(wrong, tmp_path))


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
def test_redocly_finds_what_is_wrong(
    documents: dict[str, Json], tmp_path: Path, place: list[Any], member: str, value: Any, rule: str
) -> None:
    wrong = copy.deepcopy(documents["openapi.json"])
    node = wrong["paths"]
    for step in place:
        node = node[step]
    node[member] = value
    if value is None:
        del node[member]
    assert rule in " ".join(redocly(wrong, tmp_path))
