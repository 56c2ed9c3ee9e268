"""Frames of every action, made from the official schemas and then broken in every way that comes to mind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from chargerights.gateway.endpoint import VERSIONS
from tests.gateway.client import FOLDERS

TAGS = ("ALICE", "BOB", "DAN", "stranger", "")
TIMES = ("2026-03-02T07:15:30Z", "2026-03-02T7:15:30.1234567+01:00Z", "yesterday", "9999-12-31T23:59:60Z")
TEXTS = ("x", "", " ", "\0", "a\0b", "\ud83d", "\U0001f50c", "’", "0", "-1", "NaN", "null", "true", "x" * 5_000)
NUMBERS: tuple[Any, ...] = (0, 1, -1, 1.5, -0.0, 2**31, 2**63, 2**64, 10**400, 1e308, float("nan"), float("-inf"))
DEPTHS = (1, 5, 60, 300, 800)


@cache
def schema_of(version: str, action: str, kind: str = "Request") -> dict[str, Any] | None:
    """The official schema, if there is one: what is sent without an answer has none for it."""
    folder = files("ocpp") / FOLDERS[version] / "schemas"
    names = (f"{action}{kind}", action) if kind == "Request" else (f"{action}{kind}",)
    path = next((folder / f"{name}.json" for name in names if (folder / f"{name}.json").is_file()), None)
    return None if path is None else json.loads(path.read_text(encoding="utf-8-sig"))


def payload(random: Random, version: str, action: str, kind: str = "Request") -> Any:
    """What the schema has, with about half of its optional members."""
    schema = schema_of(version, action, kind) or {}
    return _value(random, schema, schema.get("definitions", {}), "")


def _value(random: Random, schema: dict[str, Any], definitions: dict[str, Any], name: str) -> Any:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            return {
                member: _value(random, part, definitions, member)
                for member, part in schema.get("properties", {}).items()
                if member in required or random.random() < 0.4
            }
        case "array":
            return [_value(random, schema["items"], definitions, name) for _ in range(random.randint(1, 2))]
        case "integer":
            return random.randint(0, 3)
        case "number":
            return random.choice((0, 1.5, 604.213))
        case "boolean":
            return random.random() < 0.5
        case "string":
            return _text(random, schema, name)
        case _:
            return "anything"


def _text(random: Random, schema: dict[str, Any], name: str) -> str:
    if "enum" in schema:
        return str(random.choice(schema["enum"]))
    if name in ("idTag", "idToken"):
        return random.choice(TAGS)
    if schema.get("format") == "date-time":
        return random.choice(TIMES)
    return random.choice(("12.5", "one", "AvailabilityState", "Connector"))


# -- values ---------------------------------------------------------------------------------------


def _places(value: Any, depth: int = 12) -> Iterator[tuple[Any, Any]]:
    """Every place in it down to that depth: what holds it, and by which key."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        if depth:
            yield from _places(value[key], depth - 1)


def _deep(random: Random, value: Any) -> Any:
    for _ in range(random.choice(DEPTHS)):
        value = [value] if random.random() < 0.5 else {"x": value}
    return value


VALUES: tuple[Callable[[Random, Any], Any], ...] = (
    lambda random, value: None,
    lambda random, value: [],
    lambda random, value: {},
    lambda random, value: random.random() < 0.5,
    lambda random, value: random.choice(TEXTS),
    lambda random, value: random.choice(TEXTS),
    lambda random, value: random.choice(NUMBERS),
    lambda random, value: random.choice(NUMBERS),
    lambda random, value: "a list" if isinstance(value, dict | list) else str(value),
    lambda random, value: [value],
    lambda random, value: value * 3 if isinstance(value, list) else {"value": value},
    lambda random, value: {**value, "more": value} if isinstance(value, dict) else [value, None, 7],
    lambda random, value: value.upper() if isinstance(value, str) else 1.0,
    _deep,
)


def mutated(random: Random, value: Any) -> Any:
    """It, with one to four of its parts changed, left out, or exchanged."""
    whole = {"payload": value}
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        places = [*_places(whole)][:500]
        if len(places) > 1 and random.random() < 0.95:
            del places[0]
        holder, key = random.choice(places)
        choice = random.random()
        if choice < 0.2 and holder is not whole:
            del holder[key]
        elif choice < 0.3:
            other, its = random.choice(places)
            holder[key] = other[its] if not isinstance(other[its], dict | list) else None
        else:
            holder[key] = random.choice(VALUES)(random, holder[key])
    return whole["payload"]


# -- texts ----------------------------------------------------------------------------------------


def _cut(random: Random, text: str) -> str:
    return text[: random.randrange(len(text))]


def _twice(random: Random, text: str) -> str:
    return text.replace("{", '{"idTag":7,"status":[],', random.randint(1, 3))


def _flipped(random: Random, text: str) -> str:
    place = random.randrange(len(text))
    return text[:place] + random.choice('"\\{}[]:,\0\t0aé') + text[place + random.randint(0, 1) :]


TEXT_MUTATIONS: tuple[Callable[[Random, str], str], ...] = (
    _cut,
    _twice,
    _flipped,
    _flipped,
    lambda random, text: text + random.choice(("\0", "\n", "]", " null", text)),
    lambda random, text: "\ufeff" + text,
    lambda random, text: text.replace("[2", random.choice(("[3", "[4", "[5", "[6", '["2"', "[2.0", "[true")), 1),
    lambda random, text: text.replace('"', "'", random.randint(1, 5)),
    lambda random, text: text.replace("e", "\\u0000", 2),
)


def frame(random: Random, version: str) -> tuple[str, str]:
    """A message id, which no broken one is like, and the text of a call with it, broken."""
    message_id = f"{random.getrandbits(64):x}"
    action = random.choice([*VERSIONS[version]])
    whole = [2, message_id, action, mutated(random, payload(random, version, action))]
    try:
        text = json.dumps(whole)
    except RecursionError:
        text = json.dumps([*whole[:3], {}])
    if random.random() < 0.15:
        text = random.choice(TEXT_MUTATIONS)(random, text)
    return message_id, text


def is_sound(text: str, version: str, message_id: str) -> Any:
    """The call, as the standard library reads it, if its frame is that of a call; else None."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != 4 or type(found[0]) is not int or found[:2] != [2, message_id]:
        return None
    return found if isinstance(found[2], str) and found[2] in VERSIONS[version] else None
