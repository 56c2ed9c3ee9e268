"""Alerts and the dashboard ask for metrics that the program exports, and alerts are raised when they should."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chargerights import metrics
from tests.deploy.proxies import DEPLOY, checked
from tests.support.programs import needs

RULES = DEPLOY / "prometheus" / "rules.yaml"
DASHBOARD = DEPLOY / "grafana" / "dashboard.json"
ALERTS = Path(__file__).parent / "alerts.yaml"
PROMETHEUS_OWN = {"up"}
FUNCTIONS = re.compile(r"\b([a-z_][a-z0-9_]*)\s*\(")
WORDS = re.compile(r"\b[a-zA-Z_][a-zA-Z0-9_]*\b")
SYNTAX = {"by", "or", "and", "unless", "on", "ignoring", "without", "offset", "group_left", "bool"}


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Where each stands, and its text."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")


def exported() -> dict[str, set[str]]:
    """The labels of each series that the program exports."""
    found: dict[str, set[str]] = {}
    for name, _, kind, labels in metrics.described():
        series = [f"{name}_{part}" for part in ("bucket", "sum", "count")] if kind == "histogram" else [name]
        found |= {each: {*labels, *(["le"] if each.endswith("_bucket") else [])} for each in series}
    text = metrics.render().decode()
    return found | {each: set() for each in re.findall(r"(?m)^(process_\w+) ", text)}


def asked(expression: str) -> tuple[set[str], set[str]]:
    """The metrics of an expression, and the labels that it selects or groups by."""
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
    for group in re.findall(r"\bby\s*\(([^)]*)\)", expression):
        labels |= {each.strip() for each in group.split(",")}
    bare = re.sub(r"\bby\s*\([^)]*\)|\{[^}]*\}|\[[^\]]*\]|offset \w+", " ", expression)
    functions = set(FUNCTIONS.findall(bare))
    return {each for each in WORDS.findall(bare) if each not in functions | SYNTAX and not each.isdigit()}, labels


@pytest.mark.parametrize(("place", "expression"), list(expressions()))
def test_every_metric_and_label_that_is_asked_for_is_exported(place: str, expression: str) -> None:
    names, labels = asked(expression)
    known = exported()
    assert names
    assert names <= known.keys() | PROMETHEUS_OWN, place
    assert labels <= {"job", "instance"}.union(*(known.get(name, set()) for name in names)), place


def test_every_metric_of_the_program_is_on_the_dashboard() -> None:
    shown = {name for panel in panels() for target in panel["targets"] for name in asked(target["expr"])[0]}
    for name, _, kind, _ in metrics.described():
        assert (f"{name}_bucket" if kind == "histogram" else name) in shown


def test_every_alert_says_what_is_so_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert rule["annotations"].keys() == {"summary", "description"}, rule["alert"]
        assert "{{" in rule["annotations"]["summary"] or "%" in rule["annotations"]["summary"], rule["alert"]


def test_the_dashboard_is_laid_out_without_gaps_or_overlaps_and_works_with_any_data_source() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    assert len(taken) == 24 * (1 + max(y for _, y in taken))
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${datasource}"}


def test_every_alert_is_tested() -> None:
    tested = {
        case["alertname"] for test in yaml.safe_load(ALERTS.read_text())["tests"] for case in test["alert_rule_test"]
    }
    assert tested == {rule["alert"] for rule in rules()}


@needs("promtool")
def test_alerts_are_raised_when_they_should_and_else_not(tmp_path: Path) -> None:
    without_texts = yaml.safe_load(RULES.read_text())
    for group in without_texts["groups"]:
        for rule in group["rules"]:
            del rule["annotations"]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(without_texts))
    (tmp_path / "alerts.yaml").write_text(ALERTS.read_text())
    assert "SUCCESS" in checked(["promtool", "test", "rules", str(tmp_path / "alerts.yaml")])


@needs("promtool")
def test_prometheus_understands_the_configuration_and_every_expression(tmp_path: Path) -> None:
    checked(["promtool", "check", "config", "--syntax-only", str(DEPLOY / "prometheus" / "prometheus.yaml")])
    checked(["promtool", "check", "rules", str(RULES)])
    panels_as_rules = [
        {"record": f"panel:{number}", "expr": expression} for number, (_, expression) in enumerate(expressions())
    ]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": panels_as_rules}]}))
    checked(["promtool", "check", "rules", str(tmp_path / "panels.yaml")])
