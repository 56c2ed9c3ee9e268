"""API keys of operators: shown once, listed by name, revoked (API.md section 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...operations.visibility import require_operator, sees_operator
from ...storage.changes import api_keys, operators
from ...storage.changes.api_keys import InvalidExpiry, OperatorDisabled, TooManyKeys
from ...storage.journal import Revision
from ...storage.rows import keys
from ...storage.rows import operators as stored
from ...storage.rows.keys import ApiKey, UnknownKey
from ...storage.rows.operators import UnknownOperator
from ..common.auth import CallerFirst
from .answers import answer, apply
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import KeyId
from .shapes import REFUSALS, Draft, SecretAnswer, Shape, page_of, shown_before

router = APIRouter(prefix="/v2/api-keys", tags=["API keys"], route_class=CallerFirst, responses=REFUSALS)


class ApiKeyShape(Shape):
    """A key as it can be shown: everything but the key."""

    id: int
    name: str
    operator_id: int = Field(description="Whose it is; it may what he may")
    last_characters: str = Field(description="What the key ends in")
    read_only: bool = Field(description="true: of what he may, it may only read")
    created_at: datetime
    expires_at: datetime | None = Field(None, description="From then on it is refused")
    revoked_at: datetime | None = Field(None, description="Since then it is refused")
    last_used_at: datetime | None = Field(None, description="To about a minute")


class NewApiKeyShape(SecretAnswer, ApiKeyShape):
    """A key just made."""

    key: str | None = Field(
        None,
        description="The key itself, shown this once: the server does not keep it",
    )


class ApiKeyDraft(Draft):
    """A new key."""

    name: types.Name = Field(description="What it is for")
    operator_id: types.EntityId | None = Field(None, description="Whose it is; one's own when not given")
    read_only: bool = Field(False, description="true: of what its operator may, it may only read")
    expires_at: types.Instant | None = Field(None, description="From then on it is refused; null: never")


@router.post("", status_code=201, operation_id="addApiKey", summary="Make an API key", response_model=NewApiKeyShape)
async def add_api_key(change: Annotated[Mutation, Depends(on_post())], body: ApiKeyDraft) -> Response:
    """For oneself; with GlobalAdmin for others; at most 50 at a time for an operator. The key is in this answer and
    nowhere else: when the request is sent again with its Idempotency-Key, the answer has the key's record and a note
    in place of the key. Revoke it then, and make another."""
    operator_id = change.view.caller.operator_id if body.operator_id is None else body.operator_id
    secret: str | None = None

    def work(revision: Revision) -> int:
        nonlocal secret
        require_operator(change.view, operators.one(revision, operator_id))
        key, secret = api_keys.add(
            revision, operator_id, body.name, read_only=body.read_only, expires_at=body.expires_at
        )
        return key.id

    members = {
        UnknownOperator: "operatorId",
        OperatorDisabled: "operatorId",
        TooManyKeys: "operatorId",
        InvalidExpiry: "expiresAt",
    }
    key_id, _ = await change.make("key.add", work, members=members)
    (key,) = await change.view.services.database.glance(keys.load, change.view.caller.customer_id, [key_id])
    note = shown_before(secret, f"revoke API key {key_id} and make another")
    shape = NewApiKeyShape(**shape_of(key).model_dump(), key=secret, note=note)
    return answer(shape, 201, _lasting(key), f"/v2/api-keys/{key_id}")


@router.get("", operation_id="listApiKeys", summary="List API keys", response_model=page_of(ApiKeyShape))
async def list_api_keys(
    view: Annotated[View, Depends(viewing())],
    asked: Sorted,
    operator_id: Annotated[int | None, Query(alias="operatorId", description="Only this operator's")] = None,
    search: Annotated[str | None, Query(description="Only those whose name holds this")] = None,
) -> Response:
    """One's own; with GlobalAdmin others' too, and revoked ones. By name, or by id with `sortKey=id`."""
    customer_id, database = view.caller.customer_id, view.services.database
    them = await database.read(keys.load, customer_id)
    seen = {each.id for each in await database.read(stored.load, customer_id) if sees_operator(view, each)}
    text = "" if search is None else search.strip().casefold()
    found = [each for each in them if each.operator_id in seen and text in each.name.casefold()]
    if operator_id is not None:
        found = [each for each in found if each.operator_id == operator_id]
    return listed(
        sort_part(found, asked, name=lambda key: (key.name.casefold(), key.id), id=lambda key: (key.id,)), shape_of
    )


@router.get("/{keyId}", operation_id="getApiKey", summary="Get an API key's record", response_model=ApiKeyShape)
async def get_api_key(view: Annotated[View, Depends(viewing())], key_id: KeyId) -> Response:
    """Everything but the key, with an ETag for revoking it."""
    customer_id, database = view.caller.customer_id, view.services.database
    found = await database.glance(keys.load, customer_id, [key_id])
    owners = await database.glance(stored.load, customer_id, [each.operator_id for each in found])
    if not any(sees_operator(view, each) for each in owners):
        raise UnknownKey((key_id,))
    return answer(shape_of(found[0]), entity=_lasting(found[0]))


@router.delete(
    "/{keyId}",
    status_code=204,
    operation_id="revokeApiKey",
    summary="Revoke an API key",
    response_class=Response,
)
async def revoke_api_key(change: Annotated[Mutation, Depends(on_change())], key_id: KeyId) -> Response:
    """It is refused from the next request on; revoking it again changes nothing. Its record stays."""

    def work(revision: Revision) -> None:
        found = keys.load(revision.connection, revision.customer_id, [key_id])
        if not found or not sees_operator(change.view, operators.one(revision, found[0].operator_id)):
            raise UnknownKey((key_id,))
        change.expect(_lasting(found[0]))
        api_keys.revoke(revision, key_id)

    return await apply(change, "key.revoke", work)


def _lasting(key: ApiKey) -> ApiKey:
    """What of a key its ETag is made of: using it is no change of it."""
    return replace(key, last_used_at=None)


def shape_of(key: ApiKey) -> ApiKeyShape:
    return ApiKeyShape(
        id=key.id,
        name=key.name,
        operator_id=key.operator_id,
        last_characters=key.last_characters,
        read_only=key.read_only,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )
