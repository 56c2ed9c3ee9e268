"""The pages of docs/tasks do what they say: every command is run against a real server with the demo network, and what
a page shows after it is what came."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from chargerights.files.demo_network import demo_network
from tests.conftest import Databases
from tests.programs import needs
from tests.servers import new_customer, opened, serving

pytestmark = pytest.mark.slow

PAGES = sorted(path for path in (Path(__file__).parents[2] / "docs" / "tasks").glob("*.md") if path.stem != "README")
END_OF_BLOCK = "=== what the page shows next ==="
JQ = f"""#!{sys.executable}
# As much of jq as the pages use: .id, .items[0].id, .items[].id, [.items[].id]
import json, re, sys
asked = sys.argv[2]
values = [json.load(sys.stdin)]
for step in re.findall(r"[a-zA-Z]+|[0-9]+|\\[\\]", asked):
    values = [
        found
        for value in values
        for found in (value if step == "[]" else [value[int(step) if step.isdigit() else step]])
    ]
print(json.dumps(values, separators=(",", ":")) if asked.startswith("[") else "\\n".join(map(str, values)))
"""


class Block(NamedTuple):
    """Commands, and the JSON that the last of them answers; None: the page does not show it."""

    commands: str
    shown: Any


def blocks(page: str) -> Iterator[Block]:
    found = re.findall(r"(?ms)^ *```(sh|json)\n(.*?)^ *```$", page)
    for position, (kind, text) in enumerate(found):
        if kind == "sh":
            following = found[position + 1] if position + 1 < len(found) else ("", "")
            yield Block(text, orjson.loads(following[1]) if following[0] == "json" else None)


def holds(answer: Any, shown: Any) -> bool:
    """Whether the answer has all that is shown; a page may leave members out."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(name in answer and holds(answer[name], shown[name]) for name in shown)
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(map(holds, answer, shown))
    return bool(answer == shown)


@needs("curl")
@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_a_page_does_what_it_says(path: Path, databases: Databases, tmp_path: Path) -> None:
    url = databases.new("sqlite")
    with opened(url) as database:
        caller = new_customer(database, demo_network(datetime.now(UTC).date()))
    jq = tmp_path / "jq"
    jq.write_text(JQ)
    jq.chmod(0o755)
    steps = list(blocks(path.read_text(encoding="utf-8")))
    assert any(step.shown is not None for step in steps)
    script = "set -euo pipefail\n" + "".join(f"{step.commands}\necho; echo '{END_OF_BLOCK}'\n" for step in steps)
    folder = tmp_path / "work"
    folder.mkdir()
    with serving(url) as server:
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOST": server.url, "KEY": caller.key}
        ran = subprocess.run(
            ["bash", "-c", script], env=environment, cwd=folder, capture_output=True, text=True, timeout=120
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    printed = [each.strip().rpartition("\n")[2] for each in ran.stdout.split(END_OF_BLOCK)]
    for step, last in zip(steps, printed, strict=False):
        if step.shown is not None:
            assert holds(orjson.loads(last), step.shown), f"{step.commands}\nanswers {last}"
