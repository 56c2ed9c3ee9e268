"""Sends chargers commands of operators and reports their outcome.

An outcome is the charger's answer, a no included, or a refusal: `extension` says whether the charger was sent anything.
A request with an Idempotency-Key that came before sends nothing again and gets the first outcome.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

from ..rights.commands import Action
from ..rights.decide import Cause, decide
from ..rights.errors import Conflict, DomainError
from ..rights.explain import explain_decision
from ..rights.permissions import Permission
from ..storage.charging.commands import CommandOutcome, End
from .errors import Forbidden, NoPreview
from .mutation import Mutation
from .view import View
from .visibility import discreet, without_tags

Status = Literal["accepted", "rejected", "scheduled", "rebootRequired", "notSupported"]
STATUSES: dict[str, Status] = {
    "Accepted": "accepted",
    "Unlocked": "accepted",
    "Scheduled": "scheduled",
    "RebootRequired": "rebootRequired",
    "NotSupported": "notSupported",
    "NotImplemented": "notSupported",
}
"""By the charger's word; every other word is a rejection."""
CAUSES = {
    "networkAway": "the rights are not known now: try again shortly",
    "tagInUse": "the tag is in a session already, and a tag may be in one at a time",
    "sessionOfAnotherDriver": "the session that runs there is another driver's",
}
"""Reasons to refuse a tag that are not rules of rights."""


class NotSent(Conflict):
    """A command that was not sent."""

    extension: ClassVar = {"sent": False}


class ChargerNotConnected(NotSent):
    """A charger that cannot be sent anything now."""


class ChargerBusy(NotSent):
    """A charger that has not answered an earlier command."""


class CommandImpossible(NotSent):
    """A command that this charger cannot follow now."""


class TagRefused(Forbidden):
    """A tag that may not charge there."""

    extension: ClassVar = {"sent": False}

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.errors = {"rfidTag": [reason, sentence]}


class ChargerError(DomainError):
    """A charger that answered a command with an error."""

    extension: ClassVar = {"sent": True}


class ChargerSilent(DomainError):
    """A charger that did not answer a command in time. It may have followed it."""

    extension: ClassVar = {"sent": True}


class CommandAnswered(NamedTuple):
    """A charger's answer to a command.

    `details` depend on the command.
    """

    status: Status
    charger_status: str
    text: str | None
    details: Any


async def ask(view: View, charger_id: str, action: Action, arguments: dict[str, Any]) -> CommandAnswered:
    """Asks the charger for something. Raises the errors of this module."""
    view.charger(charger_id)
    caller = view.caller
    outcome = await view.services.chargers.send(caller.customer_id, caller.actor, charger_id, action, arguments)
    return _answered(view, charger_id, outcome)


async def send(
    change: Mutation,
    charger_id: str,
    action: Action,
    arguments: dict[str, Any],
    secret: dict[str, Any] | None = None,
) -> CommandAnswered:
    """Sends the charger a command. Raises NoPreview and the errors of this module."""
    view = change.view
    if change.dry_run:
        raise NoPreview("is not for commands: a charger cannot be told to only try")
    view.charger(charger_id)
    given = {name: value for name, value in arguments.items() if value is not None}
    customer_id, actor = view.caller.customer_id, view.caller.actor
    outcome = await view.services.chargers.send(customer_id, actor, charger_id, action, given, secret, change.once)
    if outcome.end is End.TAG_REFUSED:
        raise TagRefused(*_why(view, (secret or {})["idTag"], charger_id, outcome))
    return _answered(view, charger_id, outcome)


def _why(view: View, id_tag: str, charger_id: str, outcome: CommandOutcome) -> tuple[str, str]:
    """Explains why the tag is refused, as far as the caller sees its driver."""
    if outcome.text in CAUSES:
        return outcome.word, CAUSES[outcome.text]
    network = view.network
    decision = discreet(network, decide(network, id_tag, charger_id, view.at), view.scope, view.sees_tags)
    if decision.cause is Cause.TAG_UNKNOWN:
        return decision.reason, explain_decision(network, charger_id, decision, id_tag).sentence
    if not view.caller.may(Permission.READ_DRIVERS):
        return outcome.word, f"tag {id_tag} may not charge at charger {charger_id} now"
    return outcome.word, explain_decision(network, charger_id, decision, id_tag).sentence


def _answered(view: View, charger_id: str, outcome: CommandOutcome) -> CommandAnswered:
    text = without_tags(view, outcome.text)
    match outcome.end:
        case End.ANSWERED:
            status = STATUSES.get(outcome.word, "rejected")
            return CommandAnswered(status, outcome.word, text or None, outcome.found)
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
