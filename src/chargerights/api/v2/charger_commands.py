"""A route for each command of `rights.commands.COMMANDS`.

How commands end is in `telling`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...operations.send_command import ask
from ...operations.visibility import without_tags
from ...rights.commands import COMMANDS, Action
from ..common.auth import CallerFirst, permitted
from .answers import answer
from .command_bodies import (
    AvailabilityDraft,
    ResetDraft,
    SettingDraft,
    StartDraft,
    StopDraft,
    TriggerDraft,
    UnlockDraft,
)
from .dependencies import Viewing
from .path_ids import ChargerId
from .send_command import CommandAnswer, Sending, members, send
from .shapes import REFUSALS, Shape

router = APIRouter(
    prefix="/v2/chargers/{chargerId}",
    tags=["Commands"],
    route_class=CallerFirst,
    responses=REFUSALS,
)

MAX_NAMES = 50


class ReadConfigurationShape(Shape):
    """One setting of a charger."""

    name: str = Field(description="OCPP 1.6: the key; 2.x: component, variable and their instances, joined by dots")
    value: str
    can_be_changed: bool


class ConfigurationAnswer(CommandAnswer):
    """A charger's settings as it reports them now, without secrets."""

    configurations: list[ReadConfigurationShape]


Handler = TypeVar("Handler", bound=Callable[..., Any])


def command(
    action: Action, operation_id: str, summary: str, shape: type[Shape] = CommandAnswer
) -> Callable[[Handler], Handler]:
    """Adds the command's route, with its path, method and permission."""
    row = COMMANDS[action]
    return router.api_route(
        f"/{row.path}",
        methods=["GET" if row.only_asks else "POST"],
        operation_id=operation_id,
        summary=summary,
        response_model=shape,
        dependencies=[Depends(permitted(row.permission))],
    )


@command(Action.START, "startCharging", "Start a session")
async def start(change: Sending, charger_id: ChargerId, body: StartDraft) -> Response:
    """Starts a session at a socket, or where the charger chooses.

    The charger's settings say whether it asks for authorisation first. The session is like any other.
    """
    return await send(change, charger_id, Action.START, body.arguments(), body.socket_id, body.tag)


@command(Action.STOP, "stopCharging", "Stop a session")
async def stop(change: Sending, charger_id: ChargerId, body: StopDraft) -> Response:
    """Stops the session of that sessionId or at that socket.

    Without either it stops the tag's session, or the charger's only one. With validateRfid the session must be one of
    the tag's driver.
    """
    return await send(change, charger_id, Action.STOP, body.arguments(), body.socket_id, body.tag)


@command(Action.DISCONNECT, "disconnectSocket", "Stop a session and unlock the connector")
async def disconnect(change: Sending, charger_id: ChargerId, body: StopDraft) -> Response:
    """Stops a session as stop-charging does, then unlocks the connector.

    The answer is the charger's answer to the unlocking.
    """
    return await send(change, charger_id, Action.DISCONNECT, body.arguments(), body.socket_id, body.tag)


@command(Action.UNLOCK, "unlockSocket", "Unlock a connector")
async def unlock(change: Sending, charger_id: ChargerId, body: UnlockDraft) -> Response:
    """Unlocks a connector.

    While a session runs, a charger of OCPP 1.6 ends the session first, and one of OCPP 2.x refuses.
    """
    return await send(change, charger_id, Action.UNLOCK, {"socketId": body.socket_id}, body.socket_id)


@command(Action.RESET, "resetCharger", "Restart a charger")
async def reset(change: Sending, charger_id: ChargerId, body: ResetDraft) -> Response:
    """Restarts a charger, which boots and connects again.

    With evseId only that EVSE restarts, and the charger stays connected.
    """
    return await send(change, charger_id, Action.RESET, {"type": body.type, "evseId": body.evse_id})


@command(
    Action.CHANGE_AVAILABILITY,
    "changeChargerAvailability",
    "Take a charger or a socket out of use, or back into it",
)
async def change_availability(change: Sending, charger_id: ChargerId, body: AvailabilityDraft) -> Response:
    """Changes availability, which the charger keeps over restarts.

    While a session runs, the change is scheduled for the session's end.
    """
    arguments = {"socketId": body.socket_id, "available": body.available}
    return await send(change, charger_id, Action.CHANGE_AVAILABILITY, arguments, body.socket_id)


@command(Action.TRIGGER_MESSAGE, "triggerChargerMessage", "Have a charger send a message now")
async def trigger_message(change: Sending, charger_id: ChargerId, body: TriggerDraft) -> Response:
    """Triggers a message, for a charger whose state looks out of date."""
    arguments = {"socketId": body.socket_id, "message": body.message}
    return await send(change, charger_id, Action.TRIGGER_MESSAGE, arguments, body.socket_id)


@command(Action.CLEAR_CACHE, "clearChargerCache", "Have a charger forget the tags that it has seen")
async def clear_cache(change: Sending, charger_id: ChargerId) -> Response:
    """Clears the charger's cache, so that it asks for each tag again."""
    return await send(change, charger_id, Action.CLEAR_CACHE, {})


@command(
    Action.READ_CONFIGURATION,
    "readChargerConfiguration",
    "Read a charger's settings from the charger",
    ConfigurationAnswer,
)
async def read_configuration(
    view: Viewing,
    charger_id: ChargerId,
    names: Annotated[
        list[str] | None, Query(alias="name", description="Only these settings", max_length=MAX_NAMES)
    ] = None,
) -> Response:
    """Reads the settings from the charger, without secrets.

    The settings that it reported last are in `configurations` of GET /v2/chargers/{chargerId}.
    """
    answered = await ask(view, charger_id, Action.READ_CONFIGURATION, {"names": names})
    settings = [
        ReadConfigurationShape(name=name, value=without_tags(view, value), can_be_changed=can)
        for name, value, can in answered.details or ()
    ]
    return answer(ConfigurationAnswer(**members(charger_id, answered), configurations=settings))


@command(Action.CHANGE_CONFIGURATION, "changeChargerConfiguration", "Change one of a charger's settings")
async def change_configuration(change: Sending, charger_id: ChargerId, body: SettingDraft) -> Response:
    """Changes a setting. The value is not kept here once the charger has it.

    The charger's password is not set like this.
    """
    return await send(
        change, charger_id, Action.CHANGE_CONFIGURATION, {"name": body.name}, secret={"value": body.value}
    )
