"""The audit log: who changed what, and when (API.md section 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, JsonValue
from pydantic.alias_generators import to_camel

from ...fields import types
from ...operations.errors import Forbidden, Malformed
from ...operations.paging import part_of
from ...operations.view import View
from ...rights.permissions import Permission
from ...rights.search_drivers import Key
from ...storage import audit
from ...storage.audit import CHANGES_SHOWN, COUNTED, AuditQuery, Changed, Record
from ...storage.entity_types import COMMAND, DRIVER
from ..common.auth import CallerFirst
from .audit_sentences import sentence
from .dependencies import viewing
from .paging import Unsorted, listed
from .shapes import REFUSALS, Id, Instant, Page, Shape

router = APIRouter(prefix="/v2/audit-logs", tags=["Audit log"], route_class=CallerFirst, responses=REFUSALS)

VERBATIM = ("custom_properties",)
"""Members whose own members are named by customers."""


class ChangeShape(Shape):
    """One thing that was changed."""

    kind: str = Field(
        description="site, charger, accessGroup, driver, operator, apiKey, webhook, partnerAuthorisation or"
        " chargingSettings; chargerPassword: a new password of a charger; command: one that a charger was sent, both"
        " under that charger's id; session: one that an operator has ended"
    )
    id: str
    before: dict[str, JsonValue] | None = Field(None, description="Its members before; left out if it was added")
    after: dict[str, JsonValue] | None = Field(None, description="Its members after; left out if it was removed")


class AuditLogShape(Shape):
    """One command: all that it changed was changed at once."""

    command: str = Field(description="The command: `driver.add`, `right.grant` …")
    command_details: str = Field(description="Its effect, in a sentence")
    operator_id: int | None = Field(None, description="The operator; left out for the server's own commands")
    is_api_call: bool = Field(description="Whether it came through this interface with an API key")
    timestamp: datetime
    successful: bool = Field(
        description="false: a charger did not follow a command. Refused requests are not in the log"
    )
    revision: int = Field(description="Number of the change; they have no gaps")
    actor: str = Field(description="`key 5`: that API key; `cli`: the server's own commands …")
    changes_count: int = Field(description="Number of changed things; 0 for a bulk load, which lists none")
    changes: list[ChangeShape] = Field(description=f"The first {CHANGES_SHOWN} of them, or those asked for")


class AuditLogPage(Page[AuditLogShape]):
    """Entries of the audit log, one page of them."""

    total_records: int | None = Field(
        None,
        description=f"Entries on all pages; counted as far as {COUNTED:,} where filters are given; left out in a walk"
        " by cursor",
    )


Kind = Literal[
    "site", "charger", "accessGroup", "driver", "operator", "apiKey", "webhook", "partnerAuthorisation", "command",
    "session", "chargingSettings", "chargerPassword",
]  # fmt: skip


@router.get("", operation_id="listAuditLogs", summary="List what was changed", response_model=AuditLogPage)
async def list_audit_logs(
    view: Annotated[View, Depends(viewing(Permission.READ_AUDIT_LOGS))],
    asked: Unsorted,
    command: Annotated[types.Text | None, Query(description="Only this command: `driver.add` …")] = None,
    operator_id: Annotated[Id | None, Query(alias="operatorId", description="Only changes by this operator")] = None,
    is_api_call: Annotated[
        bool | None, Query(alias="isApiCall", description="Only what came, or did not come, with an API key")
    ] = None,
    start_date: Annotated[Instant | None, Query(alias="startDate", description="Only from then on")] = None,
    end_date: Annotated[Instant | None, Query(alias="endDate", description="Only before then")] = None,
    kind: Annotated[Kind | None, Query(description="Only what changed things of this kind")] = None,
    entity_id: Annotated[
        types.Text | None,
        Query(alias="entityId", description="Only what changed this thing of that `kind`; chargers by chargerId"),
    ] = None,
) -> Response:
    """Lists entries of the audit log, the newest first.

    `kind=driver&entityId=17` is everything that ever happened to driver 17. An erased driver's personal members
    are shown as pseudonyms; without ReadTags, so are tags. Needs ReadAuditLogs and access to all sites, because one
    entry may be about many sites.
    """
    if not view.scope.unlimited:
        raise Forbidden("the audit log tells of all sites: it is for operators whose site access is not limited")
    if entity_id is not None and kind is None:
        raise Malformed({"kind": ["is missing: entityId needs it, as in kind=driver"]})
    asked.key_among("timestamp")
    wanted = AuditQuery(
        command, operator_id, is_api_call, start_date, end_date, kind, entity_id, asked.after_instant(int)
    )
    found = await view.services.database.read(
        audit.page, view.caller.customer_id, wanted, asked.start, asked.count, not asked.walking
    )
    return listed(part_of(found.records, asked, _key, found.total), lambda record: shape_of(view, record))


def _key(record: Record) -> Key:
    return record.at.isoformat(), record.revision


def shape_of(view: View, record: Record) -> AuditLogShape:
    if not view.sees_tags:
        record = replace(record, changes=[_without_tags(change) for change in record.changes])
    return AuditLogShape(
        command=record.action,
        command_details=sentence(record, view.network),
        operator_id=record.operator_id,
        is_api_call=record.by_api,
        timestamp=record.at,
        successful=all(
            (change.after or {}).get("done", True) for change in record.changes if change.kind == COMMAND.name
        ),
        revision=record.revision,
        actor=record.actor,
        changes_count=record.count,
        changes=[_change(change) for change in record.changes],
    )


def _without_tags(change: Changed) -> Changed:
    """The change with its tags by number."""
    if change.kind != DRIVER.name:
        return change
    return change._replace(before=_tags_by_number(change.before), after=_tags_by_number(change.after))


def _tags_by_number(driver: dict[str, Any] | None) -> dict[str, Any] | None:
    if driver is None:
        return None
    tags = [{**tag, "id_tag": f"tag {tag['id']}", "token_name": None} for tag in driver.get("tags", ())]
    return {**driver, "tags": tags}


def _change(change: Changed) -> ChangeShape:
    return ChangeShape(kind=change.kind, id=change.id, before=_camel(change.before), after=_camel(change.after))


def _camel(value: Any) -> Any:
    """The journal's members in the words of this wire."""
    if isinstance(value, dict):
        members = {to_camel(name): member if name in VERBATIM else _camel(member) for name, member in value.items()}
        if "place" in members:
            kind, number = members.pop("place")
            members[f"{kind}Id"] = number
        return members
    if isinstance(value, list):
        return [_camel(item) for item in value]
    return value
