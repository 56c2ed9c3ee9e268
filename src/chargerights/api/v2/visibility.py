"""Whom of the operators a caller sees."""

from __future__ import annotations

from ...rights.operators import Operator, Permission
from ...storage.operators import UnknownOperator
from .views import View


def sees_operator(view: View, operator: Operator) -> bool:
    """He sees himself; with GlobalAdmin, everybody whose site access is within his own."""
    if operator.id == view.caller.operator_id:
        return True
    return Permission.GLOBAL_ADMIN in view.caller.permissions and view.scope.covers(operator.site_ids)


def require_operator(view: View, operator: Operator) -> None:
    """Raises UnknownOperator of one whom he does not see."""
    if not sees_operator(view, operator):
        raise UnknownOperator((operator.id,))
