"""Passwords with which chargers connect."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from ...rights.permissions import Permission
from ...storage.charging import charger_passwords
from ...storage.journal import Revision
from ..common.auth import CallerFirst
from .mutation import Mutation, on_post
from .shapes import REFUSALS, SecretAnswer, shown_before
from .view import answer

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
    chargerId: str,  # noqa: N803
) -> Response:
    """It is shown this once. The old one ends at once: if the charger is connected, its socket is closed."""
    change.view.charger(chargerId)
    password: str | None = None

    def work(revision: Revision) -> None:
        nonlocal password
        password = charger_passwords.renew_in(revision, chargerId)

    await change.make("charger.password", work)
    note = shown_before(password, "send the request with another Idempotency-Key for a new one")
    return answer(PasswordShape(charger_id=chargerId, password=password, note=note), 201)
