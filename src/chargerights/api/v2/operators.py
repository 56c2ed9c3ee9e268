"""Operators: people and programs that work for the customer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations import operators as operations
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...rights.permissions import Operator, Permission
from ...storage import callers
from ..common.auth import CallerFirst
from .answers import answer, respond, shown_at
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
    permissions: list[Permission] = Field(description="The operator's permissions; GlobalAdmin allows everything")
    site_ids: list[int] | None = Field(
        None, description="Where: at these sites and all below them. Left out: at all sites"
    )
    enabled: bool = Field(description="false: the operator's keys are refused")
    created_at: datetime | None = None
    updated_at: datetime | None = None


class CustomerShape(Shape):
    """The customer that owns the data."""

    id: int = Field(description="The clientId of v1")
    name: str


class CallerShape(OperatorShape):
    """The caller: an operator, by one of their keys."""

    customer: CustomerShape
    api_key: ApiKeyShape


PermissionWord = Annotated[Permission, Field(strict=False)]
Permissions = Annotated[list[PermissionWord], Field(max_length=len(Permission))]
SiteIds = Annotated[list[types.EntityId], Field(max_length=MOST_SITES)]


class OperatorMembers(Draft):
    """Changes of an operator."""

    name: types.Name = unless_given("The person's or program's name")
    permissions: Permissions = unless_given("All permissions that the operator is to have")
    site_ids: SiteIds | None = Field(
        None, description="All sites that the operator is to see, with those below them; null: every site"
    )
    enabled: bool = unless_given("false: the operator's keys are refused until the operator is enabled again")

    def facts(self) -> dict[str, Any]:
        """The members that are given, as the model has them."""
        members = self.given()
        if "permissions" in members:
            members["permissions"] = frozenset(self.permissions)
        if "site_ids" in members:
            members["site_ids"] = None if self.site_ids is None else tuple(sorted(set(self.site_ids)))
        return members


class OperatorDraft(Draft):
    """A new operator.

    Without a key yet.
    """

    name: types.Name = Field(description="The person's or program's name")
    permissions: Permissions = Field(description="The operator's permissions")
    site_ids: SiteIds | None = Field(description="The operator sees these sites and all below them; null: every site")


@router.post("", status_code=201, operation_id="addOperator", summary="Add an operator", response_model=OperatorShape)
async def add_operator(change: Annotated[Mutation, Depends(on_post(WRITE))], body: OperatorDraft) -> Response:
    """Adds an operator. Needs GlobalAdmin.

    You cannot grant sites that you do not see yourself.
    """
    return shown(await operations.add(change, body.name, body.permissions, body.site_ids), 201)


@router.get("", operation_id="listOperators", summary="List operators", response_model=page_of(OperatorShape))
async def list_operators(
    view: Annotated[View, Depends(viewing())],
    asked: Sorted,
    search: Annotated[str | None, Query(description="Only operators whose name contains this text")] = None,
    enabled: Annotated[bool | None, Query(description="Only enabled or only disabled operators")] = None,
) -> Response:
    """Lists yourself and, with GlobalAdmin, operators whose sites are within yours.

    They are sorted by name, or by id with `sortKey=id`.
    """
    part = sort_part(
        await operations.find(view, search, enabled),
        asked,
        name=lambda operator: (operator.name.casefold(), operator.id),
        id=lambda operator: (operator.id,),
    )
    return listed(part, shape_of)


@router.get("/me", operation_id="getCaller", summary="Say who I am", response_model=CallerShape)
async def get_caller(view: Annotated[View, Depends(viewing())]) -> Response:
    """Returns the operator and the API key of this request, and their customer."""
    customer, operator, key = await view.services.database.read(callers.identity, view.caller)
    members = shape_of(operator).model_dump()
    shape = CallerShape(**members, customer=CustomerShape(id=customer.id, name=customer.name), api_key=key_shape(key))
    return answer(shape, entity=operator)


@router.get("/{operatorId}", operation_id="getOperator", summary="Get an operator", response_model=OperatorShape)
async def get_operator(view: Annotated[View, Depends(viewing())], operator_id: OperatorId) -> Response:
    """Returns yourself or, with GlobalAdmin, another operator.

    It has an ETag for changing the operator.
    """
    return shown(await operations.one(view, operator_id))


@router.patch(
    "/{operatorId}", operation_id="changeOperator", summary="Change an operator", response_model=OperatorShape
)
async def change_operator(
    change: Annotated[Mutation, Depends(on_change(WRITE))], operator_id: OperatorId, body: OperatorMembers
) -> Response:
    """Changes an operator. Needs GlobalAdmin.

    New permissions count from the operator's next request on. The last operator with GlobalAdmin for all sites stays:
    409.
    """
    return shown(await operations.change(change, operator_id, body.facts()))


@router.delete(
    "/{operatorId}",
    status_code=204,
    operation_id="removeOperator",
    summary="Remove an operator",
    response_class=Response,
)
async def remove_operator(change: Annotated[Mutation, Depends(on_change(WRITE))], operator_id: OperatorId) -> Response:
    """Disables an operator and revokes their keys. Needs GlobalAdmin.

    The record stays, because the audit log names it.
    """
    return await respond(change, await operations.remove(change, operator_id))


def shown(operator: Operator, status: int = 200) -> Response:
    return shown_at(f"/v2/operators/{operator.id}", shape_of(operator), operator, status)


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
