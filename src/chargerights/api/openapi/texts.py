"""Texts of the documents that do not come from a route.

Description, licence, ways to authenticate, tags, and ids in parameters.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

DESCRIPTION = (
    "Knows who may charge where. Lists the drivers that hold a right at sites and chargers, with their tags, sites"
    " and chargers, and decides for every charger from the same rights."
)
LICENSE = {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
SECURITY_SCHEMES: dict[str, Json] = {
    "header": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "A key of the customer. Prefer this way: headers do not end up in logs.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key as `Authorization: Bearer …`."},
    "query": {
        "type": "apiKey",
        "in": "query",
        "name": "code",
        "description": "The same key in the address, for clients that can send no header. Only under /api.",
    },
}
ANY_HEADER: list[Json] = [{"header": []}, {"bearer": []}]
ANY_WAY: list[Json] = [*ANY_HEADER, {"query": []}]
TAGS = {
    "Who may charge": "The drivers that hold a right at sites and chargers.",
    "Home sites": "Sites whose operators look after drivers. A home site gives no right to charge.",
    "Sites": "Places with chargers. Sites form a tree.",
    "Chargers": "The devices on the sites.",
    "Access groups": "Chargers bundled for rights only, across sites.",
    "Drivers": "People and vehicles, and where they may charge.",
    "Tags": "Cards, app tokens, number plates and vehicle ids, which drivers show to chargers.",
    "Rights": "Permission of a driver to charge at a place, in a window, at weekly hours.",
    "Decisions": "Whether a tag may charge at a charger, and why.",
    "Charging": "Decisions that chargers were sent, and their sessions.",
    "Commands": "Commands to chargers.",
    "Imports and exports": "Drivers with their tags and rights, as CSV and Excel files.",
    "Reports": "Rights and tags that end soon, were never used, or reach far.",
    "Events": "Changes and reports in order, to read on from any number.",
    "Webhooks": "Addresses that events are sent to.",
    "Operators": "Users of this API, and their permissions.",
    "API keys": "Keys with which the operators' programs authenticate.",
    "Audit log": "Changes, with author and time.",
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
"""Descriptions of v2's parameters, for those without one of their own."""
