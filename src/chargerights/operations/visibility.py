"""Rules beyond a view's scope: which operators, drivers and tags a caller sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..rights.decide import Cause, Decision, RightEvaluation, evaluate_rights
from ..rights.errors import TagTaken, UnknownCharger
from ..rights.model import Driver
from ..rights.network import Network
from ..rights.permissions import Operator, Permission, Scope
from ..storage.rows.operators import UnknownOperator
from . import redaction
from .view import View


def require_charger(scope: Scope, charger_id: str) -> None:
    """Raises UnknownCharger for a charger outside the scope."""
    if not scope.can_see_charger(charger_id):
        raise UnknownCharger((charger_id,))


def sees_operator(view: View, operator: Operator) -> bool:
    """True for the caller, and with GlobalAdmin for operators within their sites."""
    if operator.id == view.caller.operator_id:
        return True
    return Permission.GLOBAL_ADMIN in view.caller.permissions and view.scope.covers(operator.site_ids)


def require_operator(view: View, operator: Operator) -> None:
    """Raises UnknownOperator for an operator that the caller does not see."""
    if not sees_operator(view, operator):
        raise UnknownOperator((operator.id,))


def verdicts_of(network: Network, decision: Decision) -> tuple[RightEvaluation, ...]:
    """All evaluated rights of the driver, even if they did not decide."""
    if decision.verdicts or decision.driver is None or decision.charger is None:
        return decision.verdicts
    return evaluate_rights(network, decision.driver, decision.charger, decision.at)


def discreet(network: Network, decision: Decision, scope: Scope, sees_tags: bool = True) -> Decision:
    """The decision as far as a caller of that scope may know it.

    A driver outside the scope is as unknown as their tag, unless one of their rights reaches the charger. A caller
    that may not read tags does not learn whose a tag is.
    """
    driver = decision.driver
    if driver is None:
        return decision
    if not (scope.can_see_driver(driver) or any(verdict.via for verdict in verdicts_of(network, decision))):
        return Decision(Cause.TAG_UNKNOWN, decision.at, decision.charger)
    return decision if sees_tags or decision.tag is None else decision.without_driver()


def without_tags(view: View, text: str | None) -> str | None:
    """A charger's text, with known tags replaced for a caller that may not read tags."""
    return text if text is None or view.sees_tags else redaction.without_tags(view.network, text)


def names_driver(view: View, driver_id: int | None) -> bool:
    """True if records of chargers may name the driver to the caller.

    They may if the caller sees the driver, or the driver has a right at the caller's sites. Records name removed
    drivers only to callers of all sites.
    """
    if view.scope.unlimited:
        return True
    driver = None if driver_id is None else view.network.drivers.get(driver_id)
    return driver is not None and (view.scope.can_see_driver(driver) or _reaches(view.scope, driver))


def _reaches(scope: Scope, driver: Driver) -> bool:
    return any(scope.reached_from(right.place) for right in driver.rights)


@contextmanager
def naming_only_seen_drivers(view: View) -> Iterator[None]:
    """Removes the holder from a TagTaken that the caller may not be shown."""
    try:
        yield
    except TagTaken as error:
        if error.driver_id is None:
            raise
        driver = view.network.drivers.get(error.driver_id)
        if driver is not None and view.sees_tags and view.scope.can_see_driver(driver):
            raise
        raise TagTaken(f'"{error.tag}" is already in use: give another tag') from None
