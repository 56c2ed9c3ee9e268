"""Descriptions of v1's operations in the documents, by operationId.

The routes of v2 describe themselves; of v2 there are only the words for tags and ids.

The routes take their descriptions from here (`@router.post(path, **operation("…"))`); docs/api.md's table is
printed from here. What is true of an answer is said by the routes, not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from ...common.errors import V1_TEXTS
from . import wire_examples as examples
from .wire import Json

TAGS = {
    "Who may charge": "The drivers who hold a right at sites and chargers.",
    "Home sites": "Who looks after which driver. A home site gives no right to charge.",
    "Sites": "Places with chargers; sites form a tree.",
    "Chargers": "The devices on the sites.",
    "Access groups": "Chargers bundled for rights only, across sites.",
    "Drivers": "People and vehicles, and where they may charge.",
    "Tags": "What drivers show: cards, app tokens, number plates, vehicle ids.",
    "Rights": "This driver may charge there, in this window, at these hours.",
    "Decisions": "May this tag charge here, and why.",
    "Charging": "Decisions that chargers were sent, and their sessions.",
    "Commands": "Commands to chargers.",
    "Imports and exports": "Drivers with their tags and rights, as CSV and Excel files.",
    "Reports": "What ends soon, what was never used, what reaches far.",
    "Events": "What has happened, in order, to read on from any number.",
    "Webhooks": "Where events are sent.",
    "Operators": "Who uses this interface, and what they may do.",
    "API keys": "What the operators' programs show.",
    "Audit log": "Who changed what, and when.",
}
IDS = {
    "siteId": "Number of the site",
    "externalSiteId": "The site's id in the operator's own system",
    "chargerId": "The identity under which the charger connects",
    "driverId": "Number of the driver",
    "tagId": "Number of the tag",
    "rightId": "Number of the right",
    "groupId": "Number of the access group",
    "authorisationId": "Number of the decision that a charger was sent",
    "sessionId": "Number of the charging session",
    "importId": "Number of the import",
    "webhookId": "Number of the webhook",
    "operatorId": "Number of the operator",
    "keyId": "Number of the API key",
}
"""What parameters of v2 name that do not say it themselves."""

INT64: Json = {"type": "integer", "format": "int64"}
TEXT: Json = {"type": "string"}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Json) -> Json:
    return {"type": "array", "items": items}


def parameter(name: str, where: str, schema: Json, description: str, example: Any = None, **more: Any) -> Json:
    shown = {} if example is None else {"example": example}
    return {
        "name": name, "in": where, "required": where == "path", "description": description, "schema": schema,
        **shown, **more,
    }  # fmt: skip


CLIENT_ID = parameter(
    "clientId",
    "query",
    INT64,
    "Number of the customer. The key belongs to one customer already; a number that is not the key's is refused",
    1,
    **{"x-ms-visibility": "advanced"},
)
IF_NONE_MATCH = parameter(
    "If-None-Match",
    "header",
    TEXT,
    "The ETag of an answer the caller still has: when nothing has changed since, 304 comes instead of it",
    **{"x-ms-visibility": "internal"},
)
GROUP_ID = parameter("groupId", "path", INT64, "Number of the site", 7)
CHARGER_ID = parameter("chargerId", "path", TEXT, "The identity under which the charger connects", "DEP-1")
EXTERNAL_SITE_ID = parameter("externalId", "path", TEXT, "The site's id in the customer's own system", "depot-helsinki")


def switch(name: str, description: str) -> Json:
    return parameter(name, "query", {"type": "boolean", "default": False}, description)


WITHOUT_DETAILS = switch("excludeDetails", "Leave out all of a driver but number, name and home site")
WITHOUT_SITE_DETAILS = switch("excludeDetails", "Leave out all of a site but number, name, kind and subsites")


@dataclass(frozen=True, slots=True)
class Answer:
    """The content of a 200. Of several schemas the first is the default answer."""

    description: str
    shapes: tuple[Json, ...]
    examples: tuple[tuple[str, Any], ...]
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Body:
    description: str
    shapes: tuple[Json, ...]
    examples: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table.

    `wrong` and `missing` are the texts a 400 and a 404 may end in.
    """

    method: str
    path: str
    tag: str
    summary: str
    description: str
    answer: Answer
    wrong: str = ""
    missing: str = ""
    parameters: tuple[Json, ...] = ()
    body: Body | None = None
    reads: bool = True


USERS = Answer(
    "The drivers, by number.",
    (array(ref("User")), array(ref("BriefUser"))),
    (("whole", [examples.USER]), ("withoutDetails", [examples.BRIEF_USER])),
)
OPERATIONS = {
    "getAuthorisedUsersForChargerGroups": Operation(
        "POST",
        "/api/group/authorisedUsers",
        "Who may charge",
        "Get all drivers who may charge at given sites",
        "Takes the numbers of up to 20 sites and answers, in that order, who holds a right there now: on the site,"
        " on a site above or below it, on one of its chargers, or through an access group with one of its chargers."
        " Weekly hours and tags play no part; disabled drivers are not listed. A site that is not the customer's"
        " refuses the whole request.",
        Answer(
            "Each site with its drivers. Without details a driver is a number, a name and a home site.",
            (array(ref("SiteDrivers")), array(ref("BriefSiteDrivers"))),
            (("whole", [examples.SITE_DRIVERS]), ("withoutDetails", [examples.BRIEF_SITE_DRIVERS])),
        ),
        wrong="groupIds holds 21 ids, the limit is 20",
        missing="17, 23",
        parameters=(WITHOUT_DETAILS,),
        body=Body(
            "The numbers of the sites, as an object or as a bare list.",
            (ref("ChargerGroupIds"), {**array(INT64), "minItems": 1, "maxItems": 20}),
            (("object", examples.GROUP_IDS), ("list", examples.GROUP_IDS["groupIds"])),
        ),
    ),
    "getAuthorisedUsersForChargerGroup": Operation(
        "GET",
        "/api/group/authorisedUsers/{groupId}",
        "Who may charge",
        "Get all drivers who may charge at one site",
        "Who holds a right there now, by the same rules as for several sites; 404 when no one does.",
        USERS,
        wrong="groupId is 'abc': write a whole number up to 9223372036854775807",
        missing="17",
        parameters=(GROUP_ID, WITHOUT_DETAILS),
    ),
    "getAuthorisedUsersForCharger": Operation(
        "GET",
        "/api/charger/authorisedUsers/{chargerId}",
        "Who may charge",
        "Get all drivers who may charge at one charger",
        "Who holds a right that reaches the charger now: on it, on an access group that holds it, on its site or on"
        " a site above. Empty when no one does.",
        USERS,
        wrong="no charger DEP-9",
        parameters=(CHARGER_ID, WITHOUT_DETAILS),
    ),
    "getAuthorisedUsersHomeGroup": Operation(
        "GET",
        "/api/user/homeGroup/{groupId}",
        "Home sites",
        "Get one home site with its drivers",
        "The drivers whose home site this is, and the home sites below it with theirs. It says who looks after a"
        " driver, not where the driver may charge.",
        Answer(
            "The home site.",
            (ref("UserGroup"), ref("BriefUserGroup")),
            (("whole", examples.USER_GROUP), ("withoutDetails", examples.BRIEF_USER_GROUP)),
        ),
        wrong="no site 17",
        parameters=(GROUP_ID, WITHOUT_DETAILS),
    ),
    "getAuthorisedUsers": Operation(
        "GET",
        "/api/user/homeGroups",
        "Home sites",
        "Get all drivers by home site",
        "The tree of home sites with their drivers, and the drivers without one.",
        Answer(
            "The home sites.",
            (ref("HomeGroups"), ref("BriefHomeGroups")),
            (("whole", examples.HOME_GROUPS), ("withoutDetails", examples.BRIEF_HOME_GROUPS)),
        ),
        wrong="excludeDetails is 'maybe': write true or false",
        parameters=(WITHOUT_DETAILS,),
    ),
    "getChargerGroups": Operation(
        "GET",
        "/api/groups",
        "Sites",
        "Get all sites",
        "The sites at the top, each with all below it, its chargers and their state.",
        Answer(
            "The sites. Without details a site is its number, name, kind and subsites.",
            (array(ref("ChargerGroup")), array(ref("BriefSite"))),
            (("whole", [examples.SITE]), ("withoutDetails", [examples.BRIEF_SITE])),
        ),
        wrong="excludeDetails is 'maybe': write true or false",
        parameters=(WITHOUT_SITE_DETAILS,),
    ),
    "getChargerGroupByExternalId": Operation(
        "GET",
        "/api/group/external/{externalId}",
        "Sites",
        "Get one site by its external id",
        "The site that carries this id of the customer's own system, with all below it.",
        Answer(
            "The site.",
            (ref("ChargerGroup"), ref("BriefSite")),
            (("whole", examples.SITE), ("withoutDetails", examples.BRIEF_SITE)),
        ),
        wrong="excludeSubgroups is 'maybe': write true or false",
        missing="harbour-7",
        parameters=(
            EXTERNAL_SITE_ID,
            switch("excludeSubgroups", "Answer the site without the sites below it"),
            WITHOUT_SITE_DETAILS,
        ),
    ),
    "addChargerGroup": Operation(
        "POST",
        "/api/group/add",
        "Sites",
        "Add a site",
        "Makes a site at the top of the tree.",
        Answer("Number of the new site.", (INT64,), (("number", 9),)),
        wrong="name is empty",
        body=Body("The new site.", (ref("NewChargerGroup"),), (("whole", examples.NEW_SITE),)),
        reads=False,
    ),
    "addNewCharger": Operation(
        "POST",
        "/api/charger/add/{chargerId}/{groupId}",
        "Chargers",
        "Add a charger to a site",
        "Makes a charger under the identity with which it will connect. An identity is unique across all customers.",
        Answer("The charger's identity.", (TEXT,), (("identity", "DEP-2"),), "text/plain"),
        wrong="charger id DEP-1 is taken: charger ids are unique across all customers",
        parameters=(
            parameter("chargerId", "path", TEXT, "The identity under which the charger will connect", "DEP-2"),
            parameter("groupId", "path", INT64, "Number of the site the charger is on", 7),
        ),
        body=Body("What is known about the charger.", (ref("NewCharger"),), (("whole", examples.NEW_CHARGER),)),
        reads=False,
    ),
}


def operation(operation_id: str) -> dict[str, Any]:
    """Arguments of `router.get` and `router.post` that describe the operation.

    They leave body, answer and errors to the handler.
    """
    described = OPERATIONS[operation_id]
    extra: Json = {"x-ms-visibility": "important", "parameters": [*described.parameters, CLIENT_ID]}
    if described.reads:
        extra["parameters"].append(IF_NONE_MATCH)
    if body := described.body:
        content = {"application/json": _media(body.shapes, body.examples)}
        extra["requestBody"] = {"description": body.description, "required": True, "content": content}
    return {
        "operation_id": operation_id,
        "summary": described.summary,
        "description": described.description,
        "tags": [described.tag],
        "response_model": None,
        "response_class": Response,
        "responses": _responses(described),
        "openapi_extra": extra,
    }


def _responses(described: Operation) -> dict[int | str, dict[str, Any]]:
    answer = described.answer
    ok: Json = {
        "description": answer.description,
        "content": {answer.media_type: _media(answer.shapes, answer.examples)},
    }
    if described.reads:
        ok["headers"] = {"ETag": {"description": "Changes whenever the answer does", "schema": TEXT}}
    responses: dict[int | str, dict[str, Any]] = {200: ok}
    if described.reads:
        responses[304] = {"description": "Nothing has changed since the answer with that ETag"}
    responses[400] = _refusal(400, described.wrong)
    responses[401] = _refusal(401, "the API key is unknown, revoked or expired")
    if described.missing:
        responses[404] = _refusal(404, described.missing)
    responses[503] = _refusal(503)
    return responses


def _refusal(status: int, ending: str = "") -> Json:
    text = V1_TEXTS[status]
    example = f"{text}: {ending}" if ending else text
    return {"description": text, "content": {"text/plain": {"schema": TEXT, "example": example}}}


def _media(shapes: tuple[Json, ...], shown: Iterable[tuple[str, Any]]) -> Json:
    schema = shapes[0] if len(shapes) == 1 else {"anyOf": list(shapes)}
    return {"schema": schema, "examples": {name: {"value": value} for name, value in shown}}
