"""Says a decision in words: what was found, which rights were looked at, and why each did or did not count.

Nothing is decided here. `explain` prints what `decide` found; for a no that fell before the driver's rights
were asked (a blocked tag, say) it also shows how they stand, so that support sees what mending the tag
would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .decide import Cause, Decision, Standing, Verdict, decide, decide_driver, judge
from .errors import UnknownCharger, UnknownDriver
from .model import Charger, Hours, Place, PlaceKind
from .network import Network

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with every right of the driver judged, and one sentence a support agent can read out."""

    decision: Decision
    verdicts: tuple[Verdict, ...]
    sentence: str


def explain(network: Network, id_tag: str, charger_id: str, at: datetime) -> Explanation:
    """Why that tag may or may not charge there then. Raises UnknownCharger."""
    charger = _charger(network, charger_id)
    return _explanation(network, charger, decide(network, id_tag, charger_id, at), id_tag)


def explain_driver(network: Network, driver_id: int, charger_id: str, at: datetime) -> Explanation:
    """Why that driver may or may not charge there then. Raises UnknownCharger, UnknownDriver."""
    charger = _charger(network, charger_id)
    driver = network.drivers.get(driver_id)
    if driver is None:
        raise UnknownDriver((driver_id,))
    return _explanation(network, charger, decide_driver(network, driver, charger_id, at), None)


def place_name(network: Network, place: Place) -> str:
    """The place as people know it: `site Depot (7)`, `charger DEP-1`, `access group Visitors (3)`."""
    if place.kind is PlaceKind.SITE:
        return f"site {network.sites[int(place.id)].name} ({place.id})"
    if place.kind is PlaceKind.CHARGER:
        return f"charger {place.id}"
    return f"access group {network.access_groups[int(place.id)].name} ({place.id})"


def why_not(verdict: Verdict) -> str:
    """Why the right does not count, in a few words; of one that stands, an empty text."""
    right = verdict.right
    match verdict.standing:
        case Standing.STANDS:
            return ""
        case Standing.ELSEWHERE:
            return "does not reach this charger"
        case Standing.NOT_YET:
            return f"begins only at {_instant(right.valid_from)}"
        case Standing.ENDED:
            return f"ended at {_instant(right.valid_until)}"
        case _:  # outside its hours
            return f"holds only {', '.join(hours_text(each) for each in right.hours)} local time"


def hours_text(hours: Hours) -> str:
    """`Monday 08:00-17:00`."""
    return f"{WEEKDAYS[hours.weekday - 1]} {clock_text(hours.start)}-{clock_text(hours.end)}"


def clock_text(minutes: int) -> str:
    """Minutes since midnight as `08:00`; a day's end is `24:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _charger(network: Network, charger_id: str) -> Charger:
    charger = network.chargers.get(charger_id)
    if charger is None:
        raise UnknownCharger((charger_id,))
    return charger


def _explanation(network: Network, charger: Charger, decision: Decision, id_tag: str | None) -> Explanation:
    verdicts = decision.verdicts
    if not verdicts and decision.driver is not None:
        verdicts = judge(network, decision.driver, charger, decision.at)
    return Explanation(decision, verdicts, _sentence(network, charger, decision, id_tag))


def _sentence(network: Network, charger: Charger, decision: Decision, id_tag: str | None) -> str:
    here = f"charger {charger.charger_id} at {network.sites[charger.site_id].name}"
    driver = decision.driver
    if driver is None:
        return f'No: tag "{id_tag}" is not known, so it may not charge at {here}.'
    who = f"{driver.name} (driver {driver.id})" if id_tag is None else f"{driver.name} with tag {id_tag}"
    if decision.allowed:
        path = decision.paths[0]
        through = "" if len(path.via) < 2 else f", which holds {network.sites[path.via[-1]].name}"
        return f"Yes: {who} may charge at {here}, by a right on {place_name(network, path.right.place)}{through}."
    return f"No: {who} may not charge at {here}: {_cause(decision)}."


def _cause(decision: Decision) -> str:
    tag = decision.tag
    match decision.cause:
        case Cause.TAG_BLOCKED:
            return "the tag is blocked"
        case Cause.DRIVER_DISABLED:
            return "the driver is disabled"
        case Cause.TAG_NOT_STARTED:
            return f"the tag is valid only from {_instant(tag.starts_at if tag else None)}"
        case Cause.TAG_EXPIRED:
            return f"the tag expired at {_instant(tag.expires_at if tag else None)}"
        case Cause.NO_RIGHT_NOW:
            held = [each for each in decision.verdicts if each.standing is not Standing.ELSEWHERE]
            return "a right reaches it, but " + " and ".join(f"it {why_not(each)}" for each in held)
        case _:
            return "no right reaches it"


def _instant(instant: datetime | None) -> str:
    return instant.strftime("%Y-%m-%d %H:%M UTC") if instant is not None else "never"
