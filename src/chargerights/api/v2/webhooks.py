"""Webhooks: where events are sent (see docs/events.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from ...net import safe_http
from ...net.allowed_targets import InvalidWebhookUrl, check_url
from ...operations.errors import Members, blaming
from ...operations.mutation import Mutation
from ...operations.paging import sort_part
from ...operations.view import View
from ...rights.events import EventType
from ...rights.identifiers import INT64_MAX
from ...rights.permissions import Permission
from ...storage.callers import Caller
from ...storage.changes import webhooks as changes
from ...storage.events import EventsGone, EventToCome
from ...storage.revisions import Revision
from ...storage.rows import webhooks
from ...storage.rows.webhooks import DeliveryProgress, UnknownWebhook, Webhook
from ...webhooks import messages
from ..common.auth import CallerFirst, permitted
from ..common.state import state_of
from .answers import answer, etag_of, respond
from .dependencies import on_change, on_post
from .events import of_all_sites
from .paging import Sorted, listed
from .path_ids import WebhookId
from .shapes import REFUSALS, Draft, SecretAnswer, Shape, page_of, shown_before

ADMIN = Permission.GLOBAL_ADMIN
ETAG = "$etag"
"""Beside the members of what `described` says."""


async def administrator(caller: Annotated[Caller, Depends(permitted(ADMIN))]) -> Caller:
    return of_all_sites(caller)


router = APIRouter(
    prefix="/v2/webhooks",
    tags=["Webhooks"],
    route_class=CallerFirst,
    dependencies=[Depends(administrator)],
    responses=REFUSALS,
)

IN_BODY: Members = {EventsGone: "after", EventToCome: "after", InvalidWebhookUrl: "url"}


class DeliveryShape(Shape):
    """Delivery progress of a webhook."""

    position: int = Field(description="The last event that is done with")
    waiting: int = Field(description="Events of the log after it, those of other types too")
    delivered_at: datetime | None = Field(None, description="When the receiver last took one")
    attempts: int = Field(description="Attempts that have failed since one succeeded")
    next_attempt_at: datetime | None = Field(None, description="When the next one is made")
    last_attempt_at: datetime | None = None
    last_status: int | None = Field(None, description="The receiver's last answer, if there was one")
    last_error: str | None = Field(None, description="Why the last attempt failed")


class WebhookShape(Shape):
    """A web address that events are sent to."""

    id: int
    url: str
    types: list[EventType] | None = Field(None, description="Event types that are sent; all if left out")
    enabled: bool = Field(description="false: nothing is sent, and nothing is kept for it")
    created_at: datetime
    updated_at: datetime
    delivery: DeliveryShape


class NewWebhookShape(SecretAnswer, WebhookShape):
    """A new webhook with its secret."""

    secret: str | None = Field(None, description="Signs its messages; shown only in this answer")


class SecretShape(SecretAnswer):
    """A new secret."""

    secret: str | None = Field(None, description="Signs messages; shown only in this answer")


class AttemptShape(Shape):
    """The result of a test message."""

    delivered: bool
    status: int | None = Field(None, description="The receiver's answer, if there was one")
    error: str | None = Field(None, description="Why it counts as not delivered")


Wanted = Annotated[list[Annotated[EventType, Field(strict=False)]], Field(min_length=1)]
"""The types that a webhook wants, as a body writes them."""


class WebhookMembers(Draft):
    """Changes of a webhook."""

    url: str = Field("", description="An https URL; without user, password and fragment")
    types: Wanted | None = Field(None, description="Event types that are sent; null: all")
    enabled: bool = Field(True, description="false: nothing is sent, and nothing is kept for it")


class WebhookDraft(Draft):
    """A new webhook."""

    url: str = Field(description="An https URL; without user, password and fragment")
    types: Wanted | None = Field(None, description="Event types that are sent; null: all")
    after: int | None = Field(
        None, ge=0, le=INT64_MAX, description="Events after this one are sent; null: those from now on"
    )


class ReplayDraft(Draft):
    """The event after which to send again."""

    after: int = Field(ge=0, le=INT64_MAX, description="Events after this one are sent, again where they were before")


Asking = Annotated[Caller, Depends(administrator)]
Adding = Annotated[Mutation, Depends(on_post(ADMIN))]
Changing = Annotated[Mutation, Depends(on_change(ADMIN))]


@router.post("", status_code=201, operation_id="addWebhook", summary="Add a webhook", response_model=NewWebhookShape)
async def add_webhook(change: Adding, body: WebhookDraft) -> Response:
    """Adds a webhook. Only this answer shows the secret that signs its messages."""
    check(change.view, body.url)
    secret: str | None = None

    def work(revision: Revision) -> dict[str, Any]:
        nonlocal secret
        webhook, secret = changes.add(revision, body.url, body.types, body.after)
        return described(revision, webhook.id)

    def show(_: View, made: dict[str, Any]) -> Response:
        location = f"/v2/webhooks/{made['id']}"
        note = shown_before(secret, f"POST {location}/rotate-secret makes a new one")
        return shown({**made, **({"secret": secret} if secret else {"note": note})}, 201, {"Location": location})

    return await respond(change, await change.apply("webhook.add", work, members=IN_BODY), show)


@router.get("", operation_id="listWebhooks", summary="List webhooks", response_model=page_of(WebhookShape))
async def list_webhooks(request: Request, caller: Asking, asked: Sorted) -> Response:
    """Lists webhooks by id."""
    found = await state_of(request).database.read(webhooks.load_with_progress, caller.customer_id)
    return listed(sort_part(found, asked, id=lambda row: (row[0].id,)), lambda row: shape_of(*row))


@router.get("/{webhookId}", operation_id="getWebhook", summary="Get a webhook", response_model=WebhookShape)
async def get_webhook(request: Request, caller: Asking, webhook_id: WebhookId) -> Response:
    """Returns a webhook with its delivery progress and an ETag for changing it."""
    read = state_of(request).database.read
    for webhook, progress in await read(webhooks.load_with_progress, caller.customer_id, [webhook_id]):
        return answer(shape_of(webhook, progress), entity=webhook)
    raise UnknownWebhook((webhook_id,))


@router.patch("/{webhookId}", operation_id="changeWebhook", summary="Change a webhook", response_model=WebhookShape)
async def change_webhook(change: Changing, webhook_id: WebhookId, body: WebhookMembers) -> Response:
    """Changes the members that are given.

    Waiting messages are tried at once. A webhook that is enabled again goes on where it was, or with the first event
    that is still kept.
    """
    members = body.given()
    if "url" in members:
        check(change.view, body.url)
    if members.get("types") is not None:
        members["types"] = tuple(sorted(set(members["types"])))
    made: dict[str, Any] = {}

    def work(revision: Revision) -> None:
        change.expect(changes.find(revision, webhook_id))
        changes.change(revision, webhook_id, **members)
        made.update(described(revision, webhook_id))

    return await respond(change, await change.apply("webhook.change", work), lambda _, __: shown(made))


@router.delete(
    "/{webhookId}", status_code=204, operation_id="removeWebhook", summary="Remove a webhook", response_class=Response
)
async def remove_webhook(change: Changing, webhook_id: WebhookId) -> Response:
    """Removes a webhook. Undelivered events are not sent any more."""

    def work(revision: Revision) -> None:
        change.expect(changes.find(revision, webhook_id))
        changes.remove(revision, webhook_id)

    return await respond(change, await change.apply("webhook.remove", work))


@router.post(
    "/{webhookId}/rotate-secret",
    operation_id="rotateWebhookSecret",
    summary="Give a webhook a new secret",
    response_model=SecretShape,
)
async def rotate_secret(change: Adding, webhook_id: WebhookId) -> Response:
    """Makes a new secret.

    For a day messages are signed with the old secret too, so that the receiver can be changed over.
    """
    secret: str | None = None

    def work(revision: Revision) -> None:
        nonlocal secret
        secret = changes.rotate(revision, webhook_id)

    def show(_: View, __: None) -> Response:
        return answer(SecretShape(secret=secret, note=shown_before(secret, "rotate it again for a new one")))

    return await respond(change, await change.apply("webhook.rotateSecret", work), show)


@router.post(
    "/{webhookId}/replay",
    operation_id="replayWebhook",
    summary="Send events again",
    response_model=WebhookShape,
)
async def replay(change: Adding, webhook_id: WebhookId, body: ReplayDraft) -> Response:
    """Sends all events after that one in order, under the same ids as before."""

    def work(revision: Revision) -> dict[str, Any]:
        changes.find(revision, webhook_id)
        webhooks.replay(revision.connection, revision.customer_id, webhook_id, body.after)
        return described(revision, webhook_id)

    return await respond(
        change, await change.apply("webhook.replay", work, members=IN_BODY), lambda _, made: shown(made)
    )


@router.post(
    "/{webhookId}/test",
    operation_id="testWebhook",
    summary="Send a test message",
    response_model=AttemptShape,
)
async def send_test(request: Request, caller: Asking, webhook_id: WebhookId) -> Response:
    """Sends one message of the type `webhook.test` at once and returns the result.

    It is sent to a disabled webhook too, and is not in the log of events.
    """
    state = state_of(request)
    at, read = state.clock(), state.database.read
    for webhook in await read(webhooks.load, caller.customer_id, [webhook_id]):
        secrets = await read(webhooks.signing_secrets, caller.customer_id, webhook_id, at)
        content = messages.test_body(at)
        id_ = messages.message_id(caller.customer_id, webhook_id, f"test_{int(at.timestamp() * 1000)}")
        headers = messages.headers(id_, at, content, secrets)
        outcome = await safe_http.send_once(webhook.url, state.webhook_targets, content, headers)
        return answer(AttemptShape(delivered=outcome.error is None, status=outcome.status, error=outcome.error))
    raise UnknownWebhook((webhook_id,))


def check(view: View, url: str) -> None:
    """Raises InMember when webhooks may not have that URL."""
    with blaming(IN_BODY):
        check_url(url, view.services.webhook_targets)


def described(revision: Revision, webhook_id: int) -> dict[str, Any]:
    """The webhook as this transaction leaves it, as JSON, and its ETag."""
    ((webhook, progress),) = webhooks.load_with_progress(revision.connection, revision.customer_id, [webhook_id])
    shape = shape_of(webhook, progress).model_dump(mode="json", by_alias=True, exclude_none=True)
    return {**shape, ETAG: etag_of(webhook)}


def shown(made: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answers with the webhook that `described` returns."""
    body = {name: value for name, value in made.items() if name != ETAG}
    return Response(orjson.dumps(body), status, {"ETag": made[ETAG], **(headers or {})}, "application/json")


def shape_of(webhook: Webhook, progress: DeliveryProgress) -> WebhookShape:
    return WebhookShape(
        id=webhook.id,
        url=webhook.url,
        types=None if webhook.types is None else [EventType(type_) for type_ in webhook.types],
        enabled=webhook.enabled,
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
        delivery=DeliveryShape(**asdict(progress)),
    )
