"""Generated parts of docs/api.md: operations and objects of v1.

They come from the same file as the documents. `python -m chargerights.api.openapi.reference docs/api.md` rewrites
them between their markers.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from . import v1

Json = dict[str, Any]

WORDS = {"string": "text"}


def rewritten(page: str) -> str:
    """Returns the page with its generated parts up to date."""
    for name, text in (("operations", operations()), ("objects", objects())):
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        if begin not in page or end not in page:
            raise ValueError(f"the page lacks the markers {begin} and {end}")
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}"
    return page


def operations() -> str:
    """Returns the table of v1's operations."""
    rows = ["| operation | request | what it answers | codes |", "|---|---|---|---|"]
    for method, path, operation in v1.operations():
        query = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"]
        request = f"`{method} {path}`" + "".join(f"<br>`{name}=true`" for name in query if name != "clientId")
        codes = " ".join(operation["responses"])
        answer = f"{operation['summary']}. {operation['responses']['200']['description']}"
        rows.append(f"| `{operation['operationId']}` | {request} | {answer} | {codes} |")
    return "\n".join(rows)


def management(openapi: Json) -> str:
    """Returns a table of v2's requests for each noun."""
    nouns: dict[str, list[str]] = {}
    for path, item in openapi["paths"].items():
        for method, operation in item.items():
            if path.startswith("/v2/"):
                text = " ".join(operation["description"].split())
                row = f"| `{method.upper()} {path}` | {operation['summary'].rstrip('.')}. {text} |"
                nouns.setdefault(operation["tags"][0], []).append(row)
    return "\n\n".join(
        "\n".join([f"### {noun}", "", "| request | |", "|---|---|", *rows]) for noun, rows in nouns.items()
    )


def objects() -> str:
    """Returns a table of members for each object of v1."""
    return "\n\n".join(_object(name, schema) for name, schema in v1.schemas().items())


def _object(name: str, schema: Json) -> str:
    rows = [f"#### {name}", "", schema["description"], "", "| member | type | |", "|---|---|---|"]
    for member, part in schema["properties"].items():
        always = member in schema.get("required", ()) or "anyOf" in part
        note = "" if always else " Left out when there is none."
        rows.append(f"| `{member}` | {_type(part)} | {_note(part)}{note} |")
    return "\n".join(rows)


def _note(member: Json) -> str:
    old = "Deprecated. " if member.get("deprecated") else ""
    return f"{old}{member['description'].rstrip('.')}."


def _type(node: Json) -> str:
    if "anyOf" in node:
        return f"{_type(node['anyOf'][0])} or null"
    if "$ref" in node:
        target = node["$ref"].rpartition("/")[2]
        return f"[{target}](#{target.lower()})"
    if node["type"] == "array":
        return f"list of {_type(node['items'])}"
    if node["type"] == "object":
        return "texts by name"
    if node["type"] == "string" and "enum" in node:
        return ", ".join(f"`{word}`" for word in node["enum"])
    return str(node.get("format", WORDS.get(node["type"], node["type"])))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(rewritten(path.read_text()))
