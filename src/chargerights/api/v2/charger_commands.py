"""What chargers are told to do: a route for each command of `rights.commands.COMMANDS`.

How a command ends (`sent` in a problem says whether the charger was sent anything):

    200  the charger has answered: `status` says what, `chargerStatus` in its own word; a no is an answer
    400  the request makes no sense
    403  with validateRfid, the tag may not charge there; `errors.rfidTag` has the reason and a sentence
    404  no such charger, for this caller
    409  the charger is not connected or still busy, its version of OCPP lacks this, or no such thing can be done there
         now: nothing was sent
    502  the charger answered with an error, which is in the text
    504  it was sent, and the charger did not answer in time: it may have done it

A POST with an `Idempotency-Key` that came before tells the charger nothing again and has the answer of the first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from ...files import values
from ...rights.commands import COMMANDS, Action
from ...rights.decide import decide
from ...rights.errors import Conflict, InvalidInput
from ...rights.explain import explain_decision
from ...rights.operators import Permission
from ...storage.commands import End, Outcome
from ..auth import CallerFirst, permitted
from ..problems import ChargerError, ChargerSilent, Forbidden, InMember
from .shapes import REFUSALS, Draft, Shape
from .views import View, answer, viewing
from .visibility import discreet
from .writing import Change, NoPreview, adding

router = APIRouter(
    prefix="/v2/chargers/{chargerId}",
    tags=["Commands"],
    route_class=CallerFirst,
    responses=REFUSALS,
)

MAX_NAMES = 50
STATUSES = {
    "Accepted": "accepted",
    "Unlocked": "accepted",
    "Scheduled": "scheduled",
    "RebootRequired": "rebootRequired",
    "NotSupported": "notSupported",
    "NotImplemented": "notSupported",
}
"""By the charger's word; every other is a no: rejected."""
CAUSES = {
    "networkAway": "the rights are not known now: try again shortly",
    "tagInUse": "the tag is in a session already, and a tag may be in one at a time",
    "sessionOfAnotherDriver": "the session that runs there is another driver's",
}
"""What refuses a tag beside the rules of rights."""
Status = Literal["accepted", "rejected", "scheduled", "rebootRequired", "notSupported"]
Trigger = Literal[
    "BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Heartbeat",
    "LogStatusNotification", "MeterValues", "StatusNotification", "TransactionEvent",
]  # fmt: skip
SocketId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Asking = Annotated[View, Depends(viewing())]


class NotSent(Conflict):
    """A command that was not sent."""

    extension: ClassVar = {"sent": False}


class ChargerNotConnected(NotSent):
    """A charger that cannot be told anything now."""


class ChargerBusy(NotSent):
    """A charger that had not answered an earlier question."""


class CommandImpossible(NotSent):
    """A command that is not for this charger now."""


class TagMissing(InvalidInput):
    """A tag that is to be validated and is not given."""


class OneTooMany(InvalidInput):
    """Two members that name the same thing."""


class TagRefused(Forbidden):
    """A tag that may not charge where it was to."""

    extension: ClassVar = {"sent": False}

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.errors = {"rfidTag": [reason, sentence]}


class CommandAnswer(Shape):
    """What the charger answered to a command."""

    charger_id: str
    socket_id: int | None = None
    status: Status
    charger_status: str = Field(description="The charger's own word, as its version of OCPP has it")
    text: str | None = Field(None, description="What the charger said beside it")


class ConfigurationShape(Shape):
    """One setting of a charger."""

    name: str = Field(description="OCPP 1.6: the key; 2.x: component, variable and their instances, joined by dots")
    value: str
    can_be_changed: bool


class ConfigurationAnswer(CommandAnswer):
    """What the charger says of its settings now; never a secret."""

    configurations: list[ConfigurationShape]


class SocketDraft(Draft):
    """Where, and by whose tag."""

    socket_id: SocketId | None = Field(None, description="Left out: the charger's only session, or what is free")
    rfid_tag: values.TagText | None = Field(None, description="What a driver would show")
    validate_rfid: bool = Field(False, description="true: only if the tag's driver may charge there now")

    def arguments(self) -> dict[str, Any]:
        """Raises InMember."""
        if self.validate_rfid and self.rfid_tag is None:
            raise InMember("rfidTag", TagMissing("must be given: validateRfid asks whether it may charge"))
        return {"socketId": self.socket_id, "validate": self.validate_rfid}

    @property
    def tag(self) -> dict[str, Any]:
        """What names a person."""
        return {"idTag": self.rfid_tag}


class StartDraft(SocketDraft):
    """Where to start, and for whose tag."""

    rfid_tag: values.TagText = Field(description="Whose session it is: what the driver would show")


class StopDraft(SocketDraft):
    """Which session to stop, and by whose tag."""

    session_id: values.EntityId | None = Field(
        None, description="The session; without it, the one at the socket or of the tag"
    )

    def arguments(self) -> dict[str, Any]:
        """Raises InMember."""
        if self.session_id is not None and self.socket_id is not None:
            raise InMember("socketId", OneTooMany("cannot be given with sessionId: send one of them"))
        return {**super().arguments(), "sessionId": self.session_id}


class UnlockDraft(Draft):
    socket_id: SocketId


class ResetDraft(Draft):
    """Soft: sessions end in good order first (1.6), or it waits for them to end (2.x). Hard: at once."""

    type: Literal["Soft", "Hard"]
    evse_id: SocketId | None = Field(None, description="Only this EVSE, by its number at the charger; OCPP 2.x only")


class AvailabilityDraft(Draft):
    """Whether it may be used; without socketId the whole charger."""

    available: bool
    socket_id: SocketId | None = None


class SettingDraft(Draft):
    """One setting."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    value: Annotated[str, Field(max_length=2500)]


class TriggerDraft(Draft):
    """A message that the charger is to send now. LogStatusNotification and TransactionEvent are in OCPP 2.x only,
    DiagnosticsStatusNotification in 1.6 only."""

    message: Trigger
    socket_id: SocketId | None = None


Handler = TypeVar("Handler", bound=Callable[..., Any])
Telling = Annotated[Change, Depends(adding())]


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
async def start(change: Telling, chargerId: str, body: StartDraft) -> Response:  # noqa: N803
    """Without socketId the charger chooses. The charger asks or starts as its own settings say; what it starts is a
    session like any other."""
    return await tell(change, chargerId, Action.START, body.arguments(), body.socket_id, body.tag)


@command(Action.STOP, "stopCharging", "Stop a session")
async def stop(change: Telling, chargerId: str, body: StopDraft) -> Response:  # noqa: N803
    """The session of that sessionId, or at the socket; without both the tag's, or the charger's only one. With
    validateRfid it must be one of the tag's driver."""
    return await tell(change, chargerId, Action.STOP, body.arguments(), body.socket_id, body.tag)


@command(Action.DISCONNECT, "disconnectSocket", "Stop a session and let go of the cable")
async def disconnect(change: Telling, chargerId: str, body: StopDraft) -> Response:  # noqa: N803
    """As stop-charging, and then the connector is unlocked; the answer is that of the unlocking."""
    return await tell(change, chargerId, Action.DISCONNECT, body.arguments(), body.socket_id, body.tag)


@command(Action.UNLOCK, "unlockSocket", "Let go of a cable")
async def unlock(change: Telling, chargerId: str, body: UnlockDraft) -> Response:  # noqa: N803
    """A charger of 1.6 ends the session there first; one of 2.x refuses while a session runs."""
    return await tell(change, chargerId, Action.UNLOCK, {"socketId": body.socket_id}, body.socket_id)


@command(Action.RESET, "resetCharger", "Restart a charger")
async def reset(change: Telling, chargerId: str, body: ResetDraft) -> Response:  # noqa: N803
    """It boots and connects again by itself. With evseId only that EVSE restarts, and the charger stays connected."""
    return await tell(change, chargerId, Action.RESET, {"type": body.type, "evseId": body.evse_id})


@command(
    Action.CHANGE_AVAILABILITY,
    "changeChargerAvailability",
    "Take a charger or a socket out of use, or back into it",
)
async def change_availability(change: Telling, chargerId: str, body: AvailabilityDraft) -> Response:  # noqa: N803
    """The charger keeps it over restarts. While a session runs it is scheduled for its end."""
    arguments = {"socketId": body.socket_id, "available": body.available}
    return await tell(change, chargerId, Action.CHANGE_AVAILABILITY, arguments, body.socket_id)


@command(Action.TRIGGER_MESSAGE, "triggerChargerMessage", "Have a charger send a message now")
async def trigger_message(change: Telling, chargerId: str, body: TriggerDraft) -> Response:  # noqa: N803
    """For a charger whose state looks out of date."""
    arguments = {"socketId": body.socket_id, "message": body.message}
    return await tell(change, chargerId, Action.TRIGGER_MESSAGE, arguments, body.socket_id)


@command(Action.CLEAR_CACHE, "clearChargerCache", "Have a charger forget the tags that it has seen")
async def clear_cache(change: Telling, chargerId: str) -> Response:  # noqa: N803
    """It then asks for each of them again."""
    return await tell(change, chargerId, Action.CLEAR_CACHE, {})


@command(
    Action.READ_CONFIGURATION,
    "readChargerConfiguration",
    "Read a charger's settings from the charger",
    ConfigurationAnswer,
)
async def read_configuration(
    view: Asking,
    chargerId: str,  # noqa: N803
    names: Annotated[
        list[str] | None, Query(alias="name", description="Only these settings", max_length=MAX_NAMES)
    ] = None,
) -> Response:
    """As they are now; what was said last is in the charger itself. Secrets are left out."""
    outcome = await ask(view, chargerId, Action.READ_CONFIGURATION, {"names": names})
    found = [ConfigurationShape(name=name, value=value, can_be_changed=can) for name, value, can in outcome.found or ()]
    return answer(ConfigurationAnswer(**answered(chargerId, outcome), configurations=found))


@command(Action.CHANGE_CONFIGURATION, "changeChargerConfiguration", "Change one of a charger's settings")
async def change_configuration(change: Telling, chargerId: str, body: SettingDraft) -> Response:  # noqa: N803
    """The value is not kept here when the charger has it. Its own password is not set like this."""
    return await tell(change, chargerId, Action.CHANGE_CONFIGURATION, {"name": body.name}, secret={"value": body.value})


async def ask(view: View, charger_id: str, action: Action, arguments: dict[str, Any]) -> Outcome:
    """Asks the charger for something; what it answered is in `found`."""
    view.charger(charger_id)
    return await view.state.chargers.tell(view.caller.customer_id, view.caller.actor, charger_id, action, arguments)


async def tell(
    change: Change,
    charger_id: str,
    action: Action,
    arguments: dict[str, Any],
    socket_id: int | None = None,
    secret: dict[str, Any] | None = None,
) -> Response:
    view = change.view
    if change.dry_run:
        raise NoPreview("dryRun is not for commands: a charger cannot be told to only try")
    view.charger(charger_id)
    once = await change.only_once()
    given = {name: value for name, value in arguments.items() if value is not None}
    customer_id, actor = view.caller.customer_id, view.caller.actor
    outcome = await view.state.chargers.tell(customer_id, actor, charger_id, action, given, secret, once)
    if outcome.end is End.TAG_REFUSED:
        raise TagRefused(*_why(view, (secret or {})["idTag"], charger_id, outcome))
    return answer(CommandAnswer(**answered(charger_id, outcome), socket_id=socket_id))


def _why(view: View, id_tag: str, charger_id: str, outcome: Outcome) -> tuple[str, str]:
    """The reason to refuse the tag, and why in a sentence, as far as the caller sees its driver."""
    if outcome.text in CAUSES:
        return outcome.word, CAUSES[outcome.text]
    network = view.network
    decision = discreet(network, decide(network, id_tag, charger_id, view.at), view.scope)
    if decision.driver is None:
        return decision.reason, explain_decision(network, charger_id, decision, id_tag).sentence
    if not view.caller.may(Permission.READ_DRIVERS):
        return outcome.word, f"tag {id_tag} may not charge at charger {charger_id} now"
    return outcome.word, explain_decision(network, charger_id, decision, id_tag).sentence


def answered(charger_id: str, outcome: Outcome) -> dict[str, Any]:
    """The members of an answer. Raises what tells the other ends apart."""
    match outcome.end:
        case End.ANSWERED:
            status = STATUSES.get(outcome.word, "rejected")
            return {
                "charger_id": charger_id,
                "status": status,
                "charger_status": outcome.word,
                "text": outcome.text or None,
            }
        case End.TAG_REFUSED | End.IMPOSSIBLE:
            raise CommandImpossible(outcome.text)
        case End.BUSY:
            raise ChargerBusy(outcome.text)
        case End.NOT_CONNECTED:
            raise ChargerNotConnected(f"charger {charger_id} is not connected: nothing was sent")
        case End.ERROR:
            raise ChargerError(f"charger {charger_id} answered with the error {outcome.word}: {outcome.text}")
        case End.SILENT:
            raise ChargerSilent(outcome.text or f"charger {charger_id} has not answered")
