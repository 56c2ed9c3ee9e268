"""May this tag charge here, and why: the forward question and its explanation (API.md section 3)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from ..rights.decide import Cause, Decision, Reason, Standing, Verdict, decide
from ..rights.errors import InvalidInput, UnknownCharger
from ..rights.explain import Explanation, explain, explain_driver, why_not
from ..rights.model import PlaceKind
from ..rights.network import Network
from .asking import ask
from .auth import CallerFirst, Reader
from .v2.hours import WeeklyHours
from .v2.hours import shown as hours_shown
from .v2.shapes import PROBLEM, Instant, Shape

router = APIRouter(prefix="/v2/access", tags=["Decisions"], route_class=CallerFirst)


class AccessQuestion(Shape):
    """May this tag charge at this charger?"""

    charger_id: str = Field(description="The identity under which the charger connects", examples=["DEP-1"])
    id_tag: str = Field(description="What the driver shows, in any case", examples=["04A2B3C4"])
    at: Instant | None = Field(None, description="The instant asked about; now when not given")


class RightPath(Shape):
    """A right and the way it reaches the charger."""

    kind: PlaceKind = Field(description="What the right is on")
    id: int | str = Field(description="The site's or access group's number, or the charger's id")
    name: str = Field(description="The place's name")
    via: list[int] = Field(description="Numbers of the sites from the right's place down to the charger's site")
    valid_from: datetime | None = Field(None, description="Begins at this instant")
    valid_until: datetime | None = Field(None, description="Ends before this instant")
    hours: list[WeeklyHours] | None = Field(None, description="Holds only in these hours, local to the charger")


class JudgedRight(RightPath):
    """A right of the driver and whether it counts here and now."""

    reaches: bool = Field(description="Whether the right is on a place that holds this charger")
    standing: Standing = Field(description="What became of the right")
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
    """A decision. `reason` is OCPP 2.0.1's word, `cause` the sentence of the rule that decided."""

    allowed: bool
    reason: Reason
    cause: Cause
    driver: AccessDriver | None = None
    tag: AccessTag | None = None
    paths: list[RightPath] = Field(description="The rights by which the answer is yes; of a no, none")
    revision: int = Field(description="The customer's revision that was asked")


class AccessExplanation(AccessDecision):
    rights: list[JudgedRight] = Field(description="Every right of the driver")
    sentence: str = Field(description="The answer in one sentence for a person")


class OneOf(InvalidInput):
    """Neither or both of two parameters of which one is needed."""


@router.post(
    "/check",
    operation_id="checkAccess",
    summary="Check whether a tag may charge at a charger",
    response_model=AccessDecision,
    response_model_exclude_none=True,
    responses={"default": PROBLEM},
)
async def check(request: Request, caller: Reader, question: AccessQuestion) -> Response:
    """Decides by the rule that chargers are answered by; an unknown charger is a 404, an unknown tag a no."""
    asked = await ask(request, caller)
    if question.charger_id not in asked.network.chargers:
        raise UnknownCharger((question.charger_id,))
    decision = decide(asked.network, question.id_tag, question.charger_id, question.at or asked.at)
    return _json(decided(asked.network, decision, asked.image.revision))


@router.get(
    "/explain",
    operation_id="explainAccess",
    summary="Explain why a tag or driver may or may not charge at a charger",
    response_model=AccessExplanation,
    response_model_exclude_none=True,
    responses={"default": PROBLEM},
)
async def explain_access(
    request: Request,
    caller: Reader,
    charger_id: Annotated[str, Query(alias="chargerId", description="The identity under which the charger connects")],
    id_tag: Annotated[str | None, Query(alias="idTag", description="What the driver shows; or name the driver")] = None,
    driver_id: Annotated[int | None, Query(alias="driverId", description="The driver's number")] = None,
    at: Annotated[Instant | None, Query(description="The instant asked about; now when not given")] = None,
) -> Response:
    """The decision with every right of the driver, whether it reaches, and if not why not."""
    asked = await ask(request, caller)
    instant = at or asked.at
    if id_tag is not None and driver_id is None:
        explanation = explain(asked.network, id_tag, charger_id, instant)
    elif driver_id is not None and id_tag is None:
        explanation = explain_driver(asked.network, driver_id, charger_id, instant)
    else:
        raise OneOf("name either idTag or driverId")
    return _json(explained(asked.network, explanation, asked.image.revision))


def decided(network: Network, decision: Decision, revision: int) -> AccessDecision:
    """The decision as programs read it."""
    return AccessDecision(**_answer(network, decision), revision=revision)


def explained(network: Network, explanation: Explanation, revision: int) -> AccessExplanation:
    """The explanation as programs read it."""
    rights = [
        JudgedRight(
            **_path(network, each),
            reaches=each.standing is not Standing.ELSEWHERE,
            standing=each.standing,
            why_not=why_not(each) or None,
        )
        for each in explanation.verdicts
    ]
    members = _answer(network, explanation.decision)
    return AccessExplanation(**members, revision=revision, rights=rights, sentence=explanation.sentence)


def _json(answer: Shape) -> Response:
    return Response(answer.to_json(), media_type="application/json")


def _answer(network: Network, decision: Decision) -> dict[str, Any]:
    driver, tag = decision.driver, decision.tag
    return {
        "allowed": decision.allowed,
        "reason": decision.reason,
        "cause": decision.cause,
        "driver": driver and AccessDriver(id=driver.id, name=driver.name, enabled=driver.enabled),
        "tag": tag and AccessTag(id=tag.id, id_tag=tag.id_tag, token_name=tag.token_name),
        "paths": [RightPath(**_path(network, each)) for each in decision.paths],
    }


def _path(network: Network, verdict: Verdict) -> dict[str, Any]:
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
