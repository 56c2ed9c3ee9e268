"""Explains a decision in words: which rights were checked, and why each counted.

Nothing is decided here: `explain` describes the result of `decide`. If the decision fell before the driver's rights
were checked (for a blocked tag, say), the rights are evaluated as well, so that support sees what fixing the tag
would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from .decide import (
    Cause,
    Decision,
    RightEvaluation,
    RightStatus,
    decide,
    decide_driver,
    decide_without_tag,
    evaluate_rights,
)
from .errors import UnknownCharger, UnknownDriver
from .model import Charger, Hours, Place, PlaceKind, Right, Tag
from .network import Network

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, every right of the driver evaluated, and one sentence to read out."""

    decision: Decision
    verdicts: tuple[RightEvaluation, ...]
    sentence: str


def explain(network: Network, id_tag: str, charger_id: str, at: datetime) -> Explanation:
    """Explains why that tag may or may not charge there then. Raises UnknownCharger."""
    return explain_decision(network, charger_id, decide(network, id_tag, charger_id, at), id_tag)


def explain_decision(network: Network, charger_id: str, decision: Decision, id_tag: str) -> Explanation:
    """Explains that decision about that tag and charger. Raises UnknownCharger."""
    return _explanation(network, _charger(network, charger_id), decision, id_tag)


def explain_driver(network: Network, driver_id: int, charger_id: str, at: datetime) -> Explanation:
    """Explains why that driver may or may not charge there then.

    Raises:
        UnknownCharger: the charger does not exist.
        UnknownDriver: the driver does not exist.
    """
    charger = _charger(network, charger_id)
    driver = network.drivers.get(driver_id)
    if driver is None:
        raise UnknownDriver((driver_id,))
    return _explanation(network, charger, decide_driver(network, driver, charger_id, at), None)


def explain_without_tag(network: Network, charger_id: str, at: datetime) -> Explanation:
    """Explains why charging there then without a tag is allowed or not.

    Raises UnknownCharger.
    """
    charger = _charger(network, charger_id)
    decision = decide_without_tag(network, charger_id, at)
    return Explanation(decision, (), _sentence_without_tag(network, charger, decision))


def place_name(network: Network, place: Place) -> str:
    """Returns the place's display name, such as `site Depot (7)` or `charger DEP-1`."""
    if place.kind is PlaceKind.SITE:
        return f"site {network.sites[int(place.id)].name} ({place.id})"
    if place.kind is PlaceKind.CHARGER:
        return f"charger {place.id}"
    return f"access group {network.access_groups[int(place.id)].name} ({place.id})"


def why_not(verdict: RightEvaluation) -> str:
    """Returns in a few words why the right does not count.

    Empty when it does.
    """
    match verdict:
        case RightEvaluation(standing=RightStatus.STANDS):
            return ""
        case RightEvaluation(standing=RightStatus.ELSEWHERE):
            return "does not reach this charger"
        case RightEvaluation(Right(valid_from=datetime() as start), RightStatus.NOT_YET):
            return f"begins only at {_instant(start)}"
        case RightEvaluation(Right(valid_until=datetime() as end), RightStatus.ENDED):
            return f"ended at {_instant(end)}"
        case _:  # outside its hours
            return f"is valid only {hours_text(verdict.right.hours)} local time"


def blocked_text(until: datetime) -> str:
    """Returns `the charger is blocked until 2026-06-04 09:00 UTC`."""
    return f"the charger is blocked until {_instant(until)}"


def hours_text(hours: Iterable[Hours], dash: str = "–") -> str:
    """Formats weekly hours as `Mo–Fr 08:00–17:00, Sa 10:00–14:00`."""
    texts = []
    for run in _runs(hours):
        days = dict.fromkeys(WEEKDAYS[hours_.weekday - 1][:2] for hours_ in (run[0], run[-1]))
        texts.append(f"{dash.join(days)} {clock_text(run[0].start)}{dash}{clock_text(run[0].end)}")
    return ", ".join(texts)


def _runs(hours: Iterable[Hours]) -> Iterator[list[Hours]]:
    """Groups neighbours with the same hours on consecutive weekdays, up to one week."""
    run: list[Hours] = []
    for following in hours:
        if run and (
            following.weekday != run[-1].weekday % 7 + 1
            or following.weekday == run[0].weekday
            or (following.start, following.end) != (run[0].start, run[0].end)
        ):
            yield run
            run = []
        run.append(following)
    if run:
        yield run


def clock_text(minutes: int) -> str:
    """Formats minutes since midnight as `08:00`.

    The end of a day is `24:00`.
    """
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _charger(network: Network, charger_id: str) -> Charger:
    charger = network.chargers.get(charger_id)
    if charger is None:
        raise UnknownCharger((charger_id,))
    return charger


def _explanation(network: Network, charger: Charger, decision: Decision, id_tag: str | None) -> Explanation:
    verdicts = decision.verdicts
    if not verdicts and decision.driver is not None:
        verdicts = evaluate_rights(network, decision.driver, charger, decision.at)
    return Explanation(decision, verdicts, _sentence(network, charger, decision, id_tag))


def _sentence(network: Network, charger: Charger, decision: Decision, id_tag: str | None) -> str:
    here = f"charger {charger.charger_id} at {network.sites[charger.site_id].name}"
    driver = decision.driver
    if decision.cause is Cause.TAG_UNKNOWN:
        return f'No: tag "{id_tag}" is not known, so it may not charge at {here}.'
    if driver is None:
        who = f'tag "{id_tag}"'
    else:
        who = f"{driver.name} (driver {driver.id})" if id_tag is None else f"{driver.name} with tag {id_tag}"
    if decision.allowed:
        if not decision.paths:
            return f"Yes: {who} may charge at {here}."
        path = decision.paths[0]
        through = "" if len(path.via) < 2 else f", which contains {network.sites[path.via[-1]].name}"
        return f"Yes: {who} may charge at {here}, by a right on {place_name(network, path.right.place)}{through}."
    return f"No: {who} may not charge at {here}: {_cause(decision)}."


def _sentence_without_tag(network: Network, charger: Charger, decision: Decision) -> str:
    here = f"charger {charger.charger_id} at {network.sites[charger.site_id].name}"
    free = network.free_place(charger)
    if free is None:
        return f"No: {here} is not free to use: a driver must show a tag."
    if not decision.allowed:
        return f"No: without a tag no one may charge at {here}: {_cause(decision)}."
    return f"Yes: anyone may charge at {here} without a tag: {place_name(network, free)} is free to use."


def _cause(decision: Decision) -> str:
    match decision:
        case Decision(cause=Cause.TAG_BLOCKED):
            return "the tag is blocked"
        case Decision(cause=Cause.DRIVER_DISABLED):
            return "the driver is disabled"
        case Decision(cause=Cause.TAG_NOT_STARTED, tag=Tag(starts_at=datetime() as start)):
            return f"the tag is valid only from {_instant(start)}"
        case Decision(cause=Cause.TAG_EXPIRED, tag=Tag(expires_at=datetime() as end)):
            return f"the tag expired at {_instant(end)}"
        case Decision(cause=Cause.TAG_NOT_STARTED | Cause.TAG_EXPIRED):
            return "the tag is not valid at this time"
        case Decision(cause=Cause.NO_RIGHT_NOW, driver=None):
            return "a right reaches it, but is not valid at this time"
        case Decision(cause=Cause.NO_RIGHT_NOW):
            held = [verdict for verdict in decision.verdicts if verdict.standing is not RightStatus.ELSEWHERE]
            return "a right reaches it, but " + " and ".join(f"it {why_not(evaluation)}" for evaluation in held)
        case Decision(cause=Cause.CHARGER_BLOCKED, charger=Charger(blocked_until=datetime() as end)):
            return f"{blocked_text(end)}, for everyone"
        case _:
            return "no right reaches it"


def _instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M UTC")
