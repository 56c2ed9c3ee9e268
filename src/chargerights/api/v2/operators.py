"""Operators: the people and programs that work for the customer, what they may do, and where (API.md section 2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations.errors import Forbidden, InMember
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...operations.visibility import require_operator, sees_operator
from ...rights.errors import UnknownSite
from ...rights.permissions import Operator, Permission
from ...storage import callers
from ...storage.changes import operators
from ...storage.journal import Revision
from ...storage.rows import operators as stored
from ...storage.rows.operators import UnknownOperator
from ..common.auth import CallerFirst
from .answers import answer, apply
from .api_keys import ApiKeyShape
from .api_keys import shape_of as key_shape
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import OperatorId
from .shapes import REFUSALS, Draft, Shape, page_of, unless_given

router = APIRouter(prefix="/v2/operators", tags=["Operators"], route_class=CallerFirst, responses=REFUSALS)

WRITE = Permission.GLOBAL_ADMIN
MOST_SITES = 1_000


class OperatorShape(Shape):
    """A person or program that works for the customer."""

    id: int
    name: str
    permissions: list[Permission] = Field(description="What he may do; GlobalAdmin: everything")
    site_ids: list[int] | None = Field(
        None, description="Where: at these sites and all below them. Left out: at all sites"
    )
    enabled: bool = Field(description="false: his keys are refused")
    created_at: datetime | None = None
    updated_at: datetime | None = None


class CustomerShape(Shape):
    """Whose data it is."""

    id: int = Field(description="The clientId of v1")
    name: str


class CallerShape(OperatorShape):
    """Who asks: an operator, by one of his keys."""

    customer: CustomerShape
    api_key: ApiKeyShape


PermissionWord = Annotated[Permission, Field(strict=False)]
Permissions = Annotated[list[PermissionWord], Field(max_length=len(Permission))]
SiteIds = Annotated[list[types.EntityId], Field(max_length=MOST_SITES)]


class OperatorMembers(Draft):
    """What can be changed of an operator."""

    name: types.Name = unless_given("What people call him, or it")
    permissions: Permissions = unless_given("All of them, anew")
    site_ids: SiteIds | None = Field(
        None, description="All of them, anew: he sees these sites and all below them; null: all sites"
    )
    enabled: bool = unless_given("false: his keys are refused, until he is enabled again")

    def facts(self) -> dict[str, Any]:
        """The members that are given, as the model has them."""
        found = self.given()
        if "permissions" in found:
            found["permissions"] = frozenset(self.permissions)
        if "site_ids" in found:
            found["site_ids"] = None if self.site_ids is None else tuple(sorted(set(self.site_ids)))
        return found


class OperatorDraft(Draft):
    """A new operator; without a key yet."""

    name: types.Name = Field(description="What people call him, or it")
    permissions: Permissions = Field(description="What he may do")
    site_ids: SiteIds | None = Field(description="He sees these sites and all below them; null: all sites")


@router.post("", status_code=201, operation_id="addOperator", summary="Add an operator", response_model=OperatorShape)
async def add_operator(change: Annotated[Mutation, Depends(on_post(WRITE))], body: OperatorDraft) -> Response:
    """Needs GlobalAdmin. Nobody gives more than he has: of some sites, only those and what is below them."""
    _require_within(change.view, body.site_ids)
    operator_id, _ = await change.make(
        "operator.add",
        lambda revision: operators.add(revision, body.name, body.permissions, body.site_ids).id,
        members={UnknownSite: "siteIds"},
    )
    return shown(await one(change.view, operator_id), 201)


@router.get("", operation_id="listOperators", summary="List operators", response_model=page_of(OperatorShape))
async def list_operators(
    view: Annotated[View, Depends(viewing())],
    asked: Sorted,
    search: Annotated[str | None, Query(description="Only those whose name holds this")] = None,
    enabled: Annotated[bool | None, Query(description="Only enabled or only disabled ones")] = None,
) -> Response:
    """Oneself; with GlobalAdmin, everybody whose site access is within one's own. By name, or by id (`sortKey=id`)."""
    them = await view.services.database.read(stored.load, view.caller.customer_id)
    text = "" if search is None else search.strip().casefold()
    found = [each for each in them if sees_operator(view, each) and text in each.name.casefold()]
    if enabled is not None:
        found = [each for each in found if each.enabled is enabled]
    return listed(
        sort_part(
            found,
            asked,
            name=lambda operator: (operator.name.casefold(), operator.id),
            id=lambda operator: (operator.id,),
        ),
        shape_of,
    )


@router.get("/me", operation_id="getCaller", summary="Say who I am", response_model=CallerShape)
async def get_caller(view: Annotated[View, Depends(viewing())]) -> Response:
    """The operator and the key of this request, and the customer they are of."""
    customer, operator, key = await view.services.database.read(callers.identity, view.caller)
    members = shape_of(operator).model_dump()
    shape = CallerShape(**members, customer=CustomerShape(id=customer.id, name=customer.name), api_key=key_shape(key))
    return answer(shape, entity=operator)


@router.get("/{operatorId}", operation_id="getOperator", summary="Get an operator", response_model=OperatorShape)
async def get_operator(view: Annotated[View, Depends(viewing())], operator_id: OperatorId) -> Response:
    """Oneself; with GlobalAdmin, others. With an ETag for changing him."""
    return shown(await one(view, operator_id))


@router.patch(
    "/{operatorId}", operation_id="changeOperator", summary="Change an operator", response_model=OperatorShape
)
async def change_operator(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    operator_id: OperatorId,
    body: OperatorMembers,
) -> Response:
    """Needs GlobalAdmin. What he may counts from his next request on. The last who may do everything stays: 409."""
    if "site_ids" in body.model_fields_set:
        _require_within(change.view, body.site_ids)

    def work(revision: Revision) -> Operator:
        _expect(change, revision, operator_id)
        return operators.change(revision, operator_id, **body.facts())

    changed, _ = await change.make("operator.change", work, members={UnknownSite: "siteIds"})
    return shown(changed)


@router.delete(
    "/{operatorId}",
    status_code=204,
    operation_id="removeOperator",
    summary="Remove an operator",
    response_class=Response,
)
async def remove_operator(
    change: Annotated[Mutation, Depends(on_change(WRITE))],
    operator_id: OperatorId,
) -> Response:
    """Needs GlobalAdmin. He is disabled and his keys are revoked; his record stays, for the audit log names him."""

    def work(revision: Revision) -> None:
        _expect(change, revision, operator_id)
        operators.remove(revision, operator_id)

    return await apply(change, "operator.remove", work)


async def one(view: View, operator_id: int) -> Operator:
    """Raises UnknownOperator, of one whom the caller does not see too."""
    found = await view.services.database.glance(stored.load, view.caller.customer_id, [operator_id])
    if not found:
        raise UnknownOperator((operator_id,))
    require_operator(view, found[0])
    return found[0]


def _expect(change: Mutation, revision: Revision, operator_id: int) -> None:
    """Raises UnknownOperator, of one whom the caller does not see too; and PreconditionFailed."""
    operator = operators.one(revision, operator_id)
    require_operator(change.view, operator)
    change.expect(operator)


def _require_within(view: View, site_ids: Collection[int] | None) -> None:
    """Raises InMember for site access beyond the caller's own."""
    if site_ids is None and not view.scope.unlimited:
        raise InMember("siteIds", Forbidden("nobody can give more than he has: name sites of your own"))
    view.in_body("siteIds", view.site, *(site_ids or ()))


def shown(operator: Operator, status: int = 200) -> Response:
    location = f"/v2/operators/{operator.id}" if status == 201 else None
    return answer(shape_of(operator), status, operator, location)


def shape_of(operator: Operator) -> OperatorShape:
    return OperatorShape(
        id=operator.id,
        name=operator.name,
        permissions=sorted(operator.permissions),
        site_ids=None if operator.site_ids is None else list(operator.site_ids),
        enabled=operator.enabled,
        created_at=operator.created_at,
        updated_at=operator.updated_at,
    )
