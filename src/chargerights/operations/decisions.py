"""Decisions: whether a tag may charge at a charger, and why.

Questions about a past instant are answered from the facts as they were then, questions about now and later from those
of today. An operator that is limited to some sites asks about their chargers, and learns of other drivers only as far
as a right of theirs reaches the charger.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from ..rights.decide import Cause, Decision, decide, decide_without_tag
from ..rights.errors import UnknownDriver
from ..rights.explain import Explanation, explain_decision, explain_driver, explain_without_tag
from ..rights.hints import hint
from ..rights.network import Network
from ..rights.permissions import Scope
from ..storage.journal_rewind import BeforeHistory
from .as_of import as_of, at_one
from .view import View
from .visibility import discreet, require_charger

EVERYTHING = Scope(Network(), None)
"""The scope of an operator without limits, in any network."""


class ChargingQuestion(NamedTuple):
    """A charger, a tag or None for anyone without one, and an instant or None for now."""

    charger_id: str
    id_tag: str | None = None
    at: datetime | None = None


class Decided(NamedTuple):
    """A decision, with the network and revision that it was made in."""

    network: Network
    revision: int
    decision: Decision
    hint: str | None = None


class Explained(NamedTuple):
    """An explanation, with the network, revision and scope that it was made in."""

    network: Network
    revision: int
    explanation: Explanation
    scope: Scope = EVERYTHING
    hint: str | None = None


async def check(view: View, question: ChargingQuestion) -> Decided:
    """Decides a question.

    Raises UnknownCharger, and InMember for an instant before the journal.
    """

    def decided(network: Network, revision: int) -> Decided:
        require_charger(view.scope_in(network), question.charger_id)
        return _decided(view, question, network, revision)

    return await at_one(view, question.at, decided)


async def check_many(view: View, questions: Sequence[ChargingQuestion]) -> list[Decided | BeforeHistory]:
    """Decides each question on its own.

    An unknown charger is a no.
    """
    return await as_of(view, [(question.at, partial(_decided, view, question)) for question in questions])


async def explain(
    view: View, charger_id: str, id_tag: str | None, driver_id: int | None, at: datetime | None
) -> Explained:
    """Explains whether the tag, else the driver, else anyone without a tag may charge.

    Raises UnknownCharger, UnknownDriver, and InMember for an instant before the journal.
    """
    instant = at or view.at

    def explained(network: Network, revision: int) -> Explained:
        scope = view.scope_in(network)
        require_charger(scope, charger_id)
        if id_tag is not None:
            decision = discreet(network, decide(network, id_tag, charger_id, instant), scope, view.sees_tags)
            explanation = explain_decision(network, charger_id, decision, id_tag)
            hinted = hint_of(network, decision, id_tag, scope, view.sees_tags)
            return Explained(network, revision, explanation, scope, hinted)
        if driver_id is None:
            return Explained(network, revision, explain_without_tag(network, charger_id, instant), scope)
        explanation = explain_driver(network, driver_id, charger_id, instant)
        if discreet(network, explanation.decision, scope).driver is None:
            raise UnknownDriver((driver_id,))
        return Explained(network, revision, explanation, scope)

    return await at_one(view, at, explained)


def hint_of(
    network: Network, decision: Decision, id_tag: str | None, scope: Scope = EVERYTHING, tags: bool = True
) -> str | None:
    """A known tag that may be the same card as an unknown one, if the scope shows it."""
    if id_tag is None or decision.cause is not Cause.TAG_UNKNOWN or not tags:
        return None
    return hint(network, id_tag, scope.can_see_driver)


def _decided(view: View, question: ChargingQuestion, network: Network, revision: int) -> Decided:
    scope, at = view.scope_in(network), question.at or view.at
    if not (scope.unlimited or scope.can_see_charger(question.charger_id)):
        decision = Decision(Cause.CHARGER_UNKNOWN, at)
    elif question.id_tag is None:
        decision = decide_without_tag(network, question.charger_id, at)
    else:
        decision = discreet(network, decide(network, question.id_tag, question.charger_id, at), scope, view.sees_tags)
    hinted = hint_of(network, decision, question.id_tag, scope, view.sees_tags)
    return Decided(network, revision, decision, hinted)
