"""Published descriptions of the network file: JSON Schema and tables of members.

`python -m chargerights.files.network_file.published docs` writes the schema and the tables of docs/network-file.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from .schema import ENTRIES, POSTAL_NAMES, NetworkFile, members_of

SCHEMA_NAME, PAGE_NAME = "network-file.schema.json", "network-file.md"
BEGIN, END = "<!-- members: generated -->\n", "<!-- members: end -->\n"

Schema = dict[str, Any]


def schema() -> Schema:
    """Returns the file's shape as a JSON Schema (2020-12).

    References, repeated ids and tags, windows and cycles are beyond a schema; they are checked when a file is loaded.
    """
    generated = TypeAdapter(NetworkFile).json_schema()
    entries = {entry.__name__: entry for _, entry in ENTRIES.values()}
    definitions = {name: _definition(definition, entries[name]) for name, definition in generated.pop("$defs").items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Network file",
        **_definition(generated, NetworkFile),
        "$defs": dict(sorted(definitions.items())),
    }


def members_tables() -> str:
    """Returns the generated part of the page: a table of members per object."""
    whole = schema()
    return "\n".join(_table(place, whole["$defs"].get(entry.__name__, whole)) for place, (_, entry) in ENTRIES.items())


def renewed(page: str) -> str:
    """Returns the page with its generated part replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{members_tables()}\n{END}{after}"


def schema_text() -> str:
    """Returns the text of the schema file in docs/."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _definition(definition: Schema, entry: type) -> Schema:
    """Cleans pydantic's schema of one object.

    The object's own members come first; titles and defaults are removed.
    """
    definition["description"] = " ".join(definition["description"].split())
    definition["properties"] = {name: definition["properties"][name] for name in members_of(entry)}
    for member in definition["properties"].values():
        member.pop("title", None)
        member.pop("default", None)
    given = [name for name in POSTAL_NAMES if name in definition["properties"]]
    if given:
        other = next(name for name in POSTAL_NAMES if name not in given)
        definition["properties"][other] = {
            **definition["properties"][given[0]],
            "description": f"The same as {given[0]}.",
        }
        definition["not"] = {"required": list(POSTAL_NAMES)}
    del definition["title"]
    return definition


def _table(place: tuple[str, ...], definition: Schema) -> str:
    lines = [
        f"### {_heading(place)}",
        "",
        definition["description"],
        "",
        "| member | type | meaning |",
        "|---|---|---|",
    ]
    for name, member in definition["properties"].items():
        needed = " (required)" if name in definition.get("required", ()) else ""
        lines.append(f"| `{name}`{needed} | {_type_text(member)} | {member['description']} |")
    return "\n".join(lines) + "\n"


def _heading(place: tuple[str, ...]) -> str:
    what, _ = ENTRIES[place]
    path = ".".join(name if name == "locationInfo" else f"{name}[]" for name in place)
    return f"{what[0].upper()}{what[1:]}" + (f": `{path}`" if path else "")


def _type_text(member: Schema) -> str:
    """Describes a value's schema in a few words.

    Null is left to the page's text.
    """
    kind = next((option for option in member.get("anyOf", ()) if option != {"type": "null"}), member)
    if "enum" in kind:
        return "one of " + ", ".join(f"`{word}`" for word in kind["enum"])
    if "examples" in kind:
        return f"text such as `{kind['examples'][0]}`"
    match kind.get("type"):
        case "array":
            item = _type_text(kind["items"])
            return f"list of {item}s" if item in ("text", "object") else f"list, each {item}"
        case "object":
            return "object of texts"
        case "integer" | "number":
            return ("whole number" if kind["type"] == "integer" else "number") + _range_text(kind)
        case "boolean":
            return "true or false"
        case "string":
            return "text"
    return "object"


def _range_text(kind: Schema) -> str:
    least, most = kind["minimum"], kind["maximum"]
    if most < 1000:
        return f" from {least} to {most}"
    return f" from {least}" if least >= 0 else ""


def _write(folder: Path) -> None:
    page = folder / PAGE_NAME
    page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / SCHEMA_NAME).write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    _write(Path(sys.argv[1]))
