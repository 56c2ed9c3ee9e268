"""Adds links to the OpenAPI document.

They lead from the answer to a creation to every request that takes the new id, and from a page of a list to the next.

`MADE` lists the operations that create something. The requests that take an id are found by their parameter names,
which have one meaning in all of v2. So a new request needs no entry here. A new POST that creates something needs a
row, and a test fails without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .swagger2 import METHODS

Json = dict[str, Any]

PREFIX = "/v2/"
STATUSES = ("201", "202")
"""Created, and being created. Answers of other statuses may have created nothing: a dry run is a 200."""

TAG = {"id": ("tagId",), "idTag": ("idTag", "tag")}
MADE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "addSite": {"id": ("siteId", "parentSiteId", "homeSiteId"), "externalId": ("externalSiteId",)},
    "addCharger": {"chargerId": ("chargerId",)},
    "addDriver": {"id": ("driverId",)},
    "addTag": TAG,
    "addShownTag": TAG,
    "addAccessGroup": {"id": ("groupId", "accessGroupId")},
    "grantRight": {"id": ("rightId",)},
    "importDrivers": {"id": ("importId",)},
    "addOperator": {"id": ("operatorId",)},
    "addApiKey": {"id": ("keyId",)},
    "addWebhook": {"id": ("webhookId",)},
}
"""By operation: members of its answer, and the parameters of path and query that take their values."""


NEXT = "nextCursor"


def add(openapi: Json) -> None:
    """Adds the links to the document, in place."""
    operations = dict(_operations(openapi))
    for name, operation in operations.items():
        if any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ())):
            operation["responses"]["200"]["links"] = {"next": _next(name)}
    for maker in MADE.keys() & operations.keys():
        for status, response in operations[maker]["responses"].items():
            if status in STATUSES:
                response["links"] = {
                    name: link
                    for member, parameters in MADE[maker].items()
                    for target in operations.values()
                    for name, link in _links(member, parameters, target)
                }


def _next(operation_id: str) -> Json:
    return {
        "operationId": operation_id,
        "parameters": {"cursor": f"$response.body#/{NEXT}"},
        "description": f"What follows: repeat the filters and the order, with this answer's `{NEXT}` as `cursor`.",
    }


def _operations(openapi: Json) -> Iterator[tuple[str, Json]]:
    for path, item in openapi["paths"].items():
        if path.startswith(PREFIX):
            yield from ((item[method]["operationId"], item[method]) for method in METHODS if method in item)


def _links(member: str, parameters: tuple[str, ...], target: Json) -> Iterator[tuple[str, Json]]:
    for parameter in target.get("parameters", ()):
        name, where = parameter["name"], parameter["in"]
        if name in parameters and where in ("path", "query"):
            operation_id = target["operationId"]
            yield (
                operation_id if where == "path" else f"{operation_id}By{name[0].upper()}{name[1:]}",
                {
                    "operationId": operation_id,
                    "parameters": {name: f"$response.body#/{member}"},
                    "description": f"{target['summary']}: its `{name}` is the `{member}` of this answer.",
                },
            )
