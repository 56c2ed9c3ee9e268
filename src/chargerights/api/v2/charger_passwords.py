"""Passwords with which chargers connect."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from ...operations.mutation import Mutation
from ...rights.permissions import Permission
from ...storage.charging import charger_passwords
from ...storage.revisions import Revision
from ..common.auth import CallerFirst
from .answers import answer
from .dependencies import on_post
from .path_ids import ChargerId
from .shapes import REFUSALS, SecretAnswer, shown_before

router = APIRouter(
    prefix="/v2/chargers/{chargerId}/password", tags=["Chargers"], route_class=CallerFirst, responses=REFUSALS
)


class PasswordShape(SecretAnswer):
    """A charger's new password, shown this once."""

    charger_id: str
    password: str | None = None


@router.post(
    "",
    status_code=201,
    operation_id="renewChargerPassword",
    summary="Give a charger a new password",
    response_model=PasswordShape,
)
async def renew_password(
    change: Annotated[Mutation, Depends(on_post(Permission.WRITE_CHARGERS))],
    charger_id: ChargerId,
) -> Response:
    """Makes a password, which only this answer shows.

    The old one ends at once: if the charger is connected, its socket is closed.
    """
    change.view.charger(charger_id)
    password: str | None = None

    def work(revision: Revision) -> None:
        nonlocal password
        password = charger_passwords.renew_in(revision, charger_id)

    await change.make("charger.password", work)
    note = shown_before(password, "send the request with another Idempotency-Key for a new one")
    return answer(PasswordShape(charger_id=charger_id, password=password, note=note), 201)
