"""What a caller sees of operators, drivers and tags beyond what a view's scope says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...rights.decide import Cause, Decision, RightEvaluation, evaluate_rights
from ...rights.errors import TagTaken
from ...rights.network import Network
from ...rights.permissions import Operator, Permission, Scope
from ...storage.rows.operators import UnknownOperator
from ..common import redaction
from .view import View


def sees_operator(view: View, operator: Operator) -> bool:
    """Whether it is the caller, or one whose site access is within that of a caller with GlobalAdmin."""
    if operator.id == view.caller.operator_id:
        return True
    return Permission.GLOBAL_ADMIN in view.caller.permissions and view.scope.covers(operator.site_ids)


def require_operator(view: View, operator: Operator) -> None:
    """Raises UnknownOperator for an operator that the caller does not see."""
    if not sees_operator(view, operator):
        raise UnknownOperator((operator.id,))


def verdicts_of(network: Network, decision: Decision) -> tuple[RightEvaluation, ...]:
    """Every right of the decision's driver judged, also where the answer fell before the rights were looked at."""
    if decision.verdicts or decision.driver is None or decision.charger is None:
        return decision.verdicts
    return evaluate_rights(network, decision.driver, decision.charger, decision.at)


def discreet(network: Network, decision: Decision, scope: Scope, sees_tags: bool = True) -> Decision:
    """The decision, as far as a caller of that scope may know it.

    A driver that the scope does not show is as unknown as their tag, unless a right of theirs reaches the charger. A
    caller who may not read tags does not learn whose a tag is.
    """
    driver = decision.driver
    if driver is None:
        return decision
    if not (scope.can_see_driver(driver) or any(each.via for each in verdicts_of(network, decision))):
        return Decision(Cause.TAG_UNKNOWN, decision.at, decision.charger)
    return decision if sees_tags or decision.tag is None else decision.without_driver()


def without_tags(view: View, text: str | None) -> str | None:
    """A charger's text; for a caller who may not read tags, without those that are known."""
    return text if text is None or view.sees_tags else redaction.without_tags(view.network, text)


def names_driver(view: View, driver_id: int | None) -> bool:
    """Whether records of chargers may name the driver to the caller: one that they see, or that has a right at their
    sites. Callers of all sites are also told of drivers that were removed."""
    if view.scope.unlimited:
        return True
    driver = None if driver_id is None else view.network.drivers.get(driver_id)
    return driver is not None and (
        view.scope.can_see_driver(driver) or any(view.scope.reached_from(each.place) for each in driver.rights)
    )


@contextmanager
def naming_only_seen_drivers(view: View) -> Iterator[None]:
    """Leaves out of a refusal whose tag it is, unless the caller may read tags and sees that driver."""
    try:
        yield
    except TagTaken as error:
        if error.driver_id is None:
            raise
        driver = view.network.drivers.get(error.driver_id)
        if driver is not None and view.sees_tags and view.scope.can_see_driver(driver):
            raise
        raise TagTaken(f'"{error.tag}" is already in use: give another tag') from None
