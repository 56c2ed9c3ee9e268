"""The links of the document: from the answer that something was made, to every request that takes its id; and from a
part of a list to the part that follows.

What makes what stands in one table. The requests that take it are found by the names of their parameters, which mean
the same in all of v2: a new request is linked to without a word here, and a new POST that makes something must have a
row, else a test fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .swagger2 import METHODS

Json = dict[str, Any]

PREFIX = "/v2/"
STATUSES = ("201", "202")
"""Made, and being made. An answer of another status may have made nothing: a dry run is a 200."""

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
"""By the operation that makes it: members of its answer, and the parameters of path and query that take them."""


NEXT = "nextCursor"


def add(openapi: Json) -> None:
    """Writes the links into the document."""
    operations = dict(_operations(openapi))
    for name, operation in operations.items():
        if any(each["name"] == "cursor" for each in operation.get("parameters", ())):
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
    for each in target.get("parameters", ()):
        name, where = each["name"], each["in"]
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
