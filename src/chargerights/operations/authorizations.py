"""Decisions that chargers were sent, about chargers and drivers the caller sees."""

from __future__ import annotations

from ..rights.errors import UnknownDriver
from ..storage.charging import authorizations
from ..storage.charging.authorizations import Authorization, AuthorizationFilter
from .paging import Paging, Part, part_of
from .view import View
from .visibility import names_driver

Numbered = tuple[int, Authorization]


def charger_ids(view: View) -> list[str] | None:
    """The chargers that the caller sees, or None if they see all, even removed ones."""
    if view.scope.unlimited:
        return None
    return [charger_id for site_id in view.scope.sites for charger_id in view.network.chargers_at(site_id)]


def require_named(view: View, driver_id: int | None) -> None:
    """Raises UnknownDriver for a driver that records do not name to the caller."""
    if driver_id is not None and not names_driver(view, driver_id):
        raise UnknownDriver((driver_id,))


async def page(view: View, asked: Paging, wanted: AuthorizationFilter) -> Part[Numbered]:
    """Takes the part of the decisions, the newest first."""
    asked.key_among("id")
    database, customer_id = view.services.database, view.caller.customer_id
    total = None if asked.walking else await database.read(authorizations.count, customer_id, wanted)
    found = await database.read(
        authorizations.find, customer_id, wanted, asked.count, asked.start, asked.after_number()
    )
    shown = [(number, _shown(view, decision)) for number, decision in found]
    return part_of(shown, asked, lambda numbered: (numbered[0],), total)


def _shown(view: View, decision: Authorization) -> Authorization:
    """Hides the driver if records may not name the driver to the caller."""
    if names_driver(view, decision.driver_id):
        return decision
    return decision._replace(driver_id=None, right_id=None, place_kind=None, place_id=None)
