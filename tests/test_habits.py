"""Hooks and the hosted CI do what make does, and CONTRIBUTING names files that there are."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TARGETS = set(re.findall(r"(?m)^([a-z-]+):.*## ", (ROOT / "Makefile").read_text()))


def test_hooks_and_the_workflow_call_targets_that_there_are() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    called = {each["entry"].removeprefix("make ") for each in hooks}
    workflow = (ROOT / ".github" / "workflows" / "ci.yaml").read_text()
    called |= set(re.findall(r"\bmake ([a-z-]+)", workflow))
    assert {"lint", "types", "docs-check", "check", "deploy-tools"} <= called <= TARGETS


def test_the_workflow_runs_on_the_python_that_the_image_is_made_of() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text())
    steps = workflow["jobs"]["check"]["steps"]
    (python,) = (step["with"]["python-version"] for step in steps if "setup-python" in step.get("uses", ""))
    assert f"ARG PYTHON=python:{python}-slim" in (ROOT / "Dockerfile").read_text()


def test_contributing_names_files_that_there_are_and_every_package() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|tests|docs|deploy)/[^`\s]*)`", text))
    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).exists()} == set()
    source = ROOT / "src" / "chargerights"
    packages = {path.parent.name for path in source.glob("*/__init__.py")}
    assert {package for package in packages if f"`{package}/`" not in text and f"`{package}`" not in text} == set()
    assert {target for target in re.findall(r"`make ([a-z-]+)`", text) if target not in TARGETS} == set()
