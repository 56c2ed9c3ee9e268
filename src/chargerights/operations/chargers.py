"""Chargers: the devices at the sites, and blocks of them.

A block is a fact of the charger, not a command: it holds at once, also while the charger is not connected, and ends
automatically. The node that holds the charger's socket sends it out of use meanwhile (see
`gateway.charger_blocks`); the charger's answer changes nothing here. A block takes no right away, so lists of
drivers, local lists and previews stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import datetime
from functools import cache, partial
from typing import Any, NamedTuple

from ..replica.preview import Preview
from ..rights.errors import IdTaken, InvalidWindow, UnknownSite
from ..rights.index_entries import PlacedCharger
from ..rights.live import known
from ..rights.model import Charger, Location
from ..rights.search_sites import chargers_at, holds_text, same_text, searched
from ..storage.changes import chargers, facts
from ..storage.revisions import Revision
from .errors import Members, NoPreview
from .mutation import Applied, Mutation
from .view import View

Facts = Callable[[Location], dict[str, Any]]
"""Members of a charger as the model has them, given its location before the change."""
IN_BODY: Members = {UnknownSite: "siteId", IdTaken: "chargerId"}


class ChargerQuery(NamedTuple):
    """Terms of which a charger must meet all."""

    search: str | None = None
    site_id: int | None = None
    external_site_id: str | None = None
    with_subsites: bool = False
    manufacturer: str | None = None
    model: str | None = None


def find(view: View, query: ChargerQuery) -> list[PlacedCharger]:
    """The chargers that the caller sees and that match the query, by name."""
    chargers, live = view.network.chargers, view.image.live
    matches = chargers_at(view.network, _sites(view, query))
    text = searched(query.search)
    if text:
        reporting = {state.charger_id for state in live.values() if holds_text(text, state.reported.serial_number)}
        matches = [charger for charger in matches if text in charger.text or charger.charger_id in reporting]
    for member, wanted in (("manufacturer", query.manufacturer), ("model", query.model)):
        if wanted is not None:
            same = cache(partial(same_text, wanted))  # many chargers are of a few models
            matches = [
                charger
                for charger in matches
                if same(known(chargers[charger.charger_id], live.get(charger.charger_id), member))
            ]
    return matches


async def add(mutation: Mutation, charger: Charger) -> Applied[str] | Preview[str]:
    """Adds a charger. Results in its charger id."""
    mutation.view.in_body("siteId", mutation.view.site, charger.site_id)
    return await mutation.apply(
        "charger.add", lambda revision: chargers.add(revision, charger).charger_id, members=IN_BODY
    )


async def change(mutation: Mutation, charger_id: str, made: Facts) -> Applied[str] | Preview[str]:
    """Changes or moves a charger. Results in its charger id."""
    view = mutation.view
    members = made(view.charger(charger_id).location)
    if "site_id" in members:
        view.in_body("siteId", view.site, members["site_id"])

    def work(revision: Revision) -> str:
        before = facts.charger(revision, charger_id)
        mutation.expect(before)
        return chargers.change(revision, charger_id, **made(before.location)).charger_id

    return await mutation.apply("charger.change", work, members=IN_BODY)


async def remove(mutation: Mutation, charger_id: str) -> Applied[None] | Preview[None]:
    """Removes a charger."""
    mutation.view.charger(charger_id)

    def work(revision: Revision) -> None:
        mutation.expect(facts.charger(revision, charger_id))
        chargers.remove(revision, charger_id)

    return await mutation.apply("charger.remove", work)


async def block(mutation: Mutation, charger_id: str, until: datetime) -> Applied[str]:
    """Blocks a charger until an instant. Raises NoPreview."""
    _require_blockable(mutation, charger_id)
    return await mutation.make(
        "charger.block",
        lambda revision: chargers.block(revision, charger_id, until).charger_id,
        members={InvalidWindow: "until"},
    )


async def unblock(mutation: Mutation, charger_id: str) -> Applied[str]:
    """Ends a charger's block. Raises NoPreview."""
    _require_blockable(mutation, charger_id)
    return await mutation.make("charger.unblock", lambda revision: chargers.unblock(revision, charger_id).charger_id)


def _require_blockable(mutation: Mutation, charger_id: str) -> None:
    if mutation.dry_run:
        raise NoPreview("is not for blocks: a block gives and takes no right")
    mutation.view.charger(charger_id)


def _sites(view: View, query: ChargerQuery) -> Set[int] | None:
    """The sites that the query names and the caller sees.

    None for all.
    """
    network, scope = view.network, view.scope
    if query.site_id is None and query.external_site_id is None:
        return None if scope.unlimited else scope.sites
    named = [
        site.id
        for site in network.sites.values()
        if query.site_id in (None, site.id) and query.external_site_id in (None, site.external_id)
    ]
    wanted = {below for site_id in named for below in (network.subtree(site_id) if query.with_subsites else (site_id,))}
    return wanted & scope.sites
