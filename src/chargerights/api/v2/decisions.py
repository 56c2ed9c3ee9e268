"""Decisions: whether a tag may charge at a charger, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ...operations import decisions as operations
from ...operations.decisions import EVERYTHING, ChargingQuestion, Decided
from ...operations.errors import Malformed, require_one_at_most
from ...operations.view import View
from ...rights.decide import Cause, Decision, Reason, RightEvaluation, RightStatus
from ...rights.explain import Explanation, why_not
from ...rights.model import PlaceKind
from ...rights.network import Network
from ...rights.permissions import Permission, Scope
from ...storage.journal_rewind import BeforeHistory
from ..common.auth import CallerFirst, LongBody
from .answers import answer
from .dependencies import viewing
from .hours import WeeklyHours
from .hours import shown as hours_shown
from .shapes import REFUSALS, Instant, Shape

router = APIRouter(prefix="/v2/access", tags=["Decisions"], route_class=CallerFirst, responses=REFUSALS)
many = APIRouter(route_class=LongBody)

NEEDED = (Permission.READ_CHARGERS, Permission.READ_DRIVERS)
MOST_QUESTIONS = 1_000


class AccessQuestion(Shape):
    """A question about a charger: may this tag, or anyone without one, charge there."""

    charger_id: str = Field(description="The identity under which the charger connects", examples=["DEP-1"])
    id_tag: str | None = Field(
        None, description="The driver's tag, in any case; or set withoutTag", examples=["04A2B3C4"]
    )
    without_tag: bool = Field(
        False,
        description="Whether no tag is shown, as with a start button: only a charger that is free to use says yes",
    )
    at: Instant | None = Field(None, description="The instant asked about; now when not given")

    def value(self) -> ChargingQuestion:
        return ChargingQuestion(self.charger_id, self.id_tag, self.at)

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.id_tag is not None) == self.without_tag:
            raise PydanticCustomError("one_of", "give either idTag or withoutTag: true")
        return self


class RightPath(Shape):
    """A right and the way it reaches the charger."""

    kind: PlaceKind = Field(description="The kind of place that the right is on")
    id: int | str = Field(description="The site's or access group's number, or the charger's id")
    name: str = Field(description="The place's name")
    via: list[int] = Field(description="Numbers of the sites from the right's place down to the charger's site")
    valid_from: datetime | None = Field(None, description="Begins at this instant")
    valid_until: datetime | None = Field(None, description="Ends before this instant")
    hours: list[WeeklyHours] | None = Field(None, description="Holds only in these hours, local to the charger")


class JudgedRight(RightPath):
    """A right of the driver and whether it counts here and now."""

    reaches: bool = Field(description="Whether the right is on a place that holds this charger")
    standing: RightStatus = Field(description="The right's status")
    why_not: str | None = Field(None, description="Why it does not count, in a few words")


class AccessDriver(Shape):
    id: int
    name: str
    enabled: bool


class AccessTag(Shape):
    id: int
    id_tag: str
    token_name: str | None = None


class AccessDecision(Shape):
    """A decision.

    `reason` is OCPP 2.0.1's word, `cause` the sentence of the rule that decided.
    """

    allowed: bool
    reason: Reason
    cause: Cause
    driver: AccessDriver | None = Field(
        None, description="Left out without ReadTags when a tag was asked about, as are paths and rights"
    )
    tag: AccessTag | None = Field(None, description="Left out without ReadTags")
    paths: list[RightPath] = Field(description="The rights by which the answer is yes; empty for a no")
    hint: str | None = Field(
        None,
        description="Of an unknown tag: which known one may be the same card in another spelling. Left out without"
        " ReadTags, and for drivers that you do not see",
    )
    revision: int = Field(description="The customer's revision that was asked")


class AccessExplanation(AccessDecision):
    rights: list[JudgedRight] = Field(description="Every right of the driver, if one is named")
    sentence: str = Field(description="The answer in one sentence for a person")


class AccessQuestions(Shape):
    """Up to a thousand questions."""

    questions: list[AccessQuestion] = Field(min_length=1, max_length=MOST_QUESTIONS)


class Unanswered(Shape):
    """No answer, because the instant is before the journal. It does not mean no."""

    allowed: bool = Field(description="false: what is not known is no yes", json_schema_extra={"const": False})
    problem: str = Field(description="Why there is no answer, and from when on there are answers")


class AccessDecisions(Shape):
    """The decisions in the order of the questions."""

    decisions: list[AccessDecision | Unanswered]
    revision: int = Field(description="The customer's revision at the asking; each decision tells its own")


@router.post(
    "/check",
    operation_id="checkAccess",
    summary="Check whether a tag may charge at a charger",
    response_model=AccessDecision,
    response_model_exclude_none=True,
)
async def check(view: Annotated[View, Depends(viewing(*NEEDED))], question: AccessQuestion) -> Response:
    """Decides by the rule that chargers are answered by.

    An unknown charger is a 404, an unknown tag a no. With `at` in the past it decides by the facts of that instant, as
    far back as the journal goes; `revision` tells which.
    """

    return answer(_decision(await operations.check(view, question.value())))


@many.post(
    "/checks",
    operation_id="checkAccessOfMany",
    summary="Check up to 1,000 tags and chargers at once",
    response_model=AccessDecisions,
    response_model_exclude_none=True,
)
async def check_many(view: Annotated[View, Depends(viewing(*NEEDED))], asked: AccessQuestions) -> Response:
    """Answers each question on its own.

    An unknown charger is a no with the cause `chargerUnknown`, and an instant before the journal has a `problem` and no
    reason. One malformed question refuses them all.
    """
    revision = view.image.revision
    found = await operations.check_many(view, [question.value() for question in asked.questions])
    decisions = [
        Unanswered(allowed=False, problem=str(decided)) if isinstance(decided, BeforeHistory) else _decision(decided)
        for decided in found
    ]
    return answer(AccessDecisions(decisions=decisions, revision=revision))


@router.get(
    "/explain",
    operation_id="explainAccess",
    summary="Explain why a tag or driver may or may not charge at a charger",
    response_model=AccessExplanation,
    response_model_exclude_none=True,
)
async def explain_access(
    view: Annotated[View, Depends(viewing(*NEEDED))],
    charger_id: Annotated[str, Query(alias="chargerId", description="The identity under which the charger connects")],
    id_tag: Annotated[str | None, Query(alias="idTag", description="The driver's tag; or name the driver")] = None,
    driver_id: Annotated[int | None, Query(alias="driverId", description="The driver's number")] = None,
    without_tag: Annotated[bool, Query(alias="withoutTag", description="Whether no tag is shown")] = False,
    at: Annotated[Instant | None, Query(description="The instant asked about; now when not given")] = None,
) -> Response:
    """Returns the decision with every right of the driver and why it counts or not.

    A past instant is decided by the facts as they were then.
    """
    given = {"idTag": id_tag, "driverId": driver_id, "withoutTag": without_tag}
    require_one_at_most(given)
    if id_tag is None and driver_id is None and not without_tag:
        raise Malformed({"idTag": [f"is missing: give one of {', '.join(given)}=true"]})
    network, revision, explanation, scope, hinted = await operations.explain(view, charger_id, id_tag, driver_id, at)
    return answer(explained(network, explanation, revision, scope, hinted))


def _decision(decision: Decided) -> AccessDecision:
    return decided(decision.network, decision.decision, decision.revision, decision.hint)


def decided(network: Network, decision: Decision, revision: int, hinted: str | None = None) -> AccessDecision:
    """The decision as programs read it."""
    return AccessDecision(**_answer(network, decision), hint=hinted, revision=revision)


def explained(
    network: Network,
    explanation: Explanation,
    revision: int,
    scope: Scope = EVERYTHING,
    hinted: str | None = None,
) -> AccessExplanation:
    """The explanation as programs read it, with the rights that the scope shows."""
    rights = [
        JudgedRight(
            **_path(network, verdict),
            reaches=verdict.standing is not RightStatus.ELSEWHERE,
            standing=verdict.standing,
            why_not=why_not(verdict) or None,
        )
        for verdict in explanation.verdicts
        if verdict.via or scope.can_manage(verdict.right.place)
    ]
    members = _answer(network, explanation.decision)
    return AccessExplanation(**members, hint=hinted, revision=revision, rights=rights, sentence=explanation.sentence)


def _answer(network: Network, decision: Decision) -> dict[str, Any]:
    driver, tag = decision.driver, decision.tag
    return {
        "allowed": decision.allowed,
        "reason": decision.reason,
        "cause": decision.cause,
        "driver": driver and AccessDriver(id=driver.id, name=driver.name, enabled=driver.enabled),
        "tag": tag and AccessTag(id=tag.id, id_tag=tag.id_tag, token_name=tag.token_name),
        "paths": [RightPath(**_path(network, verdict)) for verdict in decision.paths],
    }


def _path(network: Network, verdict: RightEvaluation) -> dict[str, Any]:
    right = verdict.right
    return {
        "kind": right.place.kind,
        "id": right.place.id,
        "name": network.name_of(right.place),
        "via": list(verdict.via),
        "valid_from": right.valid_from,
        "valid_until": right.valid_until,
        "hours": hours_shown(right.hours),
    }


router.include_router(many)
