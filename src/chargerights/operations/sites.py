"""Sites: the places with chargers, as a tree.

A caller that is limited to some sites adds sites only below those, and moves a site only to where they see it. The
topmost of their sites stay where someone else has put them: the caller may change them, but not move or remove them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from ..replica.preview import Preview
from ..rights.errors import InvalidInput, SiteCycle, SiteTooDeep, UnknownSite
from ..rights.model import NOWHERE, Location, Site
from ..rights.search_sites import SiteQuery, find_sites
from ..storage.changes import facts, sites
from ..storage.revisions import Revision
from .errors import Forbidden, InMember, Members
from .mutation import Applied, Mutation
from .view import View

Facts = Callable[[Location], dict[str, Any]]
"""Members of a site as the model has them, given its location before the change."""
PARENT = "parentSiteId"
IN_BODY: Members = {SiteCycle: PARENT, SiteTooDeep: PARENT}


class NoParent(InvalidInput):
    """A site that the caller would not see."""


def find(view: View, query: SiteQuery, roots_only: bool = False, parent_id: int | None = None) -> list[Site]:
    """The sites that the caller sees and that match the query."""
    scope = view.scope
    among: Collection[int] = scope.roots if roots_only else scope.sites
    if parent_id is not None:
        below = view.network.subsites(parent_id) if scope.can_see_site(parent_id) else ()
        among = [site_id for site_id in below if site_id in among]
    return find_sites(view.network, query, among)


def by_external_id(view: View, external_id: str) -> Site:
    """The site with that external id, of several the one with the lowest id.

    Raises UnknownSite.
    """
    sites = find(view, SiteQuery(external_id=external_id))
    if not sites:
        raise UnknownSite((external_id,))
    return min(sites, key=lambda site: site.id)


async def add(mutation: Mutation, made: Facts) -> Applied[int] | Preview[int]:
    """Adds a site. Results in its id."""
    view, members = mutation.view, made(NOWHERE)
    _require_seen_parent(view, members)

    def work(revision: Revision) -> int:
        _require_parent(view, revision, members)
        return sites.add(revision, **members).id

    return await mutation.apply("site.add", work, members=IN_BODY)


async def change(mutation: Mutation, site_id: int, made: Facts) -> Applied[int] | Preview[int]:
    """Changes or moves a site. Results in its id."""
    view = mutation.view
    site = view.site(site_id)
    members = made(site.location)
    if members.get("parent_id", site.parent_id) != site.parent_id:
        _require_movable(view, site)
        _require_seen_parent(view, members)

    def work(revision: Revision) -> int:
        before = facts.site(revision, site_id)
        mutation.expect(before)
        _require_parent(view, revision, members)
        return sites.change(revision, site_id, **made(before.location)).id

    return await mutation.apply("site.change", work, members=IN_BODY)


async def remove(mutation: Mutation, site_id: int) -> Applied[None] | Preview[None]:
    """Removes a site."""
    _require_movable(mutation.view, mutation.view.site(site_id))

    def work(revision: Revision) -> None:
        mutation.expect(facts.site(revision, site_id))
        sites.remove(revision, site_id)

    return await mutation.apply("site.remove", work)


def _require_movable(view: View, site: Site) -> None:
    """Raises Forbidden for a topmost site of a limited caller."""
    if not view.scope.unlimited and site.id in view.scope.roots:
        raise Forbidden(f"site {site.id} is at the top of what you see: someone who sees more can move or remove it")


def _require_seen_parent(view: View, members: dict[str, Any]) -> None:
    """Requires that the caller sees the parent, so that they see the site."""
    parent_id = members.get("parent_id")
    if parent_id is not None:
        view.in_body(PARENT, view.site, parent_id)
    elif not view.scope.unlimited:
        raise InMember(PARENT, NoParent("name one of your sites: you would not see a site at the top"))


def _require_parent(view: View, revision: Revision, members: dict[str, Any]) -> None:
    """Requires that the parent still exists, so that UnknownSite is about the site."""
    if members.get("parent_id") is not None:
        view.in_body(PARENT, partial(facts.site, revision), members["parent_id"])
