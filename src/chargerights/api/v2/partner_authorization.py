"""The customer's partner, which is asked about tags that are unknown here.

See docs/partner-authorisation.md.
"""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, Field

from ...net.allowed_targets import InvalidWebhookUrl, check_url
from ...operations.errors import Forbidden, Members, blaming
from ...operations.mutation import Mutation
from ...operations.view import View
from ...rights.errors import InvalidInput
from ...rights.permissions import Permission
from ...storage.changes import partners as changes
from ...storage.revisions import Revision
from ...storage.rows import partners
from ...storage.rows.partners import Fallback, NoPartner, Partner
from ..common.auth import CallerFirst
from .answers import answer, respond
from .dependencies import on_change, viewing
from .shapes import REFUSALS, Draft, Shape

ADMIN = Permission.GLOBAL_ADMIN
LONGEST_SECONDS, SECRET_BYTES = 9, (24, 64)
"""Chargers give up after about ten seconds, and ask again."""

router = APIRouter(
    prefix="/v2/partner-authorisation",
    tags=["Charging"],
    route_class=CallerFirst,
    responses=REFUSALS,
)


class InvalidSecret(InvalidInput):
    """A secret that is not in the format of Standard Webhooks."""


IN_BODY: Members = {InvalidWebhookUrl: "url", InvalidSecret: "secret"}


class PartnerShape(Shape):
    """The partner that is asked about tags that are unknown here."""

    url: str
    signed: bool = Field(description="Whether questions are signed; the secret is never shown")
    timeout_seconds: float = Field(description="Seconds to wait for an answer")
    fallback: Fallback = Field(description="The answer without one")
    cache_seconds: float = Field(description="Seconds that an answer counts, a no too")
    updated_at: AwareDatetime


class PartnerDraft(Draft):
    """A partner to ask."""

    url: str = Field(description="An https URL; without user, password and fragment")
    secret: str | None = Field(
        None, description="Secret that signs questions (`whsec_…`); left out: as before; null: unsigned"
    )
    timeout_seconds: float = Field(3.0, ge=0.1, le=LONGEST_SECONDS, description="Seconds to wait for an answer")
    fallback: Annotated[Fallback, Field(strict=False)] = Field(
        Fallback.DENY, description="The answer without one: `deny`, or `allow` any card"
    )
    cache_seconds: float = Field(60.0, ge=0, le=3600, description="Seconds that an answer counts, a no too; 0: none")


@router.get(
    "",
    operation_id="getPartnerAuthorisation",
    summary="Get who is asked about unknown tags",
    response_model=PartnerShape,
)
async def get_partner(view: Annotated[View, Depends(viewing(ADMIN))]) -> Response:
    """Returns the partner with an ETag for changing it."""
    _all_sites(view)
    partner = await view.services.database.read(partners.asked, view.caller.customer_id)
    if partner is None:
        raise NoPartner()
    return answer(_shape(partner[0]), entity=partner[0])


@router.put(
    "",
    operation_id="setPartnerAuthorisation",
    summary="Set who is asked about unknown tags",
    response_model=PartnerShape,
)
async def set_partner(change: Annotated[Mutation, Depends(on_change(ADMIN))], body: PartnerDraft) -> Response:
    """Sets the partner that is asked from then on about tags that no driver has here."""
    _all_sites(change.view)
    with blaming(IN_BODY):
        check_url(body.url, change.view.services.webhook_targets)
        if body.secret is not None:
            _check_secret(body.secret)
    made: list[Partner] = []

    def work(revision: Revision) -> None:
        before = partners.asked(revision.connection, revision.customer_id)
        if change.if_match is not None:
            change.expect(changes.one(revision))
        secret = body.secret
        if "secret" not in body.given() and before is not None:
            secret = before[1]
        made.append(changes.put(revision, body.url, body.timeout_seconds, body.fallback, body.cache_seconds, secret))

    return await respond(
        change,
        await change.apply("partnerAuthorisation.set", work),
        lambda _, __: answer(_shape(made[-1]), entity=made[-1]),
    )


@router.delete(
    "",
    status_code=204,
    operation_id="removePartnerAuthorisation",
    summary="Stop asking a partner about unknown tags",
    response_class=Response,
)
async def remove_partner(change: Annotated[Mutation, Depends(on_change(ADMIN))]) -> Response:
    """Removes the partner. Unknown tags are refused again."""
    _all_sites(change.view)

    def work(revision: Revision) -> None:
        change.expect(changes.one(revision))
        changes.remove(revision)

    return await respond(change, await change.apply("partnerAuthorisation.remove", work))


def _all_sites(view: View) -> None:
    if not view.scope.unlimited:
        raise Forbidden("a partner is asked for all sites: this needs an operator who sees all of them")


def _check_secret(secret: str) -> None:
    """Raises InvalidSecret."""
    prefix, _, text = secret.partition("_")
    try:
        size = len(base64.b64decode(text, validate=True)) if prefix == "whsec" else 0
    except ValueError:  # not base64, not ASCII
        size = 0
    least, most = SECRET_BYTES
    if not least <= size <= most:
        raise InvalidSecret(f"the secret is not whsec_ and {least} to {most} random bytes in base64")


def _shape(partner: Partner) -> PartnerShape:
    return PartnerShape(
        url=partner.url,
        signed=partner.signed,
        timeout_seconds=partner.timeout_seconds,
        fallback=partner.fallback,
        cache_seconds=partner.cache_seconds,
        updated_at=partner.updated_at,
    )
