"""API keys of operators: shown once, listed by name, revoked (API.md section 2)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...fields import types
from ...operations import operators as operations
from ...operations.mutation import Mutation
from ...operations.operators import lasting
from ...operations.paging import sort_part
from ...operations.view import View
from ...storage.rows.keys import ApiKey
from ..common.auth import CallerFirst
from .answers import answer, respond
from .dependencies import on_change, on_post, viewing
from .paging import Sorted, listed
from .path_ids import KeyId
from .shapes import REFUSALS, Draft, SecretAnswer, Shape, page_of, shown_before

router = APIRouter(prefix="/v2/api-keys", tags=["API keys"], route_class=CallerFirst, responses=REFUSALS)


class ApiKeyShape(Shape):
    """A key as it can be shown: everything but the key."""

    id: int
    name: str
    operator_id: int = Field(description="Its operator, whose permissions it has")
    last_characters: str = Field(description="The last characters of the key")
    read_only: bool = Field(description="true: it has only those of its operator's permissions that read")
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

    name: types.Name = Field(description="Its purpose, for people")
    operator_id: types.EntityId | None = Field(None, description="Its operator, by default yourself")
    read_only: bool = Field(False, description="true: it has only those of its operator's permissions that read")
    expires_at: types.Instant | None = Field(None, description="From then on it is refused; null: never")


@router.post("", status_code=201, operation_id="addApiKey", summary="Make an API key", response_model=NewApiKeyShape)
async def add_api_key(change: Annotated[Mutation, Depends(on_post())], body: ApiKeyDraft) -> Response:
    """Makes a key for yourself or, with GlobalAdmin, for another operator.

    An operator has at most 50 keys at a time. The key is in this answer and nowhere else: when the request is sent
    again with its Idempotency-Key, the answer has the key's record and a note in place of the key. Revoke it then, and
    make another.
    """
    key, secret = await operations.add_key(change, body.operator_id, body.name, body.read_only, body.expires_at)
    note = shown_before(secret, f"revoke API key {key.id} and make another")
    shape = NewApiKeyShape(**shape_of(key).model_dump(), key=secret, note=note)
    return answer(shape, 201, lasting(key), f"/v2/api-keys/{key.id}")


@router.get("", operation_id="listApiKeys", summary="List API keys", response_model=page_of(ApiKeyShape))
async def list_api_keys(
    view: Annotated[View, Depends(viewing())],
    asked: Sorted,
    operator_id: Annotated[int | None, Query(alias="operatorId", description="Only keys of this operator")] = None,
    search: Annotated[str | None, Query(description="Only keys whose name contains this text")] = None,
) -> Response:
    """Lists your keys and, with GlobalAdmin, those of others, revoked ones too.

    They are sorted by name, or by id with `sortKey=id`.
    """
    keys = await operations.find_keys(view, search, operator_id)
    part = sort_part(keys, asked, name=lambda key: (key.name.casefold(), key.id), id=lambda key: (key.id,))
    return listed(part, shape_of)


@router.get("/{keyId}", operation_id="getApiKey", summary="Get an API key's record", response_model=ApiKeyShape)
async def get_api_key(view: Annotated[View, Depends(viewing())], key_id: KeyId) -> Response:
    """Returns everything but the key itself, with an ETag for revoking it."""
    key = await operations.one_key(view, key_id)
    return answer(shape_of(key), entity=lasting(key))


@router.delete(
    "/{keyId}",
    status_code=204,
    operation_id="revokeApiKey",
    summary="Revoke an API key",
    response_class=Response,
)
async def revoke_api_key(change: Annotated[Mutation, Depends(on_change())], key_id: KeyId) -> Response:
    """Revokes a key. It is refused from the next request on, and its record stays.

    Revoking it again changes nothing.
    """
    return await respond(change, await operations.revoke_key(change, key_id))


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
