"""Reports about the drivers that a caller sees.

A report looks at every driver, so it is made in a thread and kept for its other pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from ..replica.images import Pin
from ..rights import reports
from ..rights.network import Network
from ..rights.reports import Finding
from ..rights.search_drivers import Key
from ..storage import personal_tables
from .paging import Paging, Part, sorted_part
from .view import View

REMEMBERED = 4


async def expiring(view: View, asked: Paging, days: int) -> Part[Finding]:
    """Tags and rights that end within that many days, by end."""
    soon = timedelta(days=days)
    return await _report(
        view, asked, "expiring", lambda network: reports.expiring(network, view.at, soon), reports.by_end, days
    )


async def never_used(view: View, asked: Paging) -> Part[Finding]:
    """Usable tags that no charger asked about, as far as records are kept, by driver."""

    def find(network: Network) -> list[Finding]:
        used = view.services.database.read_now(personal_tables.used_tags, view.caller.customer_id)
        return reports.never_used(network, view.at, used)

    return await _report(view, asked, "never-used", find, reports.by_driver)


async def duplicate_names(view: View, asked: Paging) -> Part[Finding]:
    """Drivers that share a name, by name."""
    return await _report(view, asked, "duplicate-names", reports.duplicate_names, reports.by_name(view.network))


async def tags_of_disabled(view: View, asked: Paging) -> Part[Finding]:
    """Tags of disabled drivers, by driver."""
    return await _report(view, asked, "tags-of-disabled-drivers", reports.tags_of_disabled, reports.by_driver)


async def high_rights(view: View, asked: Paging, chargers: int, levels: int | None) -> Part[Finding]:
    """Rights on sites with at least that many chargers or levels below, by reach."""
    return await _report(
        view,
        asked,
        "high-rights",
        lambda network: reports.high_rights(network, view.at, chargers, levels),
        reports.by_reach,
        chargers,
        levels,
    )


async def _report(
    view: View,
    asked: Paging,
    name: str,
    find: Callable[[Network], list[Finding]],
    order: Callable[[Finding], Key],
    *terms: object,
) -> Part[Finding]:
    """Takes the part of a report, which is kept for a minute or until a fact changes."""
    asked.key_among("order")
    token, caller, remembered = view.image.pin(), view.caller, view.services.reports
    minute = view.at.replace(second=0, microsecond=0)
    key = (caller.customer_id, view.image.mark, caller.site_ids, minute, name, terms)
    report = remembered.get(key)
    if report is None:
        report = remembered[key] = await asyncio.to_thread(_seen, view, find, token)
        while len(remembered) > REMEMBERED:
            del remembered[next(iter(remembered))]
    return sorted_part(report, asked, order)


def _seen(view: View, find: Callable[[Network], list[Finding]], _token: Pin) -> list[Finding]:
    """The findings about drivers that the caller sees.

    Holds the token until they are found.
    """
    findings = find(view.network)
    if view.scope.unlimited:
        return findings
    seen = view.scope.drivers
    kept = [
        finding._replace(namesakes=tuple(other for other in finding.namesakes if other in seen))
        for finding in findings
        if finding.driver_id in seen
    ]
    return [finding for finding in kept if finding.tag or finding.right or finding.namesakes]
