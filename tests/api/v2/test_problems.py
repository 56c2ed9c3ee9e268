"""What is wrong with a request is named, with what was meant: every parameter and member, of every operation."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chargerights.app import create_app
from chargerights.storage.database import Database
from tests.api.client import Api
from tests.api.v2.asking import refused, send

Json = dict[str, Any]
DOCUMENT = create_app(Database("sqlite:///never-opened.db")).openapi()
OPERATIONS = [
    (method.upper(), path) for path, item in DOCUMENT["paths"].items() if path.startswith("/v2/") for method in item
]
WITH_BODIES = [
    each
    for each in OPERATIONS
    if "application/json" in str(DOCUMENT["paths"][each[1]][each[0].lower()].get("requestBody"))
]


def resolved(schema: Json) -> list[Json]:
    """The schema's alternatives, without references."""
    if "$ref" in schema:
        return resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    parts = schema.get("anyOf", schema.get("oneOf"))
    return [schema] if parts is None else [found for part in parts for found in resolved(part)]


def misspelt(word: str) -> str:
    """The word with two letters in its middle exchanged."""
    at = next(each for each in range(len(word) // 2, 0, -1) if word[each] != word[each - 1])
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def wrong(schema: Json) -> tuple[str, str] | None:
    """A text that the schema does not take, and what its refusal says; None: any text is taken."""
    kinds = [each for each in resolved(schema) if each.get("type") != "null"]
    if any("enum" in each or "const" in each for each in kinds):
        (words,) = [each.get("enum") or [each["const"]] for each in kinds]
        return misspelt(words[-1]), f'did you mean "{words[-1]}"?'
    if any("items" in each for each in kinds):
        return wrong(kinds[0]["items"])
    return {
        "integer": ("x", "a whole number"),
        "boolean": ("maybe", "true or false"),
        "string": ("yesterday", "an instant such as") if kinds[0].get("format") == "date-time" else None,
    }[kinds[0]["type"]]


def operation(method: str, path: str) -> Json:
    found: Json = DOCUMENT["paths"][path][method.lower()]
    return found


def address(path: str) -> str:
    return re.sub(r"\{\w+(:path)?\}", "1", path)


async def faults(api: Api, method: str, address: str, body: Any = None) -> Json:
    """`errors` of the refusal."""
    response = await send(api, method, address, body)
    status, errors = refused(response)
    assert (status, type(errors)) == (400, dict), (method, address, response.text)
    assert all(name in response.json()["detail"] for name in errors)
    return errors


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_every_wrong_parameter_is_named_with_what_would_be_right(sqlite_api: Api, method: str, path: str) -> None:
    body = {} if (method, path) in WITH_BODIES else None
    for parameter in operation(method, path).get("parameters", ()):
        bad = wrong(parameter["schema"])
        if bad is None or parameter["name"] == "clientId":
            continue
        name, (text, why) = parameter["name"], bad
        if parameter["in"] == "path":
            asked = re.sub(r"\{\w+(:path)?\}", "1", path.replace(f"{{{name}}}", text))
        else:
            asked = f"{address(path)}?{name}={text}"
        found = await faults(sqlite_api, method, asked, body)
        place = name if name in found else f"{name}.0"
        assert why in found[place][0], found


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_a_misspelt_parameter_is_named_with_the_one_that_was_meant(
    sqlite_api: Api, method: str, path: str
) -> None:
    for parameter in operation(method, path).get("parameters", ()):
        if parameter["in"] == "query" and len(parameter["name"]) > 2:
            name = misspelt(parameter["name"])
            found = await faults(sqlite_api, method, f"{address(path)}?{name}=1")
            assert "did you mean" in found[name][0], found


LISTS = [path for method, path in OPERATIONS if "sortKey" in str(operation(method, path).get("parameters"))]


@pytest.mark.parametrize("path", LISTS)
async def test_a_list_that_cannot_be_sorted_so_says_by_what_it_can(sqlite_api: Api, path: str) -> None:
    asked = address(path).replace("/chargers/1", "/chargers/DEP-1")
    (every,) = (await faults(sqlite_api, "GET", f"{asked}?sortKey=zzz"))["sortKey"]
    words = every.partition("use one of ")[2].split(", ")
    assert words[0], every
    for word in words:
        found = await faults(sqlite_api, "GET", f"{asked}?sortKey={misspelt(word)}")
        assert "did you mean" in found["sortKey"][0] or len(word) < 3, found
        assert (await sqlite_api.get(f"{asked}?sortKey={word}")).status_code == 200


@pytest.mark.parametrize(("method", "path"), WITH_BODIES)
async def test_a_misspelt_member_or_word_of_a_body_is_named_with_the_one_that_was_meant(
    sqlite_api: Api, method: str, path: str
) -> None:
    schema = operation(method, path)["requestBody"]["content"]["application/json"]["schema"]
    for name, member in resolved(schema)[0]["properties"].items():
        if len(name) > 2:
            typo = misspelt(name)
            found = await faults(sqlite_api, method, address(path), {typo: None})
            assert "did you mean" in found[typo][0], found
        if any("enum" in each for each in resolved(member)):
            text, why = wrong(member) or ("", "")
            found = await faults(sqlite_api, method, address(path), {name: text})
            assert why in found[name][0], found


@pytest.mark.parametrize(
    ("asked", "blamed", "why"),
    [
        ("GET /v2/access/explain?chargerId=DEP-1", "idTag", "is missing: give one of idTag, driverId, withoutTag"),
        ("GET /v2/access/explain?chargerId=DEP-1&idTag=A&driverId=1", "driverId", "cannot be given with idTag"),
        ("GET /v2/access/explain?chargerId=DEP-1&driverId=1&withoutTag=true", "withoutTag", "cannot be given with"),
        ("GET /v2/rights?siteId=2&chargerId=DEP-1", "chargerId", "cannot be given with siteId: give one of them"),
        ("GET /v2/rights?siteId=2&accessGroupId=1", "accessGroupId", "cannot be given with siteId"),
        ("GET /v2/audit-logs?entityId=2", "kind", "is missing"),
        ("GET /v2/drivers?limit=101", "limit", "is more than the 100"),
        ("GET /v2/drivers?page=2&cursor=", "page", "cannot be given with a cursor"),
        ("GET /v2/drivers?cursor=x", "cursor", "is damaged"),
        ("POST /v2/chargers/DEP-1/password?dryRun=true", "dryRun", "is for changes of"),
        ("POST /v2/chargers/DEP-1/clear-cache?dryRun=true", "dryRun", "cannot be told to only try"),
        ("POST /v2/imports?mode=add", "body", "is empty"),
    ],
)  # fmt: skip
async def test_parameters_that_do_not_go_together_are_named(sqlite_api: Api, asked: str, blamed: str, why: str) -> None:
    method, _, path = asked.partition(" ")
    found = await faults(sqlite_api, method, path)
    assert [*found] == [blamed]
    assert why in found[blamed][0], found


async def test_a_body_that_is_too_large_is_named(sqlite_api: Api) -> None:
    found = await faults(sqlite_api, "POST", "/v2/drivers", {"name": "x" * 70_000})
    assert "more than" in found["body"][0]
