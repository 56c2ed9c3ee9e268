"""Answers to commands that chargers are sent.

Statuses by outcome (`sent` in a problem says whether the charger was sent anything):

    200  the charger has answered: `status` says what, `chargerStatus` in its own word; a no is an answer
    400  the request makes no sense
    403  with validateRfid, the tag may not charge there; `errors.rfidTag` has the reason and a sentence
    404  the charger is unknown to this caller
    409  the charger is not connected or still busy, its version of OCPP lacks this, or it cannot be done there now:
         nothing was sent
    502  the charger answered with an error, which is in the text
    504  it was sent, and the charger did not answer in time: it may have done it

A POST with an `Idempotency-Key` that came before sends the charger nothing again and gets the first answer.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import Field

from ...operations import send_command
from ...operations.mutation import Mutation
from ...operations.send_command import CommandAnswered, Status
from ...rights.commands import Action
from .answers import answer
from .dependencies import on_post
from .shapes import Shape

Sending = Annotated[Mutation, Depends(on_post())]


class CommandAnswer(Shape):
    """A charger's answer to a command."""

    charger_id: str
    socket_id: int | None = None
    status: Status
    charger_status: str = Field(description="The charger's own word, as its version of OCPP has it")
    text: str | None = Field(None, description="A text that the charger added")


async def send(
    change: Mutation,
    charger_id: str,
    action: Action,
    arguments: dict[str, Any],
    socket_id: int | None = None,
    secret: dict[str, Any] | None = None,
) -> Response:
    answered = await send_command.send(change, charger_id, action, arguments, secret)
    return answer(CommandAnswer(**members(charger_id, answered), socket_id=socket_id))


def members(charger_id: str, answered: CommandAnswered) -> dict[str, Any]:
    """The members of a `CommandAnswer`."""
    shown = answered._asdict()
    del shown["details"]
    return {"charger_id": charger_id, **shown}
