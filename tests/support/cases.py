"""The cases: facts, then questions with their answers, in `cases/*.toml`. Every door answers them all.

A file holds an instant and facts in the words of the network file, shared by its cases, then the cases. A
case's facts are its file's followed by its own. A door is a function from a `Question` to its answer; where
the network has no such site, charger or driver, the answer is None.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

KINDS = ("sites", "chargers", "accessGroups", "drivers")


@dataclass(frozen=True, slots=True)
class MayCharge:
    """May the tag charge at the charger? The answer is OCPP 2.0.1's word."""

    tag: str
    charger: str
    at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class DriversOf:
    """Who is listed for the site? By id, in order."""

    site: int
    at: datetime
    answer: list[int] | None


@dataclass(frozen=True, slots=True)
class DriversOfCharger:
    """Who is listed for the charger? By id, in order."""

    charger: str
    at: datetime
    answer: list[int] | None


@dataclass(frozen=True, slots=True)
class ChargersOf:
    """Which chargers list the driver? By charger id, in order."""

    driver: int
    at: datetime
    answer: list[str] | None


@dataclass(frozen=True, slots=True)
class SitesOf:
    """Which sites list the driver? By id, in order."""

    driver: int
    at: datetime
    answer: list[int] | None


Question = MayCharge | DriversOf | DriversOfCharger | ChargersOf | SitesOf

QUESTIONS: dict[str, tuple[type[Question], str]] = {
    "may_charge": (MayCharge, "reason"),
    "drivers_of": (DriversOf, "drivers"),
    "drivers_of_charger": (DriversOfCharger, "drivers"),
    "chargers_of": (ChargersOf, "chargers"),
    "sites_of": (SitesOf, "sites"),
}
"""The word in a case's file, the question, and the member that holds the answer."""


@dataclass(frozen=True, slots=True)
class Case:
    """`facts` is a network file, as `json.loads` would give it."""

    theme: str
    name: str
    facts: dict[str, list[dict[str, Any]]]
    questions: tuple[Question, ...]

    def __str__(self) -> str:
        return f"{self.theme}: {self.name}"


def load(path: Path) -> list[Case]:
    """The cases of one file. Whatever is not understood is an error: a typing error must not drop a question."""
    shared = tomllib.loads(path.read_text(encoding="utf-8"))
    cases = []
    for entry in shared.pop("case"):
        name, at = entry.pop("name"), entry.pop("at", shared["at"])
        facts = {kind: _json([*shared.get(kind, []), *entry.pop(kind, [])]) for kind in KINDS}
        questions = [_question(word, asked, at) for word in QUESTIONS for asked in entry.pop(word, [])]
        if entry or not questions:
            raise ValueError(f"{path.name}, case {name!r}: {f'unknown {entry}' if entry else 'asks nothing'}")
        cases.append(Case(path.stem, name, facts, tuple(questions)))
    if unknown := shared.keys() - {"at", *KINDS}:
        raise ValueError(f"{path.name}: unknown {unknown}")
    return cases


def _question(word: str, asked: dict[str, Any], at: datetime) -> Question:
    kind, answer = QUESTIONS[word]
    if asked.pop("not_found", False):
        asked[answer] = None
    return kind(answer=asked.pop(answer), at=asked.pop("at", at), **asked)


def _json(value: Any) -> Any:
    """TOML's values as JSON's: an instant becomes its text, and must have a time zone."""
    match value:
        case dict():
            return {key: _json(each) for key, each in value.items()}
        case list():
            return [_json(each) for each in value]
        case datetime() if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        case datetime():
            return value.isoformat()
        case _:
            return value


CASES = [case for path in sorted((Path(__file__).parents[1] / "cases").glob("*.toml")) for case in load(path)]
