"""Tells chargers what operators want, and answers with how it ended.

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

from typing import Annotated, Any, ClassVar, Literal

from fastapi import Depends, Response
from pydantic import Field

from ...rights.commands import Action
from ...rights.decide import Cause, decide
from ...rights.errors import Conflict
from ...rights.explain import explain_decision
from ...rights.permissions import Permission
from ...storage.charging.commands import CommandOutcome, End
from ..common.errors import ChargerError, ChargerSilent, Forbidden
from .mutation import Mutation, NoPreview, on_post
from .shapes import Shape
from .view import View, answer, viewing
from .visibility import discreet, without_tags

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
Asking = Annotated[View, Depends(viewing())]
Telling = Annotated[Mutation, Depends(on_post())]


class NotSent(Conflict):
    """A command that was not sent."""

    extension: ClassVar = {"sent": False}


class ChargerNotConnected(NotSent):
    """A charger that cannot be told anything now."""


class ChargerBusy(NotSent):
    """A charger that had not answered an earlier question."""


class CommandImpossible(NotSent):
    """A command that is not for this charger now."""


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


async def ask(view: View, charger_id: str, action: Action, arguments: dict[str, Any]) -> CommandOutcome:
    """Asks the charger for something; what it answered is in `found`."""
    view.charger(charger_id)
    return await view.state.chargers.tell(view.caller.customer_id, view.caller.actor, charger_id, action, arguments)


async def tell(
    change: Mutation,
    charger_id: str,
    action: Action,
    arguments: dict[str, Any],
    socket_id: int | None = None,
    secret: dict[str, Any] | None = None,
) -> Response:
    view = change.view
    if change.dry_run:
        raise NoPreview("is not for commands: a charger cannot be told to only try")
    view.charger(charger_id)
    once = await change.only_once()
    given = {name: value for name, value in arguments.items() if value is not None}
    customer_id, actor = view.caller.customer_id, view.caller.actor
    outcome = await view.state.chargers.tell(customer_id, actor, charger_id, action, given, secret, once)
    if outcome.end is End.TAG_REFUSED:
        raise TagRefused(*_why(view, (secret or {})["idTag"], charger_id, outcome))
    return answer(CommandAnswer(**answered(view, charger_id, outcome), socket_id=socket_id))


def _why(view: View, id_tag: str, charger_id: str, outcome: CommandOutcome) -> tuple[str, str]:
    """The reason to refuse the tag, and why in a sentence, as far as the caller sees its driver."""
    if outcome.text in CAUSES:
        return outcome.word, CAUSES[outcome.text]
    network = view.network
    decision = discreet(network, decide(network, id_tag, charger_id, view.at), view.scope, view.sees_tags)
    if decision.cause is Cause.TAG_UNKNOWN:
        return decision.reason, explain_decision(network, charger_id, decision, id_tag).sentence
    if not view.caller.may(Permission.READ_DRIVERS):
        return outcome.word, f"tag {id_tag} may not charge at charger {charger_id} now"
    return outcome.word, explain_decision(network, charger_id, decision, id_tag).sentence


def answered(view: View, charger_id: str, outcome: CommandOutcome) -> dict[str, Any]:
    """The members of an answer. Raises what tells the other ends apart."""
    text = without_tags(view, outcome.text)
    match outcome.end:
        case End.ANSWERED:
            status = STATUSES.get(outcome.word, "rejected")
            return {
                "charger_id": charger_id,
                "status": status,
                "charger_status": outcome.word,
                "text": text or None,
            }
        case End.TAG_REFUSED | End.IMPOSSIBLE:
            raise CommandImpossible(outcome.text)
        case End.BUSY:
            raise ChargerBusy(outcome.text)
        case End.NOT_CONNECTED:
            raise ChargerNotConnected(f"charger {charger_id} is not connected: nothing was sent")
        case End.ERROR:
            raise ChargerError(f"charger {charger_id} answered with the error {outcome.word}: {text}")
        case End.SILENT:
            raise ChargerSilent(outcome.text or f"charger {charger_id} has not answered")
